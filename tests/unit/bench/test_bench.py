"""The benchmark's own arithmetic: what is cut, found and scaled."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import environment, report
from bench.measure import Cost
from bench.programs import python_peers, version_of
from bench.report import Row
from bench.slices import first_packets

import nautscan


def test_the_small_capture_holds_one_request(tmp_path: Path) -> None:
    capture = tmp_path / "small.pcap"
    capture.write_bytes(environment.small_capture())
    summary = nautscan.read(capture).summary
    assert (summary["packets"], summary["requests"], summary["decode_errors"]) == (3, 1, 0)


@pytest.mark.parametrize(("wanted", "held"), [(2, 2), (9, 3)])
def test_a_slice_holds_the_first_packets(tmp_path: Path, wanted: int, held: int) -> None:
    capture = tmp_path / "small.pcap"
    capture.write_bytes(environment.small_capture())
    part = first_packets(capture, wanted)
    assert nautscan.read(part).summary["packets"] == held
    assert capture.read_bytes().startswith(part.read_bytes())


def test_a_ratio_of_a_part_is_marked_and_by_packets_a_second() -> None:
    rows = [
        Row("reference", "reads", "1", [Cost(1.0, 1.0, 1)]),
        Row("slow", "reads", "1", [Cost(3.0, 3.0, 1)], slice_packets=100),
        Row("whole", "reads", "1", [Cost(3.0, 3.0, 1)]),
        Row("failed", "reads", "1", failure="exit 1"),
    ]
    text = report.table(rows, 1000, "reference")
    assert "| slow (part) | reads | 3.00 | ≈ 30.00 | 33 |" in text
    assert "| whole | reads | 3.00 | 3.00 | 333 |" in text
    assert "slow read the first 100 packets only" in text
    assert "failed: not measured, exit 1" in text
    assert text.index("| whole |") < text.index("| slow (part) |"), "in the order of time"


def test_an_interpreter_that_the_user_names_is_asked_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named = tmp_path / "python"
    named.touch()
    monkeypatch.setenv(environment.VARIABLE, str(named))
    assert next(environment.interpreters()) == named


def test_a_peer_that_nobody_has_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "interpreters", lambda: iter(()))
    assert [version_of(program) for program in python_peers()] == [None, None, None]
