"""Writing the classic pcap format with nanosecond timestamps."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

MAGIC_NANOSECONDS = 0xA1B23C4D
LINKTYPE_ETHERNET = 1
SNAPLEN = 262_144


class Frame(NamedTuple):
    """Bytes on the wire and when they were there (ns since 1970 UTC); sorts by time."""

    time: int
    data: bytes


def file_header(link_type: int = LINKTYPE_ETHERNET) -> bytes:
    """The header at the start of a capture."""
    return struct.pack("<IHHiIII", MAGIC_NANOSECONDS, 2, 4, 0, 0, SNAPLEN, link_type)


def record(frame: Frame) -> bytes:
    """One packet with its record header."""
    seconds, nanoseconds = divmod(frame.time, 1_000_000_000)
    size = len(frame.data)
    return struct.pack("<IIII", seconds, nanoseconds, size, size) + frame.data


def write(stream: BinaryIO, frames: list[Frame], link_type: int = LINKTYPE_ETHERNET) -> None:
    """A whole capture."""
    stream.write(file_header(link_type))
    stream.writelines(map(record, frames))
