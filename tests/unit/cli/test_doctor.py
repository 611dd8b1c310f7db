"""`nautscan doctor`: the report as text and as JSON, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nautscan.cli import doctor
from nautscan.cli.common import Exit
from nautscan.config import Config
from nautscan.doctor import command
from nautscan.doctor.model import Check, State
from tests.unit.cli.conftest import Nautscan

LONG = "sudo setcap cap_net_raw=ep " + "/a/very/long/path" * 8
CHECKS = [
    Check("a.good", "Good", State.OK, "All is well.", "Never shown."),
    Check("b.note", "Noted", State.WARNING, "Mind this.", "It matters.", "Do:\n    make it so"),
    Check(
        "c.bad", "Rights", State.FAILED, "It lacks.", "It needs.", f"Either\n    {LONG}\nor not."
    ),
    Check("d.dark", "Dark", State.UNKNOWN, "Cannot be seen.", "Who knows."),
]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """What the checks find."""
    checks = list(CHECKS)

    def examine_here(config: Config) -> tuple[list[Check], dict[str, Any]]:
        asked.append(config)
        return checks, {"version": "1"}

    monkeypatch.setattr(command, "examine_here", examine_here)
    return checks


asked: list[Config] = []


def test_the_report_is_aligned_and_commands_stay_whole(
    nautscan: Nautscan, found: list[Check]
) -> None:
    result = nautscan("doctor")
    lines = result.out.splitlines()
    assert lines[0] == "ok      Good    All is well."
    assert lines[1:5] == [
        "note    Noted   Mind this.",
        "                It matters.",
        "                Do:",
        "                    make it so",
    ]
    assert f"                    {LONG}" in lines
    assert lines[-1] == "1 failed, 1 to note, 1 not known, 1 ok."
    assert "Never shown" not in result.out
    assert "\x1b" not in result.out
    assert result.code == Exit.FAILED


def test_notes_and_unknowns_are_no_failure(nautscan: Nautscan, found: list[Check]) -> None:
    found.remove(CHECKS[2])
    assert nautscan("doctor").code == Exit.OK


def test_one_object_of_json(nautscan: Nautscan, found: list[Check]) -> None:
    result = nautscan("doctor", "--json")
    told: dict[str, Any] = json.loads(result.out)
    assert told["state"] == "failed"
    assert told["counts"] == {"ok": 1, "warning": 1, "failed": 1, "unknown": 1}
    assert [Check.from_dict(check) for check in told["checks"]] == CHECKS
    assert result.code == Exit.FAILED


def test_options_become_settings(nautscan: Nautscan, found: list[Check], tmp_path: Path) -> None:
    nautscan("doctor", "-i", "a,b", "-i", "c", "--data-dir", tmp_path / "data")
    assert asked[-1].interfaces == ("a", "b", "c")
    assert asked[-1].data_dir == tmp_path / "data"


def test_colours_tell_states_apart() -> None:
    text = "\n".join(doctor._lines(CHECKS))
    for state, colour in (("ok", 32), ("note", 33), ("FAILED", 31), ("?", 34)):
        assert f"\x1b[{colour}m{state.ljust(6)}\x1b[0m" in text


def test_every_check_of_this_machine_is_told(nautscan: Nautscan, tmp_path: Path) -> None:
    """For real, whatever it finds here."""
    result = nautscan("doctor", "--json", "--data-dir", tmp_path)
    told = json.loads(result.out)
    families = {check["id"].partition(".")[0] for check in told["checks"]}
    assert families >= {
        "place", "library", "rights", "interfaces", "promiscuous", "capture", "offloads",
        "engine", "storage", "memory", "clock", "port",
    }  # fmt: skip
    for check in told["checks"]:
        assert check["found"], check
        assert check["why"], check
        assert check["where"] == "command"
        assert check["state"] != "failed" or check["remedy"], check
    assert result.code == (Exit.FAILED if told["state"] == "failed" else Exit.OK)


HANGS = """
import sys, time
from nautscan.cli.main import run
from nautscan.doctor import command, runner
from nautscan.doctor.runner import Examination
command.SERVING = (Examination("stuck", lambda _: time.sleep(600)),)
command.CAPTURING = ()
sys.exit(run(["doctor"]))
"""


def test_a_check_that_hangs_is_left_alone_and_the_command_ends_in_order() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == Exit.OK, done.stderr
    assert "was left alone" in done.stdout
    assert done.stdout.endswith("1 not known.\n")
    assert done.stderr == ""
