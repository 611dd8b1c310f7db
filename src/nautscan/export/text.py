"""Rows for people: aligned columns, units, nothing that a terminal would obey."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nautscan.store.filter import Condition
    from nautscan.store.scratch import ArrowExporter

Paint = Callable[[str, str], str]
"""Gives a text the colour of that name."""

_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


def plain(text: str, _colour: str) -> str:
    """Paint nothing: for files and pipes."""
    return text


def printable(value: object) -> str:
    """A value as text. Control characters of captured bytes are escaped: a terminal obeys them."""
    return "-" if value is None else str(value).translate(_ESCAPED)


def duration(nanoseconds: int | None) -> str:
    """Three digits and a unit."""
    if nanoseconds is None:
        return "-"
    for limit, divisor, unit in ((1e3, 1, "ns"), (1e6, 1e3, "µs"), (1e9, 1e6, "ms")):
        if abs(nanoseconds) < limit:
            return f"{nanoseconds / divisor:.3g} {unit}"
    return f"{nanoseconds / 1e9:.1f} s"


def size(count: int | None) -> str:
    """Three digits and a unit, in powers of a thousand."""
    if count is None:
        return "-"
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.3g} {unit}"
    return f"{value:.0f} TB"


def counted(number: int, one: str, many: str) -> str:
    """Digits in groups of three, and the words for one or for several."""
    return f"{number:,} {one if number == 1 else many}"


@dataclass
class Aligned:
    """Lines with columns as wide as the widest cell so far. The last column is not padded."""

    titles: Sequence[str]
    right: frozenset[str] = frozenset()
    """Titles of the columns that are aligned to the right."""
    _widths: list[int] = field(default_factory=list)
    _begun: bool = False

    def begin(self, rows: Iterable[Sequence[str]]) -> list[str]:
        """Make room for rows; gives the line of titles the first time."""
        self._widen([self.titles, *rows])
        first, self._begun = not self._begun, True
        return [self.line(self.titles)] if first else []

    def lines(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """Titles, the first time, and lines of rows."""
        return [*self.begin(rows), *map(self.line, rows)]

    def _widen(self, rows: Iterable[Sequence[str]]) -> None:
        widths = self._widths or [0] * len(self.titles)
        for row in rows:
            widths = [max(width, len(cell)) for width, cell in zip(widths, row, strict=True)]
        self._widths = widths

    def line(self, row: Sequence[str]) -> str:
        """One row in columns."""
        cells = [
            cell.rjust(width) if title in self.right else cell.ljust(width)
            for title, cell, width in zip(self.titles, row, self._widths, strict=True)
        ]
        return "  ".join(cells).rstrip()


@dataclass(frozen=True)
class View:
    """How one table looks to people: title, SQL expression and writer of each column."""

    columns: tuple[tuple[str, str, Callable[[Any], str]], ...]
    right: frozenset[str]
    colour: Callable[[Sequence[str]], str | None] = lambda row: None
    """The colour of a whole line, if it has one."""

    @property
    def titles(self) -> list[str]:
        """Titles of the columns."""
        return [title for title, _, _ in self.columns]

    @property
    def expressions(self) -> list[str]:
        """SQL of the columns."""
        return [sql for _, sql, _ in self.columns]

    def cells(self, row: Sequence[Any]) -> list[str]:
        """A row of values as text."""
        return [write(value) for (_, _, write), value in zip(self.columns, row, strict=True)]


def _endpoint(ip: str, port: str) -> str:
    """SQL of address and port: `10.0.0.1:80`, `[2001:db8::1]:80`; no port if there is none."""
    bracketed = f"CASE WHEN contains({ip}, ':') THEN '[' || {ip} || ']' ELSE {ip} END"
    return f"CASE WHEN coalesce({port}, 0) = 0 THEN {ip} ELSE {bracketed} || ':' || {port} END"


_TIME = "strftime(date_trunc('milliseconds', time)::TIMESTAMP, '%Y-%m-%d %H:%M:%S.%g')"


_OPEN: Final = -1
"""Stands for the duration of a request that goes on."""


def _took(nanoseconds: int | None) -> str:
    return "open" if nanoseconds == _OPEN else duration(nanoseconds)


def _request_colour(row: Sequence[str]) -> str | None:
    status = row[4]
    if status[0] == "5" or not status[0].isdigit():
        return "red"
    return "yellow" if status[0] == "4" else None


VIEWS: dict[str, View] = {
    "requests": View(
        (
            ("TIME", _TIME, printable),
            ("CLIENT", _endpoint("client_ip", "client_port"), printable),
            ("SERVER", _endpoint("server_ip", "server_port"), printable),
            ("METHOD", "method", printable),
            ("STATUS", "coalesce(CAST(status AS VARCHAR), error, completeness)", printable),
            ("TOOK", f"CASE completeness WHEN 'open' THEN {_OPEN} ELSE duration_ns END", _took),
            ("SIZE", "response_bytes", size),
            ("TARGET", "coalesce(host, '') || coalesce(target, '-')", printable),
        ),
        frozenset({"TOOK", "SIZE"}),
        _request_colour,
    ),
    "flows": View(
        (
            ("TIME", _TIME, printable),
            ("TRANSPORT", "transport", printable),
            ("PROTOCOL", "protocol", printable),
            ("CLIENT", _endpoint("client_ip", "client_port"), printable),
            ("SERVER", _endpoint("server_ip", "server_port"), printable),
            ("SENT", "client_packets", printable),
            ("SENT BYTES", "client_bytes", size),
            ("RECEIVED", "server_packets", printable),
            ("RECEIVED BYTES", "server_bytes", size),
            ("RESENT", "retransmissions", printable),
            ("LOST", "gap_bytes", size),
            ("STATE", "state", printable),
        ),
        frozenset({"SENT", "SENT BYTES", "RECEIVED", "RECEIVED BYTES", "RESENT", "LOST"}),
    ),
    "packets": View(
        (
            ("ID", "id", printable),
            ("TIME", _TIME, printable),
            ("SOURCE", _endpoint("source_ip", "source_port"), printable),
            ("DESTINATION", _endpoint("destination_ip", "destination_port"), printable),
            ("PROTOCOL", "protocol", printable),
            ("LENGTH", "length", printable),
            ("INFO", "coalesce(error || ': ', '') || info", printable),
        ),
        frozenset({"ID", "LENGTH"}),
    ),
    "names": View(
        (
            ("TIME", _TIME, printable),
            ("ADDRESS", "ip", printable),
            ("NAME", "name", printable),
            ("SOURCE", "source", printable),
            ("HOLDS (s)", "ttl_s", printable),
            ("MAC", "mac", printable),
            ("ASKED BY", "asked_by", printable),
            ("ANSWERED BY", "answered_by", printable),
        ),
        frozenset({"HOLDS (s)"}),
    ),
}


class RowPrinter:
    """Prints the batches of one table."""

    def __init__(
        self, table: str, condition: Condition | None, paint: Paint, added: Sequence[str] = ()
    ) -> None:
        """`condition` is what the display filter compiled to; batches have columns `added` too."""
        from nautscan.store.batchwise import BatchQuery

        self._view = VIEWS[table]
        expressions = self._view.expressions
        for side in ("client", "server"):
            if f"{side}_host" in added:
                address = _endpoint(f"{side}_ip", f"{side}_port")
                named = _endpoint(f"coalesce({side}_host, {side}_ip)", f"{side}_port")
                expressions = [named if text == address else text for text in expressions]
        self._query = BatchQuery(table, expressions, condition, added)
        self._aligned = Aligned(self._view.titles, self._view.right)
        self._paint = paint

    def lines(self, batch: ArrowExporter) -> Iterable[str]:
        """The rows of a batch as lines."""
        rows = [self._view.cells(row) for row in self._query.rows(batch)]
        yield from self._aligned.begin(rows)
        for row in rows:
            colour = self._view.colour(row)
            line = self._aligned.line(row)
            yield self._paint(line, colour) if colour else line
