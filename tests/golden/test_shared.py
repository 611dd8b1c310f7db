"""Every shared capture: what is known about it is reported, or the difference is explained."""

from __future__ import annotations

import pytest

from tests.golden import differences, report, sharkd
from tests.golden.captures import DIRECTORY, Capture, all_captures
from tests.golden.compared import comparisons, mismatches

CAPTURES = all_captures()
EXPLAINED = differences.load()

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CAPTURES, reason=f"the shared captures are not in {DIRECTORY}"),
]


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda capture: capture.name)
def test_engine_agrees_with_what_is_known(capture: Capture) -> None:
    found = mismatches(comparisons(capture))
    assert not differences.unexplained(capture.name, found, EXPLAINED), "not in differences.toml"
    assert not differences.outdated(capture.name, found, EXPLAINED), "no longer so"


def test_every_explanation_has_a_reason_and_a_capture() -> None:
    names = {capture.name for capture in CAPTURES}
    for entry in EXPLAINED.values():
        assert entry.capture in names, f"no such capture: {entry.capture}"
        assert entry.fault in differences.FAULTS
        assert entry.reason.strip(), f"{entry.capture} {entry.field} has no reason"


@pytest.mark.skipif(sharkd.EXECUTABLE is None, reason="sharkd is not installed")
def test_the_report_is_what_the_run_gives() -> None:
    """Stale: run `make docs`, or `python -m tests.golden.report`, and commit."""
    assert report.FILE.read_text(encoding="utf-8") == report.text()
