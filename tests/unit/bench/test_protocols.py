"""Throughput by protocol: what is measured is held against the truth, what is lacking is named."""

from __future__ import annotations

import contextlib
import datetime as dt
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from bench import environment
from bench.lab import Lab, LabError, served
from bench.measure import Cost
from bench.protocols import ALL, measuring
from bench.protocols.making import Facts
from bench.protocols.measuring import Options, Row, check, report_on, table
from bench.protocols.repeating import moved, repeat, segments
from bench.protocols.traffic import Made, Need, Repeated, Traffic

import nautscan
from tests.golden.own import make

ONE = Made(
    name="one",
    load="one request",
    needs=(),
    session=lambda _: contextlib.nullcontext(dict),
    rows="requests where protocol = 'http'",
    versions=(),
    shown="http",
    fields=("frame.time_epoch",),
)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    file = tmp_path / "small.pcap"
    file.write_bytes(environment.small_capture())
    return file


def facts(**expected: int) -> Facts:
    return Facts("2026-01-01", 3, 1_000_000, dict(expected), ["a tool 1.0"])


@pytest.mark.parametrize("traffic", ALL, ids=[traffic.name for traffic in ALL])
def test_rows_of_each_can_be_counted(traffic: Traffic, capture: Path) -> None:
    assert check(traffic, capture, facts(true=0)) in [
        (0, []),
        (1, ["0 expected where true, 1 found"]),
    ]


@pytest.mark.parametrize("status", ["-", "502, 200"])
def test_a_request_without_its_one_status_is_named(status: str, tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(f"200 1 1\n{status} 1 2\n")
    with pytest.raises(LabError, match=f"{status} 1 2$"):
        served(Lab("client", "server", tmp_path))


def test_what_was_installed_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: None)
    monkeypatch.setattr(environment, "interpreters", list)
    assert environment.interpreter_importing("nautscan") is None
    environment.install()
    monkeypatch.undo()
    assert environment.interpreter_importing("nautscan") is not None


def test_each_has_a_name_of_its_own() -> None:
    assert len({traffic.name for traffic in ALL}) == len(ALL)


def test_wrong_counts_are_told(capture: Path) -> None:
    requests, wrong = check(ONE, capture, facts(**{"true": 1, "method = 'GET'": 2}))
    assert (requests, wrong) == (1, ["2 expected where method = 'GET', 1 found"])
    _, wrong = check(ONE, capture, replace(facts(true=1), packets=4))
    assert wrong == ["3 of 4 packets read"]


def test_what_has_wrong_rows_has_no_figure(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "ensure", lambda *_, **__: (capture, facts(true=2)))
    found = report_on([ONE], Options(capture.parent, 1, 1, 60, None))
    assert found.failed
    assert "- one: void, since rows are wrong: 2 expected where true, 1 found" in found.document
    assert "| one |" not in found.document


def test_what_is_not_installed_is_named_with_its_package(tmp_path: Path) -> None:
    lacking = replace(ONE, needs=(Need("no-such-program", "a-package"), Need("sh", "dash")))
    found = report_on([lacking], Options(tmp_path, 1, 1, 60, None))
    assert not found.failed
    assert "- one: needs no-such-program; on Debian: apt-get install a-package" in found.document


def test_captures_that_are_not_there_are_named() -> None:
    kind = next(traffic for traffic in ALL if isinstance(traffic, Repeated))
    lacking = replace(kind, captures=("nobody/none.pcap",))
    assert "nobody/none.pcap" in (lacking.missing() or "")


def test_a_table_says_where_a_part_was_read() -> None:
    costs = {
        "nautscan read --json": [Cost(0.5, 0.5, 30_000_000)],
        "tcpdump to nothing": [Cost(0.25, 0.25, 6_000_000)],
        "tshark": [Cost(5.0, 5.0, 200_000_000)],
    }
    read = replace(facts(true=100), packets=1000)
    part = Row(ONE, read, 100, costs, part_packets=500)
    text = table([part, Row(replace(ONE, shown=None), read, 100, costs)])
    assert "| one | 1,000 | 1 | 100 | 0.50 | 2,000 | 2 | 200 | 2.00 | ≈ 20 times | 30 |" in text
    assert "| not known to it |" in text


def test_a_repeated_capture_has_as_many_requests_each_of_its_own_connection(
    capture: Path, tmp_path: Path
) -> None:
    file = tmp_path / "many.pcap"
    assert repeat([capture], 80, file, 10_000) == (129, 43)
    read = nautscan.read(file)
    assert (read.summary["requests"], read.summary["flows"]) == (43, 43)
    assert read.summary["decode_errors"] == 0


def test_a_capture_in_nanoseconds_keeps_its_times(tmp_path: Path) -> None:
    head = make.FOLDER / "head.pcap"
    times = [segment.time_us for segment in segments(head, 8080)]
    assert times == sorted(times)
    summary = nautscan.read(head).summary
    first = dt.datetime.fromisoformat(summary["first_time"])
    assert times[0] == (first - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(
        microseconds=1
    )
    assert len(times) == summary["packets"]


def test_another_port_leaves_the_checksum_right(capture: Path) -> None:
    segment = list(segments(capture, 80))[-1]
    at = segment.tcp_at

    def checksum(data: bytes) -> int:
        """Of the pseudo header and the segment; 0 where the one that it carries is right."""
        pseudo = data[26:34] + struct.pack(">HH", 6, len(data) - at)
        text = pseudo + data[at:] + bytes(len(data) % 2)
        total: int = sum(struct.unpack(f">{len(text) // 2}H", text))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return ~total & 0xFFFF

    right = bytearray(segment.data)
    struct.pack_into(">H", right, at + 16, checksum(segment.data))
    assert checksum(bytes(right)) == 0
    for port in (1024, 40_001, 65_535):
        data = moved(replace(segment, data=bytes(right)), port)
        assert checksum(data) == 0
        assert struct.unpack_from(">HH", data, at) == (port, 80)
