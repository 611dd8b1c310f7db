"""A statement about a capture that the engine does not share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mismatch:
    """`field` is `<source>.<what>`; `expected` and `got` are texts short enough to review."""

    field: str
    expected: str
    got: str


def compare_value(field: str, expected: Any, got: Any) -> Iterator[Mismatch]:
    """One value."""
    if expected != got:
        yield Mismatch(field, str(expected), str(got))


def compare_bags(field: str, expected: Iterable[str], got: Iterable[str]) -> Iterator[Mismatch]:
    """Collections in which order does not matter; only the surplus on each side is told."""
    theirs, ours = Counter(expected), Counter(got)
    if theirs != ours:
        yield Mismatch(field, _listed(theirs - ours), _listed(ours - theirs))


MAX_LISTED = 12


def _listed(bag: Counter[str]) -> str:
    items = [f"{item} (x{count})" if count > 1 else item for item, count in sorted(bag.items())]
    shown = " | ".join(
        item if len(item) <= 160 else f"{item[:160]}…" for item in items[:MAX_LISTED]
    )
    return shown if len(items) <= MAX_LISTED else f"{shown} | and {len(items) - MAX_LISTED} more"
