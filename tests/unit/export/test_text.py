"""Rows for people."""

from __future__ import annotations

import pytest

from nautscan.export.text import Aligned, duration, printable, size


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (None, "-"),
        (0, "0 ns"),
        (999, "999 ns"),
        (1_500, "1.5 µs"),
        (12_345_678, "12.3 ms"),
        (2_600_000_000, "2.6 s"),
        (3_600_000_000_000, "3600.0 s"),
    ],
)
def test_durations(nanoseconds: int | None, text: str) -> None:
    assert duration(nanoseconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "-"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (999_999, "1 MB"),
        (5_151_063, "5.15 MB"),
        (7 * 10**15, "7000 TB"),
    ],
)
def test_sizes(count: int | None, text: str) -> None:
    assert size(count) == text


def test_bytes_from_the_wire_cannot_drive_a_terminal() -> None:
    assert printable("/a\x1b]0;title\x07\nb\x9bm") == "/a\\x1b]0;title\\x07\\x0ab\\x9bm"
    assert printable(None) == "-"


def test_columns_stay_aligned_as_rows_come() -> None:
    aligned = Aligned(["NAME", "N"], right=frozenset({"N"}))
    first = aligned.lines([["a", "1"]])
    assert first == ["NAME  N", "a     1"]
    assert aligned.lines([["long name", "100"]]) == ["long name  100"]
    assert aligned.lines([["b", "2"]]) == ["b            2"]
