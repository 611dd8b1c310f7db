"""What that process does: names first, then rows with the columns of the store, as frames."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Self

from nautscan.config import Config
from nautscan.errors import NautScanError
from nautscan.offline.passes import steps
from nautscan.sensor import frames

if TYPE_CHECKING:
    from arro3.core import Table

    from nautscan._engine import Reader, Schemas
    from nautscan.identity.hostnames import NameBook
    from nautscan.service.uploads.reading import Kind
    from nautscan.store.fresh import FreshRows

TABLES: Final = ("requests", "flows")
BATCH_ROWS: Final = 8192
MAX_ADDRESSES: Final = 1 << 18
"""Addresses with names, and pairs of client and address: some 120 MB at the very most."""
PROGRESS_S: Final = 0.2
REASON: Final = "offline"
"""Why no row has a process: the packets are not of this machine, for all that is known."""

SUMMARY: Final = ("packets", "bytes", "requests", "flows", "damaged", "warnings")
"""Totals that are told of a file, besides its first and last time."""

Send = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Job:
    """Which file, and what is kept of it."""

    path: str
    body_limit: int = 0
    headers: bool = True
    redact: bool = True
    names: bool = True
    """Whether hosts are named by what the file tells."""
    geoip: tuple[str, ...] = ()
    redact_headers: tuple[str, ...] = ()
    redact_keys: tuple[str, ...] = ()
    redact_patterns: tuple[str, ...] = ()
    redact_bodies: bool = False
    protobuf: tuple[str, ...] = ()
    """Schemas of Protocol Buffers."""
    kind: Kind = "rows"
    """rows: read it once and end. packets: hold them, and answer questions."""

    @classmethod
    def of(cls, path: str, config: Config, kind: Kind) -> Self:
        """What the settings keep of live traffic is kept of a file."""
        return cls(
            path,
            config.body_limit,
            config.headers,
            config.redact,
            config.names,
            config.geoip,
            config.redact_headers,
            config.redact_keys,
            tuple(config.redact_patterns),
            config.redact_bodies,
            config.protobuf,
            kind,
        )


def run(job: Job, send: Send) -> None:
    """Read the file and send frames.

    Rows come as batches. Besides there are control frames: `progress` with `read` and `total`
    (bytes of the file; both passes count half), and at the end `done` with the `summary`, or
    `error` with the `error` in the one shape. Raises what `send` raises.
    """
    from nautscan._engine import EngineError
    from nautscan.sensor.enginefacts import as_dict

    try:
        _Reading(job, send).run()
    except EngineError as error:
        send(frames.encode_control({"event": "error", "error": as_dict(error)}))
    except NautScanError as error:
        send(frames.encode_control({"event": "error", "error": error.as_dict()}))


class _Reading:
    """One run over a file."""

    def __init__(self, job: Job, send: Send) -> None:
        self._job = job
        self._send = send
        self._told = 0.0
        self._next = dict.fromkeys(TABLES, 1)

    def run(self) -> None:
        from nautscan.store.fresh import FreshRows
        from nautscan.store.hiding import Rules

        # Read before the first row, and so before the first byte of the file: a bad setting is
        # no fault of the file.
        fresh = FreshRows()
        job = self._job
        fresh.set_rules(
            Rules(job.redact_headers, job.redact_keys, job.redact_patterns, job.redact_bodies)
        )
        schemas = self._schemas()
        self._look_up(fresh)
        if self._job.names:
            self._learn_names(fresh)
        reader = self._open(
            TABLES,
            headers=self._job.headers,
            body_limit=self._job.body_limit,
            schemas=schemas,
        )
        for step in self._steps(reader, done=1 if self._job.names else 0):
            if step is not None:
                self._send_rows(fresh, *step)
        self._send(frames.encode_control({"event": "done", "summary": self._summary(reader)}))

    def _schemas(self) -> Schemas | None:
        """What messages of gRPC are decoded with."""
        from nautscan import _engine

        paths = self._job.protobuf
        return _engine.Schemas(list(paths)) if paths else None

    def _look_up(self, fresh: FreshRows) -> None:
        """Places and vendors come from files of this machine, asked about the file's addresses."""
        from nautscan.identity.geoip import GeoFiles
        from nautscan.identity.vendors import vendor_of

        fresh.set_vendors(lambda mac: (vendor_of(mac).name,))
        geo = GeoFiles(self._job.geoip)
        fresh.set_places(geo.look if geo else None)

    def _learn_names(self, fresh: FreshRows) -> None:
        """A pass of its own: an answer names rows before it as well as those after."""
        from nautscan.identity.hostnames import BookLimits, NameBook
        from nautscan.offline.naming import recorded, sightings
        from nautscan.store.hosts import HostSegments

        book: NameBook = NameBook(BookLimits(addresses=MAX_ADDRESSES, asked=MAX_ADDRESSES))
        reader = self._open(("names",))
        for step in self._steps(reader, done=0):
            if step is not None:
                book.learn(sightings(step[1]))
        book.configure("capture_file", recorded(reader.notes()))
        changes = book.take_changes()
        if changes is not None:
            fresh.set_hosts(changes.keys, HostSegments.of(changes.segments))

    def _open(
        self,
        tables: tuple[str, ...],
        *,
        headers: bool = False,
        body_limit: int = 0,
        schemas: Schemas | None = None,
    ) -> Reader:
        from nautscan import _engine

        # One worker: rows come in the order in which they ended, and live capture, which may run
        # beside this, needs the other cores.
        return _engine.Reader(
            [self._job.path],
            tables=tables,
            headers=headers,
            body_limit=body_limit,
            redact=self._job.redact,
            batch_rows=BATCH_ROWS,
            workers=1,
            schemas=schemas,
        )

    def _steps(self, reader: Reader, *, done: int) -> Iterator[tuple[str, Any] | None]:
        """The steps of a pass, with progress told a few times a second."""
        passes = 2 if self._job.names else 1
        for step in steps(reader):
            now = time.monotonic()
            if now - self._told >= PROGRESS_S:
                self._told = now
                read, total = reader.progress()
                told = (done * (total or 0) + read) // passes
                self._send(
                    frames.encode_control({"event": "progress", "read": told, "total": total})
                )
            yield step

    def _send_rows(self, fresh: FreshRows, table: str, batch: Any) -> None:
        count = fresh.load(table, [batch.to_ipc()])
        if not count:
            return
        fresh.enrich(table, self._next[table], blank=REASON)
        self._next[table] += count
        for frame in batch_frames(table, fresh.rows(table)):
            self._send(frame)

    @staticmethod
    def _summary(reader: Reader) -> dict[str, Any]:
        from nautscan.export.summary import losses

        totals = reader.summary()
        summary = {name: totals[name] for name in SUMMARY} | {"missing": losses(totals)}
        for name in ("first_time", "last_time"):
            summary[f"{name}_ns"] = totals[name]
        return summary


def batch_frames(table: str, rows: Table) -> Iterator[bytes]:
    """Rows as frames, cut in halves until each is below the cap of a frame."""
    from arro3.io import write_ipc_stream

    out = BytesIO()
    write_ipc_stream(rows, out, compression=None)
    try:
        yield frames.encode_batch(table, out.getvalue())
    except ValueError:
        if rows.num_rows < 2:
            raise
        half = rows.num_rows // 2
        yield from batch_frames(table, rows.slice(0, half))
        yield from batch_frames(table, rows.slice(half))
