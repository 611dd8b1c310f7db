"""Both directions of a connection from its packets: order, gaps, copies."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from nautscan.service.conversation import Conversation, Directions, Segment, Side, tcp, udp

CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 80)
TRANSLATED = ("192.0.2.1", 61000)
START = 2**32 - 5
"""The client's first sequence number: its fifth byte begins the numbers anew."""


def packet(
    number: int,
    data: bytes = b"",
    at: int = 0,
    *,
    side: Side = "client",
    flags: str = "ACK",
    ack: int | None = None,
    missing: int = 0,
    interface: str = "eth0",
) -> Segment:
    """A packet whose data lies at an offset of its side; numbers count from START + 1."""
    source, destination = (CLIENT, SERVER) if side == "client" else (SERVER, CLIENT)
    names = frozenset(flags.split())
    begin = START if "SYN" in names else START + 1 + at
    return Segment(
        number,
        number * 1000,
        source,
        destination,
        interface,
        begin % 2**32,
        None if ack is None else (START + 1 + ack) % 2**32,
        names,
        data,
        missing,
    )


SYN = packet(1, flags="SYN")
SYN_ACK = packet(2, side="server", flags="SYN ACK", ack=0)


def told(found: Conversation) -> list[tuple[str, bytes | int]]:
    """Parts in short: client's with `>`, server's with `<`; a gap by its length."""
    return [
        (">" if part.side == "client" else "<", part.gap_bytes or bytes(part.data))
        for part in found.parts
    ]


def followed(*segments: Segment) -> Conversation:
    return tcp([SYN, SYN_ACK, *segments], Directions())


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        pytest.param(
            [packet(3, b"GET /", 0), packet(4, b"200", 0, side="server"), packet(5, b"GET", 5)],
            [(">", b"GET /"), ("<", b"200"), (">", b"GET")],
            id="turns",
        ),
        pytest.param(
            [packet(3, b"ab", 0), packet(4, b"cd", 2), packet(5, b"ef", 4)],
            [(">", b"abcdef")],
            id="one part without a turn, over the end of the numbers",
        ),
        pytest.param(
            [packet(3, b"cd", 2), packet(4, b"x", 0, side="server"), packet(5, b"ab", 0)],
            [("<", b"x"), (">", b"abcd")],
            id="out of order waits",
        ),
        pytest.param(
            [
                packet(3, b"ab", 0),
                packet(4, b"ab", 0),
                packet(5, b"abcd", 0),
                packet(6, b"bcde", 1),
            ],
            [(">", b"abcde")],
            id="sent again",
        ),
        pytest.param(
            [packet(3, b"ab", 0), packet(4, b"ef", 4), packet(5, b"x", 0, side="server")],
            [(">", b"ab"), (">", 2), (">", b"ef"), ("<", b"x")],
            id="a gap that nothing fills",
        ),
        pytest.param(
            [packet(3, b"gh", 6), packet(4, b"de", 3), packet(5, b"a", 0)],
            [(">", b"a"), (">", 2), (">", b"de"), (">", 1), (">", b"gh")],
            id="gaps before and after what came late",
        ),
        pytest.param(
            [packet(3, b"ab", 0, missing=3), packet(4, b"fg", 5)],
            [(">", b"ab"), (">", 3), (">", b"fg")],
            id="cut packets leave a gap",
        ),
        pytest.param(
            [packet(3, b"ab", 0), packet(4, b"", 7, flags="FIN ACK")],
            [(">", b"ab"), (">", 5)],
            id="the end says what is missing",
        ),
        pytest.param(
            [packet(3, b"ab", 0), packet(4, b"", 0, side="server", ack=9)],
            [(">", b"ab"), (">", 7)],
            id="the other side has more than was seen",
        ),
        pytest.param(
            [packet(3, b"ab", 0), packet(4, b"", 0, side="server", ack=3)],
            [(">", b"ab")],
            id="one number more may be a FIN",
        ),
        pytest.param(
            [packet(3, b"ab", 0), packet(4, b"zz", 2**31 - 10), packet(5, b"cd", 2)],
            [(">", b"abcd")],
            id="what is not of this connection",
        ),
    ],
)
def test_bytes_are_put_in_order(
    segments: Sequence[Segment], expected: list[tuple[str, bytes | int]]
) -> None:
    assert told(followed(*segments)) == expected


def test_each_part_tells_its_packet_time_and_place() -> None:
    found = followed(packet(3, b"ab", 0), packet(4, b"cd", 2), packet(5, b"gh", 6))
    assert [(p.packet, p.packets, p.offset, p.time_ns) for p in found.parts] == [
        (3, 2, 0, 3000),
        (5, 0, 4, 5000),
        (5, 1, 6, 5000),
    ]
    assert (found.client.bytes, found.client.gap_bytes) == (6, 2)
    assert (found.client.start_seen, found.client.end_seen) == (True, False)


def test_what_came_twice_is_counted() -> None:
    found = followed(packet(3, b"abcd", 0), packet(4, b"cdef", 2), packet(5, b"ab", 0))
    assert told(found) == [(">", b"abcdef")]
    assert found.client.repeated_bytes == 4


def test_without_a_beginning_the_lowest_byte_is_the_first() -> None:
    segments = [packet(3, b"cd", 102), packet(4, b"ab", 100), packet(5, b"x", 50, side="server")]
    found = tcp(segments, Directions([CLIENT], [SERVER]))
    assert told(found) == [(">", b"abcd"), ("<", b"x")]
    assert (found.client.start_seen, found.client.gap_bytes) == (False, 0)


def test_who_answered_the_handshake_is_the_server_whoever_was_seen_first() -> None:
    found = tcp([SYN_ACK, packet(3, b"hello", 0, side="server")], Directions())
    assert found.server.endpoint == SERVER
    assert told(found) == [("<", b"hello")]


def test_a_translated_sight_of_the_same_packets_adds_nothing() -> None:
    sight = [
        s._replace(source=TRANSLATED) if s.source == CLIENT else s._replace(destination=TRANSLATED)
        for s in (SYN, SYN_ACK, packet(3, b"ab", 0), packet(4, b"cd", 0, side="server"))
    ]
    both = [SYN, sight[0], SYN_ACK, sight[1], packet(3, b"ab", 0), *sight[2:]]
    found = tcp(both, Directions())
    assert told(found) == [(">", b"ab"), ("<", b"cd")]


def test_any_cutting_and_order_gives_the_same_bytes() -> None:
    chance = random.Random(7)
    content = bytes(chance.randrange(256) for _ in range(400))
    for _ in range(50):
        cuts = sorted({0, len(content), *(chance.randrange(400) for _ in range(30))})
        pieces = [packet(0, content[a:b], a) for a, b in pairwise(cuts)]
        pieces += chance.sample(pieces, 5)
        chance.shuffle(pieces)
        found = followed(*(p._replace(id=n + 3) for n, p in enumerate(pieces)))
        assert b"".join(part.data for part in found.parts) == content
        assert found.client.gap_bytes == 0


def test_datagrams_stay_apart_and_copies_of_another_interface_count_once() -> None:
    question = packet(1, b"a?", flags="")
    segments = [
        question,
        question._replace(id=2, interface="br-1"),
        packet(3, b"a!", side="server", flags="", missing=4),
        question._replace(id=4),
        question._replace(id=5, interface="br-1"),
    ]
    found = udp(segments, Directions([CLIENT]))
    assert told(found) == [(">", b"a?"), ("<", b"a!"), ("<", 4), (">", b"a?")]
    assert found.client.repeated_bytes == 4
    assert found.server.gap_bytes == 4


def test_who_is_who_is_assumed_only_where_nothing_tells() -> None:
    middle = [packet(1, b"hello", 0, side="server"), packet(2, b"ok", 0)]
    unknown, known = Directions(), Directions([CLIENT])
    assert tcp(middle, unknown).client.bytes == len(b"hello"), "the first packet's sender"
    assert unknown.assumed
    assert tcp(middle, known).server.bytes == len(b"hello")
    assert not known.assumed
    begun = Directions()
    tcp([SYN, *middle], begun)
    assert not begun.assumed


def test_an_acknowledgement_of_an_earlier_connection_is_none_of_this() -> None:
    """RFC 5961, 4: a host that still holds the ports' last connection answers the SYN so."""
    strays = [
        packet(2, side="server", at=500_000, ack=700_000),
        packet(3, at=700_000, flags="RST"),
        packet(4, flags="SYN"),
    ]
    whole = [
        packet(5, side="server", flags="SYN ACK", ack=0),
        packet(6, b"ask", ack=0),
        packet(7, b"answer", side="server", ack=3),
    ]
    told = tcp([SYN, *strays, *whole], Directions())
    assert told == tcp([SYN, *whole], Directions())
    assert [bytes(part.data) for part in told.parts] == [b"ask", b"answer"]
    assert told.client.gap_bytes == 0
