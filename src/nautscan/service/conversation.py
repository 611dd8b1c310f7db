"""The bytes of a connection in the order in which the receivers could read them.

Of packets that were captured, those are put in order by their sequence numbers; what is missing is
a gap of known length, never closed up. It works on packets that are all at hand: a hole that a
later packet fills is waited for, one that nothing fills is passed as soon as there is more behind.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, Literal, NamedTuple

Side = Literal["client", "server"]
Endpoint = tuple[str, int]

MAX_PART: Final = 1 << 16
"""Bytes of one part: what follows without a turn or a gap is one part up to here."""
_SEQUENCES: Final = 1 << 32
_FAR: Final = 1 << 30
"""Numbers further than this from those expected are not of this connection (RFC 7323, 2.3)."""


class Segment(NamedTuple):
    """A packet of the connection. `missing`: bytes at its end that were not kept."""

    id: int
    time_ns: int
    source: Endpoint
    destination: Endpoint
    interface: str | None
    sequence: int | None
    acknowledgement: int | None
    flags: frozenset[str]
    data: bytes
    missing: int


@dataclass(slots=True)
class Part:
    """Bytes that one side sent, or a gap in them.

    `packet` is the first that carried any; of a gap, the one that showed it.
    """

    side: Side
    time_ns: int
    packet: int
    packets: int
    offset: int
    data: bytearray
    gap_bytes: int = 0


@dataclass(slots=True)
class SideFacts:
    """What one side sent, as far as it is at hand."""

    endpoint: Endpoint | None = None
    bytes: int = 0
    gap_bytes: int = 0
    repeated_bytes: int = 0
    start_seen: bool = False
    end_seen: bool = False


@dataclass(slots=True)
class Conversation:
    """Both directions."""

    parts: list[Part] = field(default_factory=list)
    client: SideFacts = field(default_factory=SideFacts)
    server: SideFacts = field(default_factory=SideFacts)

    def facts(self, side: Side) -> SideFacts:
        """Those of one side."""
        return self.client if side == "client" else self.server

    def add(self, part: Part) -> None:
        """Put a part at the end, together with the last one where nothing lies between."""
        facts = self.facts(part.side)
        facts.bytes += len(part.data)
        facts.gap_bytes += part.gap_bytes
        last = self.parts[-1] if self.parts else None
        if (
            last is not None
            and last.side == part.side
            and not (last.gap_bytes or part.gap_bytes)
            and len(last.data) + len(part.data) <= MAX_PART
        ):
            last.data += part.data
            last.packets += 1
        else:
            self.parts.append(part)


class Directions:
    """Which side sent a packet. Translated addresses of one connection are learned from others."""

    def __init__(self, clients: Iterable[Endpoint] = (), servers: Iterable[Endpoint] = ()) -> None:
        """With what is known beforehand."""
        self._sides: dict[Endpoint, Side] = dict.fromkeys(servers, "server")
        self._sides |= dict.fromkeys(clients, "client")
        self.assumed = False
        """Nothing told who is who: the sender of the first packet stands as the client."""

    def learn(self, segments: Sequence[Segment]) -> None:
        """Take from SYN and SYN-ACK who asked for the connection (RFC 9293, 3.5)."""
        for segment in segments:
            if "SYN" in segment.flags:
                self._note(segment, "server" if "ACK" in segment.flags else "client")

    def side(self, segment: Segment) -> Side:
        """Who sent it; where nothing is known, the first packet is taken for the client's."""
        known = self._sides.get(segment.source)
        if known is None:
            other = self._sides.get(segment.destination)
            self.assumed |= other is None
            known = "client" if other is None or other == "server" else "server"
            self._note(segment, known)
        return known

    def _note(self, segment: Segment, side: Side) -> None:
        self._sides.setdefault(segment.source, side)
        self._sides.setdefault(segment.destination, "server" if side == "client" else "client")


class _Stream:
    """One direction of a TCP connection. Offsets count from the first byte at hand."""

    def __init__(self, side: Side, segments: Sequence[Segment]) -> None:
        self.side = side
        self.start_seen = any("SYN" in segment.flags for segment in segments)
        self._base = self._first(segments)
        self.next = 0
        self.acknowledged: tuple[int, int] | None = None
        """The highest offset that the other side said to have, and when."""
        self.end: int | None = None
        self._held: dict[int, Segment] = {}
        self._waiting: list[int] = []
        """Offsets of those that are held, as a heap."""
        self._covered: list[tuple[int, int]] = []
        self._place = 0
        self._cover(segments)

    def _first(self, segments: Sequence[Segment]) -> int | None:
        """The sequence number of the first byte: after the SYN, else the lowest one seen."""
        begin: int | None = None
        for segment in segments:
            sequence = segment.sequence
            if sequence is None:
                continue
            if "SYN" in segment.flags:
                return (sequence + 1) % _SEQUENCES
            if segment.data or segment.missing:
                before = 0 if begin is None else _signed(sequence - begin)
                begin = sequence if begin is None or -_FAR < before < 0 else begin
        return begin

    def offset(self, sequence: int) -> int | None:
        """The offset that is meant: the nearest to what is expected."""
        if self._base is None:
            return None
        expected = (self._base + self._place) % _SEQUENCES
        distance = _signed(sequence - expected)
        return self._place + distance if abs(distance) < _FAR else None

    def _cover(self, segments: Sequence[Segment]) -> None:
        """Note which offsets any packet fills: the other ones are gaps for good."""
        spans = []
        for segment in segments:
            at = self._at(segment)
            if at is not None:
                self._place = max(self._place, at)
                if segment.data:
                    spans.append((max(0, at), at + len(segment.data)))
        self._place = 0
        for begin, end in sorted(spans):
            if self._covered and begin <= self._covered[-1][1]:
                last = self._covered[-1]
                self._covered[-1] = (last[0], max(last[1], end))
            elif end > begin:
                self._covered.append((begin, end))

    def _at(self, segment: Segment) -> int | None:
        if segment.sequence is None:
            return None
        # A SYN takes the number before the first byte.
        sequence = segment.sequence + ("SYN" in segment.flags)
        return self.offset(sequence % _SEQUENCES)

    def take(self, segment: Segment, conversation: Conversation) -> None:
        """Take a packet, and hand out what can be read from here on."""
        at = self._at(segment)
        if at is None:
            return
        self._place = max(self._place, at)
        if "FIN" in segment.flags:
            self.end = at + len(segment.data) + segment.missing
        if segment.data:
            held = self._held.get(at)
            repeated = conversation.facts(self.side)
            if held is None:
                heappush(self._waiting, at)
            if held is None or len(held.data) < len(segment.data):
                repeated.repeated_bytes += len(held.data) if held is not None else 0
                self._held[at] = segment
            else:
                repeated.repeated_bytes += len(segment.data)
        self._drain(segment.time_ns, conversation)

    def _drain(self, time_ns: int, conversation: Conversation) -> None:
        while self._waiting:
            at = self._waiting[0]
            if at > self.next:
                # Waits while a packet fills the next byte, or something before this one.
                if self._hole_ends() != at:
                    return
                self.gap(at - self.next, time_ns, self._held[at].id, conversation)
            heappop(self._waiting)
            self._emit(self._held.pop(at), at, time_ns, conversation)

    def _hole_ends(self) -> int | None:
        """Where what is covered begins again, if the next byte is one that nothing fills."""
        place = bisect_right(self._covered, (self.next, _SEQUENCES << 32))
        if place and self._covered[place - 1][1] > self.next:
            return None
        return self._covered[place][0] if place < len(self._covered) else None

    def _emit(self, segment: Segment, at: int, time_ns: int, conversation: Conversation) -> None:
        fresh = segment.data[max(0, self.next - at) :]
        conversation.facts(self.side).repeated_bytes += len(segment.data) - len(fresh)
        if fresh:
            part = Part(self.side, time_ns, segment.id, 1, self.next, bytearray(fresh))
            conversation.add(part)
            self.next += len(fresh)

    def gap(self, length: int, time_ns: int, packet: int, conversation: Conversation) -> None:
        """Bytes that were sent and are not at hand."""
        conversation.add(Part(self.side, time_ns, packet, 0, self.next, bytearray(), length))
        self.next += length

    def finish(self, last: Segment, conversation: Conversation) -> None:
        """What is known to be missing at the end: by its own FIN, or by what the other side has."""
        end = self.end
        if end is None and self.acknowledged is not None:
            # A FIN that was not seen takes one number too: one byte more is no evidence.
            acknowledged = self.acknowledged[0]
            end = acknowledged if acknowledged > self.next + 1 else None
        if end is not None and end > self.next:
            self.gap(end - self.next, last.time_ns, last.id, conversation)


def _signed(distance: int) -> int:
    return (distance + _SEQUENCES // 2) % _SEQUENCES - _SEQUENCES // 2


def _own(segments: Sequence[Segment]) -> list[Segment]:
    """Those of this connection, whose ports may have been those of an earlier one.

    A host that still holds the earlier one open answers the SYN with an acknowledgement in that
    one's numbers, to which the client says RST (RFC 5961, 4): neither is of this one.
    """
    begun: set[Endpoint] = set()
    begin = {segment.source for segment in segments if "SYN" in segment.flags}
    own = []
    for segment in segments:
        begun |= {segment.source} if "SYN" in segment.flags else set()
        is_early = segment.source in begin - begun and segment.destination in begun
        is_reset = "RST" in segment.flags and segment.destination in begin - begun
        if (is_early or is_reset) and not (segment.data or segment.missing):
            continue
        own.append(segment)
    return own


def tcp(segments: Sequence[Segment], directions: Directions) -> Conversation:
    """The streams of a TCP connection, from its packets in the order of their capture."""
    segments = _own(segments)
    directions.learn(segments)
    sides = [directions.side(segment) for segment in segments]
    streams: dict[Side, _Stream] = {
        side: _Stream(side, [s for s, sent in zip(segments, sides, strict=True) if sent == side])
        for side in ("client", "server")
    }
    conversation = Conversation()
    for segment, side in zip(segments, sides, strict=True):
        stream = streams[side]
        other = streams["server" if side == "client" else "client"]
        facts = conversation.facts(side)
        facts.endpoint = facts.endpoint or segment.source
        if "ACK" in segment.flags and segment.acknowledgement is not None:
            has = other.offset(segment.acknowledgement)
            known = other.acknowledged
            if has is not None and (known is None or has > known[0]):
                other.acknowledged = (has, segment.time_ns)
        stream.take(segment, conversation)
    for stream in streams.values():
        if segments:
            stream.finish(segments[-1], conversation)
        facts = conversation.facts(stream.side)
        facts.start_seen, facts.end_seen = stream.start_seen, stream.end is not None
    return conversation


def udp(segments: Sequence[Segment], directions: Directions) -> Conversation:
    """Datagrams in the order of their capture, each a part of its own.

    One that was seen on several interfaces, or before and after translation, counts once: the
    n-th copy of one sight is the n-th of every other.
    """
    conversation = Conversation()
    seen: dict[bytes, Counter[tuple[str | None, Endpoint]]] = {}
    for segment in segments:
        side = directions.side(segment)
        facts = conversation.facts(side)
        facts.endpoint = facts.endpoint or segment.source
        digest = hashlib.blake2b(side.encode() + segment.data, digest_size=16).digest()
        sights = seen.setdefault(digest, Counter())
        before = max(sights.values(), default=0)
        sights[segment.interface, segment.source] += 1
        if max(sights.values()) == before:
            facts.repeated_bytes += len(segment.data)
            continue
        part = Part(side, segment.time_ns, segment.id, 1, facts.bytes, bytearray(segment.data))
        facts.bytes += len(part.data)
        conversation.parts.append(part)
        if segment.missing:
            facts.gap_bytes += segment.missing
            conversation.parts.append(
                Part(
                    side, segment.time_ns, segment.id, 0, facts.bytes, bytearray(), segment.missing
                )
            )
    return conversation
