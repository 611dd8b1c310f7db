"""Sizes and durations as people write them: read, and written so that they read the same."""

from __future__ import annotations

import re
from typing import Final

_SIZE_UNITS: Final = {
    "": 1, "b": 1,
    "k": 1000, "kb": 1000, "m": 1000**2, "mb": 1000**2, "g": 1000**3, "gb": 1000**3,
    "t": 1000**4, "tb": 1000**4,
    "kib": 1024, "mib": 1024**2, "gib": 1024**3, "tib": 1024**4,
}  # fmt: skip

_DURATION_UNITS: Final = {
    "ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0,
}  # fmt: skip


def parse_size(text: str) -> int:
    """Bytes of `500MB`, `2GiB`, `4096`. ValueError if it is not a size."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", text)
    if match is None or match[2].lower() not in _SIZE_UNITS:
        raise ValueError("a size such as 500MB, 2GiB or 4096 is expected")
    return int(float(match[1]) * _SIZE_UNITS[match[2].lower()])


def parse_duration(text: str) -> float:
    """Seconds of `7d`, `90m`, `250ms`, `30`. ValueError if it is not a duration."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", text)
    if match is None or match[2].lower() not in _DURATION_UNITS:
        raise ValueError("a duration such as 7d, 12h, 90m, 30s or 250ms is expected")
    return float(match[1]) * _DURATION_UNITS[match[2].lower()]


def size_text(count: int) -> str:
    """A size as `parse_size` reads it, exactly, with as few digits as that takes."""
    found = [str(count)]
    for unit in ("TB", "GB", "MB", "kB", "TiB", "GiB", "MiB", "KiB"):
        whole, rest = divmod(count, _SIZE_UNITS[unit.lower()])
        if whole and not rest:
            found.append(f"{whole}{unit}")
    return min(found, key=lambda text: len(text.rstrip("kKMGTiB")))


def duration_text(seconds: float) -> str:
    """A duration as `parse_duration` reads it, exactly."""
    for unit in ("w", "d", "h", "m"):
        whole, rest = divmod(seconds, _DURATION_UNITS[unit])
        if whole and not rest and (unit != "w" or whole > 1):
            return f"{whole:.0f}{unit}"
    return f"{seconds:g}s"
