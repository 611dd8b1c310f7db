"""What the commands that read capture files share: one pass, watched, told about at its end."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nautscan.cli.common import Exit
from nautscan.cli.progress import watched
from nautscan.errors import BadRequest
from nautscan.offline.passes import (
    FILE_TABLES,
    STANDARD_INPUT,
    ReadOptions,
    bytes_kept,
    no_rows,
    open_pass,
    steps,
)

if TYPE_CHECKING:
    from nautscan._engine import Reader, RecordBatch
    from nautscan.offline.naming import Naming
    from nautscan.store.filter import Condition
    from nautscan.store.scratch import ScratchDatabase

IN_MEMORY_BELOW = 256 << 20
"""Tables of captures larger than this go to a temporary file rather than into memory."""


def _names(text: str | None) -> tuple[str, ...] | None:
    """Names with commas between them; None where none are given."""
    if text is None:
        return None
    names = tuple(name for part in text.split(",") if (name := part.strip()))
    if not names:
        raise click.UsageError("--protocols wants names, e.g. http,dns.")
    return names


_ARGUMENTS = (
    click.argument("files", nargs=-1, required=True, metavar="FILE..."),
    click.option(
        "--filter", "bpf", metavar="BPF", help="Read only packets that match, as tcpdump."
    ),
    click.option("--headers", is_flag=True, help="Keep header fields."),
    click.option(
        "--bodies",
        metavar="BYTES",
        type=click.IntRange(0),
        help="Keep this much content of each message; 0 keeps none, and leaves messages of gRPC as "
        "they are.  [default: 0, with --protobuf 16384]",
    ),
    click.option(
        "--protobuf",
        multiple=True,
        type=click.Path(exists=True),
        help="Schema to decode messages of gRPC with: a set of descriptors, a .proto file, or a "
        "folder of these; may be given several times. Keeps 16384 bytes of each message unless "
        "--bodies says otherwise.  [default: NAUTSCAN_PROTOBUF]",
    ),
    click.option(
        "--protocols",
        metavar="NAMES",
        callback=lambda _context, _option, text: _names(text),
        help="Look for these only, e.g. 'http,dns'; the rest counts as not understood. "
        "`nautscan protocols` lists them; for 'grpc' and 'websocket' HTTP is followed, and its own "
        "rows left out.  [default: all]",
    ),
    click.option(
        "--workers",
        metavar="N",
        type=click.IntRange(0),
        envvar="NAUTSCAN_WORKERS",
        default=0,
        help="Threads that follow flows; more than one gives rows in any order.  "
        "[default: 1 for small files and for rows that are printed, else up to 4, by cores]",
    ),
    click.option(
        "--names",
        is_flag=True,
        help="Add client_host and server_host: names that the files tell of, by DNS, DHCP and mDNS "
        "in them or in their name records. Reads the files twice.",
    ),
    click.option("--json", "as_json", is_flag=True, help="One JSON object a line; errors too."),
    click.option("--no-progress", is_flag=True, help="Never draw a progress bar."),
)

ROWS_OF_TEXT = 8192
"""Rows that are turned into text at once: about 8 MB of JSON."""

Take = Callable[[str, "RecordBatch"], None]


@dataclass(frozen=True)
class Job:
    """Which files, and what of them."""

    files: tuple[str, ...]
    options: ReadOptions
    as_json: bool = False
    where: str | None = None
    progress: bool = True
    names: bool = False

    def open(self, tables: Sequence[str]) -> Reader:
        """Open the files; what is wrong with their names shows here."""
        return open_pass(self.files, tables, self.options)

    def row_by_row(self) -> Job:
        """The same job in small batches, which become text, with no bar among the rows."""
        # One worker unless told otherwise: who reads rows wants them in order.
        workers = self.options.workers or 1
        options = replace(self.options, batch_rows=ROWS_OF_TEXT, workers=workers)
        quiet = sys.stdout.isatty()
        return replace(self, options=options, progress=self.progress and not quiet)

    def drain(self, reader: Reader, take: Take) -> None:
        """Hand every batch to `take`, with the names of hosts if they are wanted."""
        live = STANDARD_INPUT in self.files
        take = self._naming.before(take) if self._naming is not None else take
        with patience(wanted=live), watched(reader, wanted=self.progress) as move:
            for step in steps(reader):
                if step is not None:
                    take(*step)
                move()

    def condition(self, table: str) -> Condition | None:
        """The display filter for the rows of `table`."""
        if self.where is None:
            return None
        from nautscan.store.filter import compile_filter

        condition = compile_filter(table, self.where)
        if condition.heavy and not self.options.headers:
            raise BadRequest("The filter looks into headers.", remedy="Add --headers.")
        return condition

    @contextmanager
    def load(
        self, tables: Sequence[str], columns: Mapping[str, Sequence[str]] | None = None
    ) -> Iterator[tuple[ScratchDatabase, Reader]]:
        """One pass into a private database; tables that are not asked for have no rows.

        Of the tables in `columns`, only those columns are there.
        """
        reader = self.open(tables)
        wanted = columns or {}
        from nautscan.store.scratch import ScratchDatabase

        with ScratchDatabase(in_memory=self._is_small()) as database:
            for table in FILE_TABLES:
                empty = no_rows(table)
                named = empty if self._naming is None else self._naming.named(table, empty)
                database.add(table, named, wanted.get(table))
            self.drain(reader, lambda table, rows: database.add(table, rows, wanted.get(table)))
            yield database, reader

    def added(self, table: str) -> tuple[str, ...]:
        """Columns that the rows have beside the engine's."""
        return () if self._naming is None else self._naming.added(table)

    @cached_property
    def _naming(self) -> Naming | None:
        """Names of hosts, from a pass of their own."""
        if not self.names:
            return None
        from nautscan.offline.naming import Naming

        return Naming.read(self.files, self.options)

    def finish(self, reader: Reader) -> int:
        """Tell what was wrong with the input; gives the exit code."""
        totals = reader.summary()
        self.warn(totals["warnings"])
        return Exit.DAMAGED if totals["damaged"] else Exit.OK

    def warn(self, warnings: Sequence[str]) -> None:
        """Print warnings on standard error."""
        for warning in warnings:
            text = json.dumps({"warning": warning}) if self.as_json else f"nautscan: {warning}"
            click.echo(text, err=True)

    def _is_small(self) -> bool:
        """Whether the tables surely fit in memory: never so for a pipe, whose end is unknown."""
        if STANDARD_INPUT in self.files:
            return False
        paths = [Path(file) for file in self.files]
        return sum(path.stat().st_size for path in paths if path.is_file()) < IN_MEMORY_BELOW


@contextmanager
def patience(*, wanted: bool) -> Iterator[None]:
    """Let the first Ctrl-C pass: it ends the program that writes into our input.

    What that program has written is still read and told. The second Ctrl-C ends us.
    """
    before = signal.getsignal(signal.SIGINT)
    if not wanted or before is signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: signal.signal(signal.SIGINT, before))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def reads_captures(run: Callable[..., int]) -> Callable[..., int]:
    """Add the arguments that choose captures; the command gets them as one `Job`."""

    @wraps(run)
    def command(**given: Any) -> int:
        from nautscan.cli._options import schemas_given

        protobuf, bodies = schemas_given(given.pop("protobuf")), given.pop("bodies")
        options = ReadOptions(
            given.pop("bpf"),
            bytes_kept(bodies, has_schemas=bool(protobuf)),
            given.pop("headers"),
            workers=given.pop("workers"),
            protobuf=protobuf,
            protocols=given.pop("protocols"),
        )
        job = Job(
            given.pop("files"),
            options,
            given.pop("as_json"),
            given.pop("where", None),
            progress=not given.pop("no_progress"),
            names=given.pop("names"),
        )
        return run(job, **given)

    for argument in reversed(_ARGUMENTS):
        command = argument(command)
    return command
