"""Names of hosts that capture files tell of: a pass of its own, before that of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nautscan.errors import BadRequest
from nautscan.identity.hostnames import FOR_EVER, BookLimits, NameBook, Segment, Sighting
from nautscan.identity.model import canonical_ip
from nautscan.offline.passes import STANDARD_INPUT, ReadOptions, batches, open_pass
from nautscan.store.hosts import HostSegments
from nautscan.store.naming import COLUMNS, NAMED_TABLES, NamedBatches
from nautscan.store.scratch import ArrowExporter

if TYPE_CHECKING:
    from arro3.core import RecordBatch

    from nautscan._engine import RecordBatch as EngineBatch

MAX_ADDRESSES = 1 << 20
"""Addresses with names, and pairs of client and address: some 500 MB at the very most."""

SIGHTING = ("time", "ip", "name", "source", "asked_by", "ttl_s", "mac")
"""Columns of `names` that become a `Sighting`, in the order of its fields."""


class Naming:
    """Adds names to the rows of the second pass."""

    def __init__(self, batches: NamedBatches) -> None:
        """Made by `read`."""
        self._batches = batches

    @classmethod
    def read(cls, sources: Sequence[str], options: ReadOptions) -> Self:
        """Learn what the files say about names: answers in their packets, and their name records.

        Raises `BadRequest` for what cannot be read twice.
        """
        if STANDARD_INPUT in sources or not all(Path(source).is_file() for source in sources):
            raise BadRequest(
                "Names need two passes, and a pipe can be read only once.",
                remedy="Save the packets to a file first, or leave out --names.",
            )
        book = NameBook(BookLimits(addresses=MAX_ADDRESSES, asked=MAX_ADDRESSES))
        # Answers count whatever rows are wanted: a filter for HTTP leaves out the DNS before it.
        whole = replace(
            options, filter=None, headers=False, body_limit=0, workers=1, protocols=None
        )
        reader = open_pass(sources, ("names",), whole)
        for _, batch in batches(reader):
            book.learn(sightings(batch))
        book.configure("capture_file", recorded(reader.notes()))
        changes = book.take_changes()
        if changes is None:
            return cls(NamedBatches([], HostSegments()))
        return cls(NamedBatches(changes.keys, HostSegments.of(changes.segments)))

    def added(self, table: str) -> tuple[str, ...]:
        """The columns that rows of a table get."""
        return COLUMNS if table in NAMED_TABLES else ()

    def named(self, table: str, batch: ArrowExporter) -> ArrowExporter:
        """Rows with their names."""
        return self._batches.named(table, batch) if table in NAMED_TABLES else batch

    def before(self, take: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
        """`take`, given rows with their names."""

        def take_named(table: str, batch: ArrowExporter) -> None:
            take(table, self.named(table, batch))

        return take_named


def sightings(batch: EngineBatch | RecordBatch) -> Iterator[Sighting]:
    """Rows of the engine's table `names`."""
    from arro3.core import DataType, RecordBatch

    arrow = RecordBatch.from_arrow(batch)
    columns = {name: arrow.column(name) for name in SIGHTING}
    columns["time"] = columns["time"].cast(DataType.int64())
    values = (column.to_pylist() for column in columns.values())
    return (Sighting(*row) for row in zip(*values, strict=True))


def recorded(notes: Iterable[dict[str, Any]]) -> dict[str, list[Segment]]:
    """The first name of each address in the files' name resolution blocks; they state no time."""
    found: dict[str, list[Segment]] = {}
    for note in notes:
        for address, name in note["names"]:
            ip = canonical_ip(address)
            if ip is not None and name:
                text = name.rstrip(".").lower()
                found.setdefault(ip, [Segment(0, FOR_EVER, text, "capture_file")])
    return found
