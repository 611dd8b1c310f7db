"""What stored traffic adds up to: series, the busiest, the map, and how much of it was seen."""

from __future__ import annotations

import socket
import time
from typing import Any, Final, NamedTuple

from nautscan.errors import BadRequest
from nautscan.service.comparing import Verdicts
from nautscan.service.history import gaps_json
from nautscan.service.spans import Buckets, Clock, bounded, buckets_of
from nautscan.service.wording import described, edge_filter, scope_of
from nautscan.store.dimensions import DIMENSIONS
from nautscan.store.filter import compile_filter
from nautscan.store.interface import Answers, Group, Grouping, Row, Span
from nautscan.store.times import SECOND, format_time

MAX_EDGES: Final = 1000
MAX_COMPARED: Final = 2000
SPARK_BUCKETS: Final = 30
_EMPTY: Final = {"requests": 0, "errors": 0, "bytes": 0} | dict.fromkeys(
    ("p50_ns", "p95_ns", "p99_ns")
)


class Asked(NamedTuple):
    """What rows are asked about: of which table, under which filter, from when to when."""

    table: str = "requests"
    filter: str = ""
    from_: str | None = None
    to: str | None = None


class Analysis:
    """What can be asked about many rows at once."""

    def __init__(self, store: Answers, source: str, clock: Clock = time.time_ns) -> None:
        """Over one store."""
        self._clock = clock
        self._store = store
        self._source = source
        self._own_name = socket.gethostname()

    async def timeseries(
        self, asked: Asked, bucket: str | None, by: str | None, limit: int
    ) -> dict[str, Any]:
        """Totals of every bucket from beginning to end, empty ones included."""
        now = self._clock()
        buckets = buckets_of(*bounded(asked.from_, asked.to, now), bucket)
        condition = compile_filter(asked.table, asked.filter, now)
        found = await self._store.series(asked.table, condition, buckets.span, buckets.length_ns)
        span_ns = buckets.number * buckets.length_ns
        whole = await self._store.series(asked.table, condition, buckets.span, span_ns)
        groups: list[dict[str, Any]] = []
        if by is not None:
            grouping = self._grouping(asked, by, now)
            over = (buckets.span, buckets.length_ns)
            first, _ = await self._store.top(grouping, *over, "requests", limit)
            courses = await self._store.courses(grouping, first, *over)
            groups = [
                described(asked.table, by, group) | {"points": _points(course, buckets)}
                for group, course in zip(first, courses, strict=True)
            ]
        return self._over(buckets) | {
            "table": asked.table,
            "by": by,
            "total": whole.get(0, _EMPTY),
            "points": _points(found, buckets),
            "groups": groups,
            "gaps": gaps_json(await self._store.gaps(buckets.span)),
        }

    async def top(self, asked: Asked, by: str, order: str, limit: int) -> dict[str, Any]:
        """The busiest of a kind, each with its course over the span."""
        now = self._clock()
        since, until = bounded(asked.from_, asked.to, now)
        buckets = buckets_of(since, until, None, SPARK_BUCKETS)
        grouping = self._grouping(asked, by, now)
        # Rows of the whole first and last bucket: a span that ends within one would show a fall.
        span = Span(buckets.since_ns, until)
        groups, count = await self._store.top(grouping, span, buckets.length_ns, order, limit)
        return self._over(buckets) | {
            "table": asked.table,
            "by": by,
            "to": format_time(until),
            "groups": [
                _busy(described(asked.table, by, group), group, buckets, until - buckets.since_ns)
                for group in groups
            ],
            "count": count,
        }

    async def compare(
        self, asked: Asked, base: tuple[str | None, str | None], by: str, limit: int
    ) -> dict[str, Any]:
        """A span beside another: what is new, gone, slower, failing more."""
        now = self._clock()
        since, until = bounded(asked.from_, asked.to, now)
        if base[0] is None:
            # As long a time, just before.
            base_since, base_until = max(0, 2 * since - until), since
        else:
            base_since, base_until = bounded(base[0], base[1], now)
        pairs, truncated = await self._store.compared(
            self._grouping(asked, by, now),
            Span(since, until),
            Span(base_since, base_until),
            MAX_COMPARED,
        )
        verdicts = Verdicts((until - since) / SECOND, (base_until - base_since) / SECOND)
        groups = [_named(asked.table, by, pair) | verdicts.of(*pair) for pair in pairs]
        groups.sort(key=lambda group: -group.pop("weight"))
        gaps = await self._store.gaps(Span(min(since, base_since), max(until, base_until)))
        return {
            "table": asked.table,
            "by": by,
            "from": format_time(since),
            "to": format_time(until),
            "base_from": format_time(base_since),
            "base_to": format_time(base_until),
            "counts": verdicts.counts,
            "groups": groups[:limit],
            "count": len(groups),
            "truncated": truncated,
            "rules": verdicts.rules(),
            "gaps": gaps_json(gaps),
            "source": self._source,
        }

    async def map(self, asked: Asked) -> dict[str, Any]:
        """Who talked to whom."""
        now = self._clock()
        since, until = bounded(asked.from_, asked.to, now)
        seconds = max((until - since) / SECOND, 1e-9)
        text = asked.filter.strip()
        condition = compile_filter("requests", text, now) if text else None
        edges, nodes, truncated = await self._store.edges(Span(since, until), condition, MAX_EDGES)
        known = {node["id"]: node for node in nodes}
        for node in nodes:
            free = node["kind"] in {"host", "address"}
            node["scope"] = scope_of(node["addresses"]) if free else None
        for edge in edges:
            edge["rate"] = edge["requests"] / seconds
            edge["error_rate"] = edge["errors"] / edge["requests"] if edge["requests"] else None
            edge["table"], edge["filter"] = edge_filter(edge, known)
        return {
            "nodes": nodes,
            "edges": edges,
            "from": format_time(since),
            "to": format_time(until),
            "truncated": truncated,
            "gaps": gaps_json(await self._store.gaps(Span(since, until))),
            "source": self._source,
        }

    async def coverage(
        self, from_: str | None, to: str | None, bucket: str | None
    ) -> dict[str, Any]:
        """How much the sensors saw over time, and what was lost on the way."""
        now = self._clock()
        buckets = buckets_of(*bounded(from_, to, now), bucket)
        rows = await self._store.counted(buckets.span, buckets.length_ns)
        totals: dict[tuple[str, str], int] = {}
        cells: dict[int, dict[str, int]] = {}
        interfaces: dict[str, dict[int, int]] = {}
        for row in rows:
            key = (row["stage"], row["name"])
            totals[key] = totals.get(key, 0) + row["grown"]
            field = _FIELDS.get(key)
            if field is not None:
                cell = cells.setdefault(row["bucket"], {})
                cell[field] = cell.get(field, 0) + row["grown"]
            if key == ("capture", "received") and row["interface"] is not None:
                interfaces.setdefault(row["interface"], {})[row["bucket"]] = row["grown"]
        seen = totals.get(("decode", "bytes"))
        opaque = totals.get(("proto", "opaque_bytes"))
        return self._over(buckets) | {
            "points": [
                dict.fromkeys(_FIELDS.values()) | cells.get(number, {}) | {"time": at}
                for number, at in enumerate(_times(buckets))
            ],
            "totals": [
                {"stage": stage, "name": name, "value": value}
                for (stage, name), value in sorted(totals.items())
            ],
            "opaque_share": opaque / seen if seen and opaque is not None else None,
            "interfaces": [
                {
                    "name": name,
                    "packets": sum(course.values()),
                    "series": [course.get(number) for number in range(buckets.number)],
                }
                for name, course in sorted(
                    interfaces.items(), key=lambda item: (-sum(item[1].values()), item[0])
                )
            ],
            "gaps": gaps_json(await self._store.gaps(buckets.span)),
        }

    def _grouping(self, asked: Asked, by: str, now_ns: int) -> Grouping:
        possible = DIMENSIONS[asked.table]
        if by not in possible:
            raise BadRequest(
                f"{asked.table} cannot be grouped by {by}",
                remedy=f"Group by one of: {', '.join(possible)}.",
                detail={"parameter": "by"},
            )
        condition = compile_filter(asked.table, asked.filter, now_ns)
        return Grouping(asked.table, by, condition, self._own_name)

    def _over(self, buckets: Buckets) -> dict[str, Any]:
        span = buckets.span
        return {
            "bucket": buckets.length_ns / SECOND,
            "from": format_time(span.since_ns or 0),
            "to": format_time(span.until_ns or 0),
            "source": self._source,
        }


_FIELDS: Final = {
    ("decode", "packets"): "packets",
    ("decode", "bytes"): "bytes",
    ("proto", "opaque_bytes"): "opaque_bytes",
    ("capture", "kernel_drops"): "kernel_drops",
    ("capture", "interface_drops"): "interface_drops",
    ("stream", "gap_bytes"): "gap_bytes",
    ("queue", "rows_dropped"): "rows_dropped",
}
"""Counters that are told bucket by bucket, by the names of the answer."""


def _times(buckets: Buckets) -> list[str]:
    return [
        format_time(buckets.since_ns + number * buckets.length_ns)
        for number in range(buckets.number)
    ]


def _points(found: dict[int, Row], buckets: Buckets) -> list[dict[str, Any]]:
    return [{"time": at, **found.get(number, _EMPTY)} for number, at in enumerate(_times(buckets))]


def _busy(words: dict[str, Any], group: Group, buckets: Buckets, length_ns: int) -> dict[str, Any]:
    totals = dict(group.totals)
    course, errors = totals.pop("course"), totals.pop("errors_course")
    requests, numbers = totals["requests"], range(buckets.number)
    return (
        words
        | totals
        | {
            "rate": requests / max(length_ns / SECOND, 1e-9),
            "error_rate": totals["errors"] / requests if requests else None,
            "series": [course.get(number, 0) for number in numbers],
            "errors_series": [errors.get(number, 0) for number in numbers],
        }
    )


def _named(table: str, by: str, pair: tuple[Group | None, Group | None]) -> dict[str, Any]:
    group = pair[0] or pair[1]
    if group is None:
        raise ValueError("a pair has at least one side")
    return described(table, by, group)
