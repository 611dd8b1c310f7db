"""Keeping the database small: by age, by size, and by dropping what a later row replaced.

One call does one bounded step, so that the writer is never away from its work for long.
"""

from __future__ import annotations

import logging
import time
from typing import Final

import duckdb

log = logging.getLogger("nautscan.store")

EVERY_SECONDS: Final = 20.0
STEP_ROWS: Final = 50_000
"""Rows deleted from a table in one step."""
SETTLED_SECONDS: Final = 900.0
"""A flow's earlier rows are kept this long, so that pages being read do not change."""

_TIMED: Final = ("requests", "flows", "stats")
_BEFORE: Final = "< make_timestamp_ns($before)"
_EXPIRED: Final = {
    # One that is told of while it lasts is as old as what was last told of it.
    "requests": f"time {_BEFORE} AND (updated IS NULL OR updated {_BEFORE})",
    "flows": f"last_time {_BEFORE}",
    "stats": f"time {_BEFORE}",
}


def step(cursor: duckdb.DuckDBPyConnection, keep_seconds: float, keep_bytes: int) -> int:
    """One step of everything; the number of rows that expired (replaced ones do not count)."""
    now_ns = time.time_ns()
    expired = _by_age(cursor, now_ns - int(keep_seconds * 1e9))
    if used_bytes(cursor) > keep_bytes:
        expired += _oldest(cursor)
        # Only a checkpoint gives the blocks of deleted rows back; without it the next step would
        # find the size unchanged and delete too much.
        checkpoint(cursor)
    _replaced(cursor, now_ns - int(SETTLED_SECONDS * 1e9))
    return expired


def used_bytes(cursor: duckdb.DuckDBPyConnection) -> int:
    """Bytes in use by tables and log. The file itself shrinks later, or is used again."""
    rows = cursor.execute(
        "SELECT block_size * used_blocks FROM pragma_database_size() "
        "WHERE database_name = current_database()"
    ).fetchall()
    return int(rows[0][0]) if rows else 0


def checkpoint(cursor: duckdb.DuckDBPyConnection) -> None:
    """Fold the log into the file. A reader that is in its way is no error: later, then."""
    try:
        cursor.execute("CHECKPOINT").fetchall()
    except duckdb.TransactionException as error:
        log.debug("checkpoint put off: %s", error)


def _by_age(cursor: duckdb.DuckDBPyConnection, before_ns: int) -> int:
    return sum(
        _changed(
            cursor,
            f"""DELETE FROM {table} WHERE rowid IN (
                SELECT rowid FROM {table} WHERE {_EXPIRED[table]} LIMIT {STEP_ROWS})""",
            {"before": before_ns},
        )
        for table in _TIMED
    )


def _oldest(cursor: duckdb.DuckDBPyConnection) -> int:
    """The oldest twentieth of each table, at most a step: rows lie in the order they came."""
    expired = 0
    for table in _TIMED:
        rows = cursor.execute(f"SELECT count(*), min(rowid) FROM {table}").fetchall()
        count, first = rows[0]
        if count:
            share = max(1, min(STEP_ROWS, count // 20))
            expired += _changed(
                cursor,
                f"""DELETE FROM {table} WHERE rowid IN (
                    SELECT rowid FROM {table} WHERE rowid >= ? ORDER BY rowid LIMIT {share})""",
                [first],
            )
    return expired


def _replaced(cursor: duckdb.DuckDBPyConnection, before_ns: int) -> int:
    """Rows of flows that a later row of the same flow has replaced."""
    return _changed(
        cursor,
        f"""DELETE FROM flows WHERE rowid IN (
            SELECT older.rowid FROM flows AS older
            WHERE older.end_reason IS NULL AND older.last_time < make_timestamp_ns(?)
            AND EXISTS (
                SELECT 1 FROM flows AS newer WHERE newer.flow_id = older.flow_id
                AND newer.sensor = older.sensor AND newer.id > older.id)
            LIMIT {STEP_ROWS})""",
        [before_ns],
    )


def _changed(
    cursor: duckdb.DuckDBPyConnection, statement: str, values: list[int] | dict[str, int]
) -> int:
    rows = cursor.execute(statement, values).fetchall()
    return int(rows[0][0]) if rows else 0
