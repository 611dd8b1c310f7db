"""A SELECT applied to batches one by one, so that a stream of rows of any length needs no table.

Rows come out in the order in which they go in: the connection has one thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import duckdb
from arro3.core import Table

from nautscan import schema
from nautscan.store import json_sql
from nautscan.store.json_sql import quoted
from nautscan.store.scratch import ArrowExporter

if TYPE_CHECKING:
    from nautscan.store.filter import Condition

_SOURCE = "batch"


class BatchQuery:
    """Expressions of the columns of a batch, for the rows that meet a condition."""

    def __init__(
        self,
        table: str,
        expressions: Iterable[str],
        condition: Condition | None = None,
        added: Iterable[str] = (),
    ) -> None:
        """`table` is the table whose batches come; they have the columns `added` as well."""
        where = f" WHERE {condition.sql}" if condition else ""
        self._select = f"SELECT {', '.join(expressions)} FROM {_source(table, added)}{where}"
        self._parameters = dict(condition.parameters) if condition else {}
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
        return self._run(self._select, batch)

    def arrow(self, batch: ArrowExporter) -> Table:
        """The rows as an Arrow table."""
        self._connection.register(_SOURCE, batch)
        return Table.from_arrow(self._connection.sql(self._select, params=self._parameters or None))

    def close(self) -> None:
        """Release the database."""
        self._connection.close()

    def _run(self, statement: str, batch: ArrowExporter) -> list[tuple[Any, ...]]:
        self._connection.register(_SOURCE, batch)
        return self._connection.execute(statement, self._parameters or None).fetchall()


def flat_rows(
    table: str,
    columns: Iterable[schema.Column],
    condition: Condition | None = None,
    added: Iterable[str] = (),
) -> BatchQuery:
    """Rows with nothing nested and times as text, which is what CSV can hold; by `arrow`."""
    expressions = [f"{_flat_sql(column)} AS {quoted(column.name)}" for column in columns]
    return BatchQuery(table, expressions, condition, added)


def plain_rows(
    table: str,
    columns: Iterable[schema.Column],
    condition: Condition | None = None,
    added: Iterable[str] = (),
) -> BatchQuery:
    """Rows as they are; by `arrow`."""
    return BatchQuery(table, [quoted(column.name) for column in columns], condition, added)


def _source(table: str, added: Iterable[str]) -> str:
    """The batch, with the columns that only the server knows as null: filters may name them."""
    there = set(added)
    stored = [c for c in schema.columns(table) if c.stored and c.name not in there]
    if not stored:
        return _SOURCE
    absent = ", ".join(f"CAST(NULL AS {_STORED_TYPES[c.kind]}) AS {quoted(c.name)}" for c in stored)
    return f"(SELECT *, {absent} FROM {_SOURCE})"


_STORED_TYPES: dict[schema.Kind, str] = {
    "text": "VARCHAR",
    "i64": "BIGINT",
    "time": "TIMESTAMP_NS",
}


def _flat_sql(column: schema.Column) -> str:
    name = quoted(column.name)
    if column.kind == "time":
        return json_sql.time_sql(name)
    if column.kind in {"headers", "text_list"}:
        return f"CAST(to_json({name}) AS VARCHAR)"
    if column.kind == "binary":
        return f"coalesce(TRY(decode({name})), base64({name}))"
    return name
