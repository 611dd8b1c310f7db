"""What capture files hold, on one screen: asked of the tables in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nautscan.export.text import Aligned, counted, duration, printable, size
from nautscan.store.queries import LASTS, LATENCY

if TYPE_CHECKING:
    from nautscan.store.scratch import ScratchDatabase

COLUMNS = {
    "requests": (
        "time",
        "protocol",
        "server_ip",
        "server_port",
        "method",
        "host",
        "target",
        "status",
        "error",
        "ttfb_ns",
        "duration_ns",
        "content_type",
        "response_bytes",
        "completeness",
    ),
    "flows": (
        "transport",
        "protocol",
        "client_ip",
        "server_ip",
        "client_packets",
        "client_bytes",
        "server_packets",
        "server_bytes",
        "retransmissions",
        "gap_bytes",
    ),
}
"""What the sections are asked of: storing the other columns would take as long as reading them."""

TOP = 10
SLOWEST = 5


@dataclass(frozen=True)
class _Section:
    """A titled query and how its columns are written."""

    title: str
    query: str
    columns: tuple[tuple[str, Callable[[Any], str]], ...]

    def lines(self, database: ScratchDatabase) -> Iterator[str]:
        rows = list(database.sql(self.query).rows())
        if not rows:
            return
        titles = [title for title, _ in self.columns]
        numbers = frozenset(t for t, write in self.columns if write in {count, duration, size})
        aligned = Aligned(titles, numbers)
        yield ""
        yield self.title
        for line in aligned.lines([self._cells(row) for row in rows]):
            yield f"  {line}"

    def _cells(self, row: Sequence[Any]) -> list[str]:
        return [write(value) for (_, write), value in zip(self.columns, row, strict=True)]


def count(value: int | None) -> str:
    """Digits in groups of three."""
    return "-" if value is None else f"{value:,}"


_WAIT = LATENCY["requests"]
_SERVER = (
    "CASE WHEN contains(server_ip, ':') THEN '[' || server_ip || ']' ELSE server_ip END"
    " || ':' || server_port"
)

_SECTIONS = (
    _Section(
        "Servers by requests",
        f"""
        SELECT {_SERVER} AS server, mode(host) AS host, count(*) AS requests,
            count(*) FILTER (status BETWEEN 400 AND 499) AS refused,
            count(*) FILTER (status >= 500 OR error IS NOT NULL) AS failed,
            CAST(quantile_cont({_WAIT}, 0.5) AS BIGINT) AS median,
            CAST(quantile_cont({_WAIT}, 0.95) AS BIGINT) AS p95,
            coalesce(sum(response_bytes), 0)::BIGINT AS answered
        FROM requests GROUP BY server ORDER BY requests DESC, server LIMIT {TOP}
        """,  # noqa: S608 (constants of this file)
        (
            ("SERVER", printable),
            ("HOST", printable),
            ("REQUESTS", count),
            ("4XX", count),
            ("FAILED", count),
            ("MEDIAN", duration),
            ("P95", duration),
            ("CONTENT", size),
        ),
    ),
    _Section(
        "Outcomes",
        """
        SELECT protocol, CASE
                WHEN completeness = 'request_only'
                    OR (status IS NULL AND protocol IN ('http', 'grpc', 'dns', 'mdns', 'llmnr'))
                    THEN 'no response'
                WHEN protocol IN ('http', 'fastcgi') AND status IS NOT NULL
                    THEN left(CAST(status AS VARCHAR), 1) || 'xx'
                ELSE coalesce(error, 'ok') END AS outcome,
            completeness, count(*) AS requests,
            CAST(quantile_cont(ttfb_ns, 0.5) AS BIGINT) AS median,
            CAST(quantile_cont(ttfb_ns, 0.99) AS BIGINT) AS p99
        FROM requests GROUP BY ALL ORDER BY protocol, outcome, completeness
        """,
        (
            ("PROTOCOL", printable),
            ("STATUS", printable),
            ("SEEN", printable),
            ("REQUESTS", count),
            ("FIRST BYTE, MEDIAN", duration),
            ("P99", duration),
        ),
    ),
    _Section(
        "Slowest requests",
        f"""
        SELECT coalesce(method, '-') || ' ' || coalesce(host, '') || coalesce(target, '-'),
            status, duration_ns
        FROM requests WHERE duration_ns IS NOT NULL AND {LASTS} IS NOT TRUE
        ORDER BY duration_ns DESC, time LIMIT {SLOWEST}
        """,  # noqa: S608 (constants of this file)
        (
            ("REQUEST", lambda text: shortened(printable(text))),
            ("STATUS", printable),
            ("TOOK", duration),
        ),
    ),
    _Section(
        "Flows",
        """
        SELECT transport, protocol, count(*) AS flows,
            sum(client_packets + server_packets)::BIGINT AS packets,
            sum(client_bytes + server_bytes)::BIGINT AS bytes,
            sum(retransmissions)::BIGINT AS resent, sum(gap_bytes)::BIGINT AS lost
        FROM flows GROUP BY ALL ORDER BY bytes DESC, transport
        """,
        (
            ("TRANSPORT", printable),
            ("PROTOCOL", printable),
            ("FLOWS", count),
            ("PACKETS", count),
            ("BYTES", size),
            ("RESENT", count),
            ("LOST", size),
        ),
    ),
    _Section(
        "Hosts by bytes",
        f"""
        -- A host that talks to itself sends and receives all of it, in one flow.
        SELECT ip, sum(flow)::BIGINT AS flows, sum(sent)::BIGINT AS sent,
            sum(received)::BIGINT AS received
        FROM (
            SELECT client_ip AS ip, 1 AS flow, client_bytes AS sent, server_bytes AS received
            FROM flows
            UNION ALL
            SELECT server_ip, (server_ip <> client_ip)::INTEGER, server_bytes, client_bytes
            FROM flows
        )
        GROUP BY ip
        ORDER BY sum(CASE WHEN flow = 1 THEN sent + received ELSE 0 END) DESC, ip LIMIT {TOP}
        """,  # noqa: S608 (constants of this file)
        (("HOST", printable), ("FLOWS", count), ("SENT", size), ("RECEIVED", size)),
    ),
)

LONGEST_TEXT = 72


def shortened(text: str) -> str:
    """A text that fits a line with numbers beside it."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def lines(totals: Mapping[str, Any], database: ScratchDatabase) -> Iterator[str]:
    """The summary of a pass whose tables are in `database`."""
    yield (
        f"{counted(totals['packets'], 'packet', 'packets')}, {size(totals['bytes'])}, "
        f"{counted(totals['flows'], 'flow', 'flows')}, "
        f"{counted(totals['requests'], 'request', 'requests')}"
    )
    if totals["first_time"] is not None:
        yield f"{totals['first_time']} to {totals['last_time']}"
    for section in _SECTIONS:
        yield from section.lines(database)
    yield from _losses(totals)


# Counters that a reader of the figures above must know of: what one is, and what several are.
_LOSSES = {
    "gap_bytes": (
        "byte of TCP streams was not captured",
        "bytes of TCP streams were not captured",
    ),
    "parse_errors": ("message could not be parsed", "messages could not be parsed"),
    "opaque_bytes": (
        "byte of TCP streams is of no protocol that is read",
        "bytes of TCP streams are of no protocol that is read",
    ),
    "decode_errors": ("packet could not be decoded", "packets could not be decoded"),
    "truncated": (
        "packet was cut by the snap length",
        "packets were cut by the snap length",
    ),
    "datagrams_incomplete": ("IP datagram lacked fragments", "IP datagrams lacked fragments"),
    "unattributed": (
        "packet belongs to no flow: its ports were not captured",
        "packets belong to no flow: their ports were not captured",
    ),
    "too_deep": (
        "packet has more headers than are walked",
        "packets have more headers than are walked",
    ),
    "aggregated_skipped": (
        "aggregated 802.11 unit was not decoded",
        "aggregated 802.11 units were not decoded",
    ),
    "time_clamped": (
        "packet has a time outside 1970 to 2116; the nearest end was taken",
        "packets have a time outside 1970 to 2116; the nearest end was taken",
    ),
    "duplicates": (
        "packet was seen twice and counted once",
        "packets were seen twice and counted once",
    ),
    "evicted": (
        "flow was dropped to stay within the memory set",
        "flows were dropped to stay within the memory set",
    ),
}


# What was found while the files were read. `sections` and `untimed` say nothing that is amiss.
_INPUT = {
    "reordered": (
        "packet stood behind later ones and was put in its place",
        "packets stood behind later ones and were put in their place",
    ),
    "reorder_full": (
        "packet went on before all that may be earlier were read",
        "packets went on before all that may be earlier were read",
    ),
    "time_went_back": (
        "time the time went back from one packet to the next",
        "times the time went back from one packet to the next",
    ),
    "times_out_of_range": (
        "packet has a time that 64 bits of nanoseconds cannot hold",
        "packets have a time that 64 bits of nanoseconds cannot hold",
    ),
    "longer_than_wire": (
        "packet is longer than it is said to have been on the wire",
        "packets are longer than they are said to have been on the wire",
    ),
    "skipped_blocks": (
        "block is of a kind that is not read",
        "blocks are of a kind that is not read",
    ),
    "bad_options": (
        "option contradicts the format and was left out",
        "options contradict the format and were left out",
    ),
    "texts_cut": ("name or comment was cut", "names or comments were cut"),
    "comments_dropped": ("comment is more than are kept", "comments are more than are kept"),
    "names_dropped": (
        "name of an address is more than are kept",
        "names of addresses are more than are kept",
    ),
    "secrets_dropped": (
        "decryption secret is more than are kept",
        "decryption secrets are more than are kept",
    ),
    "custom_dropped": ("custom block was not kept", "custom blocks were not kept"),
}


def losses(totals: Mapping[str, Any]) -> list[str]:
    """What the rows of a pass do not have, each in a line."""
    return list(_counted(totals, _LOSSES))


def _losses(totals: Mapping[str, Any]) -> Iterator[str]:
    yield from _told("Not in these figures", losses(totals))
    yield from _told("The files", list(_counted(totals.get("input", {}), _INPUT)))


def _counted(counts: Mapping[str, Any], meanings: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    told = ((counts.get(name, 0), meaning) for name, meaning in meanings.items())
    return (counted(number, *meaning) for number, meaning in told if number)


def _told(title: str, told: Sequence[str]) -> Iterator[str]:
    if told:
        yield ""
        yield title
        yield from (f"  {line}" for line in told)
