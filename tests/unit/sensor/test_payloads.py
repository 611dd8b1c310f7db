"""What packets carry above TCP and UDP, as the engine's layers say it."""

from __future__ import annotations

import struct
from typing import Any

from nautscan import _engine
from nautscan.sensor.payloads import payloads

ETHERNET = bytes(12) + b"\x08\x00"


def ipv4(protocol: int, content: bytes) -> bytes:
    header = struct.pack(
        ">BBHHHBBH4s4s",
        0x45,
        0,
        20 + len(content),
        1,
        0,
        64,
        protocol,
        0,
        b"\x0a\0\0\1",
        b"\x0a\0\0\2",
    )
    return header + content


def ipv6(following: int, content: bytes) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(content), following, 64) + bytes(32) + content


def tcp(sequence: int, flags: int, content: bytes) -> bytes:
    return struct.pack(">HHIIBBHHH", 1234, 80, sequence, 7, 0x50, flags, 100, 0, 0) + content


def udp(content: bytes, port: int = 53) -> bytes:
    return struct.pack(">HHHH", 5, port, 8 + len(content), 0) + content


PACKETS = {
    1: ETHERNET + ipv4(6, tcp(4_000_000_000, 0x02, b"")) + bytes(6),
    2: ETHERNET + ipv4(6, tcp(4_000_000_001, 0x18, b"GET /")),
    3: (ETHERNET + ipv4(6, tcp(4_000_000_006, 0x10, b"cut short")))[:-4],
    4: ETHERNET + ipv4(17, udp(b"abc")) + bytes(8),
    5: ETHERNET[:12] + b"\x86\xdd" + ipv6(6, tcp(9, 0x11, b"six")),
    6: ETHERNET
    + ipv4(17, udp(b"\x08\0\0\0\0\0\3\0" + ETHERNET + ipv4(6, tcp(5, 0x10, b"inner")), 4789)),
    7: ETHERNET[:12] + b"\x08\x06" + bytes(28),
}


def packet(number: int) -> dict[str, Any] | None:
    data = PACKETS.get(number)
    if data is None:
        return None
    return {"bytes": data, "layers": _engine.dissect(data, "ETHERNET")}


def test_each_packet_gives_its_numbers_and_its_bytes() -> None:
    found = payloads(packet, [1, 2, 3, 4, 5, 6], 1000)
    assert found.rows == [
        [1, 4_000_000_000, 7, "SYN", 0, 0],
        [2, 4_000_000_001, 7, "PSH, ACK", 5, 0],
        [3, 4_000_000_006, 7, "ACK", 5, 4],
        [4, None, None, "", 3, 0],
        [5, 9, 7, "FIN, ACK", 3, 0],
        [6, 5, 7, "ACK", 5, 0],
    ]
    assert bytes(found.data) == b"GET /cut sabcsixinner"
    assert not found.cut


def test_what_is_gone_or_has_no_transport_is_left_out() -> None:
    found = payloads(packet, [7, 99, 4], 1000)
    assert [row[0] for row in found.rows] == [4]


def test_the_cap_of_bytes_is_kept_and_told() -> None:
    found = payloads(packet, [2, 4, 5], 7)
    assert ([row[0] for row in found.rows], found.cut) == ([2], True)
    assert payloads(packet, [2], 1).rows[0][0] == 2
