"""Retransmissions, round trips and the like are Wireshark's, or the difference is explained."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.golden import differences, sharkd, tcp_analysis, tcp_script
from tests.golden.captures import DIRECTORY
from tests.golden.compared import (
    engine_accounts,
    mismatches,
    tcp_captures,
    tcp_comparisons,
    wireshark_accounts,
)
from tests.golden.observed import observe
from tests.golden.tcp_analysis import Account

EXPLAINED = differences.load(differences.TCP_FILE)
SEEDS = range(24)
MILLISECOND = 1_000_000

with_sharkd = pytest.mark.skipif(sharkd.EXECUTABLE is None, reason="sharkd is not installed")


CAPTURES = tcp_captures()
shared = pytest.mark.skipif(not CAPTURES, reason=f"the shared captures are not in {DIRECTORY}")


@with_sharkd
@shared
@pytest.mark.shared
@pytest.mark.parametrize("index", range(len(CAPTURES)), ids=[capture.name for capture in CAPTURES])
def test_shared_captures_agree(index: int) -> None:
    capture = CAPTURES[index]
    found = mismatches(tcp_comparisons(index))
    assert not differences.unexplained(capture.name, found, EXPLAINED), "not in the explained list"
    assert not differences.outdated(capture.name, found, EXPLAINED), "no longer so"


@with_sharkd
@shared
@pytest.mark.shared
def test_nearly_all_connections_are_compared() -> None:
    """Those of which both see the same packets; the others are in differences.toml."""
    theirs = {(index, ends) for index in range(len(CAPTURES)) for ends in wireshark_accounts(index)}
    same = {
        (index, ends)
        for index in range(len(CAPTURES))
        for ends in tcp_analysis.compared(wireshark_accounts(index), engine_accounts(index))
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
        found = {mismatch.field for mismatch in mismatches(tcp_analysis.compare(theirs, ours))}
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
