"""Which name an address had when, and whom of several names it has for whom."""

from __future__ import annotations

from typing import Any

import pytest

from nautscan.identity.hostnames import (
    FOR_EVER,
    HOLDS_NS,
    MAX_RUNS,
    BookLimits,
    NameBook,
    Segment,
    Sighting,
    flattened,
)

SECOND = 1_000_000_000
IP = "192.0.2.7"


def seen(at_s: float, name: str, **facts: Any) -> Sighting:
    """A DNS answer about `IP`, `at_s` seconds after the beginning, unless `facts` say otherwise."""
    given: dict[str, Any] = {"ip": IP, "source": "dns", **facts}
    return Sighting(int(at_s * SECOND), name=name, **given)


def segments(book: NameBook) -> dict[tuple[str, str], list[tuple[float, float, str, str]]]:
    """What is handed over: by client and address, times in seconds."""
    changes = book.take_changes()
    assert changes is not None
    found: dict[tuple[str, str], list[tuple[float, float, str, str]]] = {
        key: [] for key in changes.keys
    }
    for key, (since, until, name, source) in changes.segments:
        found[key].append((since / SECOND, until / SECOND, name, source))
    return found


DAY = HOLDS_NS / SECOND


def test_a_name_holds_from_its_sighting_on() -> None:
    book = NameBook()
    book.learn([seen(10, "a.example")])
    assert segments(book) == {("", IP): [(10, 10 + DAY, "a.example", "dns")]}
    assert book.take_changes() is None


def test_a_time_to_live_beyond_a_day_holds_longer() -> None:
    book = NameBook()
    book.learn([seen(10, "a.example", ttl_s=2 * 86_400)])
    assert segments(book)["", IP] == [(10, 10 + 2 * DAY, "a.example", "dns")]


def test_a_later_name_ends_the_one_before() -> None:
    book = NameBook()
    book.learn([seen(10, "a.example"), seen(20, "b.example"), seen(30, "a.example")])
    assert segments(book)["", IP] == [
        (10, 20, "a.example", "dns"),
        (20, 30, "b.example", "dns"),
        (30, 30 + DAY, "a.example", "dns"),
    ]


def test_what_comes_late_is_put_where_it_belongs() -> None:
    in_order, late = NameBook(), NameBook()
    told = [seen(10, "a.example"), seen(20, "b.example"), seen(30, "c.example")]
    in_order.learn(told)
    late.learn([told[2], told[0], told[1]])
    assert segments(late) == segments(in_order)


def test_the_same_again_is_not_handed_over_each_time() -> None:
    book = NameBook()
    book.learn([seen(0, "a.example")])
    assert segments(book)
    book.learn(seen(minute * 60, "a.example") for minute in range(1, 600))
    assert book.take_changes() is None
    book.learn([seen(13 * 3600, "a.example")])
    assert segments(book)["", IP] == [(0, 13 * 3600 + DAY, "a.example", "dns")]
    assert book.counters.sightings == 601


def test_names_of_one_client_are_handed_over_where_an_address_has_several() -> None:
    book = NameBook()
    book.learn([seen(10, "a.example", asked_by="10.0.0.1")])
    assert list(segments(book)) == [("", IP)]
    book.learn([seen(20, "b.example", asked_by="10.0.0.2")])
    found = segments(book)
    assert found["10.0.0.1", IP] == [(10, 10 + DAY, "a.example", "dns")]
    assert found["10.0.0.2", IP] == [(20, 20 + DAY, "b.example", "dns")]
    assert [name for _, _, name, _ in found["", IP]] == ["a.example", "b.example"]
    book.learn([seen(30, "b.example", asked_by="10.0.0.3")])
    assert list(segments(book)) == [("10.0.0.3", IP)]


def test_who_comes_first_of_those_who_tell_a_name() -> None:
    book = NameBook()
    book.learn([seen(100, "phone", source="dhcp", mac="00:1b:63:00:00:01")])
    for_ever = {"hosts": "from-file", "docker": "alias"}
    for source, name in for_ever.items():
        begin = {"hosts": 200, "docker": 300}[source] * SECOND
        book.configure(source, {IP: [Segment(begin, 500 * SECOND, name, source)]})
    book.learn([seen(400, "a.example")])
    assert segments(book)["", IP] == [
        (100, 200, "phone", "dhcp"),
        (200, 300, "from-file", "hosts"),
        (300, 400, "alias", "docker"),
        (400, 400 + DAY, "a.example", "dns"),
    ]


def test_a_file_that_changes_tells_only_of_the_present() -> None:
    book = NameBook()
    book.configure("hosts", {IP: [Segment(0, FOR_EVER, "old", "hosts")]})
    segments(book)
    book.configure("hosts", {IP: [Segment(0, FOR_EVER, "new", "hosts")]}, since_ns=HOLDS_NS)
    assert [name for _, _, name, _ in segments(book)["", IP]] == ["old", "new"]
    book.configure("hosts", {IP: [Segment(0, FOR_EVER, "new", "hosts")]}, since_ns=HOLDS_NS + 1)
    assert book.take_changes() is None
    book.configure("hosts", {}, since_ns=2 * HOLDS_NS)
    ends = [(until, name) for _, until, name, _ in segments(book)["", IP]]
    assert ends == [(2 * DAY, "new")]
    book.configure("hosts", {}, since_ns=4 * HOLDS_NS)
    assert segments(book) == {("", IP): []}


def test_addresses_over_the_cap_are_forgotten_the_longest_unseen_first() -> None:
    book = NameBook(BookLimits(addresses=2))
    book.learn(seen(at, "x", ip=f"10.0.0.{at}") for at in (1, 2, 1, 3))
    assert {known.ip for known in book.known()} == {"10.0.0.1", "10.0.0.3"}
    assert book.counters.forgotten == 1
    assert segments(book)["", "10.0.0.2"] == []


def test_pairs_over_the_cap_are_forgotten() -> None:
    book = NameBook(BookLimits(asked=2))
    book.learn(seen(at, "x", asked_by=f"10.0.0.{at}") for at in (1, 2, 3))
    assert book.sizes() == {"addresses": 1, "asked": 2, "configured": 0}
    assert book.counters.forgotten == 1


def test_an_address_keeps_its_last_changes() -> None:
    book = NameBook()
    book.learn(seen(at, f"n{at}") for at in range(MAX_RUNS + 5))
    assert [known.name for known in book.known()] == [f"n{at}" for at in range(5, MAX_RUNS + 5)]


def test_what_was_not_seen_for_long_expires() -> None:
    book = NameBook()
    book.learn([seen(10, "old", asked_by="10.0.0.1"), seen(20, "new", ip="10.0.0.2")])
    book.expire(15 * SECOND)
    assert [known.name for known in book.known()] == ["new"]
    assert book.counters.expired == 2
    assert segments(book)["", IP] == []


def test_what_is_known_for_people() -> None:
    book = NameBook()
    book.learn([seen(10, "a.example", asked_by="10.0.0.1"), seen(12, "a.example")])
    book.configure("hosts", {"::1": [Segment(0, FOR_EVER, "localhost", "hosts")]})
    wire, configured = book.known()
    assert (wire.since_ns, wire.last_ns) == (10 * SECOND, 12 * SECOND)
    assert (wire.source, wire.asked_by) == ("dns", None)
    assert (configured.name, configured.since_ns, configured.until_ns) == ("localhost", None, None)


@pytest.mark.parametrize("odd", [{"source": "rumour"}, {"ip": ""}])
def test_what_is_no_sighting_is_left_out(odd: dict[str, str]) -> None:
    book = NameBook()
    book.learn([seen(1, "x", **odd)])
    assert book.known() == []


def test_levels_fill_each_others_gaps() -> None:
    upper = [Segment(2, 4, "u", "dns"), Segment(6, 8, "u", "dns")]
    lower = [Segment(0, 10, "l", "hosts")]
    assert flattened([upper, [], lower]) == [
        Segment(0, 2, "l", "hosts"),
        Segment(2, 4, "u", "dns"),
        Segment(4, 6, "l", "hosts"),
        Segment(6, 8, "u", "dns"),
        Segment(8, 10, "l", "hosts"),
    ]
    assert flattened([[], []]) == []
    assert flattened([[Segment(0, 2, "a", "dns")], [Segment(0, 2, "b", "dns")]]) == [
        Segment(0, 2, "a", "dns")
    ]
