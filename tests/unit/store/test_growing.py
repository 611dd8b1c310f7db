"""Exchanges that are told more than once: one row of each, the last, under one number."""

from __future__ import annotations

import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from arro3.core import Table
from arro3.io import read_ipc_stream

from nautscan.schema import columns
from nautscan.store import growing, retention
from nautscan.store.duck import DuckStore
from nautscan.store.filestore import FileStore, FileWriter
from nautscan.store.filter import EVERYTHING, Condition, compile_filter
from nautscan.store.fresh import FreshRows
from nautscan.store.growing import Exchange, Growing
from nautscan.store.interface import Grouping, PageSpec, Span, ValuesSpec
from tests.unit.store.test_store import ROOMY, written
from tests.unit.support import START, at, ipc, rows

HOUR = Span(START - 10**9, START + 3600 * 10**9)


class Told:
    """A store, and what comes between it and the sensor: as the server has them."""

    def __init__(self, path: Path) -> None:
        self.store = DuckStore(path, ROOMY, memory_bytes=256 << 20, query_seconds=30)
        self.fresh = FreshRows(self.store.open_exchanges)
        self.rows = 0

    def tell(self, batch: Table) -> list[int]:
        """A batch; the numbers of its rows."""
        count = self.fresh.load("requests", [ipc(batch)])
        self.fresh.enrich("requests", self.store.first_id("requests", count))
        found = self.fresh.rows("requests")
        self.store.append("requests", found)
        self.rows += count
        numbers: list[int] = found.column("id").to_pylist()
        return numbers

    async def page(self, condition: Condition = EVERYTHING) -> list[dict[str, Any]]:
        await written(self.store, self.rows)
        page = await self.store.page(PageSpec("requests", condition, Span(), 1000))
        return [json.loads(line) for line in page.rows]

    async def close(self) -> None:
        self.fresh.close()
        await self.store.close()


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Told]:
    made = Told(tmp_path / "a.duckdb")
    yield made
    if made.store.state().state != "closed":
        await made.close()


def socket(size: int, *, flow: int = 7, number: int = 1, state: str = "open", **more: str) -> Table:
    """A WebSocket as it is told once it has carried `size` bytes."""
    return rows(
        "requests",
        flow_id=str(flow),
        exchange_id=str(number),
        completeness=f"'{state}'",
        protocol="'websocket'",
        status="101",
        response_bytes=str(size),
        duration_ns="NULL" if state == "open" else "5000000000",
        **more,
    )


def both(*tables: Table) -> Table:
    return Table.from_batches([batch for table in tables for batch in table.to_batches()])


async def test_the_last_row_of_an_exchange_holds_under_its_first_number(told: Told) -> None:
    plain = rows("requests", "range(3) t(n)", flow_id="n", time=at("n"))
    assert told.tell(socket(10)) == [1]
    assert told.tell(both(plain, socket(20))) == [2, 3, 4, 1]
    (before,) = [row for row in await told.page() if row["exchange_id"]]
    assert before["updated"] is not None
    assert told.tell(socket(30, state="complete")) == [1]
    found = await told.page()
    assert sorted(row["id"] for row in found) == [1, 2, 3, 4]
    (row,) = [row for row in found if row["exchange_id"]]
    assert (row["id"], row["response_bytes"], row["completeness"]) == (1, 30, "complete")
    assert row["updated"] > before["updated"]
    assert [row["updated"] for row in found if not row["exchange_id"]] == [None] * 3
    # The number is not held any longer: exchanges that have ended are not remembered.
    assert told.tell(rows("requests")) == [7]
    assert not told.fresh._growing._ids


async def test_rows_of_one_batch_are_one(told: Told) -> None:
    batch = both(
        rows("requests", flow_id="1"),
        socket(10),
        rows("requests", flow_id="2"),
        socket(5, number=2),
        socket(20),
        socket(30, state="complete"),
        rows("requests", flow_id="3"),
    )
    numbers = told.tell(batch)
    found = {row["id"]: (row["flow_id"], row["response_bytes"]) for row in await told.page()}
    # In their order, and everything that belongs to a row is still beside it.
    assert [found[number] for number in numbers] == [
        (1, None), (2, None), (7, 5), (7, 30), (3, None)
    ]  # fmt: skip


async def test_exchanges_are_told_apart_by_sensor_flow_and_number(told: Told) -> None:
    for size in (1, 2):
        for batch in (
            socket(size),
            socket(size, number=2),
            socket(size, flow=8),
            socket(size, sensor="'other'"),
        ):
            told.tell(batch)
    assert [row["response_bytes"] for row in await told.page()] == [2, 2, 2, 2]


async def test_what_was_open_goes_on_after_a_restart(told: Told, tmp_path: Path) -> None:
    told.tell(both(socket(10), socket(10, number=2), socket(9, number=3, state="complete")))
    before = {row["exchange_id"]: row for row in await told.page()}
    await told.close()
    again = Told(tmp_path / "a.duckdb")
    assert again.tell(socket(20, state="complete")) == [before[1]["id"]]
    after = {row["exchange_id"]: row for row in await again.page()}
    assert after[1]["response_bytes"] == 20
    # Nothing told of this one any more: it stays as it was, and says when that was.
    assert after[2] == before[2]
    assert after[2]["completeness"] == "open"
    # Another run of the engine counts from one again, in flows of other numbers.
    again.tell(socket(1, flow=99))
    assert len(await again.page()) == 4
    await again.close()


async def test_an_exchange_whose_number_was_forgotten_is_still_one(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "MAX_OPEN", 2)
    for number in (1, 2, 3):
        told.tell(socket(10, number=number))
    assert told.tell(socket(20, number=1)) == [4]
    found = {row["exchange_id"]: row["response_bytes"] for row in await told.page()}
    assert found == {1: 20, 2: 10, 3: 10}
    assert len(await told.page()) == 3


async def test_filters_see_the_last_row_only(told: Told) -> None:
    told.tell(socket(10, target="'/before'"))
    told.tell(socket(20, target="'/after'", state="complete"))
    for text, count in (
        ("completeness = 'open'", 0),
        ("target = '/before'", 0),
        ("response_bytes < 20", 0),
        ("target = '/after' and completeness = 'complete'", 1),
        ("updated > '2001-01-01T00:00:00Z'", 1),
    ):
        condition = compile_filter("requests", text)
        assert len(await told.page(condition)) == count, text


async def test_everything_that_counts_counts_an_exchange_once(told: Told) -> None:
    plain = rows("requests", "range(4) t(n)", flow_id="n", duration_ns="1000 + n", status="200")
    told.tell(both(plain, socket(10)))
    for size in (20, 30):
        told.tell(socket(size))
    await told.page()
    store = told.store
    grouping = Grouping("requests", "protocol", EVERYTHING, "here")
    hour = 3600 * 10**9
    series = await store.series("requests", EVERYTHING, HOUR, hour)
    assert [row["requests"] for row in series.values()] == [5]
    # One that goes on has no latency yet.
    assert series[0]["p99_ns"] == 1003
    groups, _ = await store.top(grouping, HOUR, hour, "requests", 10)
    assert {group.keys[0][0]: group.totals["requests"] for group in groups} == {
        "http": 4,
        "websocket": 1,
    }
    edges, _, _ = await store.edges(HOUR, None, 10)
    assert sum(edge["requests"] for edge in edges) == 5
    pairs, _ = await store.compared(grouping, HOUR, Span(0, START - 10**9), 10)
    assert {group.keys[0][0]: group.totals["requests"] for group, _ in pairs if group} == {
        "http": 4,
        "websocket": 1,
    }
    (column,) = [column for column in columns("requests") if column.name == "completeness"]
    values = await store.values(ValuesSpec("requests", column, "", EVERYTHING, 10))
    assert dict(values.values) == {"complete": 4, "open": 1}


async def test_pages_hold_still_while_an_exchange_grows(told: Told) -> None:
    told.tell(rows("requests", "range(10) t(n)", flow_id="n", time=at("n")))
    told.tell(socket(1, time=at("4.5")))
    await told.page()
    seen: list[int] = []
    after = None
    for turn in range(3):
        page = await told.store.page(PageSpec("requests", EVERYTHING, Span(), 4, "desc", after))
        seen += [json.loads(line)["id"] for line in page.rows]
        after = page.following
        told.tell(socket(turn + 2, time=at("4.5")))
        await told.page()
    assert seen == [10, 9, 8, 7, 6, 11, 5, 4, 3, 2, 1]


async def test_one_that_is_still_told_of_does_not_expire(told: Told) -> None:
    now = time.time_ns()
    old = f"make_timestamp_ns({now} - 900000000000)"
    told.tell(both(socket(1, time=old), rows("requests", time=old)))
    await told.page()
    cursor = told.store._database.cursor()
    assert retention.step(cursor, 600, 1 << 40) == 1
    assert [row["exchange_id"] for row in await told.page()] == [1]
    cursor.execute("UPDATE requests SET updated = updated - INTERVAL 20 MINUTE").fetchall()
    assert retention.step(cursor, 600, 1 << 40) == 1
    # What expired comes back with what is told of it next, as the row it was.
    assert told.tell(socket(2, time=old)) == [1]
    assert [row["response_bytes"] for row in await told.page()] == [2]
    cursor.close()


async def test_what_is_hidden_stays_hidden_in_each_row_of_it(told: Told) -> None:
    from nautscan.store.hiding import Rules

    told.fresh.set_rules(Rules(patterns=("secret[0-9]+",)))
    for size in (1, 2):
        told.tell(socket(size, target="'/?a=secret12'", detail='\'{"last": "secret34"}\''))
    (row,) = await told.page()
    assert row["target"] == "/?a=[redacted]"
    assert row["detail"] == {"last": "[redacted]"}


async def test_a_file_that_tells_an_exchange_twice_has_it_once(tmp_path: Path) -> None:
    path = tmp_path / "file.duckdb"
    writer = FileWriter(path, memory_bytes=256 << 20, most_bytes=1 << 40, min_free_bytes=0)
    fresh = FreshRows()
    for first, batch in ((1, socket(1)), (2, both(socket(2), rows("requests")))):
        fresh.load("requests", [ipc(batch)])
        fresh.enrich("requests", first)
        writer.add("requests", ipc(fresh.rows("requests")))
    writer.close()
    fresh.close()
    store = FileStore(path, memory_bytes=256 << 20, query_seconds=30)
    page = await store.page(PageSpec("requests", EVERYTHING, Span(), 10))
    assert sorted(json.loads(line)["response_bytes"] or 0 for line in page.rows) == [0, 2]
    store.close()


async def test_counts_equal_distinct_exchanges_whatever_the_order(told: Told) -> None:
    """A property: random batches, of some exchanges over and over, and of plain requests."""
    dice = random.Random(12)
    last: dict[tuple[int, int], int] = {}
    plain = size = 0
    for _ in range(12):
        parts = []
        for _ in range(dice.randint(1, 12)):
            size += 1
            if dice.random() < 0.3:
                plain += 1
                parts.append(f"(1000, NULL, {size}, 'complete')")
                continue
            flow, number = dice.randint(1, 4), dice.randint(1, 3)
            last[flow, number] = size
            state = dice.choice(("open", "open", "complete", "gap"))
            parts.append(f"({flow}, {number}, {size}, '{state}')")
        batch = rows(
            "requests",
            f"(VALUES {', '.join(parts)}) t(flow, number, size, state)",
            flow_id="flow",
            exchange_id="number",
            response_bytes="size",
            completeness="state",
        )
        told.tell(batch)
    found = await told.page()
    grown = {
        (row["flow_id"], row["exchange_id"]): row["response_bytes"]
        for row in found
        if row["exchange_id"] is not None
    }
    assert grown == last
    assert len(found) == len(last) + plain
    assert len({row["id"] for row in found}) == len(found)


@pytest.fixture
def fresh() -> Iterator[FreshRows]:
    made = FreshRows()
    yield made
    made.close()


def load(fresh: FreshRows, first: int, *tables: Table) -> None:
    fresh.load("requests", [ipc(both(*tables))])
    fresh.enrich("requests", first)


def test_rows_that_are_not_stored_yet_have_the_number_too(fresh: FreshRows) -> None:
    load(fresh, 1, socket(1), rows("requests"))
    load(fresh, 3, rows("requests"), socket(2))
    # What is found out later about owners changes no number.
    fresh.enrich("requests", 3)
    lines, cut = fresh.json_rows("requests", EVERYTHING, 10)
    found = [json.loads(line) for line in lines]
    assert [(row["id"], row["response_bytes"]) for row in found] == [(1, 2), (3, None)]
    assert cut == 0
    condition = compile_filter("requests", "completeness = 'open'")
    assert len(fresh.json_rows("requests", condition, 10)[0]) == 1


def test_a_row_told_again_is_not_counted_among_those_left_out(fresh: FreshRows) -> None:
    sockets = [socket(1, number=number) for number in range(10)]
    load(fresh, 1, *sockets)
    load(fresh, 11, *sockets, rows("requests", "range(10) t(n)"))
    lines, cut = fresh.json_rows("requests", EVERYTHING, 10)
    assert len(lines) == 10
    assert cut == 10 - sum(json.loads(line)["id"] > 10 for line in lines)


def test_an_exchange_told_once_is_not_remembered_beyond_its_batch(fresh: FreshRows) -> None:
    load(fresh, 1, socket(1, state="complete"))
    load(fresh, 2, rows("requests"))
    assert not fresh._growing._ids


def test_batches_without_any_are_passed_on_as_they_are() -> None:
    batch = read_ipc_stream(ipc(rows("requests", "range(5) t(n)"))).read_all()
    known = [(Exchange("local", 7, 1), 3)]
    with duckdb.connect() as cursor:
        assert Growing(cursor).take(batch) is batch
        assert Growing(cursor, known).take(batch) is batch
