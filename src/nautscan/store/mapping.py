"""The SQL of the workload map: who talked to whom in a span."""

from __future__ import annotations

from typing import Final

from nautscan.store.filter import Condition
from nautscan.store.interface import Row, Span
from nautscan.store.json_sql import time_sql
from nautscan.store.queries import BYTES, Where, last_flows, totals
from nautscan.store.reader import Question

MAX_ADDRESSES: Final = 16
MAX_CONTAINERS: Final = 64

_EDGES: Final = """
    SELECT coalesce(r.client_key, f.client_key) AS client,
        coalesce(r.server_key, f.server_key) AS server,
        coalesce(r.protocol, f.protocol) AS protocol, coalesce(requests, 0) AS requests,
        coalesce(errors, 0) AS errors, p50_ns, p95_ns, p99_ns,
        coalesce(r.bytes, 0) AS content_bytes, coalesce(flows, 0) AS flows,
        coalesce(f.bytes, 0) AS bytes, {last} AS last_time, count(*) OVER () AS all_edges
    FROM r FULL JOIN f ON r.client_key = f.client_key AND r.server_key = f.server_key
        AND r.protocol = f.protocol
    ORDER BY requests DESC, bytes DESC, client, server, protocol LIMIT {limit}
"""


def edges(
    question: Question, span: Span, condition: Condition | None, limit: int
) -> tuple[list[Row], list[Row], int]:
    """Edges of the workload map, the nodes at their ends, and how many edges were cut off."""
    where, active = Where(), Where()
    where.span(span)
    if condition is not None:
        where.condition(condition)
        active.add("FALSE")
    if span.since_ns is not None:
        active.add("last_time >= make_timestamp_ns($since)", since=span.since_ns)
    if span.until_ns is not None:
        active.add("time < make_timestamp_ns($until)", until=span.until_ns)
    flows = last_flows(active)
    edge_sql = _EDGES.format(limit=int(limit), last=time_sql("greatest(r.last_time, f.last_time)"))
    parameters = where.parameters | active.parameters
    found = question.records(
        f"""WITH r AS (
            SELECT *, {_key("client")}, {_key("server")} FROM (
                SELECT {_PARTS}, protocol, {totals("requests")}, max(time) AS last_time
                FROM requests WHERE {where.sql} GROUP BY {_GROUPED}, protocol)),
        f AS (
            SELECT *, {_key("client")}, {_key("server")} FROM (
                SELECT {_PARTS}, coalesce(protocol, transport) AS protocol, count(*) AS flows,
                    CAST(sum({BYTES["flows"]}) AS BIGINT) AS bytes, max(last_time) AS last_time
                FROM {flows} GROUP BY {_GROUPED}, coalesce(protocol, transport)))
        {edge_sql}""",
        parameters,
    )
    total = found[0]["all_edges"] if found else 0
    for edge in found:
        edge.pop("all_edges")
    keys = sorted({edge[end] for edge in found for end in ("client", "server")})
    nodes = _nodes(question, (where.sql, flows), parameters, keys) if keys else []
    return found, nodes, max(0, total - len(found))


def _nodes(
    question: Question, sources: tuple[str, str], parameters: dict[str, object], keys: list[str]
) -> list[Row]:
    """What is known of the ends of edges."""
    where, flows = sources
    both = ", ".join(f"{side}{fact}" for side in ("client", "server") for fact in _FACTS)
    # The limit cuts nothing off: without it the condition on keys is looked at before the pairs
    # are put together, and a key written for each of a million rows instead of each pair.
    return question.records(
        f"""WITH pairs AS MATERIALIZED (
            SELECT * FROM (SELECT DISTINCT {both} FROM requests WHERE {where}
                UNION ALL SELECT DISTINCT {both} FROM {flows}) LIMIT {_NO_LIMIT}),
        ends AS ({_ends("client")} UNION {_ends("server")}),
        keyed AS (SELECT *, {_KEY.format(side="")} AS key FROM ends)
        SELECT key AS id, split_part(key, ':', 1) AS kind,
            coalesce(any_value(service), any_value(container), any_value(name), any_value(ip))
                AS name,
            any_value(image) AS image, any_value(project) AS project,
            any_value(service) AS service,
            coalesce(list_sort(list_distinct(list(container_id) FILTER (
                WHERE container_id IS NOT NULL)))[1:{MAX_CONTAINERS}], []) AS container_ids,
            list_sort(list_distinct(list(ip)))[1:{MAX_ADDRESSES}] AS addresses
        FROM keyed WHERE list_contains($keys, key) GROUP BY key ORDER BY key""",
        parameters | {"keys": keys},
    )


_NO_LIMIT: Final = 2**62

_FACTS: Final = ("", "_container_id", "_container", "_image", "_project", "_service", "_ip")

_KEY: Final = """CASE
    WHEN {side}service IS NOT NULL
        THEN 'service:' || coalesce({side}project, '') || '/' || {side}service
    WHEN {side}container_id IS NOT NULL THEN 'container:' || {side}container_id
    WHEN {side}name IS NOT NULL THEN 'host:' || {side}name
    ELSE 'address:' || {side}ip END"""
"""What a node is known by: its Compose service, else container, else host name, else address.

Replicas of a service are one node.
"""


def _parts(side: str) -> dict[str, str]:
    """What tells nodes apart, in columns: grouping by them is cheaper than by the key's text."""
    service, container = f"{side}_service IS NULL", f"{side}_container_id IS NULL"
    return {
        f"{side}_in": f"CASE WHEN NOT {service} THEN {side}_project END",
        f"{side}_at": f"{side}_service",
        f"{side}_id": f"CASE WHEN {service} THEN {side}_container_id END",
        f"{side}_named": f"CASE WHEN {service} AND {container} THEN {side} END",
        f"{side}_address": f"CASE WHEN {service} AND {container} AND {side} IS NULL "
        f"THEN {side}_ip END",
    }


_ALL_PARTS: Final = _parts("client") | _parts("server")
_PARTS: Final = ", ".join(f"{sql} AS {name}" for name, sql in _ALL_PARTS.items())
_GROUPED: Final = ", ".join(_ALL_PARTS)


def _key(side: str) -> str:
    sql = _KEY.format(side=f"{side}_")
    for column, part in (
        ("service", "at"), ("project", "in"), ("container_id", "id"), ("name", "named"),
        ("ip", "address"),
    ):  # fmt: skip
        sql = sql.replace(f"{side}_{column}", f"{side}_{part}")
    return f"{sql} AS {side}_key"


def _ends(side: str) -> str:
    """One side of the pairs, under names that do not say which."""
    named = ", ".join(f"{side}{fact} AS {fact.removeprefix('_') or 'name'}" for fact in _FACTS)
    return f"SELECT {named} FROM pairs"
