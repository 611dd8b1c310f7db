"""Small captures, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Sequence

LINKTYPE_RAW = 101
SYN, ACK, PSH_ACK = 0x02, 0x10, 0x18


def pcap(packets: Sequence[bytes], first_time: int = 1_700_000_000) -> bytes:
    """Nanosecond pcap of raw IP packets, a millisecond apart."""
    header = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, LINKTYPE_RAW)
    records = [
        struct.pack("<IIII", first_time, number * 1_000_000, len(packet), len(packet)) + packet
        for number, packet in enumerate(packets)
    ]
    return header + b"".join(records)


def tcp(*, client: bool, seq: int, ack: int, flags: int, payload: bytes = b"") -> bytes:
    """A segment between 10.0.0.1:40000 (client) and 10.0.0.2:80."""
    ends = [(bytes([10, 0, 0, 1]), 40000), (bytes([10, 0, 0, 2]), 80)]
    source, destination = ends if client else reversed(ends)
    segment = (
        struct.pack(">HHIIBBHHH", source[1], destination[1], seq, ack, 0x50, flags, 1024, 0, 0)
        + payload
    )
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), seq & 0xFFFF, 0, 64, 6, 0)
    return header + source[0] + destination[0] + segment


def exchange(target: str = "/a", secret: str = "s3cret") -> list[bytes]:
    """Handshake, one GET with credentials, its answer."""
    request = f"GET {target} HTTP/1.1\r\nHost: h\r\nAuthorization: {secret}\r\n\r\n".encode()
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
    return [
        tcp(client=True, seq=99, ack=0, flags=SYN),
        tcp(client=False, seq=499, ack=100, flags=SYN | ACK),
        tcp(client=True, seq=100, ack=500, flags=ACK),
        tcp(client=True, seq=100, ack=500, flags=PSH_ACK, payload=request),
        tcp(client=False, seq=500, ack=100 + len(request), flags=PSH_ACK, payload=response),
    ]
