"""pcapng files, block by block, little-endian."""

from __future__ import annotations

import struct
from collections.abc import Sequence

TLS_KEY_LOG = 0x544C534B


def block(kind: int, body: bytes) -> bytes:
    """Type, length, body, length."""
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def option(code: int, value: bytes) -> bytes:
    """Code, length, value, padding."""
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(comment: bytes = b"") -> bytes:
    """A section header."""
    options = option(1, comment) if comment else b""
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options)


def interface(*options: bytes) -> bytes:
    """An interface of raw IP, times in nanoseconds."""
    return block(1, struct.pack("<HHI", 101, 0, 0) + option(9, b"\x09") + b"".join(options))


def secrets(text: bytes) -> bytes:
    """A TLS key log."""
    return block(10, struct.pack("<II", TLS_KEY_LOG, len(text)) + text)


def statistics(interface_drops: int, kernel_drops: int) -> bytes:
    """What interface 0 has lost."""
    counts = option(5, struct.pack("<Q", interface_drops)) + option(
        7, struct.pack("<Q", kernel_drops)
    )
    return block(5, struct.pack("<III", 0, 0, 0) + counts)


def packets(data: Sequence[bytes], times: Sequence[int]) -> bytes:
    """Packets of interface 0 at these nanoseconds since 1970."""
    return b"".join(
        block(
            6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(each), len(each)) + each
        )
        for each, time in zip(data, times, strict=True)
    )
