"""Every shared capture beside every source of truth, once a run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from tests.golden import sharkd, tcp_analysis, truths
from tests.golden.captures import Capture, all_captures
from tests.golden.mismatch import Comparison, Mismatch
from tests.golden.observed import observe
from tests.golden.tcp_analysis import Accounts


@cache
def comparisons(capture: Capture) -> tuple[Comparison, ...]:
    """What any source states of a capture."""
    return tuple(truths.compare(capture, observe(capture.path)))


@cache
def tcp_captures() -> tuple[Capture, ...]:
    """The captures in which Wireshark sees a TCP connection."""
    return tuple(
        capture
        for capture in all_captures()
        if any(truth["facts"]["tcp_streams"] for truth in capture.truths("tshark"))
    )


@cache
def tcp_comparisons(index: int) -> tuple[Comparison, ...]:
    """What Wireshark's analysis says of the connections of one of `tcp_captures`."""
    return tuple(tcp_analysis.compare(wireshark_accounts(index), engine_accounts(index)))


@cache
def _batch(number: int) -> list[Accounts]:
    """Some captures: they are read together, which is far sooner."""
    batch = tcp_captures()[number * sharkd.BATCH : (number + 1) * sharkd.BATCH]
    read = sharkd.packets([capture.path for capture in batch], tcp_analysis.FIELDS)
    return [tcp_analysis.wireshark_accounts(packets) for packets in read]


def wireshark_accounts(index: int) -> Accounts:
    """Wireshark's side of one of `tcp_captures`."""
    return _batch(index // sharkd.BATCH)[index % sharkd.BATCH]


@cache
def engine_accounts(index: int) -> Accounts:
    """The engine's side of one of `tcp_captures`."""
    return tcp_analysis.engine_accounts(observe(tcp_captures()[index].path))


def mismatches(compared: Iterable[Comparison]) -> list[Mismatch]:
    """Those of some comparisons in which the engine does not agree."""
    found = (comparison.mismatch for comparison in compared)
    return [mismatch for mismatch in found if mismatch is not None]
