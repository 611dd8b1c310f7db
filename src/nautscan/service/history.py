"""Stored rows: pages, details, series, map."""

from __future__ import annotations

import base64
import binascii
import json
import time
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from nautscan import schema
from nautscan.config import parse_duration
from nautscan.errors import BadRequest, NotFound
from nautscan.store.filter import FUNCTION_HELP, compile_filter, examples
from nautscan.store.interface import PageSpec, Place, Span, Store, StoredGap
from nautscan.store.times import SECOND, format_time, parse_time

MAX_BUCKETS: Final = 2000
WANTED_BUCKETS: Final = 120
MAX_EDGES: Final = 1000
_NICE_SECONDS: Final = (
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200,
    86400,
)  # fmt: skip


class PageQuery(NamedTuple):
    """What a page of rows is asked for with."""

    filter: str = ""
    from_: str | None = None
    to: str | None = None
    limit: int = 100
    cursor: str | None = None
    order: str = "desc"


@dataclass(frozen=True, slots=True)
class JsonPage:
    """Rows as JSON; `next` is the cursor of the following page."""

    rows: list[str]
    next: str | None


class History:
    """What can be asked about stored rows."""

    def __init__(self, store: Store, source: str) -> None:
        """Over one store."""
        self._store = store
        self._source = source

    async def page(self, table: str, query: PageQuery) -> JsonPage:
        """A page of requests or flows."""
        now = time.time_ns()
        spec = PageSpec(
            table=table,
            condition=compile_filter(table, query.filter, now),
            span=_span(query.from_, query.to, now),
            limit=query.limit,
            order="asc" if query.order == "asc" else "desc",
            after=_place(query.cursor) if query.cursor else None,
        )
        page = await self._store.page(spec)
        following = _cursor(page.following) if page.following is not None else None
        return JsonPage(list(page.rows), following)

    async def request(self, request_id: int) -> str:
        """One request with headers and bodies, as JSON. Raises `NotFound`."""
        if request_id >= 2**63:
            raise _no_request(request_id)
        found = await self._store.row("requests", request_id)
        if found is None:
            raise _no_request(request_id)
        return found

    async def timeseries(
        self, table: str, text: str, span_text: tuple[str | None, str | None], bucket: str | None
    ) -> dict[str, Any]:
        """Totals of every bucket from beginning to end, empty ones included."""
        now = time.time_ns()
        span = _span(span_text[0] or "-15m", span_text[1], now)
        since, until = span.since_ns or 0, now if span.until_ns is None else span.until_ns
        bucket_ns = _bucket(bucket, until - since)
        since = since // bucket_ns * bucket_ns
        count = -(-(until - since) // bucket_ns)
        whole = Span(since, since + count * bucket_ns)
        condition = compile_filter(table, text, now)
        found = await self._store.series(table, condition, whole, bucket_ns)
        empty = {"requests": 0, "errors": 0, "bytes": 0} | dict.fromkeys(
            ("p50_ns", "p95_ns", "p99_ns")
        )
        points = [
            {"time": format_time(since + number * bucket_ns), **found.get(number, empty)}
            for number in range(count)
        ]
        return {
            "table": table,
            "bucket": bucket_ns / SECOND,
            "from": format_time(since),
            "to": format_time(since + count * bucket_ns),
            "points": points,
            "gaps": gaps_json(await self._store.gaps(whole)),
            "source": self._source,
        }

    async def map(self, from_: str | None, to: str | None) -> dict[str, Any]:
        """Who talked to whom."""
        now = time.time_ns()
        span = _span(from_ or "-15m", to, now)
        since, until = span.since_ns or 0, now if span.until_ns is None else span.until_ns
        seconds = max((until - since) / SECOND, 1e-9)
        edges, nodes, truncated = await self._store.edges(Span(since, until), MAX_EDGES)
        for edge in edges:
            edge["rate"] = edge["requests"] / seconds
            edge["error_rate"] = edge["errors"] / edge["requests"] if edge["requests"] else None
        return {
            "nodes": nodes,
            "edges": edges,
            "from": format_time(since),
            "to": format_time(until),
            "truncated": truncated,
            "gaps": gaps_json(await self._store.gaps(Span(since, until))),
            "source": self._source,
        }

    def columns(self, table: str) -> dict[str, Any]:
        """What a filter over the table may use."""
        return {
            "table": table,
            "columns": [
                {
                    "name": column.name,
                    "type": column.kind,
                    "nullable": column.nullable,
                    "doc": column.doc,
                    "examples": examples(column),
                }
                for column in schema.columns(table)
            ],
            "functions": list(FUNCTION_HELP),
            "source": self._source,
        }


def gaps_json(gaps: list[StoredGap]) -> list[dict[str, Any]]:
    """Gaps for an answer."""
    return [
        {
            "since": format_time(gap.since_ns),
            "until": format_time(gap.until_ns) if gap.until_ns is not None else None,
            "reason": gap.reason,
        }
        for gap in gaps
    ]


def _no_request(request_id: int) -> NotFound:
    return NotFound(
        f"There is no request {request_id}",
        remedy="It may have expired, or not be stored yet: that takes up to a second.",
    )


def _span(from_: str | None, to: str | None, now_ns: int) -> Span:
    since = parse_time(from_, now_ns, "from") if from_ else None
    until = parse_time(to, now_ns, "to") if to else None
    if since is not None and until is not None and since >= until:
        raise BadRequest("`from` is not before `to`", remedy="Exchange them.")
    if since is not None and until is None and since > now_ns:
        raise BadRequest("`from` is in the future", remedy="Give an earlier time.")
    return Span(since, until)


def _bucket(text: str | None, length_ns: int) -> int:
    """Nanoseconds of a bucket: as asked, or one that gives about a hundred."""
    if text is None:
        wanted = length_ns / SECOND / WANTED_BUCKETS
        seconds = next((nice for nice in _NICE_SECONDS if nice >= wanted), 86400.0)
        seconds = max(seconds, length_ns / SECOND / MAX_BUCKETS)
        return int(seconds * SECOND)
    try:
        bucket = int(parse_duration(text) * SECOND)
    except ValueError as error:
        raise BadRequest(f"bucket is {text!r}: {error}", remedy="Write bucket=10s.") from error
    if bucket < 1_000_000 or length_ns / bucket > MAX_BUCKETS:
        raise BadRequest(
            f"bucket={text} gives more than {MAX_BUCKETS} buckets", remedy="Take a longer bucket."
        )
    return bucket


def _cursor(place: Place) -> str:
    text = json.dumps([place.time_ns, place.row_id, place.newest_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str) -> Place:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
        time_ns, row_id, newest_id = (int(value) for value in values)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadRequest(
            "`cursor` is not one that was given out", remedy="Take `next` of the page before."
        ) from error
    if not all(0 <= value < 2**63 for value in (time_ns, row_id, newest_id)):
        raise BadRequest(
            "`cursor` is not one that was given out", remedy="Take `next` of the page before."
        )
    return Place(time_ns, row_id, newest_id)
