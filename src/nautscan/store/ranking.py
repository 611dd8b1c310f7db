"""The SQL of what is grouped: the busiest of a kind, their course over time, two spans compared."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from nautscan.store.dimensions import DIMENSIONS, PATH, PATH_SQL, Dimension
from nautscan.store.interface import Group, Grouping, Row, Span
from nautscan.store.json_sql import time_sql
from nautscan.store.queries import ERROR_SQL, LATENCY, Where, last_flows, totals
from nautscan.store.reader import Question

_ORDERS: Final = {
    "requests": "requests DESC, bytes DESC",
    "errors": "errors DESC, requests DESC",
    "p95_ns": "p95_ns DESC NULLS LAST, requests DESC",
    "bytes": "bytes DESC, requests DESC",
}
ORDERS: Final = tuple(_ORDERS)
"""By what the busiest can be told."""


class _Source(NamedTuple):
    """Rows to group: `FROM {sql} WHERE {where}`, with their parameters."""

    sql: str
    where: str
    parameters: dict[str, Any]


def _source(grouping: Grouping, dimension: Dimension, span: Span, *, only: bool = False) -> _Source:
    """The rows of a span. `only`: of paths, those in the parameter `g_k<n>` and no others."""
    where = Where()
    where.span(span)
    table = grouping.table if grouping.table != "flows" else last_flows(where)
    where.condition(grouping.condition)
    where.add(f"({dimension.where})")
    if "$own" in dimension.where:
        where.parameters["own"] = grouping.own_name
    if dimension.by_path:
        # Of equal targets the pattern is found once: there are far fewer of them than rows.
        number = next(n for n, key in enumerate(dimension.keys) if PATH in key.columns)
        wanted = f"WHERE path IS NULL OR list_contains($g_k{number}, path)" if only else ""
        table = f"""(
            WITH targets AS MATERIALIZED (SELECT DISTINCT target FROM {table} WHERE {where.sql}),
            paths AS MATERIALIZED (SELECT target AS full_target, {PATH_SQL} AS path FROM targets),
            known AS MATERIALIZED (SELECT * FROM paths {wanted})
            SELECT * FROM {table} JOIN known ON target IS NOT DISTINCT FROM full_target)"""
    return _Source(table, where.sql, where.parameters)


def _keys(dimension: Dimension) -> str:
    parts = []
    for number, key in enumerate(dimension.keys):
        parts.append(f"{key.value_sql()} AS k{number}")
        if key.is_chain:
            parts.append(f"{key.which_sql()} AS w{number}")
    return ", ".join(parts)


def _names(dimension: Dimension) -> list[str]:
    return [
        f"{kind}{number}"
        for number, key in enumerate(dimension.keys)
        for kind in ("k", "w")
        if kind == "k" or key.is_chain
    ]


def _by(dimension: Dimension) -> str:
    return ", ".join(_names(dimension))


def _same(dimension: Dimension, left: str, right: str) -> str:
    return " AND ".join(
        f"{left}{name} IS NOT DISTINCT FROM {right}{name}" for name in _names(dimension)
    )


def _facts(dimension: Dimension) -> str:
    return "".join(f", any_value({fact}) AS {fact}" for fact in dimension.facts)


def top(  # noqa: PLR0913, PLR0917 (one argument a fact of the question)
    question: Question, grouping: Grouping, span: Span, bucket_ns: int, order: str, limit: int
) -> tuple[list[Group], int]:
    """The groups that come first in an order, and how many there are.

    Each has its `course` and `errors_course`: rows of each bucket that has any, by its number from
    `span.since_ns`.
    """
    dimension = DIMENSIONS[grouping.table][grouping.by]
    source = _source(grouping, dimension, span)
    bucket = f"(epoch_ns(time) - $since) // {int(bucket_ns)}"
    rows = question.records(
        f"""SELECT * REPLACE ({time_sql("last_time")} AS last_time), count(*) OVER () AS all_groups
        FROM (SELECT {_keys(dimension)}{_facts(dimension)}, {totals(grouping.table)},
                max(time) AS last_time, histogram({bucket}) AS course,
                histogram({bucket}) FILTER (WHERE {ERROR_SQL[grouping.table]}) AS errors_course
            FROM {source.sql} WHERE {source.where} GROUP BY {_by(dimension)})
        ORDER BY {_ORDERS[order]}, {_by(dimension)} LIMIT {int(limit)}""",
        source.parameters,
    )
    count = rows[0]["all_groups"] if rows else 0
    for row in rows:
        del row["all_groups"]
        row["errors_course"] = row["errors_course"] or {}
    return [_group(dimension, row) for row in rows], count


def _group(dimension: Dimension, row: Row) -> Group:
    keys = []
    for number, key in enumerate(dimension.keys):
        value = row.pop(f"k{number}")
        which = row.pop(f"w{number}") if key.is_chain else None if value is None else 0
        keys.append((None if value is None else str(value), which))
    facts = {fact: row.pop(fact) for fact in dimension.facts}
    return Group(tuple(keys), facts, row)


def courses(
    question: Question, grouping: Grouping, groups: list[Group], span: Span, bucket_ns: int
) -> list[dict[int, Row]]:
    """Of each group: totals of each bucket that has any, by its number from `span.since_ns`."""
    dimension = DIMENSIONS[grouping.table][grouping.by]
    source = _source(grouping, dimension, span, only=True)
    named = {name: f"unnest($g_{name}) AS {name}" for name in _names(dimension)}
    lists: dict[str, Any] = {"g_place": list(range(len(groups)))}
    for name in named:
        values = [group.keys[int(name[1:])][name[0] == "w"] for group in groups]
        lists[f"g_{name}"] = values
    rows = question.records(
        f"""SELECT place, (epoch_ns(time) - $since) // {int(bucket_ns)} AS bucket,
            {totals(grouping.table)}
        FROM (SELECT *, {_keys(dimension)} FROM {source.sql} WHERE {source.where}) AS rows
        JOIN (SELECT unnest($g_place) AS place, {", ".join(named.values())}) AS wanted
        ON {_same(dimension, "rows.", "wanted.")} GROUP BY place, bucket""",
        {"since": span.since_ns} | source.parameters | lists,
    )
    courses: list[dict[int, Row]] = [{} for _ in groups]
    for row in rows:
        courses[row.pop("place")][row.pop("bucket")] = row
    return courses


def compared(
    question: Question, grouping: Grouping, span: Span, base: Span, limit: int
) -> tuple[list[tuple[Group | None, Group | None]], int]:
    """Groups of two spans side by side, busiest first, and how many the limit cut off.

    A group that is only on one side has no rows on the other: both sides are joined whole, before
    the limit.
    """
    dimension = DIMENSIONS[grouping.table][grouping.by]
    now, then = _source(grouping, dimension, span), _source(grouping, dimension, base)
    # The spans' bounds have the same names in both: those of the base get names of their own.
    renamed = {f"base_{name}": then.parameters[name] for name in ("since", "until")}
    base_sql, base_where = (
        text.replace("$since", "$base_since").replace("$until", "$base_until")
        for text in (then.sql, then.where)
    )

    def side(sql: str, where: str) -> str:
        return f"""SELECT {_keys(dimension)}{_facts(dimension)}, {totals(grouping.table)},
            count({LATENCY[grouping.table]}) AS timed,
            max(time) AS last_time FROM {sql} WHERE {where} GROUP BY {_by(dimension)}"""

    rows = question.records(
        f"""WITH a AS ({side(now.sql, now.where)}), b AS ({side(base_sql, base_where)})
        SELECT a AS a, b AS b, count(*) OVER () AS all_groups FROM a FULL JOIN b
        ON {_same(dimension, "a.", "b.")}
        ORDER BY greatest(coalesce(a.requests, 0), coalesce(b.requests, 0)) DESC,
            {", ".join(f"coalesce(a.k{n}, b.k{n})" for n in range(len(dimension.keys)))}
        LIMIT {int(limit)}""",
        now.parameters | renamed,
    )
    total = rows[0]["all_groups"] if rows else 0
    pairs = [(_side(dimension, row["a"]), _side(dimension, row["b"])) for row in rows]
    return pairs, max(0, total - len(rows))


def _side(dimension: Dimension, row: Row | None) -> Group | None:
    if row is None or row["requests"] is None:
        return None
    row.pop("last_time")
    return _group(dimension, row)
