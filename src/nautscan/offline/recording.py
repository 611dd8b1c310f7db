"""Capture files as tables for Python: DuckDB, Polars, pandas and Arrow take them as they are."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from nautscan.errors import BadRequest
from nautscan.offline.passes import (
    FILE_TABLES,
    ReadOptions,
    batches,
    bytes_kept,
    no_rows,
    open_pass,
    summary_of,
    tables_in,
)

if TYPE_CHECKING:
    from arro3.core import RecordBatchReader
    from arro3.core import Table as ArrowTable

    from nautscan._engine import RecordBatch
    from nautscan.store.scratch import ScratchDatabase

Source = str | PathLike[str]


class Table:
    """Rows in Arrow's memory layout, handed over without a copy, as often as asked for.

    Anything that knows the Arrow PyCapsule interface takes it: ``duckdb.sql("FROM table")``,
    ``polars.DataFrame(table)``, ``pyarrow.table(table)``.
    """

    def __init__(self, name: str, arrow: ArrowTable) -> None:
        """`name` is for people; the rows are those of `arrow`."""
        self.name = name
        self._arrow = arrow

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._arrow.column_names)

    def __len__(self) -> int:
        """Count the rows."""
        return self._arrow.num_rows

    def __arrow_c_schema__(self) -> object:
        """Arrow schema as a capsule."""
        return self._arrow.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A new Arrow stream over all rows."""
        return self._arrow.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        """Name and size."""
        return f"<nautscan.Table {self.name}: {len(self)} rows, {len(self.columns)} columns>"


class Recording:
    """What capture files hold, read when it is first asked for and then kept in memory.

    `requests` and `flows` come from one pass over the files, `packets` from another one, unless
    the input can be read only once (a pipe): then all come from that one pass. To go through a
    large capture in bounded memory, use `stream`.
    """

    def __init__(self, sources: Sequence[Source], options: ReadOptions) -> None:
        """Nothing is opened yet."""
        if not sources:
            raise BadRequest("No capture file was named.", remedy="Name at least one file.")
        self.sources = [fspath(source) for source in sources]
        self.options = options
        self._tables: dict[str, Table] = {}
        self._summary: dict[str, Any] | None = None
        self._notes: list[dict[str, Any]] | None = None
        self._interfaces: list[dict[str, Any]] | None = None
        self._database: ScratchDatabase | None = None
        self._copied: set[str] = set()

    @property
    def requests(self) -> Table:
        """One row a request with its response."""
        return self._table("requests")

    @property
    def flows(self) -> Table:
        """One row a flow."""
        return self._table("flows")

    @property
    def packets(self) -> Table:
        """One row a packet."""
        return self._table("packets")

    @property
    def names(self) -> Table:
        """One row each time it was said that an address has a name."""
        return self._table("names")

    @property
    def summary(self) -> dict[str, Any]:
        """Totals, under the names of ``nautscan read --json``."""
        if self._summary is None:
            self._load("requests")
        assert self._summary is not None  # noqa: S101 (a pass always leaves its totals)
        return dict(self._summary)

    @property
    def notes(self) -> list[dict[str, Any]]:
        """What each file says besides packets: comments, names, decryption secrets, counts.

        Keys: file, comments, packet_comments (packet number in the file, text), names (address,
        name), secrets (kind as registered for pcapng, bytes), and counts of what was odd.
        """
        if self._notes is None:
            self._load("requests")
        assert self._notes is not None  # noqa: S101 (a pass always leaves its notes)
        return [dict(notes) for notes in self._notes]

    @property
    def interfaces(self) -> list[dict[str, Any]]:
        """Interfaces that the files describe, with what each says it has dropped.

        Keys: file, name, description, link_type, snaplen, filter, speed (bit/s), os, hardware,
        fcs_bytes, received, kernel_drops, interface_drops; None where the file does not say.
        """
        if self._interfaces is None:
            self._load("requests")
        assert self._interfaces is not None  # noqa: S101 (a pass always leaves them)
        return [dict(interface) for interface in self._interfaces]

    def stream(self, table: str) -> RecordBatchReader:
        """Rows of one table from a pass of its own, batch by batch, nothing kept."""
        from arro3.core import RecordBatchReader

        from nautscan import _engine

        _check_name(table)
        reader = open_pass(self.sources, [table], self.options)
        rows = (batch for _, batch in batches(reader))
        return RecordBatchReader.from_batches(_engine.schema(table), rows)

    def sql(self, query: str) -> Table:
        """Answer a SELECT over `requests`, `flows`, `packets` and `names` (DuckDB's SQL).

        The tables that the query names are copied into a private database in memory.
        """
        from arro3.core import Table as ArrowTable

        from nautscan.store.scratch import ScratchDatabase

        if self._database is None:
            self._database = ScratchDatabase()
            for name in FILE_TABLES:
                self._database.add(name, no_rows(name))
        for name in sorted(tables_in(query) - self._copied):
            self._database.add(name, self._table(name))
            self._copied.add(name)
        return Table("sql", ArrowTable.from_arrow(self._database.sql(query)))

    def close(self) -> None:
        """Release the database that `sql` made; tables already handed out stay valid."""
        if self._database is not None:
            self._database.close()
            self._database = None
            self._copied.clear()

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            self._load(name)
        return self._tables[name]

    def _load(self, wanted: str) -> None:
        """One pass; keeps the tables it brings."""
        from arro3.core import Table as ArrowTable

        from nautscan import _engine

        names = self._pass_with(wanted)
        kept: dict[str, list[RecordBatch]] = {name: [] for name in names}
        reader = open_pass(self.sources, names, self.options)
        for name, batch in batches(reader):
            kept[name].append(batch)
        for name, rows in kept.items():
            arrow = ArrowTable.from_batches(rows, schema=_engine.schema(name))
            self._tables[name] = Table(name, arrow)
        self._summary = summary_of(reader)
        self._notes = reader.notes()
        self._interfaces = reader.interfaces()

    def _pass_with(self, wanted: str) -> tuple[str, ...]:
        if not all(Path(source).is_file() for source in self.sources):
            return FILE_TABLES
        return ("packets",) if wanted == "packets" else ("requests", "flows", "names")

    def __repr__(self) -> str:
        """Where it comes from."""
        return f"<nautscan.Recording of {', '.join(self.sources)}>"


def read(  # noqa: PLR0913 (one argument an option of the command line)
    *sources: Source,
    filter: str | None = None,  # noqa: A002 (the name that the command line has too)
    bodies: int | None = None,
    headers: bool = True,
    workers: int = 0,
    protobuf: Sequence[Source] = (),
    protocols: Sequence[str] | None = None,
) -> Recording:
    """Open capture files (pcap, pcapng, also .gz and .zst; ``"-"`` is standard input).

    `filter` is a BPF filter, `bodies` the bytes of content kept of each message, `headers`
    whether header fields are kept. `workers` are the threads that follow flows: 0 takes as many
    as the files and the cores are worth, 1 keeps the rows in the order in which they were
    finished. `protocols` are the names (see ``nautscan protocols``) of those that are looked for,
    all by default. `protobuf` are schemas which messages of gRPC are decoded with: sets of
    descriptors, `.proto` files, or folders of these; as much of the messages as `bodies` keeps, or
    16,384 bytes where that is not given. Files are read when a table is first asked for.
    """
    chosen = None if protocols is None else tuple(protocols)
    schemas = tuple(fspath(path) for path in protobuf)
    limit = bytes_kept(bodies, has_schemas=bool(schemas))
    options = ReadOptions(
        filter, limit, headers, workers=workers, protocols=chosen, protobuf=schemas
    )
    return Recording(sources, options)


def _check_name(table: str) -> None:
    if table not in FILE_TABLES:
        known = ", ".join(FILE_TABLES)
        raise BadRequest(f"There is no table {table!r}.", remedy=f"Tables: {known}.")
