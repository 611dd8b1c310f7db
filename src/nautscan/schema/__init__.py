"""The tables and their columns, for code that may not import the engine.

The engine (`nautscan-core/src/event`) defines the columns it puts out; a test holds this file
against it. `stored` columns are added by the server: the store's `id` and the workloads on each
side.
"""

from __future__ import annotations

from typing import Final

from nautscan.schema.column import JSON_SAFE_INTEGER, Column, Kind
from nautscan.schema.flows import FLOWS
from nautscan.schema.others import NAMES, PACKETS, STATS
from nautscan.schema.requests import REQUESTS
from nautscan.schema.stored import (
    ID,
    UPDATED,
    VENDORS,
    host_columns,
    process_columns,
    workload_columns,
)

__all__ = [
    "COLUMNS",
    "ENGINE_COLUMNS",
    "JSON_SAFE_INTEGER",
    "STORED_TABLES",
    "Column",
    "Kind",
    "columns",
    "light_columns",
]

ENGINE_COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "requests": REQUESTS,
    "flows": FLOWS,
    "packets": PACKETS,
    "names": NAMES,
    "stats": STATS,
}
"""What the engine puts out, in its order."""

COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "requests": (
        ID,
        *REQUESTS,
        UPDATED,
        *workload_columns(),
        *host_columns(),
        *process_columns(),
    ),
    "flows": (
        ID,
        *FLOWS,
        *workload_columns(),
        *host_columns(),
        *VENDORS,
        *process_columns(),
    ),
    "packets": PACKETS,
    "names": NAMES,
    "stats": STATS,
}
"""What the server knows of each table: the engine's columns and the stored ones."""

STORED_TABLES: Final = ("requests", "flows", "stats")
"""Tables that are kept on disk; packets live in the sensor's ring, names in memory."""


def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table, stored ones included. KeyError for a table that is not."""
    return COLUMNS[table]


def light_columns(table: str) -> tuple[Column, ...]:
    """The columns of list answers and live rows: without headers and bodies."""
    return tuple(column for column in COLUMNS[table] if not column.heavy)
