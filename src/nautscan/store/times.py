"""Times as people write them, to nanoseconds since 1970 UTC and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from nautscan.errors import BadRequest
from nautscan.units import parse_duration

SECOND: Final = 1_000_000_000
_EARLIEST: Final = 0
_LATEST: Final = 9_214_646_400 * SECOND  # the year 2262, near the end of 64 bits

_RFC3339: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9})\d*)?\s*(Z|z|[+-]\d{2}:\d{2})?"
)
_EPOCH: Final = re.compile(r"(\d{1,10})(?:\.(\d{1,9})\d*)?")


def parse_time(text: str, now_ns: int, name: str = "time") -> int:
    """Nanoseconds of RFC 3339, epoch seconds, `now`, or `-15m` before now.

    A time without a zone is UTC. Raises `BadRequest`.
    """
    stripped = text.strip()
    try:
        value = _parse(stripped, now_ns)
    except (ValueError, OverflowError):
        value = None
    if value is None or not _EARLIEST <= value <= _LATEST:
        raise BadRequest(
            f"{name} is {text!r}, which is no time",
            remedy="Write 2026-01-31T12:00:00Z, seconds since 1970, or -15m for 15 minutes ago.",
            detail={"parameter": name},
        )
    return value


def _parse(text: str, now_ns: int) -> int | None:
    if text == "now":
        return now_ns
    if text.startswith("-"):
        return now_ns - int(parse_duration(text[1:]) * SECOND)
    if match := _EPOCH.fullmatch(text):
        return int(match[1]) * SECOND + _fraction(match[2])
    if match := _RFC3339.fullmatch(text):
        zone = (match[4] or "Z").upper().replace("Z", "+00:00")
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}")
        seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
        return seconds * SECOND + _fraction(match[3])
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return _parse(f"{text}T00:00:00Z", now_ns)
    return None


def _fraction(digits: str | None) -> int:
    return int((digits or "").ljust(9, "0"))


def format_time(nanoseconds: int) -> str:
    """RFC 3339 in UTC with nine decimals."""
    seconds, rest = divmod(nanoseconds, SECOND)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
