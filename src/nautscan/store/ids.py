"""Row numbers that are never given twice, whatever happens to the process.

Numbers are handed out from memory. The database holds a number that none handed out has reached;
it is moved ahead in large steps, long before it is needed.
"""

from __future__ import annotations

import threading
from typing import Final

import duckdb

BLOCK: Final = 1_000_000
TABLES: Final = ("requests", "flows")


class Ids:
    """The row numbers of the tables that have any."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Start after everything that was ever handed out."""
        self._lock = threading.Lock()
        self._next = {table: _start(cursor, table) for table in TABLES}
        self._reserved = dict.fromkeys(TABLES, 0)
        self.reserve(cursor)

    def take(self, table: str, count: int) -> int:
        """The first of `count` numbers."""
        with self._lock:
            first = self._next[table]
            self._next[table] = first + count
            return first

    @property
    def low(self) -> bool:
        """Whether `reserve` is due."""
        with self._lock:
            return any(self._next[table] + BLOCK // 2 > self._reserved[table] for table in TABLES)

    def reserve(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Note durably that numbers up to a block ahead may be handed out."""
        with self._lock:
            ahead = {table: self._next[table] + BLOCK for table in TABLES}
        _note(cursor, ahead)
        with self._lock:
            self._reserved.update(ahead)

    def settle(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Note exactly where we are, at a clean end."""
        with self._lock:
            _note(cursor, dict(self._next))


def _start(cursor: duckdb.DuckDBPyConnection, table: str) -> int:
    noted = cursor.execute("SELECT value FROM meta WHERE name = ?", [f"next_{table}"]).fetchall()
    highest = cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchall()
    return max(noted[0][0] if noted else 1, int(highest[0][0]) + 1)


def _note(cursor: duckdb.DuckDBPyConnection, values: dict[str, int]) -> None:
    for table, value in values.items():
        cursor.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", [f"next_{table}", value]
        ).fetchall()
