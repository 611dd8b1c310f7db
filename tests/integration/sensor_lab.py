"""A small network of one's own for sensor tests: two namespaces, a veth pair, a real HTTP server.

The sensor runs in the first namespace and captures on its end of the pair; the client of the HTTP
traffic is there too, the server is in the second.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import secrets
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import arro3.io

from nautscan.sensor.client import SensorClient

WAIT_S = 20.0
PYTHON = (sys.executable, "-P")
SERVER = "10.99.0.2"
"""Where servers listen, in the second namespace."""

HTTP_SERVER = """
    import http.server, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            status = int(self.path.rsplit("/", 1)[-1]) if self.path.startswith("/status/") else 200
            body = b"hello from the lab"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("10.99.0.2", 8080), Handler)
    print("up", flush=True)
    server.serve_forever()
"""


def ip(*arguments: str) -> None:
    """Changes the network."""
    subprocess.run(("ip", *arguments), check=True, capture_output=True, text=True)


@dataclass
class Lab:
    """The two namespaces. `near` is the sensor's."""

    name: str = field(default_factory=lambda: secrets.token_hex(3))

    @property
    def near(self) -> str:
        """The namespace of the sensor and of the client."""
        return f"nsn{self.name}"

    @property
    def far(self) -> str:
        """The namespace of the HTTP server."""
        return f"nsf{self.name}"

    def command(self, namespace: str, *arguments: str) -> tuple[str, ...]:
        """The command that runs in a namespace."""
        return ("ip", "netns", "exec", namespace, *arguments)

    def connect(self, interface: str = "lab0") -> None:
        """Joins the namespaces by a veth pair; `interface` is the near end."""
        ip(
            "-n",
            self.near,
            "link",
            "add",
            interface,
            "type",
            "veth",
            "peer",
            "lab0",
            "netns",
            self.far,
        )
        for namespace, name, address in (
            (self.near, interface, "10.99.0.1/24"),
            (self.far, "lab0", "10.99.0.2/24"),
        ):
            ip("-n", namespace, "addr", "add", address, "dev", name)
            ip("-n", namespace, "link", "set", name, "up")

    def disconnect(self, interface: str = "lab0") -> None:
        """Takes the pair away."""
        ip("-n", self.near, "link", "del", interface)

    def get(self, target: str, times: int = 1) -> list[int]:
        """Real requests on one connection; the statuses."""
        script = textwrap.dedent(f"""
            import http.client
            connection = http.client.HTTPConnection("10.99.0.2", 8080, timeout=10)
            for _ in range({times}):
                connection.request("GET", {target!r})
                response = connection.getresponse()
                response.read()
                print(response.status)
            connection.close()
        """)
        done = subprocess.run(
            self.command(self.near, *PYTHON, "-c", script),
            check=True, capture_output=True, text=True, timeout=WAIT_S,
        )  # fmt: skip
        return [int(line) for line in done.stdout.split()]


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter: pytest's own are private, and made so again and again."""
    with tempfile.TemporaryDirectory(prefix="nautscan-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextlib.contextmanager
def laboratory() -> Iterator[Lab]:
    """The lab, with its HTTP server waiting for the pair."""
    lab = Lab()
    for namespace in (lab.near, lab.far):
        ip("netns", "add", namespace)
    try:
        for namespace in (lab.near, lab.far):
            ip("-n", namespace, "link", "set", "lo", "up")
        # The address may be bound before the interface has it.
        subprocess.run(
            lab.command(lab.far, "sysctl", "-qw", "net.ipv4.ip_nonlocal_bind=1"), check=True
        )
        with _http_server(lab):
            yield lab
    finally:
        for namespace in (lab.near, lab.far):
            ip("netns", "del", namespace)


@contextlib.contextmanager
def _http_server(lab: Lab) -> Iterator[None]:
    server = subprocess.Popen(
        lab.command(lab.far, *PYTHON, "-c", textwrap.dedent(HTTP_SERVER)), stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        assert server.stdout.readline() == b"up\n"
        yield
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


class SensorProcess:
    """A real sensor, and a client of it with the rows that came."""

    def __init__(self, process: subprocess.Popen[bytes], client: SensorClient, log: Path) -> None:
        self.process = process
        self.client = client
        self.log = log
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self._more = asyncio.Condition()

    async def collect(self) -> None:
        """Takes the rows as they come."""
        async for table, ipcs in self.client.batches():
            async with self._more:
                found = self.rows.setdefault(table, [])
                found.extend(row for ipc in ipcs for row in rows_of(ipc))
                self._more.notify_all()

    async def row(self, table: str, matches: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first row that matches, once it has come."""
        found: list[dict[str, Any]] = []

        def search() -> bool:
            found[:] = [row for row in self.rows.get(table, ()) if matches(row)]
            return bool(found)

        try:
            async with asyncio.timeout(WAIT_S), self._more:
                await self._more.wait_for(search)
        except TimeoutError:
            raise AssertionError(f"no such row in {table}; log:\n{self.log.read_text()}") from None
        return found[0]

    async def connected(self) -> None:
        """Wait until it answers: its status may come before the connection stands."""
        async with asyncio.timeout(WAIT_S):
            while not self.client.state.connected:
                self.client.changed.clear()
                await self.client.changed.wait()

    async def state(self, *states: str) -> dict[str, Any]:
        """The status, once it is in one of `states`."""
        deadline = time.monotonic() + WAIT_S
        while (status := self.client.state.status) is None or status["state"] not in states:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self.client.state}; log:\n{self.log.read_text()}")
            self.client.changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await self.client.changed.wait()
        return status


def rows_of(ipc: bytes) -> list[dict[str, Any]]:
    """Rows of an Arrow IPC stream."""
    table = arro3.io.read_ipc_stream(io.BytesIO(ipc)).read_all()
    return [row for batch in table.to_batches() for row in batch.to_struct_array().to_pylist()]


def started(
    command: Sequence[str], log: Path, environment: dict[str, str] | None = None, **popen: Any
) -> subprocess.Popen[bytes]:
    """A process whose words go to a file."""
    with log.open("ab") as output:
        popen.setdefault("stdin", subprocess.DEVNULL)
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=os.environ | (environment or {}),
            **popen,
        )
        return process


@contextlib.asynccontextmanager
async def sensor(
    folder: Path,
    *arguments: str,
    prefix: Sequence[str] = (),
    environment: dict[str, str] | None = None,
    **popen: Any,
) -> AsyncIterator[SensorProcess]:
    """A real sensor process with a connected client."""
    path, log = folder / "sensor.sock", folder / "sensor.log"
    command = (*prefix, *PYTHON, "-m", "nautscan", "sensor", "--socket", str(path), *arguments)
    process = started(command, log, environment, **popen)
    client = SensorClient(str(path))
    found = SensorProcess(process, client, log)
    tasks = [asyncio.create_task(client.run()), asyncio.create_task(found.collect())]
    try:
        await found.state(
            "running",
            "waiting",
            "no_permission",
            "no_capture_library",
            "failed",
            "ended",
            "stopped",
        )
        await found.connected()
        yield found
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, WAIT_S)
        finally:
            process.kill()
            process.wait()


Start = Callable[[Lab, Path], "subprocess.Popen[bytes]"]
"""Starts a server in the second namespace, with its files and its log in a folder."""


@contextlib.contextmanager
def serving(starts: Sequence[Start], ports: Sequence[int], folder: Path) -> Iterator[Lab]:
    """A laboratory with servers that listen on `ports`."""
    with laboratory() as lab, contextlib.ExitStack() as servers:
        lab.connect()
        for start in starts:
            server = start(lab, folder)
            servers.callback(server.wait)
            servers.callback(server.terminate)
        for port in ports:
            wait_for(lab, port, folder)
        yield lab


def wait_for(lab: Lab, port: int, folder: Path, seconds: float = WAIT_S) -> None:
    """Until the server listens: asked in its own namespace, which is not captured."""
    deadline = time.monotonic() + seconds
    probe = ("bash", "-c", f"exec 3<>/dev/tcp/{SERVER}/{port}")
    while subprocess.run(lab.command(lab.far, *probe), capture_output=True, check=False).returncode:
        logs = "\n".join(log.read_text(errors="replace") for log in folder.glob("*.log"))
        assert time.monotonic() < deadline, f"nobody listens on port {port}:\n{logs}"
        time.sleep(0.05)


def log_of(lab: Lab, script: str, *arguments: str) -> list[list[Any]]:
    """What a client in the lab says that it did, as JSON."""
    done = subprocess.run(
        lab.command(lab.near, *PYTHON, "-c", textwrap.dedent(script), *arguments),
        capture_output=True, text=True, timeout=3 * WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log: list[list[Any]] = json.loads(done.stdout)
    return log
