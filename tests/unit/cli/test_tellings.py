"""Requests that are told more than once, on the terminal."""

from __future__ import annotations

from arro3.core import RecordBatch, Table

from nautscan.cli._tellings import Tellings
from nautscan.export.text import RowPrinter, plain
from tests.unit.support import rows


def batch(*parts: str) -> RecordBatch:
    """Rows of requests, each as `flow, exchange_id, completeness`."""
    source = f"(VALUES {', '.join(f'({part})' for part in parts)}) t(flow, number, state)"
    (found,) = rows(
        "requests", source, flow_id="flow", exchange_id="number", completeness="state"
    ).to_batches()
    return found


def told(tellings: Tellings, *parts: str, most: int | None = None) -> tuple[list[int], int]:
    found, new = tellings.take(batch(*parts), most)
    return found.column("flow_id").to_pylist(), new


def test_a_person_sees_the_first_and_the_last_row_of_a_request_that_lasts() -> None:
    tellings = Tellings(every=False)
    assert told(tellings, "1, NULL, 'complete'", "7, 1, 'open'") == ([1, 7], 2)
    assert told(tellings, "7, 1, 'open'", "8, 1, 'open'", "2, NULL, 'gap'") == ([8, 2], 2)
    assert told(tellings, "7, 1, 'open'") == ([], 0)
    assert told(tellings, "7, 1, 'complete'", "8, 2, 'complete'") == ([7, 8], 1)


def test_a_program_gets_every_row_and_counts_requests() -> None:
    tellings = Tellings(every=True)
    assert told(tellings, "7, 1, 'open'", "7, 1, 'open'") == ([7, 7], 1)
    assert told(tellings, "7, 1, 'complete'") == ([7], 0)


def test_no_more_than_wanted_are_begun() -> None:
    tellings = Tellings(every=False)
    parts = ("7, 1, 'open'", "7, 1, 'open'", "1, NULL, 'complete'", "2, NULL, 'complete'")
    assert told(tellings, *parts, most=2) == ([7, 1], 2)
    assert told(tellings, "3, NULL, 'complete'", "4, NULL, 'complete'", most=1) == ([3], 1)
    assert told(tellings, "5, 1, 'open'", most=0) == ([], 0)


def test_what_is_told_again_takes_no_room_of_those_that_are_new() -> None:
    parts = ("7, 1, 'open'", "1, NULL, 'complete'", "7, 1, 'open'", "7, 1, 'complete'")
    more = ("2, NULL, 'complete'", "8, 1, 'open'", "3, NULL, 'complete'")
    for every, first in ((False, [7, 1, 7]), (True, [7, 1, 7, 7])):
        assert told(Tellings(every=every), *parts, *more, most=3) == ([*first, 2], 3)
        assert told(Tellings(every=every), *parts, *more, most=2) == ([7, 1], 2)


def test_what_goes_on_is_printed_as_open() -> None:
    table = Table.from_batches([batch("7, 1, 'open'", "1, NULL, 'complete'")])
    lines = list(RowPrinter("requests", None, plain).lines(table))
    # It has no status here, so that its state stands there too.
    assert lines[1].split().count("open") == 2
    assert "open" not in lines[2]
