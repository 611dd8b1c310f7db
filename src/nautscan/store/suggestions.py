"""Which values a column has had lately, and how often: for somebody who writes a filter."""

from __future__ import annotations

from typing import Final

from nautscan import schema
from nautscan.store.interface import SeenValue, SeenValues, ValuesSpec
from nautscan.store.json_sql import quoted
from nautscan.store.reader import Question

MAX_ROWS: Final = 100_000
"""Rows looked at, the newest ones: what is suggested must be there before the next key."""
MAX_LENGTH: Final = 200
"""Characters of a text; a longer one is no value that a person picks from a list."""

_COUNTED: Final = {"requests": "count(*)", "flows": "count(DISTINCT (sensor, flow_id))"}
_LISTED: Final = frozenset({"text", "u16", "i32", "i64", "bool", "text_list"})


def has_values(column: schema.Column) -> bool:
    """Whether the values of a column can be listed: not of times, headers, bodies, JSON."""
    return column.kind in _LISTED and not column.heavy


def values(question: Question, spec: ValuesSpec) -> SeenValues:
    """The most frequent values that contain a part, those that begin with it first."""
    table, column = spec.table, spec.column
    ceiling = question.rows(f"SELECT coalesce(max(id), 0) FROM {table}", {})[0][0]
    floor = int(ceiling) - MAX_ROWS
    name = quoted(column.name)
    value = f"unnest({name})" if column.kind == "text_list" else name
    keys = ", sensor, flow_id" if table == "flows" else ""
    found = question.rows(
        f"""SELECT value, {_COUNTED[table]} AS times,
                starts_with(lower(CAST(value AS VARCHAR)), $part) AS leads
            FROM (SELECT {value} AS value{keys} FROM {table}
                WHERE id > $floor AND {spec.condition.sql})
            WHERE value IS NOT NULL AND length(CAST(value AS VARCHAR)) <= $longest
                AND contains(lower(CAST(value AS VARCHAR)), $part)
            GROUP BY value ORDER BY leads DESC, times DESC, value LIMIT {int(spec.limit)}""",
        {
            "floor": floor,
            "part": spec.part.lower(),
            "longest": MAX_LENGTH,
            **spec.condition.parameters,
        },
    )
    looked_at = f"SELECT count(*), min(epoch_ns(time)) FROM {table} WHERE id > $floor"
    rows, since = question.rows(looked_at, {"floor": floor})[0]
    return SeenValues([SeenValue(value, times) for value, times, _ in found], rows, since)
