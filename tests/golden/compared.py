"""Every shared capture beside every source of truth, once a run."""

from __future__ import annotations

from functools import cache

from tests.golden import truths
from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, Mismatch
from tests.golden.observed import observe


@cache
def comparisons(capture: Capture) -> tuple[Comparison, ...]:
    """What any source states of a capture."""
    return tuple(truths.compare(capture, observe(capture.path)))


def mismatches(capture: Capture) -> dict[str, Mismatch]:
    """What the engine does not share, by field."""
    found = (comparison.mismatch for comparison in comparisons(capture))
    return {mismatch.field: mismatch for mismatch in found if mismatch is not None}
