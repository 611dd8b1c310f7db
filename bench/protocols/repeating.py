"""Make a large capture of small ones: each again and again, as other connections, later.

Only TCP over IPv4 over Ethernet with the server's port is taken. Each connection of each round gets
a client's port of its own; rounds follow each other in time.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_FILE_HEADER = struct.Struct("<IHHiIII")
_RECORD_HEADER = struct.Struct("<IIII")
_PORTS = struct.Struct(">HH")
_MAGIC = 0xA1B2C3D4
_MAGICS = {_MAGIC: 1, 0xA1B23C4D: 1000}
"""With how many units of its time a microsecond has."""
_ETHERNET = 1
_IPV4 = b"\x08\x00"
_TCP = 6
_IP_AT = 14
_CHECKSUM_AT = 16
"""In the TCP header."""
FIRST_PORT, LAST_PORT = 1024, 65_535
PAUSE_US = 1_000


@dataclass(frozen=True)
class Segment:
    """A frame with a TCP segment of the protocol."""

    time_us: int
    data: bytes
    tcp_at: int
    is_from_client: bool
    client: tuple[bytes, int]


def repeat(captures: Sequence[Path], server_port: int, file: Path, size: int) -> tuple[int, int]:
    """Write rounds of `captures` until `file` has about `size` bytes or ports are used up.

    Returns how many packets and rounds there are. Raises ValueError for captures of another kind.
    """
    rounds = [list(segments(capture, server_port)) for capture in captures]
    needed = sum(len({segment.client for segment in one}) for one in rounds)
    ports = iter(range(FIRST_PORT, LAST_PORT + 1))
    packets = count = 0
    now = 1_700_000_000_000_000
    with file.open("wb") as out:
        out.write(_FILE_HEADER.pack(_MAGIC, 2, 4, 0, 0, 262_144, _ETHERNET))
        while out.tell() < size and (count + 1) * needed <= LAST_PORT - FIRST_PORT:
            for one in rounds:
                chosen = _chosen(one, ports)
                start = now - one[0].time_us
                for segment in one:
                    now = start + segment.time_us
                    data = moved(segment, chosen[segment.client])
                    out.write(_RECORD_HEADER.pack(*divmod(now, 1_000_000), len(data), len(data)))
                    out.write(data)
                packets += len(one)
                now += PAUSE_US
            count += 1
    return packets, count


def _chosen(segments: Sequence[Segment], ports: Iterator[int]) -> dict[tuple[bytes, int], int]:
    clients = sorted({segment.client for segment in segments})
    return dict(zip(clients, itertools.islice(ports, len(clients)), strict=True))


def segments(capture: Path, server_port: int) -> Iterator[Segment]:
    """Read the segments from and to a port."""
    content = capture.read_bytes()
    magic, *_, link_type = _FILE_HEADER.unpack_from(content)
    if magic not in _MAGICS or link_type != _ETHERNET:
        raise ValueError(f"{capture} is no little-endian pcap file of Ethernet")
    at = _FILE_HEADER.size
    while at < len(content):
        seconds, fraction, length, _ = _RECORD_HEADER.unpack_from(content, at)
        at += _RECORD_HEADER.size
        time_us = seconds * 1_000_000 + fraction // _MAGICS[magic]
        segment = _segment(content[at : at + length], time_us, server_port)
        at += length
        if segment is not None:
            yield segment


def _segment(data: bytes, time_us: int, server_port: int) -> Segment | None:
    if data[12:14] != _IPV4 or data[_IP_AT + 9] != _TCP:
        return None
    tcp_at = _IP_AT + (data[_IP_AT] & 15) * 4
    source, destination = _PORTS.unpack_from(data, tcp_at)
    if server_port not in {source, destination}:
        return None
    asks = destination == server_port
    address_at, port = _IP_AT + (12 if asks else 16), source if asks else destination
    client = (data[address_at : address_at + 4], port)
    return Segment(time_us, data, tcp_at, is_from_client=asks, client=client)
    tcp_at = _IP_AT + (data[_IP_AT] & 15) * 4
    source, destination = _PORTS.unpack_from(data, tcp_at)
    if server_port not in {source, destination}:
        return None
    asks = destination == server_port
    address_at, port = _IP_AT + (12 if asks else 16), source if asks else destination
    client = (data[address_at : address_at + 4], port)
    return Segment(time_us, data, tcp_at, is_from_client=asks, client=client)


def moved(segment: Segment, port: int) -> bytes:
    """Give the frame with another port of the client, checksum in step (RFC 1624)."""
    data = bytearray(segment.data)
    at = segment.tcp_at + (0 if segment.is_from_client else 2)
    checksum_at = segment.tcp_at + _CHECKSUM_AT
    (before,) = struct.unpack_from(">H", data, at)
    (checksum,) = struct.unpack_from(">H", data, checksum_at)
    total = (~checksum & 0xFFFF) + (~before & 0xFFFF) + port
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into(">H", data, at, port)
    struct.pack_into(">H", data, checksum_at, ~total & 0xFFFF)
    return bytes(data)
