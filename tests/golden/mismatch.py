"""Statements about a capture, held against what the engine reports."""

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


@dataclass(frozen=True)
class Comparison:
    """One statement compared, item by item: a value is one item, a collection has several."""

    field: str
    items: int
    """Stated or reported."""
    equal: int
    """Both."""
    mismatch: Mismatch | None = None


def compare_value(field: str, expected: Any, got: Any) -> Iterator[Comparison]:
    """One value."""
    if expected == got:
        yield Comparison(field, 1, 1)
    else:
        yield Comparison(field, 1, 0, Mismatch(field, str(expected), str(got)))


def compare_bags(field: str, expected: Iterable[str], got: Iterable[str]) -> Iterator[Comparison]:
    """Collections in which order does not matter; only the surplus on each side is told."""
    theirs, ours = Counter(expected), Counter(got)
    items, equal = (theirs | ours).total(), (theirs & ours).total()
    if theirs == ours:
        yield Comparison(field, items, equal)
    else:
        mismatch = Mismatch(field, _listed(theirs - ours), _listed(ours - theirs))
        yield Comparison(field, items, equal, mismatch)


MAX_LISTED = 12


def _listed(bag: Counter[str]) -> str:
    items = [f"{item} (x{count})" if count > 1 else item for item, count in sorted(bag.items())]
    shown = " | ".join(
        item if len(item) <= 160 else f"{item[:160]}…" for item in items[:MAX_LISTED]
    )
    return shown if len(items) <= MAX_LISTED else f"{shown} | and {len(items) - MAX_LISTED} more"
