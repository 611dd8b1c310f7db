"""Servers for the length of a load, and what their clients need."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.lab import SERVER_ADDRESS, Lab, LabError, run, stop

START_SECONDS = 60
"""RabbitMQ takes ten of them here."""
LOAD_SECONDS = 240


@contextmanager
def listening(
    lab: Lab,
    command: Sequence[str],
    port: int,
    *,
    udp: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A server in the server's namespace, from when it listens on `port`."""
    log = lab.home / f"{Path(command[0]).name}.log"
    with log.open("ab") as words:
        server = subprocess.Popen(
            lab.in_server(command),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env=os.environ | dict(environment or {}),
        )
    try:
        probe = lab.in_server(["ss", "-Hlun" if udp else "-Hltn", f"sport = :{port}"])
        deadline = time.monotonic() + START_SECONDS
        while str(port) not in run(probe):
            if server.poll() is not None or time.monotonic() > deadline:
                raise LabError(f"{command[0]} did not start: {log.read_text()[-500:].strip()}")
            time.sleep(0.05)
        yield
    finally:
        stop(server, signal.SIGTERM)


def as_user(user: str, command: Sequence[str]) -> list[str]:
    """Wrap a command of a server that refuses to be root."""
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]


def folder_of(lab: Lab, name: str, user: str) -> Path:
    """Make a folder that belongs to a server's own user."""
    lab.home.chmod(0o711)
    folder = lab.home / name
    folder.mkdir()
    shutil.chown(folder, user, user)
    return folder


def ask(lab: Lab, command: Sequence[str], text: str | None = None) -> str:
    """Run a load from the client's namespace; return what it printed."""
    done = subprocess.run(
        lab.in_client(command),
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LOAD_SECONDS,
        check=False,
    )
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stderr[-500:].strip() or done.returncode}")
    return done.stdout


def ask_server(lab: Lab, port: int, question: bytes, ends_with: bytes) -> str:
    """Ask a server in lines, from its own namespace, which is not captured."""
    talk = (
        "import socket, sys\n"
        f"s = socket.create_connection(({SERVER_ADDRESS!r}, {port}), timeout=10)\n"
        f"s.sendall({question!r})\n"
        "said = b''\n"
        f"while not said.endswith({ends_with!r}) and (more := s.recv(65536)):\n"
        "    said += more\n"
        "sys.stdout.buffer.write(said)\n"
    )
    return run(lab.in_server(["python3", "-c", talk]))
