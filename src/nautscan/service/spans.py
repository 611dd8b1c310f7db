"""Spans of time and the buckets in them, from what a caller wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from nautscan.errors import BadRequest
from nautscan.store.interface import Span
from nautscan.store.times import SECOND, parse_time
from nautscan.units import parse_duration

MAX_BUCKETS: Final = 2000
WANTED_BUCKETS: Final = 120
_NICE_SECONDS: Final = (
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200,
    86400,
)  # fmt: skip

DEFAULT_FROM: Final = "-15m"

Clock = Callable[[], int]
"""What `now` is, ns: the time of day, or the end of a capture file."""


class Buckets(NamedTuple):
    """A span cut into buckets of equal length, ns; the first begins at a multiple of it."""

    since_ns: int
    length_ns: int
    number: int

    @property
    def span(self) -> Span:
        """From the beginning of the first to the end of the last."""
        return Span(self.since_ns, self.since_ns + self.number * self.length_ns)


def span_of(from_: str | None, to: str | None, now_ns: int) -> Span:
    """What was written as `from` and `to`. Raises `BadRequest`."""
    since = parse_time(from_, now_ns, "from") if from_ else None
    until = parse_time(to, now_ns, "to") if to else None
    if since is not None and until is not None and since >= until:
        raise BadRequest("`from` is not before `to`", remedy="Exchange them.")
    if since is not None and until is None and since > now_ns:
        raise BadRequest("`from` is in the future", remedy="Give an earlier time.")
    return Span(since, until)


def bounded(from_: str | None, to: str | None, now_ns: int) -> tuple[int, int]:
    """The same with both ends: fifteen minutes until now where nothing is said."""
    span = span_of(from_ or DEFAULT_FROM, to, now_ns)
    return span.since_ns or 0, now_ns if span.until_ns is None else span.until_ns


class Window(NamedTuple):
    """A span as questions about containers write it: `seconds` until now, or `from` and `to`."""

    seconds: float | None = None
    from_: str | None = None
    to: str | None = None

    def span(self, now_ns: int, default_s: float = 300) -> Span:
        """Both ends of it. Raises `BadRequest` where it is written in both ways."""
        if self.from_ is None and self.to is None:
            length = self.seconds if self.seconds is not None else default_s
            return Span(now_ns - int(length * SECOND), now_ns)
        if self.seconds is not None:
            raise BadRequest(
                "`seconds` is given beside `from` or `to`", remedy="Give one or the other."
            )
        return Span(*bounded(self.from_, self.to, now_ns))


def buckets_of(
    since_ns: int, until_ns: int, text: str | None, wanted: int = WANTED_BUCKETS
) -> Buckets:
    """Buckets that cover the span: as long as asked, or so that there are about `wanted`.

    Raises `BadRequest` for a length that is none, or that gives too many.
    """
    length = until_ns - since_ns
    bucket_ns = _fitting(length, wanted) if text is None else _asked(text, length)
    since = since_ns // bucket_ns * bucket_ns
    return Buckets(since, bucket_ns, -(-(until_ns - since) // bucket_ns))


def _fitting(length_ns: int, wanted: int) -> int:
    least = length_ns / SECOND / wanted
    seconds = next((nice for nice in _NICE_SECONDS if nice >= least), 86400.0)
    return int(max(seconds, length_ns / SECOND / MAX_BUCKETS) * SECOND)


def _asked(text: str, length_ns: int) -> int:
    try:
        bucket = int(parse_duration(text) * SECOND)
    except ValueError as error:
        raise BadRequest(f"bucket is {text!r}: {error}", remedy="Write bucket=10s.") from error
    if bucket < 1_000_000 or length_ns / bucket > MAX_BUCKETS:
        raise BadRequest(
            f"bucket={text} gives more than {MAX_BUCKETS} buckets", remedy="Take a longer bucket."
        )
    return bucket
