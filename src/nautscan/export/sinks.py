"""Files that take batches as they come: Parquet, CSV, JSON lines.

A file appears under its name only when it is whole.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Full, Queue
from typing import TYPE_CHECKING, Any

from nautscan.errors import BadRequest
from nautscan.export.formats import Format
from nautscan.export.output import Output
from nautscan.export.selection import Selection, no_rows_of
from nautscan.offline.passes import json_lines

if TYPE_CHECKING:
    from arro3.core import RecordBatchReader, Schema, Table

    from nautscan._engine import RecordBatch as EngineBatch

    Batch = EngineBatch | Table
    """As the engine gives it, or with columns added."""

QUEUED_BATCHES = 1
"""Batches that may wait for a writer; then reading waits, so that memory stays bounded, and little
is left to be written when all is read."""
_ROWS_OF_GROUP = 131_072
"""Rows of a Parquet row group: one is written out while the next comes together, so that little is
left to write at the end, and whoever reads the file may leave out groups of other times."""
_LOOK_S = 0.2


class Sink(ABC):
    """Takes the batches of one table."""

    rows = 0

    @abstractmethod
    def __init__(self, rows: Selection, output: Output) -> None:
        """Write `rows` to `output`."""

    @abstractmethod
    def add(self, batch: Batch) -> None:
        """Write the rows of a batch."""

    @abstractmethod
    def end(self) -> None:
        """Say that no more rows come: what is left is written while other sinks end too."""

    @abstractmethod
    def finish(self) -> None:
        """Make the file whole and give it its name; after `end`."""

    @abstractmethod
    def abandon(self) -> None:
        """Leave no file behind."""


def open_sink(rows: Selection, form: Format, target: Path | None = None) -> Sink:
    """A sink for one table; without a `target` it writes to standard output."""
    if form == "parquet" and target is None:
        raise BadRequest(
            "Parquet is not written to standard output.", remedy="Name a file with -o."
        )
    kinds: dict[Format, type[Sink]] = {
        "json": _JsonSink,
        "csv": _CsvSink,
        "parquet": _ParquetSink,
    }
    return kinds[form](rows, Output(target))


class _JsonSink(Sink):
    """One object a line."""

    def __init__(self, rows: Selection, output: Output) -> None:
        self._output = output
        self._columns = rows.columns
        self._query = None
        if rows.condition:
            from nautscan.store.batchwise import plain_rows

            self._query = plain_rows(rows.table, rows.columns, rows.condition, rows.added)

    def add(self, batch: Batch) -> None:
        rows = batch if self._query is None else self._query.arrow(batch)
        self.rows += rows.num_rows
        for lines in json_lines(rows, self._columns):
            self._output.write(lines)
        if self._output.target is None:
            self._output.flush()
        self._output.check()

    def end(self) -> None:
        if self._query is not None:
            self._query.close()

    def finish(self) -> None:
        self._output.finish()

    def abandon(self) -> None:
        self.end()
        self._output.abandon()


class _Abandoned(Exception):
    """The rest of the rows will not come."""


class _ArrowSink(Sink):
    """A writer that wants to pull its rows, in a thread of its own."""

    def __init__(self, rows: Selection, output: Output) -> None:
        self._output = output
        self._queue: Queue[Any] = Queue(QUEUED_BATCHES)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @abstractmethod
    def _schema(self) -> Schema:
        """Schema of what is written."""

    @abstractmethod
    def _write(self, rows: RecordBatchReader) -> None:
        """Write all rows to the file."""

    @abstractmethod
    def _shape(self, batch: Batch) -> Iterator[Any]:
        """The batches to write for one batch of the table."""

    def add(self, batch: Batch) -> None:
        for shaped in self._shape(batch):
            self.rows += shaped.num_rows
            self._put(shaped)
        self._output.check()

    def end(self) -> None:
        self._put(None)

    def finish(self) -> None:
        self._thread.join()
        if self._error is not None:
            raise self._error
        self._output.finish()

    def abandon(self) -> None:
        self._put(_Abandoned())
        self._thread.join()
        self._output.abandon()

    def _put(self, item: Any) -> None:
        """Hand over, unless the writer has ended already, which only an error makes it do."""
        while self._thread.is_alive():
            with suppress(Full):
                self._queue.put(item, timeout=_LOOK_S)
                return

    def _run(self) -> None:
        from arro3.core import RecordBatchReader

        try:
            rows = RecordBatchReader.from_batches(self._schema(), self._queued())
            self._write(rows)
        except Exception as error:  # noqa: BLE001 (handed to the thread that finishes)
            self._error = error

    def _queued(self) -> Iterator[Any]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, _Abandoned):
                raise item
            yield item


class _ParquetSink(_ArrowSink):
    """All columns as they are, compressed by zstd."""

    # Level 3 takes a tenth longer over all and saves a hundredth of the size.
    _COMPRESSION = "zstd(1)"

    def __init__(self, rows: Selection, output: Output) -> None:
        self._columns = rows.columns
        self._names = [column.name for column in rows.columns]
        self._table_schema = no_rows_of(rows).select(self._names).schema
        self._query = None
        if rows.condition or rows.added:
            from nautscan.store.batchwise import plain_rows

            self._query = plain_rows(rows.table, rows.columns, rows.condition, rows.added)
            self._table_schema = self._query.arrow(no_rows_of(rows)).schema
        super().__init__(rows, output)

    def _schema(self) -> Schema:
        return self._table_schema

    def _shape(self, batch: Batch) -> Iterator[Any]:
        from arro3.core import RecordBatch as ArrowBatch

        if self._query is not None:
            yield from self._query.arrow(batch).to_batches()
        else:
            yield ArrowBatch.from_arrow(batch).select(self._names)

    def _write(self, rows: RecordBatchReader) -> None:
        from arro3.io import write_parquet

        # Times rise and hardly repeat: as differences they take half the room and a third of
        # the work that they take in a dictionary. Nor do targets repeat.
        times = [column.name for column in self._columns if column.kind == "time"]
        plain = [*times, *(name for name in self._names if name == "target")]
        write_parquet(
            rows,
            self._output.as_file(),
            compression=self._COMPRESSION,
            max_row_group_size=_ROWS_OF_GROUP,
            column_dictionary_enabled=dict.fromkeys(plain, False),
            column_encoding=dict.fromkeys(times, "delta_binary_packed"),
        )


class _CsvSink(_ArrowSink):
    """Nothing nested, times as text: lists are JSON."""

    def __init__(self, rows: Selection, output: Output) -> None:
        from nautscan.store.batchwise import flat_rows

        self._query = flat_rows(rows.table, rows.columns, rows.condition, rows.added)
        self._flat_schema = self._query.arrow(no_rows_of(rows)).schema
        super().__init__(rows, output)

    def _schema(self) -> Schema:
        return self._flat_schema

    def _shape(self, batch: Batch) -> Iterator[Any]:
        yield from self._query.arrow(batch).to_batches()

    def _write(self, rows: RecordBatchReader) -> None:
        from arro3.io import write_csv

        write_csv(rows, self._output.as_file())
