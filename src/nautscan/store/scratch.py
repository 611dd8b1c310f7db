"""A private database for questions about capture files.

A person's SQL runs here: external access is off and the configuration is locked before the first
row goes in, so that no statement reaches a file, the network or a setting. Files are written by
Arrow, not by the database.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Protocol, Self

import duckdb
from arro3.core import RecordBatchReader
from arro3.core import Table as ArrowTable
from arro3.io import write_csv, write_parquet

from nautscan.errors import BadQuery, BadRequest, NautScanError
from nautscan.store import json_sql
from nautscan.store.json_sql import quoted

Format = Literal["parquet", "csv", "json"]

HELD_BYTES: Final = 64 << 20
"""Rows that are asked about where they are, as Arrow; more are stored, compressed or on disk."""

_ROWS_AT_ONCE: Final = 8192
_REMEDY: Final = "Write one SELECT over the tables; `SHOW TABLES` and `DESCRIBE requests` help."


class ArrowExporter(Protocol):
    """Anything that hands over rows by the Arrow C interface."""

    def __arrow_c_schema__(self) -> object:
        """Its schema, so that it need not be consumed to learn it."""
        ...

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Its rows."""
        ...


class Answer:
    """The rows that a query gives; each way of taking them runs the query anew."""

    def __init__(
        self,
        connect: Callable[[], duckdb.DuckDBPyConnection],
        text: str,
        parameters: Sequence[Any],
    ) -> None:
        """Made by `ScratchDatabase.sql`; `connect` gives connections to it."""
        self._connect = connect
        self._connection = connection = connect()
        self._text = text.strip().rstrip(";")
        self._parameters = list(parameters)
        relation = connection.sql(self._text, params=self._parameters or None)
        if relation is None:
            raise BadQuery("The statement gives no rows", remedy=_REMEDY)
        self.columns: list[str] = list(relation.columns)
        self.types: list[str] = [str(kind) for kind in relation.types]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Rows as tuples, a few thousand fetched at a time."""
        return self._fetched(self._text)

    def json_lines(self) -> Iterator[str]:
        """One JSON object a row: times in RFC 3339 with nanoseconds, NaN as null."""
        fields = [
            (name, json_sql.value_sql(f"c{index}", kind))
            for index, (name, kind) in enumerate(self._named())
        ]
        for (line,) in self._fetched(self._over(json_sql.object_sql(fields))):
            yield line

    def flat(self) -> duckdb.DuckDBPyRelation:
        """The rows with nothing nested and times as text: what CSV can hold."""
        return self._relation(self._flat_text())

    def flat_rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows of `flat` as tuples."""
        return self._fetched(self._flat_text())

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Rows for Polars, pandas, Arrow."""
        return self._relation(self._text).__arrow_c_stream__(requested_schema)

    def _named(self) -> Iterator[tuple[str, str]]:
        return zip(self.columns, self.types, strict=True)

    def _flat_text(self) -> str:
        parts = [
            f"{_flat_sql(f'c{index}', kind)} AS {quoted(name)}"
            for index, (name, kind) in enumerate(self._named())
        ]
        return self._over(", ".join(parts))

    def _over(self, expressions: str) -> str:
        # Positional names: a query may give one name to several columns. The line feed ends a
        # comment at the end of the text.
        names = ", ".join(f"c{index}" for index in range(len(self.columns)))
        return f"SELECT {expressions} FROM ({self._text}\n) AS answer({names})"

    def _relation(self, text: str) -> duckdb.DuckDBPyRelation:
        relation = self._connection.sql(text, params=self._parameters or None)
        if relation is None:
            raise BadQuery("The statement gives no rows", remedy=_REMEDY)
        return relation

    def _fetched(self, text: str) -> Iterator[tuple[Any, ...]]:
        connection = self._connect()
        try:
            connection.execute(text, self._parameters)
            while rows := connection.fetchmany(_ROWS_AT_ONCE):
                yield from rows
        except duckdb.Error as error:
            raise _failure(error) from error
        finally:
            connection.close()


class ScratchDatabase:
    """Tables of one run, in memory or in a temporary file. Use it as a context manager."""

    def __init__(
        self, *, in_memory: bool = True, memory_limit: str = "2GB", held_bytes: int = HELD_BYTES
    ) -> None:
        """`in_memory` False: the tables live in a temporary file, for captures beyond memory.

        Up to `held_bytes` rows are not stored at all, but asked about where they are.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="nautscan-")
        path = ":memory:" if in_memory else str(Path(self._folder.name) / "scratch.duckdb")
        self._connection = duckdb.connect(
            path,
            config={
                "memory_limit": memory_limit,
                "temp_directory": str(Path(self._folder.name) / "spill"),
                "python_enable_replacements": "false",
                "autoload_known_extensions": "false",
                "autoinstall_known_extensions": "false",
                "allow_community_extensions": "false",
            },
        )
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")
        self._lock = threading.Lock()
        self._held: dict[str, ArrowTable] = {}
        self._held_at_most = held_bytes
        self._stored: set[str] = set()

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop everything."""
        self.close()

    def close(self) -> None:
        """Drop everything. Answers are void from here on."""
        self._connection.close()
        self._folder.cleanup()

    @property
    def tables(self) -> list[str]:
        """Names of the tables that have been added."""
        return sorted(self._stored.union(self._held))

    def add(self, table: str, rows: ArrowExporter, columns: Sequence[str] | None = None) -> None:
        """Append rows to a table, which is made of the first rows' schema if it is not there.

        With `columns`, only those of the rows.
        """
        added = ArrowTable.from_arrow(rows)
        added = added if columns is None else added.select(list(columns))
        with self._lock:
            held = self._held.get(table)
            if held is not None and held.schema != added.schema:
                self._store()
                held = None
            batches = [*(held.to_batches() if held is not None else ()), *added.to_batches()]
            self._held[table] = ArrowTable.from_batches(batches, schema=added.schema)
            if sum(rows.nbytes for rows in self._held.values()) > self._held_at_most:
                self._store()

    def _store(self) -> None:
        """Put what is held into tables of the database; what fails stays held."""
        for table in list(self._held):
            name, rows = quoted(table), self._held[table]
            begin = (
                f"INSERT INTO {name} BY NAME"
                if table in self._stored
                else f"CREATE TABLE {name} AS"
            )
            self._connection.register("incoming_rows", rows)
            try:
                self._connection.execute(f"{begin} SELECT * FROM incoming_rows").fetchall()
            except duckdb.Error as error:
                raise _failure(error) from error
            finally:
                self._connection.unregister("incoming_rows")
            self._stored.add(table)
            del self._held[table]

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """A connection that sees every table."""
        with self._lock:
            if self._stored:
                self._store()
            cursor = self._connection.cursor()
            for table, rows in self._held.items():
                cursor.register(table, rows)
            return cursor

    def sql(self, text: str, parameters: Sequence[Any] = ()) -> Answer:
        """Answer one SELECT (or DESCRIBE, SHOW, SUMMARIZE). Raises `BadQuery`."""
        self._check(text)
        try:
            return Answer(self._connect, text, parameters)
        except duckdb.Error as error:
            raise _failure(error) from error

    def copy_to(self, table_or_sql: str, path: str | Path, format: Format) -> int:  # noqa: A002
        """Write a table or the rows of a query to a file, and say how many rows there were.

        The file appears under its name only when it is whole.
        """
        answer = self.sql(
            f"SELECT * FROM {quoted(table_or_sql)}" if table_or_sql in self.tables else table_or_sql
        )
        target = Path(path)
        partial = target.with_name(f".{target.name}.partial")
        try:
            rows = _WRITERS[format](answer, partial)
            partial.replace(target)
        except duckdb.Error as error:
            raise _failure(error) from error
        except KeyError as error:
            raise BadRequest(
                f"The format {format!r} is not known", remedy="Use parquet, csv or json."
            ) from error
        except OSError as error:
            raise BadRequest(
                f"{target} cannot be written: {error.strerror or error}",
                remedy="Choose a folder that you can write to, with room.",
            ) from error
        finally:
            partial.unlink(missing_ok=True)
        return rows

    def _check(self, text: str) -> None:
        try:
            statements = self._connection.extract_statements(text)
        except duckdb.Error as error:
            raise _failure(error) from error
        if len(statements) != 1:
            raise BadQuery(f"{len(statements)} statements are given", remedy=_REMEDY)
        kind = statements[0].type.name
        if kind != "SELECT":
            raise BadQuery(f"{kind} is not possible here", remedy=_REMEDY)


def _flat_sql(expression: str, kind: str) -> str:
    if kind.startswith("TIMESTAMP") and "[" not in kind:
        return json_sql.value_sql(expression, kind)
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "JSON")):
        return f"CAST(to_json({expression}) AS VARCHAR)"
    if kind == "BLOB":
        return json_sql.value_sql(expression, kind)
    return expression


class _Counted:
    """An Arrow stream that counts the rows that pass."""

    def __init__(self, relation: object) -> None:
        self.rows = 0
        self._reader = RecordBatchReader.from_arrow(relation)  # type: ignore[arg-type]

    def reader(self) -> RecordBatchReader:
        return RecordBatchReader.from_batches(self._reader.schema, self._batches())

    def _batches(self) -> Iterator[Any]:
        for batch in self._reader:
            self.rows += batch.num_rows
            yield batch


def _write_parquet(answer: Answer, path: Path) -> int:
    counted = _Counted(answer)
    write_parquet(counted.reader(), path, compression="zstd(3)")
    return counted.rows


def _write_csv(answer: Answer, path: Path) -> int:
    counted = _Counted(answer.flat())
    write_csv(counted.reader(), path)
    return counted.rows


def _write_json(answer: Answer, path: Path) -> int:
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        for line in answer.json_lines():
            file.write(line)
            file.write("\n")
            rows += 1
    return rows


_WRITERS: Final = {"parquet": _write_parquet, "csv": _write_csv, "json": _write_json}


def _failure(error: duckdb.Error) -> NautScanError:
    """DuckDB's words without its advertising, as an error of ours."""
    first = str(error).strip().split("\n\n", 1)[0]
    if isinstance(error, duckdb.PermissionException):
        return BadQuery(
            "SQL here cannot reach files, the network or settings",
            remedy=_REMEDY,
            detail={"database": first},
        )
    if isinstance(error, (duckdb.OutOfMemoryException, duckdb.IOException)):
        return NautScanError(
            f"The database ran out of room: {first}",
            remedy="Select less, or free memory and disk space.",
            code="store_unavailable",
        )
    return BadQuery(first, remedy=_REMEDY)
