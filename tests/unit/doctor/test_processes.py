"""The doctor on processes: each state from facts of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nautscan.doctor.checks import processes
from nautscan.doctor.model import State
from nautscan.sensor.lookout.rights import Reach
from tests.unit.doctor.conftest import At


def state(**changes: Any) -> dict[str, Any]:
    """What the server says of the lookout."""
    return {
        "scope": "all", "reason": None, "detail": "", "traced": True, "untraced_because": None,
        "lost": 0, "dropped": 0, **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "expected", "words", "remedy"),
    [
        (state(), State.OK, "however short", ""),
        (state(traced=False, untraced_because="no tracefs"), State.OK, "no tracefs", ""),
        (state(scope="own"), State.WARNING, "own processes", "CAP_SYS_PTRACE"),
        (state(scope="container"), State.WARNING, "namespace", "--pid host"),
        (state(scope=None), State.WARNING, "Nobody looks", "log"),
        (state(reason="unavailable", detail="gone"), State.WARNING, "gone", "log"),
        (state(reason="offline", scope=None), State.OK, "not of this machine", ""),
    ],
)
def test_in_the_server(
    at: At, facts: dict[str, Any], expected: State, words: str, remedy: str
) -> None:
    [check] = processes.check(replace(at("bare_host"), where="server", processes=facts))
    assert check.state is expected
    assert words in check.found
    assert remedy in check.remedy
    assert bool(remedy) is bool(check.remedy)


def test_in_a_container_the_remedy_is_the_containers(at: At) -> None:
    [check] = processes.check(replace(at("docker_bridge"), processes=state(scope="own")))
    assert "--cap-add SYS_PTRACE" in check.remedy


def test_switched_off_is_no_fault(at: At) -> None:
    context = at("bare_host")
    off = replace(context, config=context.config.replace(processes="off"))
    [check] = processes.check(off)
    assert check.state is State.OK
    assert "NAUTSCAN_PROCESSES" in check.found


@pytest.mark.parametrize(("scope", "expected"), [("all", State.OK), ("own", State.WARNING)])
def test_the_command_says_what_one_started_here_would_see(
    at: At, monkeypatch: pytest.MonkeyPatch, scope: Any, expected: State
) -> None:
    found = Reach(scope, 0, 1, others=scope == "all", first_pid_namespace=True)
    monkeypatch.setattr(processes, "reach", lambda: found)
    [check] = processes.check(at("bare_host"))
    assert check.state is expected
    assert "as they are made" not in check.found, "that was not tried"
