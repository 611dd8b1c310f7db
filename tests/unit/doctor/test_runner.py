"""Checks run beside each other, within a deadline; the report is the same for all doors."""

from __future__ import annotations

import json
import threading

import pytest

from nautscan.doctor.capturing import CAPTURING
from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State, counts, overall, report
from nautscan.doctor.runner import Examination, examine, left_alone
from nautscan.doctor.serving import SERVING
from tests.unit.doctor.conftest import At


def check(name: str, state: State = State.OK) -> Check:
    return Check(f"{name}.x", name, state, "found", "why", "do", {"n": 1})


def test_checks_are_told_in_order_with_where_they_were_made(at: At) -> None:
    both = threading.Barrier(2, timeout=10)

    def first(_: Context) -> list[Check]:
        both.wait()  # Only passed if the second runs beside it.
        return [check("a")]

    def second(_: Context) -> list[Check]:
        both.wait()
        return [check("b"), check("c")]

    found = examine(at("bare_host", where="sensor"), [Examination("1", first),
                                                      Examination("2", second)])  # fmt: skip
    assert [(item.id, item.where) for item in found] == [
        ("a.x", "sensor"), ("b.x", "sensor"), ("c.x", "sensor"),
    ]  # fmt: skip


def test_a_check_that_hangs_is_unknown_and_the_others_are_told(at: At) -> None:
    never = threading.Event()

    def hangs(_: Context) -> list[Check]:
        never.wait()
        return []

    examinations = [Examination("slow", hangs), Examination("good", lambda _: [check("a")])]
    slow, good = examine(at("bare_host"), examinations, deadline_s=0.2)
    assert left_alone()
    never.set()
    assert (slow.id, slow.state) == ("slow.check", State.UNKNOWN)
    assert "longer than" in slow.found
    assert good.id == "a.x"


def test_a_check_that_breaks_is_unknown_and_logged(
    at: At, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(_: Context) -> list[Check]:
        raise ZeroDivisionError("oops")

    [found] = examine(at("bare_host"), [Examination("bad", breaks)])
    assert (found.id, found.state) == ("bad.check", State.UNKNOWN)
    assert "oops" in found.found
    assert "bad" in caplog.text


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], State.OK),
        ([State.OK, State.UNKNOWN], State.OK),
        ([State.OK, State.WARNING, State.UNKNOWN], State.WARNING),
        ([State.WARNING, State.FAILED], State.FAILED),
    ],
)
def test_the_worst_counts(states: list[State], expected: State) -> None:
    assert overall(check("a", state) for state in states) is expected


def test_the_report_goes_through_json_unchanged() -> None:
    checks = [check("a"), check("b", State.FAILED)]
    told = json.loads(json.dumps(report(checks, version="1")))
    assert told["state"] == "failed"
    assert told["counts"] == counts(checks) == {"ok": 1, "warning": 0, "failed": 1, "unknown": 0}
    assert [Check.from_dict(facts) for facts in told["checks"]] == checks
    assert told["version"] == "1"


@pytest.mark.parametrize("facts", [{}, {"id": "a.b"}, {**check("a").as_dict(), "state": "fine"}])
def test_what_is_no_check_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        Check.from_dict(facts)


def test_each_examination_has_a_name_of_its_own() -> None:
    names = [examination.name for examination in (*CAPTURING, *SERVING)]
    assert len(set(names)) == len(names)
