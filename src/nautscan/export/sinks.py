"""Files that take batches as they come: Parquet, CSV, JSON lines.

A file appears under its name only when it is whole.
"""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Full, Queue
from typing import IO, TYPE_CHECKING, Any, Literal

from nautscan.errors import BadRequest
from nautscan.export.selection import Selection
from nautscan.offline.passes import arrow_schema

if TYPE_CHECKING:
    from arro3.core import RecordBatchReader, Schema

    from nautscan._engine import RecordBatch

Format = Literal["parquet", "csv", "json"]
FORMATS: tuple[Format, ...] = ("parquet", "csv", "json")

QUEUED_BATCHES = 4
"""Batches that may wait for a writer; then reading waits, so that memory stays bounded."""
_LOOK_S = 0.2


class Sink(ABC):
    """Takes the batches of one table."""

    rows = 0

    @abstractmethod
    def __init__(self, rows: Selection, output: _Output) -> None:
        """Write `rows` to `output`."""

    @abstractmethod
    def add(self, batch: RecordBatch) -> None:
        """Write the rows of a batch."""

    @abstractmethod
    def finish(self) -> None:
        """Make the file whole and give it its name."""

    @abstractmethod
    def abandon(self) -> None:
        """Leave no file behind."""


def format_of(form: str | None, output: str) -> Format:
    """The format that was named, or the one that the file's name ends with."""
    suffix = Path(output).suffix.lower().lstrip(".")
    name = form or {"jsonl": "json", "ndjson": "json"}.get(suffix, suffix)
    for known in FORMATS:
        if name == known:
            return known
    raise BadRequest(
        f"The name {output} does not say which format to write.",
        remedy=f"Choose one by --format: {', '.join(FORMATS)}.",
    )


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
    return kinds[form](rows, _Output(target))


class _Output:
    """The partial file beside the target, or standard output."""

    def __init__(self, target: Path | None) -> None:
        self.target = target
        self._partial = target and target.with_name(f".{target.name}.partial")
        try:
            self.file: IO[bytes] = self._partial.open("wb") if self._partial else sys.stdout.buffer
        except OSError as error:
            raise self.failure(error) from error

    def finish(self) -> None:
        if self._partial is None or self.target is None:
            self.file.flush()
            return
        try:
            self.file.close()
            self._partial.replace(self.target)
        except OSError as error:
            raise self.failure(error) from error

    def abandon(self) -> None:
        if self._partial is not None:
            with suppress(OSError):
                self.file.close()
            self._partial.unlink(missing_ok=True)

    def failure(self, error: OSError) -> BadRequest:
        return BadRequest(
            f"{self.target} cannot be written: {error.strerror or error}",
            remedy="Choose a place that you can write to, with room.",
        )


class _JsonSink(Sink):
    """One object a line."""

    def __init__(self, rows: Selection, output: _Output) -> None:
        from nautscan.store.batchwise import json_rows

        self._output = output
        self._query = json_rows(rows.table, rows.columns, rows.condition)

    def add(self, batch: RecordBatch) -> None:
        text = self._query.joined(batch)
        self.rows += text.count("\n")
        try:
            self._output.file.write(text.encode())
            if self._output.target is None:
                self._output.file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._output.failure(error) from error

    def finish(self) -> None:
        self._query.close()
        self._output.finish()

    def abandon(self) -> None:
        self._query.close()
        self._output.abandon()


class _Abandoned(Exception):
    """The rest of the rows will not come."""


class _ArrowSink(Sink):
    """A writer that wants to pull its rows, in a thread of its own."""

    def __init__(self, rows: Selection, output: _Output) -> None:
        self._output = output
        self._queue: Queue[Any] = Queue(QUEUED_BATCHES)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @abstractmethod
    def _schema(self) -> Schema:
        """Schema of what is written."""

    @abstractmethod
    def _write(self, rows: RecordBatchReader) -> None:
        """Write all rows to the file."""

    @abstractmethod
    def _shape(self, batch: RecordBatch) -> Iterator[Any]:
        """The batches to write for one batch of the table."""

    def add(self, batch: RecordBatch) -> None:
        for shaped in self._shape(batch):
            self.rows += shaped.num_rows
            self._put(shaped)

    def finish(self) -> None:
        self._put(None)
        self._thread.join()
        self._raise_error()
        self._output.finish()

    def abandon(self) -> None:
        while self._thread.is_alive():
            with suppress(Full):
                self._queue.put(_Abandoned(), timeout=_LOOK_S)
                break
        self._thread.join()
        self._output.abandon()

    def _put(self, item: Any) -> None:
        while self._thread.is_alive():
            with suppress(Full):
                self._queue.put(item, timeout=_LOOK_S)
                return
        self._raise_error()

    def _raise_error(self) -> None:
        """The writer's error; from below Arrow it comes as text in a plain `Exception`."""
        if self._error is None:
            return
        if "Broken pipe" in str(self._error):
            raise BrokenPipeError from self._error
        raise BadRequest(
            f"{self._output.target} cannot be written: {self._error}",
            remedy="Choose a place that you can write to, with room.",
        ) from self._error

    def _run(self) -> None:
        from arro3.core import RecordBatchReader

        try:
            rows = RecordBatchReader.from_batches(self._schema(), self._queued())
            self._write(rows)
        except Exception as error:  # noqa: BLE001 (handed to the thread that adds)
            self._error = error

    def _queued(self) -> Iterator[Any]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, _Abandoned):
                raise item
            yield item


class _ParquetSink(_ArrowSink):
    """All columns as they are, compressed by zstd."""

    def __init__(self, rows: Selection, output: _Output) -> None:
        self._names = [column.name for column in rows.columns]
        self._table = rows.table
        self._query = None
        if rows.condition:
            from nautscan.store.batchwise import plain_rows

            self._query = plain_rows(rows.table, rows.columns, rows.condition)
        super().__init__(rows, output)

    def _schema(self) -> Schema:
        return arrow_schema(self._table, self._names)

    def _shape(self, batch: RecordBatch) -> Iterator[Any]:
        from arro3.core import RecordBatch as ArrowBatch

        if self._query is not None:
            yield from self._query.arrow(batch).to_batches()
        else:
            yield ArrowBatch.from_arrow(batch).select(self._names)

    def _write(self, rows: RecordBatchReader) -> None:
        from arro3.io import write_parquet

        write_parquet(rows, self._output.file, compression="zstd(3)")


class _CsvSink(_ArrowSink):
    """Nothing nested, times as text: lists are JSON."""

    def __init__(self, rows: Selection, output: _Output) -> None:
        from arro3.core import Table

        from nautscan.store.batchwise import flat_rows

        names = [column.name for column in rows.columns]
        self._query = flat_rows(rows.table, rows.columns, rows.condition)
        none = Table.from_batches([], schema=arrow_schema(rows.table, names))
        self._flat_schema = self._query.arrow(none).schema
        super().__init__(rows, output)

    def _schema(self) -> Schema:
        return self._flat_schema

    def _shape(self, batch: RecordBatch) -> Iterator[Any]:
        yield from self._query.arrow(batch).to_batches()

    def _write(self, rows: RecordBatchReader) -> None:
        from arro3.io import write_csv

        write_csv(rows, self._output.file)
