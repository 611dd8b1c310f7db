"""Wireshark's analysis of TCP beside the engine's, flow by flow."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tests.golden import sharkd
from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, Mismatch, compare_bags
from tests.golden.observed import Observed, Row, observe
from tests.golden.sharkd import Packet

FIELDS = (
    "tcp.stream:-1",
    "ip.src:-1",
    "ip.dst:-1",
    "ipv6.src:-1",
    "ipv6.dst:-1",
    "tcp.srcport:-1",
    "tcp.dstport:-1",
    "tcp.flags:-1",
    "tcp.analysis.retransmission:1",
    "tcp.analysis.fast_retransmission:1",
    "tcp.analysis.spurious_retransmission:1",
    "tcp.analysis.out_of_order:1",
    "tcp.analysis.zero_window:1",
    "tcp.analysis.duplicate_ack:1",
    "tcp.analysis.keep_alive:1",
    "tcp.options.sack_le:1",
    "tcp.analysis.initial_rtt:1",
    "tcp.analysis.ack_rtt:1",
    "tcp.analysis.acks_frame:1",
    "tcp.options.mss_val:1",
    "tcp.options.wscale.shift:1",
    "icmp.type:1",
    "icmpv6.type:1",
)
SYN, RST, ACK = 0x02, 0x04, 0x10

COUNTERS = (
    "retransmissions",
    "out_of_order",
    "zero_windows",
    "resets",
    "duplicate_acks",
    "keep_alives",
    "sack_blocks",
)

End = tuple[str, int]
"""Address and port."""
Ends = tuple[End, End]
"""Sorted, so that both directions are one."""


@dataclass
class Account:
    """What one side says of all the connections between two ends."""

    packets: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    handshakes: list[int] = field(default_factory=list)
    """SYN to the client's acknowledgement, ns, of each connection of which it was seen."""
    round_trips: dict[End, int] = field(default_factory=dict)
    """Least time to the acknowledgement by an end, ns."""
    offers: list[str] = field(default_factory=list)
    """What each SYN states."""

    def measured(self, end: End, round_trip: int) -> None:
        """Another round trip to `end`."""
        self.round_trips[end] = min(round_trip, self.round_trips.get(end, round_trip))


Accounts = dict[Ends, Account]


def compare_all(captures: Sequence[Capture]) -> Iterator[tuple[str, Mismatch]]:
    """Every capture with its mismatches."""
    for start in range(0, len(captures), sharkd.BATCH):
        batch = captures[start : start + sharkd.BATCH]
        read = sharkd.packets([capture.path for capture in batch], FIELDS)
        for capture, packets in zip(batch, read, strict=True):
            accounts = wireshark_accounts(packets)
            if accounts:
                for mismatch in compare(accounts, engine_accounts(observe(capture.path))):
                    yield capture.name, mismatch


def compare(theirs: Accounts, ours: Accounts) -> Iterator[Mismatch]:
    """What Wireshark and the engine do not agree on, of what `compared` gives."""
    for comparison in _compare(theirs, ours):
        if comparison.mismatch is not None:
            yield comparison.mismatch


def _compare(theirs: Accounts, ours: Accounts) -> Iterator[Comparison]:
    same = compared(theirs, ours)
    for name in COUNTERS:
        values = ({ends: side[ends].counts[name] for ends in same} for side in (theirs, ours))
        yield from compare_bags(f"tcp.{name}", *(map(_counted, side.items()) for side in values))
    for what, tell in (
        ("handshake_ns", _handshakes),
        ("rtt_ns", _round_trips),
        ("offers", _offers),
    ):
        told = (
            [text for ends in same for text in tell(ends, side[ends])] for side in (theirs, ours)
        )
        yield from compare_bags(f"tcp.{what}", *told)


def compared(theirs: Accounts, ours: Accounts) -> list[Ends]:
    """Ends between which both see as many packets. Why they do not is told by differences.toml."""
    return [ends for ends in theirs if ends in ours and theirs[ends].packets == ours[ends].packets]


def engine_accounts(observed: Observed) -> Accounts:
    """The engine's rows, connections between the same ends taken together."""
    accounts: Accounts = defaultdict(Account)
    for row in observed.flows:
        if row["transport"] == "tcp":
            _add_flow(accounts, row)
    return accounts


def _add_flow(accounts: Accounts, row: Row) -> None:
    client = (row["client_ip"], row["client_port"])
    server = (row["server_ip"], row["server_port"])
    account = accounts[_sorted(client, server)]
    account.packets += row["client_packets"] + row["server_packets"]
    account.counts.update({name: row[name] for name in COUNTERS})
    if row["handshake_ns"] is not None:
        account.handshakes.append(row["handshake_ns"])
    for side, end in (("client", client), ("server", server)):
        if row[f"{side}_rtt_ns"] is not None:
            account.measured(end, row[f"{side}_rtt_ns"])
        account.offers.extend(_offer(end, row[f"{side}_mss"], row[f"{side}_window_scale"]))


@dataclass
class _Stream:
    """One connection as Wireshark numbers them."""

    resent: list[tuple[int, End]] = field(default_factory=list)
    """Packets that it holds to be sent again."""
    keep_alives: set[int] = field(default_factory=set)
    opened: set[End] = field(default_factory=set)
    has_handshake: bool = False


def wireshark_accounts(packets: Iterable[Packet]) -> Accounts:
    """Wireshark's analysis of the packets of a file, which have `FIELDS`."""
    accounts: Accounts = defaultdict(Account)
    streams: dict[str, _Stream] = defaultdict(_Stream)
    names = [name.partition(":")[0] for name in FIELDS]
    for packet in packets:
        values = dict(zip(names, packet.values, strict=True))
        # Headers that an ICMP error quotes are not packets of the connection.
        if values["tcp.stream"] and not values["icmp.type"] and not values["icmpv6.type"]:
            _add_packet(accounts, streams[values["tcp.stream"]], packet.number, values)
    return accounts


def _add_packet(accounts: Accounts, stream: _Stream, number: int, values: dict[str, str]) -> None:
    source = (values["ip.src"] or values["ipv6.src"], int(values["tcp.srcport"]))
    target = (values["ip.dst"] or values["ipv6.dst"], int(values["tcp.dstport"]))
    account = accounts[_sorted(source, target)]
    account.packets += 1
    flags = int(values["tcp.flags"] or "0", 16)
    kinds = ("retransmission", "fast_retransmission", "spurious_retransmission")
    if any(values[f"tcp.analysis.{kind}"] for kind in kinds):
        account.counts["retransmissions"] += 1
        stream.resent.append((number, source))
    for name in ("out_of_order", "zero_window", "duplicate_ack", "keep_alive"):
        column = name if name == "out_of_order" else f"{name}s"
        account.counts[column] += bool(values[f"tcp.analysis.{name}"])
    account.counts["resets"] += bool(flags & RST)
    account.counts["sack_blocks"] += bool(values["tcp.options.sack_le"])
    if values["tcp.analysis.keep_alive"]:
        stream.keep_alives.add(number)
    if values["tcp.analysis.initial_rtt"] and not stream.has_handshake:
        stream.has_handshake = True
        account.handshakes.append(_nanoseconds(values["tcp.analysis.initial_rtt"]))
    if values["tcp.analysis.ack_rtt"]:
        _add_round_trip(account, stream, number, (source, target), values)
    if flags & SYN and source not in stream.opened:
        stream.opened.add(source)
        offer = (values["tcp.options.mss_val"], values["tcp.options.wscale.shift"])
        account.offers.extend(_offer(source, *(int(text) if text else None for text in offer)))


def _add_round_trip(
    account: Account, stream: _Stream, number: int, way: tuple[End, End], values: dict[str, str]
) -> None:
    """Wireshark times from the first sending; Karn's algorithm leaves out what was sent again."""
    source, target = way
    acknowledged = int(values["tcp.analysis.acks_frame"])
    was_resent = any(
        sender == target and acknowledged <= resent <= number for resent, sender in stream.resent
    )
    if not was_resent and acknowledged not in stream.keep_alives:
        account.measured(source, _nanoseconds(values["tcp.analysis.ack_rtt"]))


def _sorted(one: End, other: End) -> Ends:
    return (one, other) if one <= other else (other, one)


def _nanoseconds(seconds: str) -> int:
    return int(Decimal(seconds) * 10**9)


def _offer(end: End, segment: int | None, scale: int | None) -> Iterator[str]:
    if segment is not None or scale is not None:
        yield f"{_end(end)} mss {segment}, window scale {scale}"


def _end(end: End) -> str:
    return f"{end[0]} {end[1]}"


def _name(ends: Ends) -> str:
    return f"{_end(ends[0])} <> {_end(ends[1])}"


def _counted(item: tuple[Ends, int]) -> str:
    return f"{_name(item[0])}: {item[1]}"


def _handshakes(ends: Ends, account: Account) -> Iterator[str]:
    return (f"{_name(ends)}: {took}" for took in account.handshakes)


def _round_trips(_ends: Ends, account: Account) -> Iterator[str]:
    return (f"to {_end(end)}: {took}" for end, took in account.round_trips.items())


def _offers(_ends: Ends, account: Account) -> Iterable[str]:
    return account.offers
