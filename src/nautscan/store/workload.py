"""What one container does: what it is asked for, whom it talks to, and by which processes."""

from __future__ import annotations

from typing import Any, Final

from nautscan.store.dimensions import UNASKED_SQL
from nautscan.store.filter import Condition
from nautscan.store.interface import Doings, Row, Span
from nautscan.store.json_sql import time_sql
from nautscan.store.queries import ERROR_SQL, LATENCY
from nautscan.store.reader import Question

MAX_ENDPOINTS: Final = 50
MAX_PEERS: Final = 50
MAX_PROCESSES: Final = 50


def doings(question: Question, container_id: str, span: Span, condition: Condition) -> Doings:
    """All of it. The condition is over requests: processes are told of all connections."""
    return Doings(
        endpoints(question, container_id, span, condition),
        peers(question, container_id, span, condition),
        processes(question, container_id, span),
    )


_WAIT: Final = LATENCY["requests"]
_TOTALS: Final = f"""count(*) AS requests,
    count(*) FILTER (WHERE {ERROR_SQL["requests"]}) AS errors,
    quantile_disc({_WAIT}, 0.50) AS p50_ns, quantile_disc({_WAIT}, 0.95) AS p95_ns,
    quantile_disc({_WAIT}, 0.99) AS p99_ns"""


def endpoints(question: Question, container_id: str, span: Span, condition: Condition) -> list[Row]:
    """Method and target without its query, the most asked first, with errors and latencies."""
    return question.records(
        f"""SELECT method, {UNASKED_SQL} AS path, {_TOTALS} FROM requests
        WHERE server_container_id = $id AND {_WITHIN} AND {condition.sql}
        GROUP BY ALL ORDER BY requests DESC, method, path LIMIT {MAX_ENDPOINTS}""",
        _parameters(container_id, span) | dict(condition.parameters),
    )


def peers(question: Question, container_id: str, span: Span, condition: Condition) -> list[Row]:
    """Who asked it (`in`) and whom it asked (`out`), the busiest first."""

    def side(own: str, other: str, direction: str) -> str:
        return f"""SELECT '{direction}' AS direction, {other} AS name, {other}_ip AS ip,
            {other}_container_id AS container_id, {_TOTALS} FROM requests
            WHERE {own}_container_id = $id AND {_WITHIN} AND {condition.sql} GROUP BY ALL"""

    return question.records(
        f"""{side("server", "client", "in")} UNION ALL {side("client", "server", "out")}
        ORDER BY requests DESC, direction, ip LIMIT {MAX_PEERS}""",
        _parameters(container_id, span) | dict(condition.parameters),
    )


def processes(question: Question, container_id: str, span: Span) -> list[Row]:
    """Who held the container's ends of connections that lasted into the span, and when.

    A process is its number, command and user: a number that was given to another program counts as
    another process. Of rows of one flow the last that knew the process holds.
    """

    def side(name: str) -> str:
        return f"""SELECT arg_max({name}_pid, id) AS pid, arg_max({name}_command, id) AS command,
            arg_max({name}_user, id) AS "user", min(time) AS first, max(last_time) AS last
            FROM flows WHERE {name}_container_id = $id AND {name}_pid IS NOT NULL
            AND {name}_command IS NOT NULL
            AND ($since IS NULL OR last_time >= make_timestamp_ns($since))
            AND ($until IS NULL OR time < make_timestamp_ns($until)) GROUP BY sensor, flow_id"""

    return question.records(
        f"""SELECT pid, command, "user", count(*) AS connections,
            {time_sql("min(first)")} AS first_time, {time_sql("max(last)")} AS last_time
        FROM ({side("server")} UNION ALL {side("client")})
        GROUP BY pid, command, "user" ORDER BY connections DESC, command, pid
        LIMIT {MAX_PROCESSES}""",
        _parameters(container_id, span),
    )


_WITHIN: Final = """($since IS NULL OR time >= make_timestamp_ns($since))
    AND ($until IS NULL OR time < make_timestamp_ns($until))"""


def _parameters(container_id: str, span: Span) -> dict[str, Any]:
    return {"id": container_id, "since": span.since_ns, "until": span.until_ns}
