"""SQL that writes rows as JSON, so that no row passes through Python one value at a time.

DuckDB 2.0's `strftime` with `%n` on TIMESTAMP_NS writes past its field, and its `to_json` writes
NaN, which is not JSON; hence the expressions here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nautscan import schema

_BILLION: Final = 1_000_000_000


def quoted(name: str) -> str:
    """An identifier, safe in SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string literal, safe in SQL. Values of callers go as parameters; this is for names."""
    return "'" + value.replace("'", "''") + "'"


def time_sql(expression: str) -> str:
    """RFC 3339 in UTC with nine decimals."""
    fraction = f"((epoch_ns({expression}) % {_BILLION}) + {_BILLION}) % {_BILLION}"
    seconds = f"strftime(date_trunc('second', {expression}), '%Y-%m-%dT%H:%M:%S')"
    return f"({seconds} || '.' || lpad(CAST({fraction} AS VARCHAR), 9, '0') || 'Z')"


def safe_integer_sql(expression: str) -> str:
    """A JSON number, or a string where JavaScript would lose digits."""
    limit = schema.JSON_SAFE_INTEGER
    return (
        f"CASE WHEN {expression} BETWEEN -{limit} AND {limit} THEN to_json({expression}) "
        f"ELSE to_json(CAST({expression} AS VARCHAR)) END"
    )


def object_sql(fields: Iterable[tuple[str, str]]) -> str:
    """A JSON object, as text, of (key, SQL expression)."""
    pairs = ", ".join(f"{text(key)}: {expression}" for key, expression in fields)
    return f"CAST(to_json({{{pairs}}}) AS VARCHAR)"


def body_sql(name: str) -> str:
    """The `Body` object of the API: text if it is UTF-8, else base64."""
    value, readable = quoted(name), f"TRY(decode({quoted(name)}))"
    return (
        f"CASE WHEN {value} IS NULL THEN NULL ELSE {{"
        f"'text': {readable}, "
        f"'base64': CASE WHEN {readable} IS NULL THEN base64({value}) END, "
        f"'bytes': octet_length({value}), 'truncated': {quoted(name + '_truncated')}}} END"
    )


def column_sql(column: schema.Column) -> str:
    """The expression that makes one of our columns ready for `to_json`."""
    name = quoted(column.name)
    if column.kind == "time":
        return time_sql(name)
    if column.kind == "binary":
        return body_sql(column.name)
    if column.kind == "json":
        return f"CASE WHEN json_valid({name}) THEN CAST({name} AS JSON) END"
    if column.name in {"id", "flow_id"}:
        return safe_integer_sql(name)
    return name


def row_sql(columns: Iterable[schema.Column]) -> str:
    """A row of one of our tables as a JSON object with the schema's names."""
    return object_sql((column.name, column_sql(column)) for column in columns)


def value_sql(expression: str, kind: str) -> str:
    """The expression that makes a value of any DuckDB type ready for `to_json`."""
    if kind.startswith("TIMESTAMP") and "[" not in kind:
        return time_sql(f"CAST({expression} AS TIMESTAMP_NS)")
    if kind in {"DOUBLE", "FLOAT"}:
        return f"CASE WHEN isfinite({expression}) THEN {expression} END"
    if kind == "BLOB":
        return f"coalesce(TRY(decode({expression})), base64({expression}))"
    return expression
