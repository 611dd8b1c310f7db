"""Which columns of a table go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nautscan import schema
from nautscan.offline.passes import ReadOptions

if TYPE_CHECKING:
    from nautscan.store.filter import Condition


@dataclass(frozen=True)
class Selection:
    """Columns of a table, for the rows that meet a condition."""

    table: str
    columns: tuple[schema.Column, ...]
    condition: Condition | None = None


def select(table: str, options: ReadOptions, condition: Condition | None = None) -> Selection:
    """The engine's columns, without headers and bodies where none were kept.

    A column that was not asked for is absent, not null: null says that there was none.
    """
    kept = tuple(column for column in schema.ENGINE_COLUMNS[table] if _kept(column, options))
    return Selection(table, kept, condition)


def _kept(column: schema.Column, options: ReadOptions) -> bool:
    if column.name.endswith("_headers"):
        return options.headers
    if column.name.endswith(("_body", "_body_truncated")):
        return options.body_limit > 0
    return True
