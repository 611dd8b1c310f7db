"""A SELECT applied to batches one by one, so that a stream of rows of any length needs no table.

Rows come out in the order in which they go in: the connection has one thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb
from arro3.core import Table

from nautscan import schema
from nautscan.store import json_sql
from nautscan.store.json_sql import quoted
from nautscan.store.scratch import ArrowExporter

_SOURCE = "batch"


class BatchQuery:
    """Expressions of the columns of a batch, for the rows that meet a condition."""

    def __init__(self, expressions: Iterable[str], condition: str | None = None) -> None:
        """`condition` is SQL of our own making, as the display filter compiles to."""
        where = f" WHERE {condition}" if condition else ""
        self._select = f"SELECT {', '.join(expressions)} FROM {_SOURCE}{where}"
        self._connection = duckdb.connect(
            config={
                "threads": 1,
                "enable_external_access": "false",
                "python_enable_replacements": "false",
            }
        )
        self._connection.execute("SET lock_configuration = true")

    def rows(self, batch: ArrowExporter) -> list[tuple[Any, ...]]:
        """The rows as tuples."""
        return self._run(self._select, batch).fetchall()

    def arrow(self, batch: ArrowExporter) -> Table:
        """The rows as an Arrow table."""
        self._connection.register(_SOURCE, batch)
        return Table.from_arrow(self._connection.sql(self._select))

    def joined(self, batch: ArrowExporter) -> str:
        """The rows of the only expression, which is text, each with a newline; one string."""
        statement = f"SELECT string_agg(line || chr(10), '') FROM ({self._select}) AS lines(line)"
        [(text,)] = self._run(statement, batch).fetchall()
        return text or ""

    def close(self) -> None:
        """Release the database."""
        self._connection.close()

    def _run(self, statement: str, batch: ArrowExporter) -> duckdb.DuckDBPyConnection:
        self._connection.register(_SOURCE, batch)
        return self._connection.execute(statement)


def json_rows(columns: Iterable[schema.Column], condition: str | None = None) -> BatchQuery:
    """Rows as JSON objects with the schema's names; take them by `joined`."""
    return BatchQuery([json_sql.row_sql(columns)], condition)


def flat_rows(columns: Iterable[schema.Column], condition: str | None = None) -> BatchQuery:
    """Rows with nothing nested and times as text, which is what CSV can hold; by `arrow`."""
    return BatchQuery([f"{_flat_sql(c)} AS {quoted(c.name)}" for c in columns], condition)


def plain_rows(columns: Iterable[schema.Column], condition: str | None = None) -> BatchQuery:
    """Rows as they are; by `arrow`."""
    return BatchQuery([quoted(column.name) for column in columns], condition)


def _flat_sql(column: schema.Column) -> str:
    name = quoted(column.name)
    if column.kind == "time":
        return json_sql.time_sql(name)
    if column.kind in {"headers", "text_list"}:
        return f"CAST(to_json({name}) AS VARCHAR)"
    if column.kind == "binary":
        return f"coalesce(TRY(decode({name})), base64({name}))"
    return name
