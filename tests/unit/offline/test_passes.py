"""Small parts of a pass."""

from __future__ import annotations

import pytest

from nautscan.offline.passes import rfc3339, tables_in


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1_767_225_600_000_000_001, "2026-01-01T00:00:00.000000001Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (-(2**63), "1677-09-21T00:12:43.145224192Z"),
    ],
)
def test_times_keep_every_nanosecond(nanoseconds: int, text: str) -> None:
    assert rfc3339(nanoseconds) == text


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SELECT * FROM requests", {"requests"}),
        ('select 1 from "Flows" f, PACKETS', {"flows", "packets"}),
        ("SELECT my_requests FROM numbers", set()),
    ],
)
def test_only_the_tables_that_a_query_names_are_read(query: str, tables: set[str]) -> None:
    assert tables_in(query) == tables
