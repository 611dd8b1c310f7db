"""Who held an address: takeovers, late news, and the invariant under arbitrary histories."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from nautscan.identity.history import AddressHistory
from nautscan.identity.model import Binding

IP = "10.20.0.2"


def claim(owner: str, since: int) -> Binding:
    return Binding(owner, IP, since)


def spans(history: AddressHistory) -> list[tuple[str, int, int | None]]:
    return [(b.workload_id, b.since_ns, b.until_ns) for b in history.bindings]


def test_an_owner_holds_from_its_beginning_until_its_end() -> None:
    history = AddressHistory()
    assert history.acquire(claim("a", 10))
    assert spans(history) == [("a", 10, None)]
    assert history.release("a", 20)
    assert spans(history) == [("a", 10, 20)]
    assert history.holder() is None


def test_a_takeover_ends_the_owner_whose_end_was_missed() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 10))
    history.acquire(claim("b", 30))
    assert spans(history) == [("a", 10, 30), ("b", 30, None)]


def test_the_same_news_twice_changes_nothing() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 10))
    assert not history.acquire(claim("a", 10))
    assert not history.acquire(claim("a", 15))
    history.release("a", 20)
    assert not history.release("a", 20)
    assert not history.release("a", 25)
    assert spans(history) == [("a", 10, 20)]


def test_an_end_older_than_the_binding_is_old_news() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 10))
    assert not history.release("a", 5)
    assert spans(history) == [("a", 10, None)]


def test_a_late_claim_of_an_earlier_owner_fits_in_before_the_next() -> None:
    history = AddressHistory()
    history.acquire(claim("b", 30))
    history.acquire(claim("a", 10))
    assert spans(history) == [("a", 10, 30), ("b", 30, None)]
    history.release("a", 20)
    assert spans(history) == [("a", 10, 20), ("b", 30, None)]


def test_an_owner_found_to_have_begun_earlier_is_one_binding() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 30))
    history.acquire(claim("a", 10))
    assert spans(history) == [("a", 10, None)]


def test_a_restart_is_two_bindings_with_nobody_in_between() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 10))
    history.release("a", 20)
    history.acquire(claim("a", 25))
    assert spans(history) == [("a", 10, 20), ("a", 25, None)]


def test_an_assumed_end_gives_way_to_an_observed_one() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 10))
    assert history.release("a", 20, assumed=True)
    assert history.release("a", 27)
    assert spans(history) == [("a", 10, 27)]
    assert not history.release("a", 40, assumed=True)


def test_an_assumed_end_is_undone_when_the_owner_is_still_there() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 10))
    history.release("a", 20, assumed=True)
    assert history.acquire(claim("a", 10))
    assert spans(history) == [("a", 10, None)]


def test_an_observed_end_stands_when_the_owner_comes_back() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 10))
    history.release("a", 20)
    history.acquire(claim("a", 10))
    assert spans(history) == [("a", 10, 20), ("a", 20, None)]


def test_of_two_claims_to_one_moment_the_later_information_wins() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 10))
    history.acquire(claim("b", 10))
    assert spans(history) == [("b", 10, None)]


def test_an_owner_that_came_and_went_in_one_instant_is_kept() -> None:
    history = AddressHistory()
    history.acquire(claim("a", 10))
    history.release("a", 10)
    assert spans(history) == [("a", 10, 11)]


def test_forgetting_an_owner_leaves_the_others() -> None:
    history = AddressHistory()
    for owner, since in (("a", 10), ("b", 20), ("a", 30)):
        history.acquire(claim(owner, since))
    assert history.forget("a") == 2
    assert spans(history) == [("b", 20, 30)]


@pytest.mark.parametrize("seed", range(200))
def test_never_two_owners_at_once_whatever_the_order_of_news(seed: int) -> None:
    chance = random.Random(seed)
    history = AddressHistory()
    for _ in range(80):
        owner, time_ns = chance.choice("abcd"), chance.randrange(40)
        action = chance.randrange(5)
        if action < 2:
            history.acquire(claim(owner, time_ns))
        elif action < 4:
            history.release(owner, time_ns, assumed=action == 3)
        elif len(history):
            history.drop_oldest()
        check_invariant(history)


def check_invariant(history: AddressHistory) -> None:
    for before, after in pairwise(history.bindings):
        assert before.until_ns is not None, "only the newest may still hold"
        assert before.until_ns <= after.since_ns, "two owners at once"
    for binding in history.bindings:
        assert binding.until_ns is None or binding.since_ns < binding.until_ns, "empty"


@pytest.mark.parametrize("seed", range(100))
def test_news_in_order_gives_exactly_what_happened(seed: int) -> None:
    chance = random.Random(seed)
    history, truth, time_ns = AddressHistory(), [], 0
    for _ in range(20):
        owner = chance.choice("abc")
        time_ns += chance.randrange(1, 5)
        since = time_ns
        history.acquire(claim(owner, since))
        time_ns += chance.randrange(1, 5)
        history.release(owner, time_ns)
        truth.append((owner, since, time_ns))
        time_ns += 1
    assert spans(history) == truth
