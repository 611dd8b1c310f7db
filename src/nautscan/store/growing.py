"""Requests that are told more than once while they last: a WebSocket, a stream of events.

Their rows are cumulative: the last one of an exchange takes the place of those before it, under the
number that its first row was given, so that whoever shows it or has noted its number keeps it. What
is told once has a null in `exchange_id`, and costs nothing here.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect
from collections.abc import Iterable
from typing import Final, NamedTuple

import duckdb
from arro3.core import Array, ChunkedArray, DataType, RecordBatch, Table

TABLE: Final = "requests"

MAX_OPEN: Final = 65_536
"""Exchanges whose numbers are remembered: some ten megabytes. Beyond it the one that was told of
least lately gets another number when it is told of again; its rows stay one all the same."""

_OPEN: Final = "open"
_TIME: Final = DataType.timestamp("ns")


class Exchange(NamedTuple):
    """What tells an exchange from every other.

    Numbers of flows are never used again by a sensor, whatever becomes of its engine, and the
    number of an exchange is its own within its flow.
    """

    sensor: str
    flow_id: int
    exchange_id: int


class Told(NamedTuple):
    """The last row of an exchange in a batch: its place, and whether more will come."""

    place: int
    is_open: bool


class Growing:
    """The numbers of exchanges that are going on. Used by one thread, batch by batch."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, known: Iterable[tuple[Exchange, int]] = ()
    ) -> None:
        """`known` are exchanges that were open when their numbers were last noted, oldest first.

        `cursor` is of that thread: it looks for them in the batches.
        """
        self._cursor = cursor
        self._ids = dict(known)
        self._told: dict[Exchange, Told] = {}
        self._now = 0
        self.again: frozenset[int] = frozenset()
        """Numbers of rows of the batch that were given to earlier rows."""
        self._never = _no_times(0)

    def take(self, rows: Table) -> Table:
        """The next batch, in one piece; what holds of it: the last row of each exchange."""
        for exchange, told in self._told.items():
            if not told.is_open:
                self._ids.pop(exchange, None)
        rows, self._told = last_rows(self._cursor, rows)
        self._now = time.time_ns()
        return rows

    def numbered(self, found: Table, first_id: int) -> Table:
        """The batch with the numbers of its rows, from `first_id` on, and their times.

        It may be done again for the same batch.
        """
        count = found.num_rows
        if not self._told:
            self.again = frozenset()
            return found.append_column("updated", ChunkedArray([self._nulls(count)]))
        numbers = array("q", range(first_id, first_id + count))
        for exchange, told in self._told.items():
            # Told of just now: it is the last to be forgotten.
            known = self._ids.pop(exchange, numbers[told.place])
            self._ids[exchange] = numbers[told.place] = known
        while len(self._ids) > MAX_OPEN:
            del self._ids[next(iter(self._ids))]
        again = (numbers[told.place] for told in self._told.values())
        self.again = frozenset(number for number in again if number < first_id)
        place = found.column_names.index("id")
        found = found.set_column(place, "id", ChunkedArray([Array.from_buffer(numbers)]))
        return found.append_column("updated", ChunkedArray([self._times(count)]))

    def _times(self, count: int) -> Array:
        """Now for the rows of exchanges, null for all others."""
        which = array("Q", bytes(8 * count))
        for told in self._told.values():
            which[told.place] = 1
        choice = Array([None, self._now], type=DataType.int64()).cast(_TIME)
        return choice.take(Array.from_buffer(which))

    def _nulls(self, count: int) -> Array:
        """No times at all, without making them for every batch."""
        if len(self._never) < count:
            self._never = _no_times(count)
        return self._never.slice(0, count)


def last_rows(cursor: duckdb.DuckDBPyConnection, rows: Table) -> tuple[Table, dict[Exchange, Told]]:
    """Rows of requests without those that a later one replaces, and where exchanges are in them."""
    if rows.column("exchange_id").null_count == rows.num_rows:
        return rows, {}
    rows = rows.combine_chunks()
    found = _exchanges(cursor, rows)
    last = dict(found)
    if len(last) == len(found):
        return rows, last
    replaced = [told.place for exchange, told in found if told is not last[exchange]]
    moved = {
        exchange: told._replace(place=told.place - bisect(replaced, told.place))
        for exchange, told in last.items()
    }
    (batch,) = rows.to_batches()
    return Table.from_batches([without(batch, replaced)]), moved


def _exchanges(cursor: duckdb.DuckDBPyConnection, rows: Table) -> list[tuple[Exchange, Told]]:
    """The rows of exchanges, in order: few of many rows, which the database finds."""
    keys = rows.select(["sensor", "flow_id", "exchange_id", "completeness"])
    places = Array.from_buffer(array("q", range(rows.num_rows)))
    cursor.register("told_rows", keys.append_column("place", ChunkedArray([places])))
    try:
        found = cursor.execute(
            f"""SELECT sensor, flow_id, exchange_id, place, completeness = '{_OPEN}'
            FROM told_rows WHERE exchange_id IS NOT NULL ORDER BY place"""
        ).fetchall()
    finally:
        cursor.unregister("told_rows")
    return [(Exchange(*row[:3]), Told(*row[3:])) for row in found]


def without(rows: RecordBatch, places: Iterable[int]) -> RecordBatch:
    """Rows without those at these places, which are in order."""
    kept, begin = array("Q"), 0
    for place in (*places, rows.num_rows):
        kept.extend(range(begin, place))
        begin = place + 1
    # An empty buffer is none.
    return RecordBatch.from_arrow(rows.take(Array.from_buffer(kept))) if kept else rows.slice(0, 0)


def _no_times(count: int) -> Array:
    return Array([None] * count, type=DataType.int64()).cast(_TIME)


def put(cursor: duckdb.DuckDBPyConnection, table: str, rows: Table) -> None:
    """Insert rows; those of exchanges take the place of what was told of them before."""
    is_growing = False
    if table == TABLE:
        rows, told = last_rows(cursor, rows)
        is_growing = bool(told)
    cursor.register("incoming", rows)
    if is_growing:
        # Only parts of the table in which exchanges are at all are looked at.
        cursor.execute(
            """DELETE FROM requests WHERE exchange_id IS NOT NULL
            AND (sensor, flow_id, exchange_id) IN (
                SELECT sensor, flow_id, exchange_id FROM incoming WHERE exchange_id IS NOT NULL)"""
        ).fetchall()
    cursor.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming").fetchall()
    cursor.unregister("incoming")


def open_exchanges(cursor: duckdb.DuckDBPyConnection) -> list[tuple[Exchange, int]]:
    """Exchanges whose end is not stored, with the numbers of their rows, the least recent first."""
    found = cursor.execute(
        f"""SELECT sensor, flow_id, exchange_id, id FROM (
            SELECT sensor, flow_id, exchange_id, id, updated FROM requests
            WHERE exchange_id IS NOT NULL AND completeness = '{_OPEN}'
            ORDER BY updated DESC LIMIT {MAX_OPEN}) ORDER BY updated"""
    ).fetchall()
    return [
        (Exchange(sensor, flow_id, exchange_id), row_id)
        for sensor, flow_id, exchange_id, row_id in found
    ]
