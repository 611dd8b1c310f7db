"""The rows of one capture file in a database of their own: written once, then only asked about."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import duckdb
from arro3.io import read_ipc_stream

from nautscan.errors import StoreUnavailable, TooLarge
from nautscan.store import growing
from nautscan.store.database import Database, StillInUse, broken
from nautscan.store.duck import DuckAnswers
from nautscan.store.reader import Reader
from nautscan.store.writer import free_bytes, log_path, size_of

CHECKPOINT_BYTES: Final = 64 << 20
"""A log beyond this is folded into the file, so that a large file is not written twice over."""

LET_GO_SECONDS: Final = 2.0
"""How long a database that was closed may be held by a query that was told to end."""

TABLES: Final = ("requests", "flows")


def stored_bytes(path: Path) -> int:
    """Bytes that a database takes, with its log."""
    return size_of(path) + size_of(log_path(path))


class FileWriter:
    """Writes rows into a new database. For one thread at a time."""

    def __init__(
        self, path: Path, *, memory_bytes: int, most_bytes: int, min_free_bytes: int
    ) -> None:
        """Make the database. Raises `StoreUnavailable`."""
        self._path = path
        self._most = most_bytes
        self._min_free = min_free_bytes
        self._database = Database(path, memory_bytes)
        self._cursor = self._database.cursor()

    def add(self, table: str, ipc: bytes) -> None:
        """Keep rows of a table, an Arrow IPC stream of its stored columns.

        Raises `StoreUnavailable` where the disk or the rows do not allow it, `TooLarge`.
        """
        if table not in TABLES:
            raise StoreUnavailable(f"rows of {table!r} came, which no file has")
        self._check_room()
        try:
            # What a reading process sends is not trusted: rows that do not fit are an error here.
            growing.put(self._cursor, table, read_ipc_stream(ipc).read_all())
            if size_of(log_path(self._path)) > CHECKPOINT_BYTES:
                self._cursor.execute("CHECKPOINT").fetchall()
        except duckdb.Error as error:
            raise broken(error, self._path) from error

    def _check_room(self) -> None:
        if stored_bytes(self._path) > self._most:
            raise TooLarge(
                f"The rows of this file take more than {self._most // 1_000_000} MB",
                remedy="Delete other uploads, raise NAUTSCAN_UPLOADS_SIZE, or upload less of it.",
            )
        free = free_bytes(self._path)
        if free is not None and free < self._min_free:
            raise StoreUnavailable(
                f"The disk has {free // 1_000_000} MB free; "
                f"{self._min_free // 1_000_000} MB are kept free",
                remedy="Free some space, then upload the file again.",
            )

    def close(self) -> None:
        """Fold the log in, and close."""
        try:
            self._cursor.execute("CHECKPOINT").fetchall()
        except duckdb.Error as error:
            raise broken(error, self._path) from error
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close as it is."""
        self._cursor.close()
        self._database.close()


class FileStore(DuckAnswers):
    """The rows of a file, to ask about. Implements `Answers`."""

    def __init__(self, path: Path, *, memory_bytes: int, query_seconds: float) -> None:
        """Open the database; one of an older NautScan is migrated. Raises `StoreUnavailable`.

        Blocks for a moment where it was closed just now.
        """
        self._path = path
        self._database = _opened(path, memory_bytes)
        super().__init__(Reader(self._cursor, query_seconds))

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        try:
            return self._database.cursor()
        except duckdb.Error as error:
            raise broken(error, self._path) from error

    def close(self) -> None:
        """End what is asked, and close; blocks for a moment."""
        self._reader.close()
        self._database.close()


def _opened(path: Path, memory_bytes: int) -> Database:
    deadline = time.monotonic() + LET_GO_SECONDS
    while True:
        try:
            return Database(path, memory_bytes)
        except StillInUse:
            if time.monotonic() >= deadline:
                raise
        time.sleep(0.02)
