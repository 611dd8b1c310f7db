"""Retransmissions, round trips and the like are Wireshark's, or the difference is explained."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.golden import differences, sharkd, tcp_analysis, tcp_script
from tests.golden.captures import DIRECTORY, Capture, all_captures
from tests.golden.observed import observe
from tests.golden.tcp_analysis import Account, Accounts

EXPLAINED = differences.load(differences.TCP_FILE)
SEEDS = range(24)
MILLISECOND = 1_000_000

with_sharkd = pytest.mark.skipif(sharkd.EXECUTABLE is None, reason="sharkd is not installed")


def _has_tcp(capture: Capture) -> bool:
    return any(truth["facts"]["tcp_streams"] for truth in capture.truths("tshark"))


CAPTURES = [capture for capture in all_captures() if _has_tcp(capture)]
shared = pytest.mark.skipif(not CAPTURES, reason=f"the shared captures are not in {DIRECTORY}")


@cache
def _batch(number: int) -> list[Accounts]:
    """Wireshark's analysis of some captures: they are read together, which is far sooner."""
    batch = CAPTURES[number * sharkd.BATCH : (number + 1) * sharkd.BATCH]
    read = sharkd.packets([capture.path for capture in batch], tcp_analysis.FIELDS)
    return [tcp_analysis.wireshark_accounts(packets) for packets in read]


def _theirs(index: int) -> Accounts:
    return _batch(index // sharkd.BATCH)[index % sharkd.BATCH]


@cache
def _ours(index: int) -> Accounts:
    return tcp_analysis.engine_accounts(observe(CAPTURES[index].path))


@with_sharkd
@shared
@pytest.mark.shared
@pytest.mark.parametrize("index", range(len(CAPTURES)), ids=[capture.name for capture in CAPTURES])
def test_shared_captures_agree(index: int) -> None:
    capture = CAPTURES[index]
    found = list(tcp_analysis.compare(_theirs(index), _ours(index)))
    assert not differences.unexplained(capture.name, found, EXPLAINED), "not in the explained list"
    assert not differences.outdated(capture.name, found, EXPLAINED), "no longer so"


@with_sharkd
@shared
@pytest.mark.shared
def test_nearly_all_connections_are_compared() -> None:
    """Those of which both see the same packets; the others are in differences.toml."""
    theirs = {(index, ends) for index in range(len(CAPTURES)) for ends in _theirs(index)}
    same = {
        (index, ends)
        for index in range(len(CAPTURES))
        for ends in tcp_analysis.compared(_theirs(index), _ours(index))
    }
    assert len(theirs) > 3000
    assert len(same) > 0.97 * len(theirs)


def test_every_explanation_has_a_reason() -> None:
    for entry in EXPLAINED.values():
        assert entry.fault in differences.FAULTS
        assert entry.reason.strip(), f"{entry.capture} {entry.field} has no reason"


@with_sharkd
def test_connections_in_bad_weather_agree(tmp_path: Path) -> None:
    """Loss, delay, repetition, closed windows, keep-alives: as the seeds will have it."""
    paths = [tmp_path / f"{seed}.pcap" for seed in SEEDS]
    for seed, path in zip(SEEDS, paths, strict=True):
        path.write_bytes(tcp_script.capture(seed))
    events = Counter[str]()
    for path, packets in zip(paths, sharkd.packets(paths, tcp_analysis.FIELDS), strict=True):
        theirs = tcp_analysis.wireshark_accounts(packets)
        ours = tcp_analysis.engine_accounts(observe(path))
        found = {mismatch.field for mismatch in tcp_analysis.compare(theirs, ours)}
        assert found <= {"tcp.handshake_ns", "tcp.rtt_ns"}, path.name
        assert ours.keys() == theirs.keys()
        for ends, account in theirs.items():
            _times_are_plausible(account, ours[ends])
            events.update(account.counts)
    assert min(events[name] for name in tcp_analysis.COUNTERS) > 10, f"too fair: {events}"


def _times_are_plausible(theirs: Account, ours: Account) -> None:
    """From the first SYN instead of the latest; of some segments instead of all."""
    assert ours.handshakes[0] >= theirs.handshakes[0]
    assert ours.round_trips.keys() == theirs.round_trips.keys()
    for end, least in theirs.round_trips.items():
        assert least <= ours.round_trips[end] <= 2 * least + MILLISECOND
