"""The SQL of every question that the server asks of its tables."""

from __future__ import annotations

from typing import Any, Final

from nautscan import schema
from nautscan.store.filter import Condition
from nautscan.store.interface import Page, PageSpec, Place, Row, Span
from nautscan.store.json_sql import row_sql, time_sql
from nautscan.store.reader import Question

ERROR_SQL: Final = {
    "requests": "coalesce(status >= 500, FALSE) OR error IS NOT NULL",
    "flows": "resets > 0",
}
"""What counts as an error: the server's fault, or a failure below the protocol's status."""

BYTES: Final = {
    "requests": "coalesce(request_bytes, 0) + coalesce(response_bytes, 0)",
    "flows": "client_bytes + server_bytes",
}
LASTS: Final = "(protocol = 'websocket' OR starts_with(content_type, 'text/event-stream'))"
"""Whether a request is made to last: nobody waits for the end of its answer."""

LATENCY: Final = {
    "requests": f"CASE WHEN {LASTS} THEN ttfb_ns ELSE duration_ns END",
    "flows": "handshake_ns",
}
"""How long whoever asked had to wait."""

_LIGHT: Final = {
    table: row_sql(schema.light_columns(table)) for table in ("requests", "flows", "packets")
}
_WHOLE: Final = {table: row_sql(schema.columns(table)) for table in ("requests", "flows")}


def light_row_sql(table: str) -> str:
    """A row without headers and bodies, as a JSON object."""
    return _LIGHT[table]


def page(question: Question, spec: PageSpec) -> Page:
    """A page of rows as JSON."""
    newest = spec.after.newest_id if spec.after else _newest(question, spec.table)
    where = Where()
    where.add("id <= $newest", newest=newest)
    where.span(spec.span)
    source = spec.table if spec.table != "flows" else last_flows(where)
    where.condition(spec.condition)
    sign, way = ("<", "DESC") if spec.order == "desc" else (">", "ASC")
    if spec.after is not None:
        where.add(
            f"(time {sign} make_timestamp_ns($after_time) OR "
            f"(time = make_timestamp_ns($after_time) AND id {sign} $after_id))",
            after_time=spec.after.time_ns,
            after_id=spec.after.row_id,
        )
    columns = ", ".join(f'"{column.name}"' for column in schema.light_columns(spec.table))
    found = question.rows(
        f"""SELECT {_LIGHT[spec.table]}, epoch_ns(time), id FROM (
            SELECT {columns} FROM {source} WHERE {where.sql}
            ORDER BY time {way}, id {way} LIMIT {int(spec.limit) + 1}) ORDER BY time {way}, id {way}
        """,
        where.parameters,
    )
    following = None
    if len(found) > spec.limit:
        found = found[: spec.limit]
        following = Place(found[-1][1], found[-1][2], newest)
    return Page([line for line, _, _ in found], following)


def _newest(question: Question, table: str) -> int:
    rows = question.rows(f"SELECT coalesce(max(id), 0) FROM {table}", {})
    return int(rows[0][0])


def row(question: Question, table: str, row_id: int) -> str | None:
    """One row with everything, as JSON."""
    found = question.rows(f"SELECT {_WHOLE[table]} FROM {table} WHERE id = $id", {"id": row_id})
    return str(found[0][0]) if found else None


class Where:
    """A condition that grows."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.parameters: dict[str, Any] = {}

    def add(self, sql: str, **parameters: Any) -> None:
        self._parts.append(sql)
        self.parameters |= parameters

    def span(self, span: Span) -> None:
        if span.since_ns is not None:
            self.add("time >= make_timestamp_ns($since)", since=span.since_ns)
        if span.until_ns is not None:
            self.add("time < make_timestamp_ns($until)", until=span.until_ns)

    def condition(self, condition: Condition) -> None:
        self.add(condition.sql, **condition.parameters)

    @property
    def sql(self) -> str:
        return " AND ".join(self._parts) or "TRUE"


def last_flows(where: Where) -> str:
    """Each flow once, as last seen.

    `time` is that of the first packet, the same in all rows of a flow: a span can be applied
    before the last row is chosen; a filter cannot.
    """
    return f"""(SELECT * FROM flows SEMI JOIN (
        SELECT max(id) AS id FROM flows WHERE {where.sql} GROUP BY sensor, flow_id) USING (id))"""


def series(
    question: Question, table: str, condition: Condition, span: Span, bucket_ns: int
) -> dict[int, Row]:
    """Totals of each bucket."""
    where = Where()
    where.span(span)
    source = table if table != "flows" else last_flows(where)
    where.condition(condition)
    rows = question.records(
        f"""SELECT (epoch_ns(time) - $since) // {int(bucket_ns)} AS bucket, {totals(table)}
            FROM {source} WHERE {where.sql} GROUP BY bucket""",
        {"since": span.since_ns, **where.parameters},
    )
    return {row.pop("bucket"): row for row in rows}


def totals(table: str) -> str:
    """Counts, bytes and percentiles of a group of rows."""
    # quantile_disc: a latency that was observed, exactly, not one between two. One list of all
    # three takes half the time of three quantiles, and less than an approximation.
    found = f"quantile_disc({LATENCY[table]}, [0.5, 0.95, 0.99])"
    quantiles = ", ".join(
        f"{found}[{place}] AS p{percent}_ns" for place, percent in enumerate((50, 95, 99), 1)
    )
    return f"""count(*) AS requests, count(*) FILTER (WHERE {ERROR_SQL[table]}) AS errors,
        CAST(coalesce(sum({BYTES[table]}), 0) AS BIGINT) AS bytes, {quantiles}"""


def containers(question: Question, span: Span, condition: Condition) -> list[Row]:
    """Traffic of each container: what it served, and how much it asked."""
    where = Where()
    where.span(span)
    where.condition(condition)

    def side(name: str, totals: str) -> str:
        facts = ", ".join(
            f"any_value({name}_{fact}) AS {fact}"
            for fact in ("container", "image", "project", "service")
        )
        return f"""SELECT {name}_container_id AS id, {facts}, max(time) AS last_time, {totals}
            FROM requests WHERE {where.sql} AND {name}_container_id IS NOT NULL
            GROUP BY {name}_container_id"""

    return question.records(
        f"""WITH served AS ({side("server", totals("requests"))}),
            asked AS ({side("client", "count(*) AS requests_out")})
        SELECT coalesce(served.id, asked.id) AS id,
            coalesce(served.container, asked.container) AS name,
            coalesce(served.image, asked.image) AS image,
            coalesce(served.project, asked.project) AS project,
            coalesce(served.service, asked.service) AS service,
            coalesce(requests, 0) AS requests, coalesce(errors, 0) AS errors,
            coalesce(bytes, 0) AS bytes, p50_ns, p95_ns, p99_ns,
            coalesce(requests_out, 0) AS requests_out,
            {time_sql("greatest(served.last_time, asked.last_time)")} AS last_time
        FROM served FULL JOIN asked ON served.id = asked.id""",
        where.parameters,
    )


def gaps(question: Question, span: Span) -> list[tuple[int, int | None, str]]:
    """Gaps that touch the span."""
    found = question.rows(
        """SELECT epoch_ns(since), epoch_ns(until), reason FROM gaps
        WHERE ($until IS NULL OR epoch_ns(since) < $until)
        AND ($since IS NULL OR until IS NULL OR epoch_ns(until) > $since)
        ORDER BY since DESC LIMIT 1000""",
        {"since": span.since_ns, "until": span.until_ns},
    )
    return [(since, until, reason) for since, until, reason in reversed(found)]
