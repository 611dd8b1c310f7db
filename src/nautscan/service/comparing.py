"""What differs between two spans: new, gone, failing more or less, slower or faster.

The rules are plain and are told with every answer, and a group of which too little was seen gets
no verdict: a difference that chance explains is none.
"""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import Any, Final, Literal

from nautscan.store.interface import Group, Row

MIN_REQUESTS: Final = 20
"""Requests on both sides (for latency: with a known duration) below which nothing is said."""
SLOWER_RATIO: Final = 1.25
SLOWER_NS: Final = 1_000_000
"""A p95 is higher if it is so by this ratio and by this much: microseconds matter to nobody."""
_Z: Final = 1.96
"""Of the normal distribution: 95 of 100 such intervals hold the true share."""

Verdict = Literal["new", "gone", "failing", "recovering", "slower", "faster", "same", "few"]


def wilson(errors: int, requests: int) -> tuple[float, float]:
    """The interval that holds the true share of errors 95 times of 100 (Wilson, 1927)."""
    share, square = errors / requests, _Z * _Z / requests
    centre = share + square / 2
    spread = _Z * sqrt(share * (1 - share) / requests + square / (4 * requests))
    return (centre - spread) / (1 + square), (centre + spread) / (1 + square)


def verdicts_of(now: Row | None, base: Row | None) -> list[Verdict]:
    """What can be said of a group, from its totals on each side. Never empty."""
    if base is None:
        return ["new"]
    if now is None:
        return ["gone"]
    found = [
        verdict for verdict in (_errors(now, base), _latency(now, base)) if verdict is not None
    ]
    if found:
        return found
    enough = min(now["requests"], base["requests"]) >= MIN_REQUESTS
    return ["same" if enough else "few"]


def _errors(now: Row, base: Row) -> Verdict | None:
    if min(now["requests"], base["requests"]) < MIN_REQUESTS:
        return None
    low, high = wilson(now["errors"], now["requests"])
    base_low, base_high = wilson(base["errors"], base["requests"])
    if low > base_high:
        return "failing"
    return "recovering" if high < base_low else None


def _latency(now: Row, base: Row) -> Verdict | None:
    if min(now["timed"], base["timed"]) < MIN_REQUESTS:
        return None
    for verdict, more, less in (("slower", now, base), ("faster", base, now)):
        high, low = more["p95_ns"], less["p95_ns"]
        if high >= low * SLOWER_RATIO and high - low >= SLOWER_NS:
            return "slower" if verdict == "slower" else "faster"
    return None


_WEIGHTS: Final[dict[str, float]] = {
    "failing": 6.0, "slower": 5.0, "new": 4.0, "gone": 3.0, "recovering": 2.0, "faster": 1.5,
    "same": 1.0, "few": 0.0,
}  # fmt: skip


class Verdicts:
    """Verdicts on the groups of one comparison, counted."""

    def __init__(self, seconds: float, base_seconds: float) -> None:
        """The lengths of both spans: rates are compared, not counts."""
        self._seconds = max(seconds, 1e-9)
        self._base_seconds = max(base_seconds, 1e-9)
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> dict[str, int]:
        """How many groups have each verdict."""
        return {verdict: self._counts[verdict] for verdict in _WEIGHTS}

    def of(self, now: Group | None, base: Group | None) -> dict[str, Any]:
        """Both sides' numbers, and what can be said of them."""
        verdicts = verdicts_of(now.totals if now else None, base.totals if base else None)
        self._counts.update(verdicts)
        return {
            "verdicts": verdicts,
            "now": _side(now, self._seconds),
            "base": _side(base, self._base_seconds),
            # What matters most first, and the busiest of what matters alike.
            "weight": _WEIGHTS[verdicts[0]] + _share(now, base),
        }

    @staticmethod
    def rules() -> list[str]:
        """The rules in words."""
        return [
            "new, gone: it has requests in one span and none in the other.",
            "failing, recovering: the 95 % Wilson intervals of both shares of errors do not touch.",
            f"slower, faster: p95 differs by {SLOWER_RATIO - 1:.0%} and "
            f"{SLOWER_NS // 1_000_000} ms or more.",
            f"few: fewer than {MIN_REQUESTS} requests on one side, so nothing is said.",
        ]


def _share(now: Group | None, base: Group | None) -> float:
    """Between 0 and 0.49: more for busier groups."""
    busy = max(group.totals["requests"] for group in (now, base) if group is not None)
    return float(0.49 * busy / (busy + 1000))


def _side(group: Group | None, seconds: float) -> dict[str, Any] | None:
    if group is None:
        return None
    totals = group.totals
    return totals | {
        "rate": totals["requests"] / seconds,
        "error_rate": totals["errors"] / totals["requests"] if totals["requests"] else None,
    }
