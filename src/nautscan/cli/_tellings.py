"""Requests that are told more than once while they last: which of their rows are printed.

Rows of one flow and `exchange_id` are cumulative. A program gets all of them, a person the first
and the last; either way they are one request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from arro3.core import RecordBatch

MAX_OPEN: Final = 65_536
"""Requests that are known to go on; over it the one that began first is forgotten, and counted
anew."""


class Tellings:
    """What has been told of requests so far."""

    def __init__(self, *, every: bool) -> None:
        """`every`: each row is printed, and not only the first and the last of a request."""
        self._every = every
        self._open: dict[tuple[int, int], None] = {}

    def take(self, batch: RecordBatch, most: int | None) -> tuple[RecordBatch, int]:
        """The rows of a batch of `requests` to print, and how many of them are new requests.

        At most `most` new ones, None for all.
        """
        numbers = batch.column("exchange_id")
        if numbers.null_count == batch.num_rows:
            rows = batch if most is None else batch.slice(0, min(most, batch.num_rows))
            return rows, rows.num_rows
        flows = batch.column("flow_id").to_pylist()
        states = batch.column("completeness").to_pylist()
        places: list[int] = []
        new = 0
        for place, number in enumerate(numbers.to_pylist()):
            if most is not None and new == most:
                break
            is_open = states[place] == "open"
            key = (flows[place], number)
            is_again = number is not None and self._note(key, is_open=is_open)
            new += not is_again
            if self._every or not (is_again and is_open):
                places.append(place)
        return _taken(batch, places), new

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


def _taken(batch: RecordBatch, places: list[int]) -> RecordBatch:
    from arro3.core import Array, DataType, RecordBatch

    return RecordBatch.from_arrow(batch.take(Array(places, type=DataType.uint64())))
