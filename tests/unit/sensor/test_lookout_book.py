"""The lookout's book: what is open, whose it is, and what is told of it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from nautscan.sensor.lookout import book as book_module
from nautscan.sensor.lookout import look as look_module
from nautscan.sensor.lookout.book import MAX_ATTEMPTS, Book
from nautscan.sensor.lookout.look import Look
from nautscan.sensor.lookout.model import Entry, Process, Seen, SocketKey, entry_of
from nautscan.sensor.lookout.rights import Reach
from nautscan.sensor.lookout.tracing import Traced
from nautscan.sensor.lookout.users import UserNames

SECOND = 10**9
NOW = 10**18
REACH = Reach("all", 0, 9, others=True, first_pid_namespace=True)
TALK = SocketKey(9, "tcp", "10.0.0.1", 80, "10.0.0.2", 4000)
LISTEN = SocketKey(9, "tcp", "0.0.0.0", 80, "", 0)
MASTER = Process(10, NOW - 9 * SECOND, "nginx", "root", (), 9)
WORKER = Process(11, NOW - 8 * SECOND, "nginx", "www-data", (), 9)
OTHER = Process(12, NOW - 7 * SECOND, "apache2", "root", (), 9)


def look(
    seen: dict[SocketKey, int],
    holders: dict[int, tuple[Process, ...]] | None = None,
    at: int = 0,
    uid: int = 0,
) -> Look:
    """A look `at` that many seconds, at which every inode's holder was sought."""
    return Look(
        NOW + at * SECOND,
        NOW + at * SECOND + 1000,
        {key: [Seen(key, inode, uid)] for key, inode in seen.items()},
        holders or {},
        frozenset(seen.values()),
    )


@pytest.fixture
def book() -> Book:
    return Book(REACH, UserNames())


def only(book: Book) -> Entry:
    [entry] = book.take_news()
    return entry


def test_a_socket_that_was_there_from_the_start_is_as_old_as_its_process(book: Book) -> None:
    book.take_look(look({TALK: 1}, {1: (WORKER,)}))
    entry = only(book)
    assert (entry.process, entry.source, entry.until_ns) == (WORKER, "socket", None)
    assert WORKER.start_ns - SECOND < entry.since_ns <= WORKER.start_ns


def test_a_socket_that_came_between_two_looks_began_after_the_first(book: Book) -> None:
    book.take_look(look({}))
    book.take_look(look({TALK: 1}, {1: (WORKER,)}, at=5))
    assert only(book).since_ns == NOW


def test_a_socket_that_is_gone_is_closed(book: Book) -> None:
    book.take_look(look({TALK: 1}, {1: (WORKER,)}))
    book.take_look(look({}, at=5))
    entry = only(book)
    assert entry.until_ns == NOW + 5 * SECOND + 1000
    assert entry in book.entries()
    assert len(book) == 0


def test_a_listening_socket_is_its_oldest_holders_a_connection_its_youngest(book: Book) -> None:
    book.take_look(look({LISTEN: 1, TALK: 2}, {1: (WORKER, MASTER), 2: (MASTER, WORKER)}))
    found = {entry.key: entry for entry in book.take_news()}
    assert (found[LISTEN].process, found[LISTEN].source) == (MASTER, "listener")
    assert (found[TALK].process, found[TALK].source) == (WORKER, "socket")


def test_a_port_that_two_programs_share_is_nobodys(book: Book) -> None:
    shared = look({LISTEN: 1}, {1: (MASTER,), 2: (OTHER,)})
    shared.seen[LISTEN].append(Seen(LISTEN, 2, 0))
    shared.sought = frozenset({1, 2})
    book.take_look(shared)
    entry = only(book)
    assert (entry.process, entry.reason, entry.user) == (None, "ambiguous", "root")


def test_another_users_socket_without_rights_has_its_user(book: Book) -> None:
    book = Book(replace(REACH, scope="own", others=False, uid=54_321), UserNames())
    book.take_look(look({TALK: 1}))
    entry = only(book)
    assert (entry.process, entry.reason, entry.user) == (None, "no_rights", "root")


def test_in_a_container_the_hosts_processes_are_elsewhere() -> None:
    book = Book(replace(REACH, scope="container", first_pid_namespace=False), UserNames())
    book.take_look(look({TALK: 1}))
    assert only(book).reason == "other_namespace"


def test_a_socket_that_nobody_holds_is_called_so_after_some_looks(book: Book) -> None:
    for attempt in range(MAX_ATTEMPTS):
        assert book.take_news() == []
        book.take_look(look({LISTEN: 1}, at=attempt))
    assert only(book).reason == "no_holder"
    assert 1 in book.known()[LISTEN]


def test_a_process_that_is_found_later_is_named_then(book: Book) -> None:
    book.take_look(look({TALK: 1}))
    assert TALK not in book.known() or 1 not in book.known()[TALK]
    book.take_look(look({TALK: 1}, {1: (WORKER,)}, at=1))
    assert only(book).process == WORKER
    assert 1 in book.known()[TALK]


def test_who_holds_it_after_its_process_ended_is_looked_for(book: Book) -> None:
    book.take_look(look({LISTEN: 1}, {1: (MASTER,)}))
    assert book.named() == {MASTER}
    after = look({LISTEN: 1}, at=1)
    after.sought, after.gone = frozenset(), frozenset({MASTER})
    book.take_news()
    book.take_look(after)
    assert 1 not in book.known()[LISTEN]
    book.take_look(look({LISTEN: 1}, {1: (WORKER,)}, at=2))
    assert only(book).process == WORKER


def test_the_same_addresses_with_another_socket_are_another_connection(book: Book) -> None:
    book.take_look(look({TALK: 1}, {1: (WORKER,)}))
    first = only(book)
    book.take_look(look({TALK: 2}, {2: (OTHER,)}, at=3))
    news = {entry.id: entry for entry in book.take_news()}
    assert news.pop(first.id).until_ns is not None
    assert [entry.process for entry in news.values()] == [OTHER]


def traced(source: str, process: Process, since: int, closed: int | None) -> Traced:
    return Traced(TALK, source, process, since, closed)  # type: ignore[arg-type]


def test_a_connection_that_was_told_needs_no_look(book: Book) -> None:
    book.take_traced([traced("connect", WORKER, NOW, None)])
    book.take_look(look({TALK: 1}, at=1))
    entry = only(book)
    assert (entry.process, entry.source, entry.since_ns) == (WORKER, "connect", NOW)
    book.take_traced([traced("close", WORKER, 0, NOW + 2 * SECOND)])
    assert only(book).until_ns == NOW + 2 * SECOND


def test_a_connection_that_only_its_end_tells_of(book: Book) -> None:
    book.take_traced([traced("close", WORKER, 0, NOW + SECOND)])
    entry = only(book)
    assert (entry.process, entry.source) == (WORKER, "close")
    assert (entry.since_ns, entry.until_ns) == (WORKER.start_ns, NOW + SECOND)


def test_a_connection_that_began_while_we_looked_is_not_closed_by_that_look(book: Book) -> None:
    book.take_traced([traced("connect", WORKER, NOW + SECOND + 10, None)])
    book.take_look(look({}, at=1))
    assert only(book).until_ns is None


def test_the_same_addresses_told_again_are_another_connection(book: Book) -> None:
    book.take_traced([traced("connect", WORKER, NOW, None)])
    book.take_traced([traced("connect", OTHER, NOW + SECOND, None)])
    assert [(entry.process, entry.until_ns) for entry in book.take_news()] == [
        (WORKER, NOW + SECOND),
        (OTHER, None),
    ]


def test_the_book_is_bounded(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MAX_ENTRIES", 2)
    keys = [TALK._replace(port=port) for port in (1, 2, 3)]
    book.take_traced([Traced(key, "connect", WORKER, time.time_ns(), None) for key in keys])
    assert (len(book), book.dropped) == (2, 1)


def test_an_entry_is_told_as_json(book: Book) -> None:
    book.take_look(look({TALK: 1}, {1: (replace(WORKER, containers=("a" * 64,)),)}))
    entry = only(book)
    assert entry_of(entry.as_list()) == entry
    nameless = Entry(1, TALK, 1, 2, None, "socket", "no_rights", "root")
    assert entry_of(nameless.as_list()) == nameless


@pytest.mark.parametrize("fields", [[], [1, 2, 3], [1, list(TALK), 1, None, [1], "x", None, None]])
def test_what_is_no_entry_is_refused(fields: list[object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        entry_of(fields)


@pytest.mark.parametrize(("v6only", "both"), [(False, True), (None, True), (True, False)])
def test_a_socket_at_every_ipv6_address_takes_ipv4_too(*, v6only: bool | None, both: bool) -> None:
    six = LISTEN._replace(ip="::")
    seen = {six: [Seen(six, 1, 0, v6only)]}
    look_module._take_ipv4_too(seen)
    assert (LISTEN in seen) is both
    other = {six: [Seen(six, 1, 0, v6only)], LISTEN: [Seen(LISTEN, 2, 0)]}
    look_module._take_ipv4_too(other)
    assert [item.inode for item in other[LISTEN]] == [2]
