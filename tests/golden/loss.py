"""Captures of which packets are missing, and what may still be said of them.

A row of what is left is right where it agrees with a row of the whole capture, or says less; so is
what a flow's protocol says of it. What they may say besides is listed here, each with its reason:
nothing that was captured contradicts it.
"""

from __future__ import annotations

import json
import random
import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.golden.observed import Observed, Row

FILE_HEADER: Final = 24
PACKET_HEADER: Final = 16
BYTE_ORDERS: Final = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\x4d\x3c\xb2\xa1": "<"}

Connection = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Packets:
    """A pcap file as its header and its packets."""

    header: bytes
    packets: list[bytes]

    @classmethod
    def of(cls, path: Path) -> Packets:
        """Those of a file."""
        content = path.read_bytes()
        order = BYTE_ORDERS[content[:4]]
        packets, at = [], FILE_HEADER
        while at < len(content):
            (length,) = struct.unpack(f"{order}I", content[at + 8 : at + 12])
            end = at + PACKET_HEADER + length
            packets.append(content[at:end])
            at = end
        return cls(content[:FILE_HEADER], packets)

    def write(self, path: Path, kept: list[int]) -> None:
        """Write some of them."""
        path.write_bytes(self.header + b"".join(self.packets[at] for at in kept))


def cuts(count: int, seed: str) -> Iterator[tuple[str, list[int]]]:
    """Ways to lose packets of so many, with those that are left; the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(2):
        begin = chance.randrange(1, count)
        yield f"from {begin} on", list(range(begin, count))
    for percent in (5, 20):
        for turn in range(2):
            left = [at for at in range(count) if chance.randrange(100) >= percent]
            yield f"without {percent} %, {turn}", left
    for _ in range(2):
        begin = chance.randrange(count)
        end = begin + chance.randrange(1, 6)
        yield f"without {begin} to {end}", [at for at in range(count) if not begin <= at < end]


def connection_of(row: Row) -> Connection:
    """Its ends. Which is the client may not be known where the beginning is missing."""
    ends = [(row[f"{side}_ip"], row[f"{side}_port"]) for side in ("client", "server")]
    return tuple(sorted(ends))


def faults(whole: Observed, left: Observed) -> list[str]:
    """What rows of a capture with packets missing say that those of the whole do not bear out."""
    truth: dict[Connection, list[Row]] = defaultdict(list)
    for row in whole.requests:
        truth[connection_of(row)].append(row)
    repeated = {connection_of(flow) for flow in whole.flows if _has_copies(flow)}
    found = []
    for row in left.requests:
        connection = connection_of(row)
        fault = _fault(row, truth[connection], has_copies=connection in repeated)
        found += [f"{fault}: {brief(row)}"] if fault else []
    return found + _faults_of_flows(whole, left)


def said(observed: Observed) -> int:
    """How much there is to compare: rows, and facts of flows."""
    return len(observed.requests) + sum(len(facts(flow)) for flow in observed.flows)


def facts(flow: Row) -> Row:
    """What is known of a flow by what was said in it."""
    of_summary = {f"summary {name}": text for name, text in _summary(flow).items()}
    return {name: flow[name] for name in FACTS if flow[name] is not None} | of_summary


def _summary(flow: Row) -> dict[str, str]:
    told: dict[str, str] = json.loads(flow["summary"] or "{}")
    return told


def _faults_of_flows(whole: Observed, left: Observed) -> list[str]:
    truth: dict[Connection, list[Row]] = defaultdict(list)
    for flow in whole.flows:
        truth[connection_of(flow)].append(facts(flow))
    found = []
    for flow in left.flows:
        connection = connection_of(flow)
        wrong = [_wrong_facts(facts(flow), true) for true in truth[connection]]
        best = min(wrong, key=len, default=["connection"])
        found += [f"wrong {', '.join(best)}: flow {connection}"] if best else []
    return found


def _wrong_facts(flow: Row, true: Row) -> list[str]:
    wrong = [name for name, value in flow.items() if value != true.get(name)]
    is_begun = (true.get("protocol"), flow.get("protocol")) in BEGUN
    return [name for name in wrong if not (is_begun and name == "protocol")]


def brief(row: Row) -> str:
    """A row in short."""
    names = ("protocol", "time", "method", "target", "status", "error", "completeness", "oddities")
    return " ".join(str(row[name]) for name in names)


def _has_copies(flow: Row) -> bool:
    return bool(flow["retransmissions"])


def _fault(row: Row, truth: list[Row], *, has_copies: bool) -> str | None:
    same = [true for true in truth if _is_protocol(row, true)]
    if not same:
        return "not this protocol"
    best = min((_wrong(row, true, has_copies=has_copies) for true in same), key=len)
    return f"wrong {', '.join(best)}" if best else None


def _wrong(row: Row, true: Row, *, has_copies: bool) -> list[str]:
    """Columns of a row that contradict a true one."""
    is_alone = row["request_bytes"] is None and row["completeness"] != "gap"
    wrong = []
    if not (is_alone and row["method"] in ALONE.get(row["protocol"], ())):
        wrong += ["method"] if _differs_in_method(row, true) else []
        wrong += ["target"] if _differs(row, true, "target") and not _is_identifier(row) else []
    wrong += [name for name in ("host", "status") if _differs(row, true, name)]
    is_closed = row["error"] in CLOSED and row["completeness"] != "complete"
    wrong += ["error"] if _differs(row, true, "error") and not is_closed else []
    wrong += [name for name in SIZES if _is_other_size(row, true, name)]
    is_timed = not has_copies and row["transport"] != "udp"
    if is_timed and row["completeness"] not in CUT:
        wrong += ["time"] if row["time"] not in _times(true, is_alone=is_alone) else []
        wrong += [name for name in LATENCIES if not is_alone and _is_other_latency(row, true, name)]
    return wrong


def _differs(row: Row, true: Row, name: str) -> bool:
    return row[name] is not None and row[name] != true[name]


def _is_other_size(row: Row, true: Row, name: str) -> bool:
    """Whether a size is not what it was; of what was cut it may be less."""
    if row[name] is None or true["completeness"] == "gap":
        return False
    is_less = row["completeness"] != "complete" and row[name] <= (true[name] or 0)
    return bool(row[name] != true[name] and not is_less)


def _is_other_latency(row: Row, true: Row, name: str) -> bool:
    is_shorter = row["protocol"] in CONTINUOUS and (row[name] or 0) < (true[name] or 0)
    return _differs(row, true, name) and not is_shorter


def _times(true: Row, *, is_alone: bool) -> set[int]:
    """When it began; where the request was lost, when its answer did."""
    begins = {true["time"]}
    if is_alone and true["ttfb_ns"] is not None:
        begins.add(true["time"] + true["ttfb_ns"])
    return begins


# What may be said although the whole capture says otherwise. Beyond this:
#
# - Where bytes were sent again, either copy may be missing: the times are those of the other. Over
#   UDP no byte is counted, and one copy of a question or an answer is as good as another.
# - A row that says `gap` says nothing of when what it lacks was sent; what has `response_only` may
#   be the rest of an answer within which the capture begins. What is not `complete` may have gone
#   on.

FACTS: Final = (
    "protocol",
    "server_name",
    "tls_version",
    "tls_cipher",
    "tls_alpn",
    "tls_alpn_offered",
    "tls_resumed",
    "tls_ja3",
    "tls_ja4",
    "tls_certificate_subject",
    "tls_certificate_issuer",
    "tls_certificate_not_before",
    "tls_certificate_not_after",
    "tls_alert",
    "tls_alert_from",
)
"""What is said of a flow beside its `summary`. Counts of packets and bytes are of what is left."""

CUT: Final = {"gap", "response_only"}
SIZES: Final = ("request_bytes", "response_bytes")
LATENCIES: Final = ("ttfb_ns", "duration_ns")

CONTINUOUS: Final = {"websocket"}
"""Closed once one side has said so: what the other said last may be missing, and nothing tells."""

BELOW: Final = {("websocket", "http"), ("grpc", "http")}
"""What makes a request of HTTP one of these is its answer, or a header field, which was lost."""

BEGUN: Final = {("websocket", "http"), ("http2", "http"), (None, "memcached")}
"""What a flow was before the answer that makes it something else; and a line of Redis that
Memcached has too, in a flow that has no row."""

CLOSED: Final = {
    "connection reset by client",
    "connection reset by server",
    "connection closed before response",
    "connection closed during response",
    "connection closed without a close frame",
    "timed out",
    "no answer",
}
"""Said where an answer is missing and nothing acknowledges it, or a datagram."""

ALONE: Final = {
    "nats": {"MSG", "HMSG"},
    "amqp": {"basic.return", "channel.close", "connection.close"},
}
"""What a server says is told as what it is where what it answers was lost."""

UNPREPARED: Final = "STMT_EXECUTE"
"""MySQL: which statement was prepared was lost; the row says `statement_unknown`."""

IDENTIFIER: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Kafka: the answer that names the topic of this number was lost."""


def _is_protocol(row: Row, true: Row) -> bool:
    names = (true["protocol"], row["protocol"])
    return names[0] == names[1] or names in BELOW


def _differs_in_method(row: Row, true: Row) -> bool:
    if (true["protocol"], row["protocol"]) == ("grpc", "http"):
        return row["method"] not in {None, "POST"}
    is_unprepared = row["method"] == UNPREPARED and "statement_unknown" in row["oddities"]
    return _differs(row, true, "method") and not is_unprepared


def _is_identifier(row: Row) -> bool:
    return row["protocol"] == "kafka" and bool(IDENTIFIER.fullmatch(row["target"]))
