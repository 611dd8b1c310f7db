"""Requests that are told more than once while they last: which of their rows are printed.

Rows of one flow and `exchange_id` are cumulative. A program gets all of them, a person the first
and the last; either way they are one request.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from arro3.core import RecordBatch

MAX_OPEN: Final = 65_536
"""Requests that are known to go on; over it the one that began first is forgotten, and counted
anew."""

_LOOKED_AT: Final = ("flow_id", "exchange_id", "completeness = 'open'", "place")


class Tellings:
    """What has been told of requests so far."""

    def __init__(self, *, every: bool) -> None:
        """`every`: each row is printed, and not only the first and the last of a request."""
        from nautscan.store.batchwise import BatchQuery
        from nautscan.store.filter import Condition

        self._every = every
        self._open: dict[tuple[int, int], None] = {}
        # Among many rows few are of such requests: the database finds them.
        lasting = Condition("exchange_id IS NOT NULL")
        self._lasting = BatchQuery("requests", _LOOKED_AT, lasting, ["place"])

    def take(self, batch: RecordBatch, most: int | None) -> tuple[RecordBatch, int]:
        """The rows of a batch of `requests` to print, and how many of them are new requests.

        At most `most` new ones, None for all.
        """
        from nautscan.store.growing import without

        most = batch.num_rows if most is None else most
        again = 0
        left_out: list[int] = []
        for flow, number, is_open, place in self._lasting_rows(batch):
            if place - again >= most:
                break
            if self._note((flow, number), is_open=is_open):
                again += 1
                if is_open and not self._every:
                    left_out.append(place)
        # What is told again takes no room of those that are new.
        end = min(batch.num_rows, most + again)
        rows = batch.slice(0, end)
        return (without(rows, left_out) if left_out else rows), end - again

    def _lasting_rows(self, batch: RecordBatch) -> list[tuple[int, int, bool, int]]:
        """Flow, number, whether it goes on, and place of each row of a request that lasts."""
        from arro3.core import Array, Table

        if batch.column("exchange_id").null_count == batch.num_rows:
            return []
        keys = batch.select(["flow_id", "exchange_id", "completeness"])
        places = Array.from_buffer(array("q", range(batch.num_rows)))
        return self._lasting.rows(Table.from_batches([keys.append_column("place", places)]))

    def _note(self, key: tuple[int, int], *, is_open: bool) -> bool:
        """Take note of a row; whether there was one of that request before."""
        is_again = key in self._open
        if is_open:
            self._open[key] = None
            if len(self._open) > MAX_OPEN:
                del self._open[next(iter(self._open))]
        else:
            self._open.pop(key, None)
        return is_again
