"""The store on DuckDB: one writer, any number of readers, one file."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Final

import duckdb
from arro3.core import Table

from nautscan.errors import StoreUnavailable
from nautscan.store import (
    coverage,
    growing,
    mapping,
    migrations,
    queries,
    ranking,
    suggestions,
    workload,
)
from nautscan.store.database import Database
from nautscan.store.filter import Condition
from nautscan.store.ids import Ids
from nautscan.store.interface import (
    Doings,
    Group,
    Grouping,
    Page,
    PageSpec,
    Row,
    SeenValues,
    Span,
    StoredGap,
    StoreState,
    ValuesSpec,
)
from nautscan.store.interface import Limits as Kept
from nautscan.store.reader import Reader
from nautscan.store.writer import Batch, Limits, Writer, free_bytes, log_path, size_of

log = logging.getLogger("nautscan.store")

GAP_AT_LEAST_NS: Final = 10_000_000_000
"""A pause shorter than this between two runs is not told from the writer's own rhythm."""


SETTLE_SECONDS: Final = 2.0
"""Several commits. A store that is slower than that is behind, and says so in its state."""


class DuckAnswers:
    """Questions to an open database: of live traffic, or of a file. Implements `Answers`."""

    def __init__(self, reader: Reader) -> None:
        """`reader` is closed by whoever made it."""
        self._reader = reader

    async def gaps(self, span: Span) -> list[StoredGap]:
        """Gaps that touch the span."""
        found = await self._reader.ask(lambda question: queries.gaps(question, span))
        return [StoredGap(since, until, reason) for since, until, reason in found]

    async def page(self, spec: PageSpec) -> Page:
        """A page of rows."""
        return await self._reader.ask(lambda question: queries.page(question, spec))

    async def row(self, table: str, row_id: int) -> str | None:
        """One row."""
        return await self._reader.ask(lambda question: queries.row(question, table, row_id))

    async def series(
        self, table: str, condition: Condition, span: Span, bucket_ns: int
    ) -> dict[int, Row]:
        """Totals of buckets."""
        return await self._reader.ask(
            lambda question: queries.series(question, table, condition, span, bucket_ns)
        )

    async def values(self, spec: ValuesSpec) -> SeenValues:
        """Values of a column."""
        return await self._reader.ask(lambda question: suggestions.values(question, spec))

    async def edges(
        self, span: Span, condition: Condition | None, limit: int
    ) -> tuple[list[Row], list[Row], int]:
        """The workload map."""
        return await self._reader.ask(
            lambda question: mapping.edges(question, span, condition, limit)
        )

    async def top(
        self, grouping: Grouping, span: Span, bucket_ns: int, order: str, limit: int
    ) -> tuple[list[Group], int]:
        """The groups that come first."""
        return await self._reader.ask(
            lambda question: ranking.top(question, grouping, span, bucket_ns, order, limit)
        )

    async def courses(
        self, grouping: Grouping, groups: list[Group], span: Span, bucket_ns: int
    ) -> list[dict[int, Row]]:
        """Totals of buckets, of each group."""
        if not groups:
            return []
        return await self._reader.ask(
            lambda question: ranking.courses(question, grouping, groups, span, bucket_ns)
        )

    async def compared(
        self, grouping: Grouping, span: Span, base: Span, limit: int
    ) -> tuple[list[tuple[Group | None, Group | None]], int]:
        """Groups of two spans side by side."""
        return await self._reader.ask(
            lambda question: ranking.compared(question, grouping, span, base, limit)
        )

    async def counted(self, span: Span, bucket_ns: int) -> list[Row]:
        """How much the sensors' counters grew."""
        return await self._reader.ask(lambda question: coverage.counted(question, span, bucket_ns))

    async def containers(self, span: Span, condition: Condition) -> list[Row]:
        """Traffic of containers."""
        return await self._reader.ask(
            lambda question: queries.containers(question, span, condition)
        )

    async def workload(self, container_id: str, span: Span, condition: Condition) -> Doings:
        """What a container does."""
        return await self._reader.ask(
            lambda question: workload.doings(question, container_id, span, condition)
        )


class DuckStore(DuckAnswers):
    """The store in one DuckDB file. Implements `Store`."""

    def __init__(
        self, path: Path, limits: Limits, *, memory_bytes: int, query_seconds: float
    ) -> None:
        """Open, migrate and start to write. Raises `StoreUnavailable`."""
        self._path = path
        self._memory = memory_bytes
        self._database = Database(path, memory_bytes)
        self.came_from = self._database.came_from
        cursor = self._database.cursor()
        self.away_since_ns = _last_alive(cursor)
        _end_gaps(cursor, self.away_since_ns)
        self._ids = Ids(cursor)
        self.open_exchanges = growing.open_exchanges(cursor)
        cursor.close()
        self._writer = Writer(self._database, self._opened_again, self._ids, limits)
        super().__init__(Reader(self._cursor, query_seconds))
        self._note_absence()
        self._writer.start()

    def _note_absence(self) -> None:
        """While we did not run, nothing was observed: that is a gap, and it is kept as one."""
        now = time.time_ns()
        since = self.away_since_ns
        if since is not None and now - since > GAP_AT_LEAST_NS:
            self.note_gap(StoredGap(since, now, "NautScan was not running"))

    def _opened_again(self) -> Database:
        self._database = Database(self._path, self._memory)
        return self._database

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        try:
            return self._database.cursor()
        except duckdb.Error as error:
            raise StoreUnavailable(
                f"The database cannot be asked now: {self._writer.reason or error}",
                remedy="GET /api/health says how the store is; live rows go on.",
            ) from error

    def first_id(self, table: str, count: int) -> int:
        """Take row numbers."""
        return self._ids.take(table, count)

    def append(self, table: str, rows: Table) -> None:
        """Hand rows to the writer."""
        self._writer.append(Batch(table, rows, rows.nbytes))

    def note_gap(self, gap: StoredGap) -> None:
        """Hand a gap to the writer."""
        self._writer.note_gap(gap)

    async def settled(self) -> None:
        """Wait until rows appended so far can be read, two seconds at most."""
        await asyncio.to_thread(self._writer.wait_until_settled, SETTLE_SECONDS)

    def state(self) -> StoreState:
        """How it is now."""
        writer, counters = self._writer, self._writer.counters
        return StoreState(
            state=writer.state,
            reason=writer.reason,
            path=str(self._path),
            bytes=size_of(self._path) + size_of(log_path(self._path)),
            free_bytes=free_bytes(self._path),
            schema_version=migrations.VERSION,
            rows_written=counters.written,
            rows_lost=counters.lost,
            rows_expired=counters.expired,
            queue_batches=writer.queue_batches,
            queue_bytes=writer.queue_bytes,
            last_commit_ns=counters.last_commit_ns,
        )

    def keep(self, limits: Kept) -> None:
        """Hand limits to the writer and the reader."""
        self._writer.keep(limits)
        self._reader.timeout_seconds = limits.query_seconds

    async def close(self) -> None:
        """Write what waits, and close."""
        self._reader.close()
        await asyncio.to_thread(self._writer.close)


def _last_alive(cursor: duckdb.DuckDBPyConnection) -> int | None:
    rows = cursor.execute("SELECT value FROM meta WHERE name = 'alive'").fetchall()
    return int(rows[0][0]) if rows else None


def _end_gaps(cursor: duckdb.DuckDBPyConnection, alive_ns: int | None) -> None:
    """A gap that was open when the last run ended ends there: from then on it is another one."""
    if alive_ns is not None:
        cursor.execute(
            "UPDATE gaps SET until = greatest(since, make_timestamp_ns(?)) WHERE until IS NULL",
            [alive_ns],
        ).fetchall()
