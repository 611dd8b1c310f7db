"""The process that reads one file: what it gives up, and how the server starts it.

Where there is fork, a helper that the server leaves behind at its very start makes these processes:
to run Python anew may be impossible later, since its installation may be out of reach of the user
that the server has become. Elsewhere, and in tests, Python is run.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO, Final

from nautscan.config import Config
from nautscan.errors import NautScanError
from nautscan.offline.uploaded.job import Job, run
from nautscan.offline.uploaded.packets import serve

if TYPE_CHECKING:
    # What the server wants of it: beside this in the order of layers, so for its types alone.
    from nautscan.service.uploads.reading import Channel, Kind, Readers

MAX_JOB_BYTES: Final = 262_144
"""A job as JSON: a path, a few switches, paths of GeoIP files."""
START_S: Final = 10.0
PIPE_BYTES: Final = 1 << 20
SECRETS: Final = ("NAUTSCAN_TOKEN",)
"""What is in the environment and none of its business."""
NICENESS: Final = 10
"""Live capture goes first."""


def job_of(text: bytes) -> Job:
    """The job that `as_text` wrote."""
    facts = json.loads(text)
    lists = {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
    return Job(**facts | lists)


def as_text(job: Job) -> bytes:
    """The job as JSON."""
    text = json.dumps(asdict(job)).encode()
    if len(text) > MAX_JOB_BYTES:
        raise NautScanError("the paths and rules of this server are too long to read an upload")
    return text


def work(text: bytes, requests: BinaryIO, out: BinaryIO) -> None:
    """The life of the process: give up what can be given up, read, send."""
    preload()
    give_up()

    def send(frame: bytes) -> None:
        out.write(frame)
        out.flush()

    job = job_of(text)
    with contextlib.suppress(ConnectionError):  # Nobody wants the rows any more.
        if job.kind == "packets":
            serve(job, requests, send)
        else:
            run(job, send)


def preload() -> None:
    """Import what reading needs, before rights are given up."""
    import nautscan._engine
    import nautscan.export.summary
    import nautscan.identity.geoip
    import nautscan.identity.vendors
    import nautscan.offline.naming
    import nautscan.store.fresh  # noqa: F401


def give_up() -> None:
    """Every right, and every system call that reading a file does not need."""
    from nautscan.sensor import privileges
    from nautscan.sensor.lookout.confine import confine

    privileges.become(None)
    if sys.platform != "win32":
        import resource

        os.nice(NICENESS)
        for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            resource.setrlimit(limit, (0, 0))
    confine(alone=True)


class _Channel:
    """A channel over a pair of streams."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        close: Callable[[], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.close = close

    async def read(self, count: int) -> bytes:
        try:
            return await self._reader.read(count)
        except ConnectionError:
            return b""

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


class SpawnedReaders:
    """Runs Python for each file."""

    async def start(self, path: str, config: Config, kind: Kind) -> Channel:
        """A process that reads a file. Raises `NautScanError`."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "nautscan.offline.uploaded.process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=PIPE_BYTES,
            )
        except OSError as error:
            raise _cannot_start(error) from error
        if process.stdin is None or process.stdout is None:
            raise NautScanError("a process was started without its pipes")
        requests = process.stdin
        requests.write(as_text(Job.of(path, config, kind)) + b"\n")
        if kind == "rows":
            requests.close()

        def close() -> None:
            requests.close()
            with contextlib.suppress(ProcessLookupError):
                process.kill()

        return _Channel(process.stdout, requests, close)


class ForkedReaders:
    """Asks the helper that `fork_helper` left behind."""

    def __init__(self, sock: socket.socket) -> None:
        """`sock` is the server's end; closing it ends the helper."""
        self._sock = sock
        self._lock = threading.Lock()

    async def start(self, path: str, config: Config, kind: Kind) -> Channel:
        """A process that reads a file. Raises `NautScanError`."""
        own, other = socket.socketpair()
        try:
            await asyncio.to_thread(self._ask, as_text(Job.of(path, config, kind)), other.fileno())
        except OSError as error:
            own.close()
            raise _cannot_start(error) from error
        finally:
            other.close()
        reader, writer = await asyncio.open_connection(sock=own, limit=PIPE_BYTES)
        return _Channel(reader, writer, writer.close)

    def _ask(self, text: bytes, writing: int) -> None:
        with self._lock:
            self._sock.settimeout(START_S)
            line = text + b"\n"
            sent = socket.send_fds(self._sock, [line], [writing])
            self._sock.sendall(line[sent:])
            if not self._sock.recv(1):
                raise BrokenPipeError("the helper has ended")


def fork_helper(give_up_rights: Callable[[], None]) -> Readers:
    """Leave a helper behind that makes reading processes. While this process has one thread.

    `give_up_rights` is what the helper does first.
    """
    if sys.platform == "win32":
        return SpawnedReaders()
    own, other = socket.socketpair()
    if os.fork() == 0:
        own.close()
        _help(other, give_up_rights)
    other.close()
    return ForkedReaders(own)


def _help(sock: socket.socket, give_up_rights: Callable[[], None]) -> None:
    """The helper's life: one child a job, until the server has gone."""
    for name in SECRETS:
        os.environ.pop(name, None)
    try:
        give_up_rights()
    except Exception:  # noqa: BLE001 (whatever it was, nothing may be read with rights)
        os._exit(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # What is there stays shared with the server.
    while True:
        try:
            text, descriptors, _, _ = socket.recv_fds(sock, MAX_JOB_BYTES, 1)
            while text and not text.endswith(b"\n"):
                more = sock.recv(MAX_JOB_BYTES)
                text = text + more if more else b""
        except OSError:
            text, descriptors = b"", []
        if not text:
            os._exit(0)
        if os.fork() == 0:
            sock.close()
            _child(text, descriptors[0])
        os.close(descriptors[0])
        sock.send(b"+")


def _child(text: bytes, descriptor: int) -> None:
    code = 1
    try:
        with os.fdopen(os.dup(descriptor), "rb", 0) as requests, os.fdopen(descriptor, "wb") as out:
            work(text, requests, out)
        code = 0
    except Exception:  # noqa: BLE001 (said here, in the server's log; the server tells the person)
        traceback.print_exc()
    finally:
        # Not by returning: what the server would do at its end is no business of this process.
        os._exit(code)


def _cannot_start(error: OSError) -> NautScanError:
    return NautScanError(
        f"No process could be started to read the file: {error.strerror or error}",
        remedy="Start NautScan again, then upload the file again.",
    )


def main() -> None:
    """Run as a program: the job is the first line of input, frames are the output."""
    # Without a buffer: what comes after the first line is for whoever answers.
    with os.fdopen(os.dup(0), "rb", 0) as requests:
        work(requests.readline(), requests, sys.stdout.buffer)


if __name__ == "__main__":
    main()
