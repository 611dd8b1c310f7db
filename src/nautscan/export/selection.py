"""Which columns of a table go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nautscan import schema
from nautscan.offline.passes import ReadOptions, no_rows

if TYPE_CHECKING:
    from arro3.core import Table

    from nautscan.store.filter import Condition


@dataclass(frozen=True)
class Selection:
    """Columns of a table, for the rows that meet a condition."""

    table: str
    columns: tuple[schema.Column, ...]
    condition: Condition | None = None
    added: tuple[str, ...] = ()
    """Columns that the batches have beside the engine's."""


def select(
    table: str,
    options: ReadOptions,
    condition: Condition | None = None,
    added: tuple[str, ...] = (),
) -> Selection:
    """The engine's columns, without headers and bodies where none were kept, and those `added`.

    A column that was not asked for is absent, not null: null says that there was none.
    """
    kept = tuple(column for column in schema.ENGINE_COLUMNS[table] if _kept(column, options))
    more = tuple(column for column in schema.columns(table) if column.name in added)
    return Selection(table, kept + more, condition, added)


def no_rows_of(rows: Selection) -> Table:
    """What the batches look like, without a row."""
    from arro3.core import DataType, Field, Schema
    from arro3.core import Table as ArrowTable

    engine = no_rows(rows.table)
    if not rows.added:
        return engine
    fields = [engine.schema.field(place) for place in range(len(engine.schema))]
    fields += [Field(name, DataType.utf8(), nullable=True) for name in rows.added]
    return ArrowTable.from_batches([], schema=Schema(fields))


def _kept(column: schema.Column, options: ReadOptions) -> bool:
    if column.name.endswith("_headers"):
        return options.headers
    if column.name.endswith(("_body", "_body_truncated")):
        return options.body_limit > 0
    return True
