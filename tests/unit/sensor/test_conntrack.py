"""When what the kernel tells is good for a capture."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nautscan import _engine
from nautscan.sensor.conntrack import FRESH_S, Conntrack


class Refused(_engine.EngineError):
    """As the engine says it."""

    code, message, remedy = "no_conntrack", "Operation not permitted", "Be root."


def kernel(*answers: str) -> Callable[[], _engine.Translations]:
    """Tells, or refuses, one after the other. What it tells is what the real one does."""
    told = iter(answers)

    def ask() -> _engine.Translations:
        if next(told) == "tells":
            return _engine.Translations()
        raise Refused

    return ask


@pytest.fixture(autouse=True)
def allowed() -> None:
    try:
        _engine.Translations()
    except _engine.EngineError as error:
        pytest.skip(f"the kernel does not tell: {error.message}")


def test_rights_that_are_given_up_last_for_the_first_capture() -> None:
    conntrack = Conntrack(kernel("tells", "refuses", "refuses"), clock=lambda: 5.0)
    told = conntrack.for_capture()
    assert told is not None
    assert conntrack.state() == {"connections": len(told), "left_out": 0, "reason": None}
    assert conntrack.for_capture() is None, "what was told is of the past"
    assert conntrack.state() == {
        "connections": None,
        "left_out": None,
        "reason": "Operation not permitted. Be root.",
    }


def test_what_was_told_long_before_the_capture_is_not_used() -> None:
    times = iter((5.0, 5.1 + FRESH_S))
    conntrack = Conntrack(kernel("tells", "refuses"), clock=lambda: next(times))
    assert conntrack.for_capture() is None
    assert conntrack.state()["reason"] is not None


def test_who_keeps_the_right_is_told_each_time() -> None:
    conntrack = Conntrack(kernel("refuses", "tells", "tells"))
    assert conntrack.for_capture() is not None
    assert conntrack.for_capture() is not None
    assert conntrack.state()["reason"] is None
