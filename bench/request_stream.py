"""A stream of HTTP requests at a chosen pace, as a capture on standard output.

Small GETs and answers on a few long connections, with true sequence numbers and the time of now:
what a busy interface would give, without one. `python -m bench.request_stream 10000` for ever.
"""

from __future__ import annotations

import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from nautscan.demo.pcap import file_header
from nautscan.demo.wire import checksum

CONNECTIONS: Final = 64
SLICES: Final = 20
"""Parts of a second that are written at once."""

_RECORD: Final = struct.Struct("<IIII")
_TCP: Final = struct.Struct("!HHIIBBHHH")
_ETHERNET: Final = bytes.fromhex("0200000000020200000000010800")
_BODY: Final = b'{"ok":true,"items":[1,2,3]}'
_STATUSES: Final = (b"200 OK", b"200 OK", b"200 OK", b"404 Not Found", b"503 Unavailable")


@dataclass(slots=True)
class _Connection:
    """Both ends of a connection, and how far each has sent."""

    client: bytes
    port: int
    sent: int = 1000
    received: int = 5000


def _packet(time_ns: int, source: bytes, target: bytes, tcp: bytes, payload: bytes) -> bytes:
    length = 20 + len(tcp) + len(payload)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 0, 0x4000, 64, 6, 0, source, target)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    frame = _ETHERNET + head + tcp + payload
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return _RECORD.pack(seconds, nanoseconds, len(frame), len(frame)) + frame


_SERVER: Final = bytes((10, 77, 0, 2))


def _exchange(connection: _Connection, number: int, time_ns: int) -> Iterator[bytes]:
    """A request and its answer, a millisecond later or up to a quarter of a second."""
    ask = b"GET /flood/%d HTTP/1.1\r\nHost: flood.test\r\n\r\n" % number
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    answer = head % (_STATUSES[number % len(_STATUSES)], len(_BODY)) + _BODY
    there = _TCP.pack(
        connection.port, 80, connection.sent, connection.received, 0x50, 0x18, 65535, 0, 0
    )
    yield _packet(time_ns, connection.client, _SERVER, there, ask)
    connection.sent += len(ask)
    back = _TCP.pack(
        80, connection.port, connection.received, connection.sent, 0x50, 0x18, 65535, 0, 0
    )
    yield _packet(time_ns + 1_000_000, _SERVER, connection.client, back, answer)
    connection.received += len(answer)


def write(stream: BinaryIO, rate: int) -> None:
    """Requests at `rate` a second, until the reader goes."""
    connections = [
        _Connection(bytes((10, 77, 1, number)), 40_000 + number) for number in range(CONNECTIONS)
    ]
    stream.write(file_header())
    number, due, until = 0, time.monotonic(), 0
    each = max(1, rate // SLICES)
    while True:
        # Slices do not overlap in time, or the order of a connection's packets would be torn.
        began = max(time.time_ns(), until)
        until = began + 1_000_000_000 // SLICES
        step = 1_000_000_000 // SLICES // each
        packets: list[bytes] = []
        for place in range(each):
            connection = connections[number % CONNECTIONS]
            packets += _exchange(connection, number, began + place * step)
            number += 1
        stream.write(b"".join(packets))
        stream.flush()
        # What a slow reader has held up is not made up for.
        due = max(due + 1 / SLICES, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    try:
        write(sys.stdout.buffer, int(sys.argv[1]))
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
