"""The one thread that writes.

It commits a few times a second, so that a killed process loses less than a second of rows. It
checkpoints only when little waits, since a checkpoint takes as long as the log is large. Where
the disk is full or the database fails, rows are counted as lost and it tries anew; nothing waits
for it.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Final, Literal, NamedTuple

import duckdb
from arro3.core import Table

from nautscan.errors import NautScanError
from nautscan.store import growing, retention
from nautscan.store.database import Database
from nautscan.store.ids import Ids
from nautscan.store.interface import Limits as Kept
from nautscan.store.interface import StoredGap
from nautscan.store.retention import checkpoint

log = logging.getLogger("nautscan.store")

COMMIT_SECONDS: Final = 0.25
REOPEN_SECONDS: Final = 5.0
ALIVE_SECONDS: Final = 5.0
CHECKPOINT_BYTES: Final = 64 << 20
"""A log beyond this is folded into the file; it bounds the time that the next start takes."""
CHECKPOINT_AT_MOST_BYTES: Final = 512 << 20
"""A log beyond this is folded in however busy it is."""
MAX_TRANSACTION_BYTES: Final = 32 << 20


class Batch(NamedTuple):
    """Rows that wait to be written."""

    table: str
    rows: Table
    size: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What the writer keeps to."""

    queue_bytes: int
    min_free_bytes: int
    keep_seconds: float
    keep_bytes: int


@dataclass(slots=True)
class Counters:
    """What has become of rows since the start."""

    written: int = 0
    lost: int = 0
    expired: int = 0
    last_commit_ns: int | None = None


State = Literal["ok", "full", "failing", "closed"]


@dataclass(slots=True)
class _Schedule:
    """When each thing was last done, on the monotonic clock."""

    retention: float = field(default_factory=time.monotonic)
    alive: float = 0.0
    reopened: float = 0.0


class Writer:
    """Owns the connection that writes. Made and started by `DuckStore`."""

    def __init__(
        self, database: Database, reopen: Callable[[], Database], ids: Ids, limits: Limits
    ) -> None:
        """`reopen` gives a fresh database after the old one failed."""
        self.counters = Counters()
        self.state: State = "ok"
        self.reason: str | None = None
        self.queue_bytes = 0
        self._database: Database | None = database
        self._cursor: duckdb.DuckDBPyConnection | None = database.cursor()
        self._reopen = reopen
        self._ids = ids
        self._limits = limits
        self._path = database.path
        self._queue: deque[Batch] = deque()
        # Batches taken so far, and those of them that were committed or lost for good.
        self._appended = 0
        self._settled = 0
        self._gaps: deque[StoredGap] = deque(maxlen=1024)
        self._wake = threading.Condition()
        self._closing = False
        self._held_back = False
        self._schedule = _Schedule()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def append(self, batch: Batch) -> None:
        """Take rows; over the cap the oldest that wait are dropped and counted."""
        with self._wake:
            self._queue.append(batch)
            self._appended += 1
            self.queue_bytes += batch.size
            while self.queue_bytes > self._limits.queue_bytes and len(self._queue) > 1:
                dropped = self._queue.popleft()
                self.queue_bytes -= dropped.size
                self.counters.lost += dropped.rows.num_rows
                self._settled += 1
            self._wake.notify_all()

    def wait_until_settled(self, seconds: float) -> None:
        """Wait until what was appended so far is committed or lost, `seconds` at most."""
        with self._wake:
            appended = self._appended
            self._wake.wait_for(lambda: self._settled >= appended, seconds)

    def note_gap(self, gap: StoredGap) -> None:
        """Take a gap to write."""
        with self._wake:
            self._gaps.append(gap)

    def keep(self, kept: Kept) -> None:
        """Keep to other limits from now on. The writer's thread takes them up within a second."""
        with self._wake:
            self._limits = replace(
                self._limits,
                keep_seconds=kept.keep_seconds,
                keep_bytes=kept.keep_bytes,
                min_free_bytes=kept.min_free_bytes,
            )
            # What expires by the new limits goes at the next turn, not in twenty seconds.
            self._schedule.retention -= retention.EVERY_SECONDS

    @property
    def queue_batches(self) -> int:
        """Batches that wait."""
        return len(self._queue)

    def close(self) -> None:
        """Write what waits, fold the log in, and end."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    # The thread.

    def _run(self) -> None:
        while True:
            with self._wake:
                closing = self._closing
                is_behind = self.queue_bytes >= MAX_TRANSACTION_BYTES
                if not (closing or is_behind):
                    self._wake.wait(COMMIT_SECONDS)
            if not (closing or is_behind):
                # Rows that come right after these share their commit.
                time.sleep(COMMIT_SECONDS / 4)
            self._step()
            if closing and not self._queue:
                break
        self._finish()

    def _step(self) -> None:
        batches = self._take()
        try:
            self._store(batches)
        finally:
            with self._wake:
                self._settled += len(batches)
                self._wake.notify_all()
        self._guarded(self._keep_house, [])

    def _store(self, batches: list[Batch]) -> None:
        if self._cursor is None and not self._try_reopen():
            self._lose(batches)
            return
        if not self._has_room():
            self._lose(batches)
            batches = []
        self._guarded(lambda cursor: self._write(cursor, batches), batches)

    def _take(self) -> list[Batch]:
        taken: list[Batch] = []
        size = 0
        with self._wake:
            while self._queue and size < MAX_TRANSACTION_BYTES:
                batch = self._queue.popleft()
                size += batch.size
                taken.append(batch)
            self.queue_bytes -= size
        return taken

    def _lose(self, batches: list[Batch]) -> None:
        self.counters.lost += sum(batch.rows.num_rows for batch in batches)

    def _guarded(
        self, action: Callable[[duckdb.DuckDBPyConnection], None], batches: list[Batch]
    ) -> None:
        """Do it; if it fails, count the rows and decide whether the database is still usable."""
        if self._cursor is None:
            self._lose(batches)
            return
        try:
            action(self._cursor)
        except (duckdb.Error, OSError) as error:
            self._lose(batches)
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        text = str(error).split("\n", 1)[0]
        full = "No space left" in str(error) or "disk" in text.lower()
        self._become("full" if full else "failing", text)
        fatal = (duckdb.FatalException, duckdb.InternalException, OSError)
        if isinstance(error, fatal) or _invalidated(error) or not self._is_usable():
            self._drop_database()

    def _is_usable(self) -> bool:
        """Whether the database goes on after a failure, the transaction under way given up."""
        if self._cursor is None:
            return False
        try:
            with contextlib.suppress(duckdb.TransactionException):  # There is none any more.
                self._cursor.execute("ROLLBACK").fetchall()
            self._cursor.execute("SELECT 1 FROM meta LIMIT 1").fetchall()
        except duckdb.Error:
            return False
        return True

    def _drop_database(self) -> None:
        """After such an error DuckDB refuses everything until the file is opened anew."""
        self._close_database()
        self._schedule.reopened = time.monotonic()

    def _try_reopen(self) -> bool:
        if time.monotonic() - self._schedule.reopened < REOPEN_SECONDS or not self._has_room():
            return False
        self._schedule.reopened = time.monotonic()
        try:
            self._database = self._reopen()
            self._cursor = self._database.cursor()
        except (NautScanError, duckdb.Error) as error:
            self._close_database()
            self._become("failing", str(error).split("\n", 1)[0])
            return False
        return True

    def _has_room(self) -> bool:
        free = free_bytes(self._path)
        if free is None or free >= self._limits.min_free_bytes:
            if self._held_back:
                self._held_back = False
                self._become("ok", None)
            return True
        self._held_back = True
        self._become(
            "full",
            f"The disk has {free // 1_000_000} MB free; "
            f"{self._limits.min_free_bytes // 1_000_000} MB are kept free",
        )
        return False

    def _become(self, state: State, reason: str | None) -> None:
        if state != self.state:
            level = logging.INFO if state == "ok" else logging.ERROR
            log.log(level, "store is %s%s", state, f": {reason}" if reason else "")
        self.state, self.reason = state, reason

    def _write(self, cursor: duckdb.DuckDBPyConnection, batches: list[Batch]) -> None:
        with self._wake:
            gaps = list(self._gaps)
            self._gaps.clear()
        alive = time.monotonic() - self._schedule.alive >= ALIVE_SECONDS
        if not (batches or gaps or alive or self._ids.low):
            return
        cursor.execute("BEGIN").fetchall()
        for table, rows in _together(batches):
            growing.put(cursor, table, rows)
        for gap in gaps:
            cursor.execute(
                "INSERT OR REPLACE INTO gaps "
                "VALUES (make_timestamp_ns(?), make_timestamp_ns(?), ?)",
                [gap.since_ns, gap.until_ns, gap.reason],
            ).fetchall()
        now = time.time_ns()
        cursor.execute("INSERT OR REPLACE INTO meta VALUES ('alive', ?)", [now]).fetchall()
        if self._ids.low:
            self._ids.reserve(cursor)
        cursor.execute("COMMIT").fetchall()
        self._schedule.alive = time.monotonic()
        self.counters.written += sum(batch.rows.num_rows for batch in batches)
        self.counters.last_commit_ns = now
        if batches and self.state != "ok":
            self._become("ok", None)

    def _keep_house(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Expire old rows, one bounded step at a time, and fold the log in when little waits."""
        if time.monotonic() - self._schedule.retention >= retention.EVERY_SECONDS:
            expired = retention.step(cursor, self._limits.keep_seconds, self._limits.keep_bytes)
            self.counters.expired += expired
            if expired < retention.STEP_ROWS:
                self._schedule.retention = time.monotonic()
        waiting = self.queue_bytes > MAX_TRANSACTION_BYTES // 4
        log_bytes = size_of(log_path(self._path))
        if log_bytes > CHECKPOINT_AT_MOST_BYTES or (log_bytes > CHECKPOINT_BYTES and not waiting):
            checkpoint(cursor)

    def _finish(self) -> None:
        try:
            if self._cursor is not None:
                self._ids.settle(self._cursor)
                checkpoint(self._cursor)
        except duckdb.Error as error:
            log.warning("the database was not closed in order: %s", error)
        self._close_database()
        self.state = "closed"

    def _close_database(self) -> None:
        """Every connection must go, or DuckDB keeps the file open as it is."""
        if self._cursor is not None:
            self._cursor.close()
        if self._database is not None:
            self._database.close()
        self._database = self._cursor = None


def _together(batches: Sequence[Batch]) -> Iterator[tuple[str, Table]]:
    """The rows of each table, in their order: a statement costs as much as some thousand rows.

    Rows of which more or less is known than of those before them come apart.
    """
    for table in dict.fromkeys(batch.table for batch in batches):
        rows = [batch.rows for batch in batches if batch.table == table]
        for _, alike in groupby(rows, lambda part: part.schema):
            parts = [piece for part in alike for piece in part.to_batches()]
            yield table, Table.from_batches(parts)


def log_path(path: Path) -> Path:
    """The write-ahead log beside a database."""
    return path.with_name(path.name + ".wal")


def size_of(path: Path) -> int:
    """Bytes of a file; 0 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def free_bytes(path: Path) -> int | None:
    """Bytes that this user can still write beside the file; None if unknown."""
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return None


def _invalidated(error: Exception) -> bool:
    return "has been invalidated" in str(error) or isinstance(error, duckdb.ConnectionException)
