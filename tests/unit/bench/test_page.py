"""The flood for the page: its stream is real HTTP at the pace asked for, its figures add up."""

from __future__ import annotations

import io
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from bench import page, request_stream

import nautscan


class _Full(io.BytesIO):
    """Takes two seconds' worth of parts, then is gone like a reader that has ended."""

    flushes = 0

    def flush(self) -> None:
        self.flushes += 1
        if self.flushes == 2 * request_stream.SLICES:
            raise BrokenPipeError


def test_the_stream_is_read_as_the_requests_that_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count(1_700_000_000 * request_stream.SLICES)
    clock = SimpleNamespace(
        monotonic=lambda: 0.0,
        sleep=lambda _: None,
        time_ns=lambda: next(ticks) * 1_000_000_000 // request_stream.SLICES,
    )
    monkeypatch.setattr(request_stream, "time", clock)
    stream = _Full()
    with pytest.raises(BrokenPipeError):
        request_stream.write(stream, 400)
    capture = tmp_path / "flood.pcap"
    capture.write_bytes(stream.getvalue())
    recording = nautscan.read(capture)
    assert recording.summary["requests"] == 800
    assert recording.summary["gap_bytes"] == 0
    found = recording.sql("select count(*) filter (completeness = 'complete') as n from requests")
    assert found.columns == ["n"]


def test_figures_of_a_trace() -> None:
    found = {
        "seconds": 2,
        "frames": [16.7] * 97 + [50.0, 40.0, 100.0],
        "long_tasks": [80.0, 61.0],
        "heap_bytes": [1, 2, 3],
        "spent": {
            "before": {
                "script": 1.0,
                "layout": 0.5,
                "thread": 2.0,
                "processes": [{"type": "renderer", "id": 1, "cpuTime": 4.0}],
            },
            "after": {
                "script": 1.1,
                "layout": 0.6,
                "thread": 2.5,
                "processes": [
                    {"type": "renderer", "id": 1, "cpuTime": 4.7},
                    {"type": "GPU", "id": 2, "cpuTime": 0.2},
                ],
            },
        },
        "first_row_ms": 300,
        "rows_written": 20_000,
        "footer": "Live",
        "troubles": [],
    }
    facts = page.summary(found)
    assert facts["frames_per_second"] == 50
    assert facts["frame_ms"] == {"p50": 16.7, "p95": 16.7, "p99": 100.0, "max": 100.0}
    assert facts["cpu_ms_a_frame"] == {
        "script": 1.0,
        "style_and_layout": 1.0,
        "painting": 3.0,
        "other_threads": 4.0,
    }
    assert (facts["late_frames"], facts["long_tasks"], facts["longest_task_ms"]) == (3, 2, 80.0)
