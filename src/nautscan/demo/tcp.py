"""TCP connections as a tap between both ends sees them.

Both ends live here, so sequence numbers, acknowledgements and options always agree. Times are
those of the tap: an answer to a packet appears half a round trip to the answering host and
back after it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from random import Random

from nautscan.demo import wire
from nautscan.demo.pcap import Frame
from nautscan.demo.wire import ACK, FIN, PSH, RST, SYN, Endpoint

SEGMENT_SPACING_NS = 12_000
"""Between two segments of one burst: about a gigabit a second."""
RETRANSMISSION_TIMEOUT_NS = 204_000_000
"""Linux waits at least 200 ms before it sends a segment again."""
TIMESTAMPS_LENGTH = 12

Emit = Callable[[Frame], None]


class Side(Enum):
    """An end of a connection."""

    CLIENT = 0
    SERVER = 1

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Mishap(Enum):
    """What happens to one segment of a message."""

    RETRANSMITTED = "retransmitted"
    """Seen by the tap, lost behind it, seen again after the time-out."""
    LATE = "late"
    """Lost before the tap: only the retransmission is seen, after its successors."""


@dataclass(frozen=True)
class Sent:
    """When the first byte of a message was seen, and when all of it had been."""

    first: int
    last: int


@dataclass
class TcpConnection:
    """One connection; its frames go to `emit`, in order of time within each call."""

    client: Endpoint
    server: Endpoint
    random: Random
    emit: Emit
    round_trip_ns: int = 180_000
    mss: int = 1460
    vlan: int | None = None
    is_open: bool = False
    free_at: int = 0
    """From when on the next call may use it."""
    _next_seq: dict[Side, int] = field(init=False)
    _ident: dict[Side, int] = field(init=False)

    def __post_init__(self) -> None:
        """Pick initial sequence numbers and IP identifications."""
        self._next_seq = {side: self.random.getrandbits(32) for side in Side}
        self._ident = {side: self.random.getrandbits(16) for side in Side}

    def open(self, at: int) -> int:
        """Three-way handshake. Gives the time when the client may send."""
        self.segment(at, Side.CLIENT, SYN)
        self.segment(at + self.round_trip_ns // 2, Side.SERVER, SYN | ACK)
        self.segment(at + self.round_trip_ns, Side.CLIENT, ACK)
        self.is_open = True
        self.free_at = at + self.round_trip_ns + 5_000
        return self.free_at

    def send(self, at: int, side: Side, data: bytes, mishap: Mishap | None = None) -> Sent:
        """Send a message in segments of at most the MSS, acknowledged by the other end.

        `mishap` befalls the last segment but one, or the only one.
        """
        chunks = list(self._chunks(data))
        victim = max(0, len(chunks) - 2)
        start_seq = self._next_seq[side]
        times = []
        for index, (offset, chunk) in enumerate(chunks):
            time = at + index * SEGMENT_SPACING_NS
            flags = ACK | PSH if index == len(chunks) - 1 else ACK
            late = mishap is Mishap.LATE and index == victim
            if not late:
                self.segment(time, side, flags, chunk, seq=start_seq + offset)
            times.append(time)
        self._next_seq[side] = start_seq + len(data)
        end = times[-1]
        if mishap is not None:
            offset, chunk = chunks[victim]
            end += RETRANSMISSION_TIMEOUT_NS
            self.segment(end, side, ACK | PSH, chunk, seq=start_seq + offset)
            if mishap is Mishap.LATE:
                times[victim] = end
        self.segment(end + self.round_trip_ns // 2, side.other, ACK)
        self.free_at = end + self.round_trip_ns
        return Sent(times[0], max(times))

    def close(self, at: int, first: Side) -> int:
        """Both ends finish, `first` first. Gives the time after the last packet."""
        half = self.round_trip_ns // 2
        self.segment(at, first, FIN | ACK)
        self.segment(at + half, first.other, FIN | ACK)
        self.segment(at + 2 * half, first, ACK)
        self.is_open = False
        return at + 2 * half

    def reset(self, at: int, side: Side) -> None:
        """`side` aborts the connection."""
        self.segment(at, side, RST | ACK)
        self.is_open = False

    def segment(
        self, at: int, side: Side, flags: int, payload: bytes = b"", seq: int | None = None
    ) -> None:
        """Emit one segment. Without `seq` it takes the next one, and moves it on."""
        number = self._next_seq[side] if seq is None else seq
        if seq is None:
            self._next_seq[side] += len(payload) + bool(flags & (SYN | FIN))
        acknowledged = self._next_seq[side.other] if flags & ACK else 0
        header = wire.TcpHeader(number, acknowledged, flags, options=self._options(at, side, flags))
        source, target = self._ends(side)
        self._ident[side] += 1
        packet = wire.ip(
            source.host.ip,
            target.host.ip,
            wire.PROTOCOL_TCP,
            wire.tcp(source, target, header, payload),
            self._ident[side],
        )
        self.emit(Frame(at, wire.ethernet(source.host, target.host, packet, self.vlan)))

    def _ends(self, side: Side) -> tuple[Endpoint, Endpoint]:
        both = (self.client, self.server)
        return both if side is Side.CLIENT else both[::-1]

    def _chunks(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        size = self.mss - TIMESTAMPS_LENGTH
        for offset in range(0, len(data), size):
            yield offset, data[offset : offset + size]

    def _options(self, at: int, side: Side, flags: int) -> bytes:
        """Timestamps always; with SYN also MSS, SACK permitted and window scale."""
        clock = at // 1_000_000 & 0xFFFFFFFF
        echo = clock if flags & ACK and not flags & RST else 0
        timestamps = struct.pack("!BBII", 8, 10, clock, echo)
        if not flags & SYN:
            return b"\1\1" + timestamps
        return struct.pack("!BBHBB", 2, 4, self.mss, 4, 2) + timestamps + b"\1\3\3\7"
