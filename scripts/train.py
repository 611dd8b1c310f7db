"""What the engine does all day, for the compiler to watch: `scripts/engine.sh` runs it.

Made-up traffic of a web service and the recorded captures of the tests go through the engine as
files, as a live stream, and out as JSON lines. What is hot here is laid out to be fast; what never
runs here is laid out to be small. No row is looked at: the tests do that.
"""

from __future__ import annotations

import os
import sys
import tempfile
from ipaddress import IPv4Address
from pathlib import Path
from random import Random
from typing import Final

import nautscan
from nautscan import _engine, schema
from nautscan.demo import pcap
from nautscan.demo.pcap import Frame
from nautscan.demo.tcp import Side, TcpConnection
from nautscan.demo.wire import Endpoint, Host

OWN: Final = Path(__file__).parents[1] / "tests" / "golden" / "own"
CONNECTIONS: Final = 64
REQUESTS: Final = 60
PASSES: Final = 4
"""Over the made-up traffic, each way of reading."""
PASSES_OWN: Final = 25
"""Over each recorded capture: these are small."""

_BEGIN: Final = 1_767_225_600_000_000_000
_SMALL: Final = b'{"id":7,"state":"sent","items":[{"name":"hat","count":2}]}'
_LARGE: Final = _SMALL * 1400


def main() -> int:
    """Train."""
    with tempfile.TemporaryDirectory(prefix="nautscan-train-") as folder:
        web = Path(folder) / "web.pcap"
        with web.open("wb") as file:
            pcap.write(file, sorted(_web(Random(1))))  # noqa: S311
        for _ in range(PASSES):
            _read(web)
            _stream(web, 64 << 20)
            _stream(web, 0)
    for capture in sorted(OWN.glob("*.pcap")):
        for _ in range(PASSES_OWN):
            _read(capture)
            _stream(capture, 0)
    return 0


def _read(path: Path) -> None:
    """As files: little kept, much kept, and with two workers."""
    for recording in (
        nautscan.read(path, headers=False, workers=1),
        nautscan.read(path, bodies=16_384, workers=1),
        nautscan.read(path, headers=False, workers=2),
    ):
        for table in ("requests", "flows"):
            columns = [(column.name, column.kind) for column in schema.ENGINE_COLUMNS[table]]
            _engine.json_lines(getattr(recording, table), columns)


def _stream(path: Path, ring_bytes: int) -> None:
    """As a live capture is worked on."""
    descriptor = os.open(path, os.O_RDONLY)
    capture = _engine.Capture([], stream=descriptor, ring_bytes=ring_bytes)
    while capture.next(50) is not None or not capture.status()["ended"]:
        pass
    capture.stop()


def _web(random: Random) -> list[Frame]:
    """Connections of several clients with a server; each request waits for the answer before."""
    frames: list[Frame] = []
    server = Endpoint(Host(IPv4Address("10.0.0.2"), bytes(5) + b"\2"), 8080)
    for number in range(CONNECTIONS):
        client = Host(IPv4Address("10.0.0.3") + number % 8, bytes(5) + bytes([3 + number % 8]))
        connection = TcpConnection(Endpoint(client, 40_000 + number), server, random, frames.append)
        at = connection.open(_BEGIN + random.randrange(1_000_000_000))
        for count in range(REQUESTS):
            at = _exchange(connection, at, number * REQUESTS + count)
        connection.close(at, Side.CLIENT)
    return frames


def _exchange(connection: TcpConnection, at: int, number: int) -> int:
    """A request and its answer, as servers and load tools send them; when both are over."""
    fields = b"Host: 10.0.0.2:8080\r\nUser-Agent: train/1.0\r\nAccept: */*\r\n"
    body = _SMALL if number % 9 == 0 else b""
    method = b"POST" if body else b"GET"
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    ask = b"%s /api/orders/%d?page=%d HTTP/1.1\r\n" % (method, number, number % 7)
    asked = connection.send(at, Side.CLIENT, ask + fields + length + b"\r\n" + body)
    status = b"404 Not Found" if number % 31 == 0 else b"200 OK"
    content = _LARGE if number % 16 == 0 else _SMALL
    if number % 5 == 0:
        framing = b"Transfer-Encoding: chunked\r\n"
        content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
    else:
        framing = b"Content-Length: %d\r\n" % len(content)
    head = b"HTTP/1.1 %s\r\nServer: nginx\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n" % status
    kind = b"Content-Type: application/json\r\nConnection: keep-alive\r\n"
    connection.send(asked.last + 900_000, Side.SERVER, head + kind + framing + b"\r\n" + content)
    return connection.free_at + 50_000


if __name__ == "__main__":
    sys.exit(main())
