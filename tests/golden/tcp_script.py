"""Connections in bad weather, made up from a seed: what a capture of them holds.

Not a TCP: each step sends what hosts send in such a case. Loss comes before or behind the point of
capture, segments overtake each other, acknowledgements repeat, windows close.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from random import Random

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
START = 1_767_225_600_000_000_000
MS, US = 1_000_000, 1_000
CONNECTIONS = 6
STEPS = 40
LINKTYPE_RAW = 101


@dataclass
class _End:
    address: IPv4Address
    port: int
    next: int
    """Sequence number of the next new byte."""
    window: int = 500
    acknowledged: int = 0
    """What it has received of the other end's bytes."""


@dataclass
class _Segment:
    sequence: int
    length: int


@dataclass
class _Connection:
    random: Random
    client: _End
    server: _End
    now: int
    delay: int
    """From one end to the other, ns; the point of capture is in the middle."""
    timestamps: bool
    packets: list[tuple[int, bytes]] = field(default_factory=list)

    def run(self) -> None:
        """From the first SYN to the last FIN or RST."""
        self._open()
        steps = (self._talk, self._talk, self._talk, self._keep_alive, self._stall, self._pause)
        for _ in range(STEPS):
            self.random.choice(steps)()
        self._close()

    def _open(self) -> None:
        options = bytes([2, 4, 5, 180, 1, 3, 3, 7])
        for _ in range(self.random.choice((1, 1, 2))):
            self._send(self.client, SYN, self.client.next, options=options)
            self.now += 1000 * MS
        self.now -= 1000 * MS
        self.client.next = _add(self.client.next, 1)
        self.server.acknowledged = self.client.next
        self._pass_by()
        self._send(self.server, SYN | ACK, self.server.next, options=options)
        self.server.next = _add(self.server.next, 1)
        self.client.acknowledged = self.server.next
        self._pass_by()
        self._send(self.client, ACK, self.client.next)
        self._pass_by()

    def _talk(self) -> None:
        sender, receiver = self.random.sample((self.client, self.server), 2)
        flight = [self._segment(sender) for _ in range(self.random.randint(1, 8))]
        lost: list[_Segment] = []
        for segment in flight:
            fate = self.random.random()
            if fate < 0.08:
                lost.append(segment)
            elif fate < 0.14:
                self._send(sender, ACK, segment.sequence, segment.length)
                lost.append(segment)
            elif fate < 0.2:
                self._send(sender, ACK, segment.sequence, segment.length, late=40 * US)
            elif fate < 0.24:
                self._send(sender, ACK, segment.sequence, segment.length)
                self._send(sender, ACK, segment.sequence, segment.length, late=10 * US)
            else:
                self._send(sender, PSH | ACK, segment.sequence, segment.length)
            self.now += self.random.randint(2, 12) * US
        self._pass_by()
        self._acknowledge(receiver, flight, lost)
        self._repair(sender, receiver, flight, lost)

    def _segment(self, sender: _End) -> _Segment:
        # Never one byte: Wireshark would take it for the probe of a closed window before it.
        segment = _Segment(sender.next, self.random.choice((2, 3, 100, 1448, 1448)))
        sender.next = _add(sender.next, segment.length)
        return segment

    def _acknowledge(self, receiver: _End, flight: list[_Segment], lost: list[_Segment]) -> None:
        """Each that arrives; behind a hole, the same again with what did arrive."""
        hole = False
        for segment in flight:
            if segment in lost:
                hole = True
                continue
            end = _add(segment.sequence, segment.length)
            if hole:
                block = struct.pack("!II", segment.sequence, end)
                self._send(receiver, ACK, receiver.next, options=bytes([1, 1, 5, 10]) + block)
            else:
                receiver.acknowledged = end
                self._send(receiver, ACK, receiver.next)
            self.now += self.random.randint(1, 9) * US

    def _repair(
        self, sender: _End, receiver: _End, flight: list[_Segment], lost: list[_Segment]
    ) -> None:
        duplicates = len(flight) - flight.index(lost[0]) - len(lost) if lost else 0
        for segment in lost:
            # Enough duplicate acknowledgements ask for it at once; otherwise a timer does.
            self.now += self.delay if duplicates > 2 else self.random.randint(200, 900) * MS
            self._send(sender, PSH | ACK, segment.sequence, segment.length)
            self._pass_by()
        if lost:
            receiver.acknowledged = sender.next
            self._send(receiver, ACK, receiver.next)
            self._pass_by()
            if self.random.random() < 0.2:
                # The acknowledgement was lost behind the point of capture.
                self.now += 300 * MS
                last = flight[-1]
                self._send(sender, PSH | ACK, last.sequence, last.length)
                self._pass_by()
                self._send(receiver, ACK, receiver.next)

    def _keep_alive(self) -> None:
        sender, receiver = self.random.sample((self.client, self.server), 2)
        self.now += self.random.randint(1, 75) * 1000 * MS
        self._send(sender, ACK, _add(sender.next, -1), self.random.randint(0, 1))
        self._pass_by()
        if self.random.random() < 0.8:
            self._send(receiver, ACK, receiver.next)
            self._pass_by()

    def _stall(self) -> None:
        """A window closes, is probed, and opens."""
        sender, receiver = self.random.sample((self.client, self.server), 2)
        before, receiver.window = receiver.window, 0
        self._send(receiver, ACK, receiver.next)
        for _ in range(self.random.randint(0, 3)):
            self.now += 400 * MS
            self._send(sender, ACK, sender.next, 1)
            self._pass_by()
            self._send(receiver, ACK, receiver.next)
        self.now += 50 * MS
        receiver.window = before + self.random.randint(0, 1)
        self._send(receiver, ACK, receiver.next)
        self._pass_by()

    def _pause(self) -> None:
        self.now += self.random.randint(1, 2000) * MS

    def _close(self) -> None:
        sender, receiver = self.random.sample((self.client, self.server), 2)
        self._pause()
        if self.random.random() < 0.3:
            self._send(sender, RST | ACK, sender.next)
            return
        for end in (sender, receiver):
            for _ in range(self.random.choice((1, 1, 2))):
                self._send(end, FIN | ACK, end.next)
                self.now += 250 * MS
            end.next = _add(end.next, 1)
            other = receiver if end is sender else sender
            other.acknowledged = end.next
            self._send(other, ACK, other.next)
            self._pass_by()

    def _pass_by(self) -> None:
        self.now += 2 * self.delay + self.random.randint(1, 300) * US

    def _send(
        self,
        end: _End,
        flags: int,
        sequence: int,
        length: int = 0,
        *,
        options: bytes = b"",
        late: int = 0,
    ) -> None:
        """Past the point of capture; `late`: others overtake it by so much."""
        if self.timestamps and not flags & SYN:
            clock = self.now // MS & 0xFFFF_FFFF
            options = struct.pack("!BBBBII", 1, 1, 8, 10, clock, clock) + options
        other = self.server if end is self.client else self.client
        acknowledged = end.acknowledged if flags & ACK else 0
        offset = (20 + len(options)) // 4 << 4
        ports = struct.pack("!HHII", end.port, other.port, sequence, acknowledged)
        tcp = ports + struct.pack("!BBHHH", offset, flags, end.window, 0, 0) + options
        tcp += bytes(length)
        network = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), len(self.packets), 0, 64, 6, 0)
        packet = network + end.address.packed + other.address.packed + tcp
        self.packets.append((self.now + late, packet))
        self.now += US


def _add(sequence: int, distance: int) -> int:
    return (sequence + distance) & 0xFFFF_FFFF


def capture(seed: int) -> bytes:
    """A pcap file with nanoseconds."""
    random = Random(seed)
    packets: list[tuple[int, bytes]] = []
    for index in range(CONNECTIONS):
        # The first one's numbers wrap.
        near_the_end = 2**32 - 3000
        initial = near_the_end if index == 0 else random.randrange(1, 2**31)
        connection = _Connection(
            random,
            _End(IPv4Address("10.0.0.1"), 40_000 + index, initial),
            _End(IPv4Address("10.0.0.2"), 80, random.randrange(1, 2**31)),
            START + index * 37 * MS,
            random.choice((20 * US, 300 * US, 4 * MS, 30 * MS)),
            timestamps=random.random() < 0.5,
        )
        connection.run()
        packets += connection.packets
    packets.sort(key=lambda packet: packet[0])
    header = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, LINKTYPE_RAW)
    return header + b"".join(
        struct.pack("<IIII", *divmod(time, 10**9), len(data), len(data)) + data
        for time, data in packets
    )
