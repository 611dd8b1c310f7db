"""``nautscan capture``: live on the terminal, or into a file."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import click

from nautscan.cli._options import capture_options, capture_settings
from nautscan.cli._tellings import Tellings

if TYPE_CHECKING:
    from arro3.core import RecordBatch

    from nautscan.sensor.terminal import PacketTail, TerminalCapture

TABLES = ("requests", "flows", "packets")

Print = Callable[["RecordBatch"], None]
"""Prints the rows of a batch."""


@click.command()
@click.option("-t", "--table", type=click.Choice(TABLES), help="What to print. [default: requests]")
@click.option("-w", "--write", metavar="FILE", help="Write the packets to this pcapng file.")
@click.option("--duration", type=click.FloatRange(min=0, min_open=True), help="Stop after seconds.")
@click.option("-c", "--count", type=click.IntRange(1), help="Stop after this many rows or packets.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; errors too.")
@capture_options
def command(
    *,
    table: str | None,
    write: str | None,
    duration: float | None,
    count: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Capture to a file or print rows as they happen.

    A request that lasts, such as a WebSocket, is printed when it begins and when it ends; with
    --json each time that more is known of it: rows of one flow_id and exchange_id are cumulative,
    and the last one holds. Either way it counts as one.

    Ctrl-C ends it; what was under way is printed then, and what was lost is said.
    """
    from nautscan.config import Config
    from nautscan.sensor.terminal import TerminalCapture

    config = Config.load(**capture_settings(options))
    output = None if write is None else _opened(write)
    chosen = table or ("requests" if output is None else None)
    # Made first, as long as everything can be imported: opening a capture gives up rights.
    printer = None if chosen is None else _printer(chosen, as_json=as_json)
    tellings = Tellings(every=as_json)
    keeps_packets = output is not None or chosen == "packets"
    capture = TerminalCapture(config, keeps_packets=keeps_packets)
    capture.on_change = lambda names: _tell_change(names, as_json=as_json)
    job = _Job(capture, count, tellings)
    if output is not None:
        job.write_packets(output)
    if chosen is not None and printer is not None:
        job.print_rows(chosen, printer)
    try:
        with _interruptible(capture):
            # Not before: who reads this may end it at once.
            text = f"capturing on {', '.join(capture.names)}; Ctrl-C ends it"
            _tell({"capturing": capture.names}, text, as_json=as_json)
            job.run(duration)
    finally:
        capture.close()
    _finish(job, as_json=as_json)


class _Job:
    """What is done with a capture, and how much of it has been done."""

    def __init__(self, capture: TerminalCapture, count: int | None, tellings: Tellings) -> None:
        self.capture = capture
        self._tellings = tellings
        self.rows = 0
        self.written = 0
        self.tail: PacketTail | None = None
        self._count = count
        self._table: str | None = None
        self._print: Print | None = None
        self._output: IO[bytes] | None = None

    def print_rows(self, table: str, printer: Print) -> None:
        """Rows of `table` go to the terminal."""
        self._table, self._print = table, printer
        if table == "packets":
            self._follow_packets()

    def write_packets(self, output: IO[bytes]) -> None:
        """Packets go to a file, each look as a section of its own, which pcapng allows."""
        self._output = output
        self._follow_packets()

    def run(self, duration: float | None) -> None:
        """Until the capture ends."""
        for item in self.capture.batches(duration):
            if item is not None and item[0] == self._table:
                self._print_rows(item[1])
            self._take_packets()
            if self._left(max(self.rows, self.written)) == 0:
                self.capture.stop()
        self._take_packets()
        if self._output is not None:
            self._output.close()

    def _follow_packets(self) -> None:
        from nautscan.sensor.terminal import PacketTail

        self.tail = self.tail or PacketTail(self.capture.capture)

    def _take_packets(self) -> None:
        if self.tail is None:
            return
        ids, pages = self.tail.take()
        ids = ids[: self._left(self.written)]
        if ids and self._output is not None:
            self._output.write(self.capture.capture.export(ids))
            self.written += len(ids)
        if self._table == "packets":
            for page in pages:
                self._print_rows(page)

    def _print_rows(self, batch: RecordBatch) -> None:
        left = self._left(self.rows)
        if self._table == "requests":
            rows, new = self._tellings.take(batch, left)
        else:
            rows = batch if left is None else batch.slice(0, min(left, batch.num_rows))
            new = rows.num_rows
        if rows.num_rows and self._print is not None:
            self._print(rows)
            self.rows += new

    def _left(self, done: int) -> int | None:
        """How many more are wanted; None for all that come."""
        return None if self._count is None else max(self._count - done, 0)


def _opened(path: str) -> IO[bytes]:
    """Opened before rights are given up: the place may be writable for root only."""
    from nautscan.errors import BadRequest

    try:
        return Path(path).open("wb")
    except OSError as error:
        raise BadRequest(
            f"{path} cannot be written: {error.strerror or error}",
            remedy="Choose a place that you can write to, with room.",
        ) from error


def _printer(table: str, *, as_json: bool) -> Print:
    if as_json:
        from nautscan.export.selection import select
        from nautscan.export.sinks import open_sink
        from nautscan.offline.passes import ReadOptions

        sink = open_sink(select(table, ReadOptions()), "json")
        return lambda batch: sink.add(cast("Any", batch))
    # The database that writes the rows reads whole tables, not single batches.
    from arro3.core import Table

    from nautscan.export.text import RowPrinter, plain

    paint = (lambda text, colour: click.style(text, fg=colour)) if sys.stdout.isatty() else plain
    printer = RowPrinter(table, None, paint)

    def print_lines(batch: RecordBatch) -> None:
        for line in printer.lines(Table.from_batches([batch])):
            click.echo(line)

    return print_lines


@contextmanager
def _interruptible(capture: TerminalCapture) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the capture, not the process; a second Ctrl-C does that."""

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        capture.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _finish(job: _Job, *, as_json: bool) -> None:
    counters = job.capture.counters()
    totals = {
        "rows": job.rows,
        "packets": counters.get("decode/packets", 0),
        "received": counters.get("capture/received", 0),
        "kernel_drops": counters.get("capture/kernel_drops", 0),
        "interface_drops": counters.get("capture/interface_drops", 0),
        "gap_bytes": counters.get("stream/gap_bytes", 0),
    }
    if job.tail is not None:
        totals |= {"written": job.written, "missed": job.tail.missed}
    text = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in totals.items())
    _tell({"summary": totals}, text, as_json=as_json)


def _tell_change(names: Sequence[str], *, as_json: bool) -> None:
    text = f"capturing on {', '.join(names)}" if names else "the containers ended; waiting for them"
    _tell({"capturing": list(names)}, text, as_json=as_json)


def _tell(facts: dict[str, Any], text: str, *, as_json: bool) -> None:
    """What surrounds the rows, on standard error."""
    click.echo(json.dumps(facts) if as_json else text, err=True)
