"""The beginning of a capture, for programs that would take minutes on the whole."""

from __future__ import annotations

import struct
from pathlib import Path

_FILE_HEADER = 24
_RECORD_HEADER = 16


def first_packets(capture: Path, count: int) -> Path:
    """Write the first packets of a little-endian pcap file beside it, once."""
    part = capture.with_name(f"{capture.stem}-first-{count}{capture.suffix}")
    if not part.exists() or part.stat().st_mtime < capture.stat().st_mtime:
        partial = part.with_name(f".{part.name}.partial")
        with capture.open("rb") as source, partial.open("wb") as target:
            target.write(source.read(_FILE_HEADER))
            for _ in range(count):
                header = source.read(_RECORD_HEADER)
                if len(header) < _RECORD_HEADER:
                    break
                target.write(header)
                target.write(source.read(struct.unpack_from("<I", header, 8)[0]))
        partial.replace(part)
    return part
