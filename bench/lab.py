"""A closed laboratory: two network namespaces, a veth pair, a server and, opposite, its load.

Nothing leaves the machine, and everything made here is taken down again by the context managers,
also after an error. Root is needed, for the namespaces.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CLIENT_ADDRESS = "10.91.0.1"
SERVER_ADDRESS = "10.91.0.2"
PORT = 8080
SERVER_INTERFACE = "web0"
"""The server's end of the veth pair: what tcpdump and NautScan capture on."""

LARGE_ANSWER_BYTES = 80_000
CONNECTIONS = 64
OFFLOADS = ("tso", "gso", "gro", "tx", "rx", "sg")
"""Offloads to switch off, so that the capture holds packets as a wire would carry them."""


class LabError(RuntimeError):
    """The laboratory could not be set up; the message says what is missing."""


@dataclass(frozen=True)
class Lab:
    """Two connected namespaces and the directory that nginx works in."""

    client: str
    server: str
    home: Path

    def in_client(self, command: Sequence[str]) -> list[str]:
        """Wrap a command to run on the client's side."""
        return ["ip", "netns", "exec", self.client, *command]

    def in_server(self, command: Sequence[str]) -> list[str]:
        """Wrap a command to run on the server's side, where the capture is made."""
        return ["ip", "netns", "exec", self.server, *command]

    def packets(self) -> int:
        """Packets that have crossed the server's interface so far, both ways."""
        shown = run(["ip", "-n", self.server, "-s", "-j", "link", "show", SERVER_INTERFACE])
        counters = json.loads(shown)[0]["stats64"]
        return int(counters["rx"]["packets"]) + int(counters["tx"]["packets"])

    @property
    def url(self) -> str:
        """Where wrk finds nginx."""
        return f"http://{SERVER_ADDRESS}:{PORT}/"


@dataclass(frozen=True)
class ServedRequests:
    """What nginx itself says it served: the truth that reports are held against."""

    total: int
    by_status: dict[str, int]
    connections: int


def run(command: Sequence[str]) -> str:
    """Run a short command and return what it printed; its own words are the error's."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def require(tools: Sequence[str]) -> None:
    """Fail with the packages to install when a tool or root is missing."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        raise LabError(
            f"missing: {', '.join(missing)}; on Debian: "
            "apt-get install iproute2 ethtool nginx-light wrk tcpdump"
        )
    if os.geteuid() != 0:
        raise LabError("network namespaces need root; run it with sudo")


@contextmanager
def laboratory(home: Path) -> Iterator[Lab]:
    """Two namespaces joined by a veth pair without offloads, taken down at the end."""
    require(["ip", "ethtool"])
    lab = Lab(f"nsbc{os.getpid()}", f"nsbs{os.getpid()}", home)
    try:
        _connect(lab)
        yield lab
    finally:
        for namespace in (lab.client, lab.server):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)


def _connect(lab: Lab) -> None:
    for namespace in (lab.client, lab.server):
        run(["ip", "netns", "add", namespace])
        run(["ip", "-n", namespace, "link", "set", "lo", "up"])
    pair = f"load0 type veth peer name {SERVER_INTERFACE} netns {lab.server}"
    run(["ip", "-n", lab.client, "link", "add", *pair.split()])
    ends = (
        (lab.client, "load0", CLIENT_ADDRESS),
        (lab.server, SERVER_INTERFACE, SERVER_ADDRESS),
    )
    for namespace, interface, address in ends:
        run(["ip", "-n", namespace, "addr", "add", f"{address}/24", "dev", interface])
        run(["ip", "-n", namespace, "link", "set", interface, "up"])
        off = [word for offload in OFFLOADS for word in (offload, "off")]
        run(["ip", "netns", "exec", namespace, "ethtool", "-K", interface, *off])


@contextmanager
def nginx(lab: Lab) -> Iterator[None]:
    """Serve the benchmark's answers in the server's namespace."""
    require(["nginx"])
    static = lab.home / "www" / "static"
    static.mkdir(parents=True)
    (static / "catalogue.json").write_text(_catalogue())
    config = lab.home / "nginx.conf"
    config.write_text(_nginx_config(lab.home))
    command = ["nginx", "-p", str(lab.home), "-c", str(config), "-g", "daemon off;"]
    server = subprocess.Popen(lab.in_server(command), stdin=subprocess.DEVNULL)
    try:
        _wait_until_served(lab, server)
        yield
    finally:
        stop(server, signal.SIGQUIT)


def _nginx_config(home: Path) -> str:
    text = Path(__file__).with_name("nginx.conf").read_text()
    for name, value in (("HOME", home), ("ADDRESS", SERVER_ADDRESS), ("PORT", PORT)):
        text = text.replace(f"@{name}@", str(value))
    return text


def _wait_until_served(lab: Lab, server: subprocess.Popen[bytes]) -> None:
    probe = lab.in_server(["ss", "-Hltn", f"sport = :{PORT}"])
    deadline = time.monotonic() + 10
    while str(PORT) not in run(probe):
        if server.poll() is not None or time.monotonic() > deadline:
            log = lab.home / "error.log"
            raise LabError(f"nginx did not start: {log.read_text() if log.exists() else 'no log'}")
        time.sleep(0.05)


def _catalogue() -> str:
    """Write a JSON document of a little over LARGE_ANSWER_BYTES bytes."""
    items: list[dict[str, object]] = []
    size = 0
    while size < LARGE_ANSWER_BYTES:
        number = len(items)
        item: dict[str, object] = {
            "sku": f"KL-{number:05d}",
            "name": f"Item {number}",
            "price": f"{number % 97}.{number % 100:02d}",
            "stock": number * 7919 % 251,
        }
        items.append(item)
        size += len(json.dumps(item)) + 2
    return json.dumps(items)


def start_wrk(lab: Lab, seconds: int, connections: int = CONNECTIONS) -> subprocess.Popen[str]:
    """Start the load; it ends by itself after `seconds`, or earlier on SIGINT."""
    require(["wrk"])
    script = Path(__file__).with_name("wrk.lua")
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "-s", str(script), lab.url]
    return subprocess.Popen(
        lab.in_client(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def stop(process: subprocess.Popen[bytes] | subprocess.Popen[str], how: signal.Signals) -> None:
    """Ask a process to end, and insist after ten seconds."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def served(lab: Lab) -> ServedRequests:
    """Read nginx's access log; call it after nginx has ended, since the log is buffered."""
    statuses: Counter[str] = Counter()
    connections: set[str] = set()
    with (lab.home / "access.log").open() as log:
        for line in log:
            status, connection, _ = line.split(" ", 2)
            # That of what nginx asked is none, or several, where it did not answer.
            if not status.isdigit():
                raise LabError(f"nginx logged a request without its one status: {line.strip()}")
            statuses[status] += 1
            connections.add(connection)
    return ServedRequests(statuses.total(), dict(sorted(statuses.items())), len(connections))
