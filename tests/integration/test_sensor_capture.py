"""`nautscan capture` and `nautscan interfaces` on a real interface."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.sensor_lab import PYTHON, WAIT_S, Lab, laboratory

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with laboratory() as lab:
        lab.connect()
        yield lab


class Capturing:
    """A running `nautscan capture` that has opened its interface."""

    def __init__(self, lab: Lab, *arguments: str) -> None:
        command = (*PYTHON, "-m", "nautscan", "capture", "-i", "lab0", *arguments)
        self.process = subprocess.Popen(
            lab.command(lab.near, *command),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        self.first = self.process.stderr.readline()

    def end(self, number: signal.Signals | None = None) -> tuple[str, str]:
        """What it printed on both streams."""
        if number is not None:
            self.process.send_signal(number)
        try:
            return self.process.communicate(timeout=WAIT_S)
        finally:
            self.process.kill()
            self.process.wait()


def test_requests_are_printed_and_ctrl_c_ends_it_with_the_drops(lab: Lab) -> None:
    running = Capturing(lab)
    assert "capturing on lab0" in running.first
    lab.get("/status/404", times=2)
    printed, told = running.end(signal.SIGINT)
    assert printed.count("/status/404") == 2
    assert "404" in printed
    assert "0 kernel drops" in told
    assert running.process.returncode == 0


def test_json_stops_at_the_count(lab: Lab) -> None:
    running = Capturing(lab, "--count", "3", "--json")
    lab.get("/counted", times=10)
    printed, told = running.end()
    rows = [json.loads(line) for line in printed.splitlines()]
    assert [row["target"] for row in rows] == ["/counted"] * 3
    assert json.loads(told.splitlines()[-1])["summary"]["rows"] == 3


def test_packets_are_printed_once_each(lab: Lab) -> None:
    running = Capturing(lab, "--table", "packets", "--json", "-f", "tcp port 8080")
    for _ in range(3):
        lab.get("/packets")
    printed, _ = running.end(signal.SIGTERM)
    ids = [json.loads(line)["id"] for line in printed.splitlines()]
    assert len(ids) >= 3 * 7
    assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_packets_are_written_and_read_again(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "lab.pcapng"
    running = Capturing(lab, "-w", str(file), "-f", "tcp port 8080")
    for number in range(3):
        lab.get(f"/written/{number}")
    _, told = running.end(signal.SIGINT)
    assert "0 missed" in told
    done = subprocess.run(
        [*PYTHON, "-m", "nautscan", "read", str(file), "--table", "requests", "--json"],
        check=True,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["target"] for row in rows] == [f"/written/{number}" for number in range(3)]
    assert {row["completeness"] for row in rows} == {"complete"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("-i", "nosuch0"), "unknown_interface"), (("-i", "lo", "-f", "tcp prt"), "bad_filter")],
)
def test_what_cannot_be_captured_is_said(arguments: tuple[str, ...], code: str) -> None:
    done = subprocess.run(
        [*PYTHON, "-m", "nautscan", "capture", "--json", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
    assert done.returncode == 1
    error = json.loads(done.stderr)["error"]
    assert error["code"] == code
    assert error["remedy"]
    assert done.stdout == ""


def test_interfaces_are_listed(lab: Lab) -> None:
    def listed(*arguments: str) -> str:
        command = lab.command(lab.near, *PYTHON, "-m", "nautscan", "interfaces", *arguments)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    rows = {row["name"]: row for row in map(json.loads, listed("--json").splitlines())}
    assert "10.99.0.1" in rows["lab0"]["addresses"]
    assert rows["lab0"]["up"] is True
    assert isinstance(rows["lab0"]["default"], bool)
    assert "lab0" in listed()
