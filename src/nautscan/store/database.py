"""The database file: opening it, and saying plainly why it cannot be opened."""

from __future__ import annotations

import contextlib
import re
import threading
from pathlib import Path
from typing import Final

import duckdb

from nautscan.errors import NautScanError, StoreUnavailable
from nautscan.store import migrations

CHECKPOINT_OFF: Final = "1TB"
"""DuckDB must not checkpoint in the middle of a commit: the writer does it when it is idle."""

ROW_GROUP: Final = 8192
"""Rows of a table that are kept together. Of a commit with more than these DuckDB writes the rows
where they stay, and not to its log first: half the work of a flood. With its own 122,880 no commit
would be so large."""

_CATALOG: Final = "history"
"""What the file is called in SQL."""


class StillInUse(StoreUnavailable):
    """The file was closed, but a query that goes on has not let go of it yet."""


class Database:
    """One open database file. `cursor` may be called from any thread."""

    def __init__(self, path: Path, memory_bytes: int) -> None:
        """Open and migrate. Raises `StoreUnavailable`."""
        self.path = path
        self._lock = threading.Lock()
        self._connection = _opened(path, memory_bytes)
        try:
            self.came_from = migrations.migrate(self._connection, str(path))
        except NautScanError:
            self._connection.close()
            raise
        except duckdb.Error as error:
            self._connection.close()
            raise broken(error, path) from error
        # Times are stored without a zone and mean UTC; no conversion may use this machine's zone.
        for setting in (
            "TimeZone = 'UTC'",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._connection.execute(f"SET {setting}")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of one's own to the same database. It may wait for a commit."""
        with self._lock:
            cursor = self._connection.cursor()
        cursor.execute(f"USE {_CATALOG}")
        return cursor

    def close(self) -> None:
        """Close. A query under way goes on, and the file is let go when its cursor is closed."""
        # DuckDB says so, having closed all the same.
        with self._lock, contextlib.suppress(duckdb.ResourceInUseException):
            self._connection.close()


def _opened(path: Path, memory_bytes: int) -> duckdb.DuckDBPyConnection:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{max(memory_bytes, 64 << 20)}B",
                "checkpoint_threshold": CHECKPOINT_OFF,
                "temp_directory": str(path.parent / "spill"),
                "max_temp_directory_size": "2GB",
                "python_enable_replacements": "false",
                "autoload_known_extensions": "false",
                "autoinstall_known_extensions": "false",
                "allow_community_extensions": "false",
            },
        )
        # Only what is attached can be told how many rows it keeps together.
        file = str(path).replace("'", "''")
        connection.execute(f"ATTACH '{file}' AS {_CATALOG} (ROW_GROUP_SIZE {ROW_GROUP})")
        connection.execute(f"USE {_CATALOG}")
        return connection
    except duckdb.Error as error:
        raise broken(error, path) from error
    except OSError as error:
        raise StoreUnavailable(
            f"The data folder {path.parent} cannot be used: {error.strerror or error}",
            remedy="Give a folder that this user can write to with --data-dir.",
        ) from error


def broken(error: duckdb.Error, path: Path) -> StoreUnavailable:
    """Why the file cannot be used, and what to do."""
    text = str(error).strip().split("\n\n", 1)[0]
    holder = re.search(r"held in (.+?) \(PID (\d+)\)", text)
    if holder is not None:
        return StoreUnavailable(
            f"The database {path} is in use by process {holder[2]} ({holder[1]})",
            remedy="End that process (perhaps another NautScan), or give another --data-dir.",
            detail={"pid": int(holder[2]), "program": holder[1]},
        )
    if "Could not set lock" in text:
        return StoreUnavailable(
            f"The database {path} is in use by another process",
            remedy="End it (perhaps another NautScan), or give another --data-dir.",
        )
    if "Unique file handle conflict" in text:
        return StillInUse(
            f"The database {path} is still in use by a query of this process",
            remedy="Ask again in a moment.",
        )
    if "not a valid DuckDB database" in text:
        return StoreUnavailable(
            f"{path} is not a NautScan database, or it is damaged",
            remedy="Move the file away to start with an empty one, or give another --data-dir.",
        )
    return StoreUnavailable(
        f"The database {path} cannot be used: {text}",
        remedy="See that the disk has room and the folder belongs to this user.",
    )
