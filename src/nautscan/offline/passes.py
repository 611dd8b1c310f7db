"""One pass of the engine over capture files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arro3.core import Table

    from nautscan._engine import Reader, RecordBatch
    from nautscan.schema import Column

STANDARD_INPUT = "-"
FILE_TABLES = ("requests", "flows", "packets", "names")
"""Tables that a capture file has; `stats` exists only live."""

MESSAGE_BYTES = 16_384
"""What is kept of each message where a schema is given, and nobody said how much."""

_POLL_MS = 200
"""How long a wait for packets may last before Ctrl-C is looked for."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def bytes_kept(asked: int | None, *, has_schemas: bool) -> int:
    """What is kept of each message: what was asked for, 0 too, else as much as schemas need."""
    return (MESSAGE_BYTES if has_schemas else 0) if asked is None else asked


@dataclass(frozen=True)
class ReadOptions:
    """What is read of each packet, and what is kept of each message."""

    filter: str | None = None
    """A BPF filter; packets that do not match are not read."""
    body_limit: int = 0
    """Bytes of content kept of each message."""
    headers: bool = False
    """Whether header fields are kept."""
    batch_rows: int = 16384
    """Rows that come at once."""
    workers: int = 0
    """Threads that follow flows; 0: as many as the files and the cores are worth.

    With 1, rows come in the order in which they are finished; with more, in any.
    """
    protobuf: tuple[str, ...] = ()
    """Schemas of Protocol Buffers: sets of descriptors, `.proto` files, or folders of these."""
    protocols: tuple[str, ...] | None = None
    """Names of the protocols that are looked for; None: all. What is none of them is opaque."""


def open_pass(sources: Sequence[str], tables: Sequence[str], options: ReadOptions) -> Reader:
    """Open the files; a missing or unreadable one, a bad filter or schema, raises here."""
    from nautscan import _engine

    wanted = options.protobuf if "requests" in tables else ()
    return _engine.Reader(
        list(sources),
        tables=tuple(tables),
        filter=options.filter,
        body_limit=options.body_limit,
        headers=options.headers,
        batch_rows=options.batch_rows,
        workers=options.workers,
        schemas=_engine.Schemas(list(wanted)) if wanted else None,
        protocols=options.protocols,
    )


def steps(reader: Reader) -> Iterator[tuple[str, RecordBatch] | None]:
    """Batches until the end; `None` when none came for a moment, so that callers can act."""
    while True:
        step = reader.next(_POLL_MS)
        if step is None and reader.ended:
            return
        yield step


def batches(reader: Reader) -> Iterator[tuple[str, RecordBatch]]:
    """Batches until the end."""
    return (step for step in steps(reader) if step is not None)


def summary_of(reader: Reader) -> dict[str, Any]:
    """The totals of a pass under the names of ``read --json``, times as RFC 3339."""
    totals = dict(reader.summary())
    for name in ("first_time", "last_time"):
        if totals[name] is not None:
            totals[name] = rfc3339(totals[name])
    return totals


def tables_in(query: str) -> set[str]:
    """The tables whose names occur in a query; a name in a text costs a pass, no more."""
    words = set(re.findall(r"\w+", query.lower()))
    return words.intersection(FILE_TABLES)


def no_rows(table: str) -> Table:
    """A table with all its columns and without rows."""
    from arro3.core import Table

    from nautscan import _engine

    return Table.from_batches([], schema=_engine.schema(table))


def json_lines(rows: object, columns: Iterable[Column]) -> Iterator[bytes]:
    """Rows (a batch, or any Arrow stream) as JSON objects of these columns, one a line.

    They come in pieces of whole lines.
    """
    from nautscan import _engine

    return _engine.json_lines(rows, [(column.name, column.kind) for column in columns])


def rfc3339(time_ns: int) -> str:
    """Nanoseconds since 1970 UTC as RFC 3339 with nine decimals."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
