# ruff: noqa: ASYNC110, ASYNC220, ASYNC221 (tests wait for what happens, and run processes)
"""The store: what is written can be read, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from arro3.core import Table

from nautscan import schema
from nautscan.errors import BadQuery, QueryTimeout, StoreUnavailable
from nautscan.store import migrations, retention
from nautscan.store.duck import DuckStore
from nautscan.store.filter import EVERYTHING, compile_filter
from nautscan.store.fresh import FreshRows
from nautscan.store.interface import PageSpec, Span, StoredGap
from nautscan.store.writer import Limits
from tests.unit.support import START, at, ipc, rows, rows_sql

YEARS = 100 * 365 * 86400.0
ROOMY = Limits(queue_bytes=64 << 20, min_free_bytes=0, keep_seconds=YEARS, keep_bytes=1 << 40)

Open = Callable[..., DuckStore]


@pytest.fixture
async def open_store(tmp_path: Path) -> AsyncIterator[Open]:
    opened: list[DuckStore] = []

    def make(limits: Limits = ROOMY, query_seconds: float = 30) -> DuckStore:
        store = DuckStore(
            tmp_path / "data" / "a.duckdb",
            limits,
            memory_bytes=256 << 20,
            query_seconds=query_seconds,
        )
        opened.append(store)
        return store

    yield make
    for store in opened:
        if store.state().state != "closed":
            await store.close()


def put(store: DuckStore, table: str, batch: Table) -> int:
    """Rows as the ingest puts them in; the first id."""
    fresh = FreshRows()
    count = fresh.load(table, [ipc(batch)])
    first = 0
    if table != "stats":
        first = store.first_id(table, count)
        fresh.enrich(table, first)
    store.append(table, fresh.rows(table))
    fresh.close()
    return first


async def written(store: DuckStore, count: int) -> None:
    async with asyncio.timeout(20):
        while store.state().rows_written < count:
            await asyncio.sleep(0.02)


async def page(store: DuckStore, table: str = "requests", **spec: Any) -> list[dict[str, Any]]:
    filled: dict[str, Any] = {"condition": EVERYTHING, "span": Span(), "limit": 1000} | spec
    found = await store.page(PageSpec(table=table, **filled))
    return [json.loads(line) for line in found.rows]


async def test_rows_come_back_as_they_went_in(open_store: Open) -> None:
    store = open_store()
    first = put(
        store,
        "requests",
        rows(
            "requests",
            flow_id="9007199254740993",
            time=f"make_timestamp_ns({START + 123_456_789})",
            method="'GET'",
            target="'/\"quoted\"/\u00e9'",
            status="204",
            request_headers="[{'name': 'A', 'value': 'b'}]",
            request_body="'text'::BLOB",
            response_body=r"'\xFF\x00'::BLOB",
            response_body_truncated="true",
            detail="'{\"key\": [1]}'",
        ),
    )
    await written(store, 1)
    row = json.loads(await store.row("requests", first) or "")
    assert row["time"] == "2023-11-14T22:13:20.123456789Z"
    assert row["flow_id"] == "9007199254740993"
    assert row["target"] == '/"quoted"/\u00e9'
    assert row["request_headers"] == [{"name": "A", "value": "b"}]
    assert row["request_body"] == {"text": "text", "base64": None, "bytes": 4, "truncated": False}
    assert row["response_body"] == {"text": None, "base64": "/wA=", "bytes": 2, "truncated": True}
    assert row["detail"] == {"key": [1]}
    assert row["error"] is None
    assert list(row) == [column.name for column in schema.columns("requests")]

    (light,) = await page(store)
    assert list(light) == [column.name for column in schema.light_columns("requests")]
    assert await store.row("requests", first + 1) is None


async def test_pages_are_stable_while_rows_come_in(open_store: Open) -> None:
    store = open_store()
    put(store, "requests", rows("requests", "range(250) t(n)", flow_id="n", time=at("n // 3")))
    await written(store, 250)
    seen: list[int] = []
    after = None
    for number in range(3):
        found = await store.page(PageSpec("requests", EVERYTHING, Span(), 100, "desc", after))
        seen += [json.loads(line)["flow_id"] for line in found.rows]
        after = found.following
        # Rows that come in between, older and newer, belong to none of these pages.
        batch = rows("requests", "range(40) t(n)", flow_id="1000 + n", time=at("n * 3"))
        put(store, "requests", batch)
        await written(store, 250 + 40 * (number + 1))
    assert seen == list(reversed(range(250)))
    assert after is None

    backwards = await store.page(PageSpec("requests", EVERYTHING, Span(), 100, "asc"))
    times = [json.loads(line)["time"] for line in backwards.rows]
    assert times == sorted(times)


async def test_spans_and_filters(open_store: Open) -> None:
    store = open_store()
    batch = rows(
        "requests", "range(10) t(n)", flow_id="n", time=at("n"), status="200 + n", host="'h' || n"
    )
    put(store, "requests", batch)
    await written(store, 10)
    span = Span(START + 3 * 10**9, START + 6 * 10**9)
    assert [row["flow_id"] for row in await page(store, span=span)] == [5, 4, 3]
    condition = compile_filter("requests", "status > 204 h8")
    assert [row["flow_id"] for row in await page(store, condition=condition)] == [8]
    overflow = compile_filter("requests", "flow_id * 9000000000000000000 > 1")
    with pytest.raises(BadQuery):
        await page(store, condition=overflow)


async def test_the_last_row_of_a_flow_holds(open_store: Open) -> None:
    store = open_store()
    for update in range(3):
        batch = rows(
            "flows",
            "range(5) t(n)",
            flow_id="n",
            time=at("n"),
            last_time=at(f"n + {update}"),
            client_bytes=f"{update} * 100",
            end_reason="'finished'" if update == 2 else "NULL",
            state="'closed'" if update == 2 else "'established'",
        )
        put(store, "flows", batch)
    await written(store, 15)
    found = await page(store, "flows")
    assert [(row["flow_id"], row["client_bytes"]) for row in found] == [
        (n, 200) for n in (4, 3, 2, 1, 0)
    ]
    # The filter is about the flow as last seen: none is established any more.
    open_ones = compile_filter("flows", "state = 'established'")
    assert await page(store, "flows", condition=open_ones) == []

    totals = await store.series("flows", EVERYTHING, Span(START, START + 10 * 10**9), 10**10)
    assert totals[0]["requests"] == 5
    assert totals[0]["bytes"] == 1000


async def test_replaced_rows_of_flows_are_dropped_once_settled(open_store: Open) -> None:
    store = open_store()
    for update in range(4):
        put(store, "flows", rows("flows", flow_id="7", client_bytes=str(update)))
    await written(store, 4)
    cursor = store._database.cursor()
    retention.step(cursor, YEARS, 1 << 40)
    kept = cursor.execute("SELECT client_bytes FROM flows").fetchall()
    assert kept == [(3,)]


async def test_old_rows_expire(open_store: Open) -> None:
    now = time.time_ns()
    store = open_store()
    batch = rows(
        "requests",
        "range(10) t(n)",
        flow_id="n",
        time=f"make_timestamp_ns({now} - n * 100000000000)",
    )
    put(store, "requests", batch)
    await written(store, 10)
    cursor = store._database.cursor()
    assert retention.step(cursor, 450, 1 << 40) == 5
    assert sorted(row["flow_id"] for row in await page(store)) == [0, 1, 2, 3, 4]


async def test_the_database_is_kept_below_its_size(open_store: Open) -> None:
    store = open_store()
    source = rows_sql(
        "requests",
        "range(300000) t(n)",
        flow_id="n",
        target="md5(n::VARCHAR) || md5((n + 1)::VARCHAR)",
        request_body="md5((n * 7)::VARCHAR)::BLOB",
    )
    cursor = store._database.cursor()
    cursor.execute(
        f"INSERT INTO requests BY NAME SELECT flow_id + 1 AS id, * FROM ({source})"
    ).fetchall()
    cursor.execute("CHECKPOINT").fetchall()
    before = retention.used_bytes(cursor)
    cap = before // 2
    for _ in range(40):
        if retention.used_bytes(cursor) <= cap:
            break
        retention.step(cursor, YEARS, cap)
    assert retention.used_bytes(cursor) <= cap
    oldest, count = cursor.execute("SELECT min(id), count(*) FROM requests").fetchall()[0]
    assert oldest > 1
    # What is over the cap goes, and not everything with it.
    assert count > 40_000


async def test_ids_are_never_given_twice(open_store: Open) -> None:
    store = open_store()
    assert put(store, "requests", rows("requests", "range(5) t(n)")) == 1
    await written(store, 5)
    await store.close()
    again = open_store()
    assert put(again, "requests", rows("requests")) == 6
    assert again.first_id("flows", 3) == 1
    await again.close()


_WRITES_AND_WAITS = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.unit.store.test_store import ROOMY, put, rows
from nautscan.store.duck import DuckStore

store = DuckStore(Path({path!r}), ROOMY, memory_bytes=256 << 20, query_seconds=5)
number = 0
while True:
    put(store, "requests", rows("requests", "range(50) t(n)", flow_id=f"{{number}} * 50 + n"))
    number += 1
    print(number * 50, store.state().rows_written, flush=True)
    import time; time.sleep(0.05)
"""


async def test_killed_in_the_midst_of_writing(open_store: Open, tmp_path: Path) -> None:
    """SIGKILL: the file opens, everything that was committed is there, and nothing is torn."""
    path = tmp_path / "data" / "a.duckdb"
    root = str(Path(__file__).parents[3])
    script = _WRITES_AND_WAITS.format(root=root, path=str(path))
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert process.stdout is not None
    committed = 0
    for line in process.stdout:
        committed = int(line.split()[1])
        if committed >= 500:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()

    store = open_store()
    count, distinct, largest = (
        store._database.cursor()
        .execute("SELECT count(*), count(DISTINCT flow_id), max(flow_id) FROM requests")
        .fetchall()[0]
    )
    assert count >= committed
    assert count == distinct == largest + 1
    assert count % 50 == 0
    # No number that may have been shown to somebody is given to another row.
    assert store.first_id("requests", 1) > count


def make_version_one(path: Path) -> None:
    connection = duckdb.connect(str(path))
    connection.execute("SELECT 1").fetchall()
    migrations._apply(connection, migrations.MIGRATIONS[0])
    connection.execute(
        """INSERT INTO requests BY NAME SELECT 7 AS id, TIMESTAMP_NS '2024-01-01' AS time,
        'local' AS sensor, 'http' AS protocol, 3 AS flow_id, '1:x=' AS community_id,
        '10.0.0.1' AS client_ip, 1 AS client_port, '10.0.0.2' AS server_ip, 80 AS server_port,
        false AS request_body_truncated, false AS response_body_truncated,
        'complete' AS completeness, 0 AS gap_bytes, [] AS oddities"""
    ).fetchall()
    connection.close()


async def test_a_database_of_version_one_is_brought_up(open_store: Open, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    make_version_one(tmp_path / "data" / "a.duckdb")
    store = open_store()
    assert store.came_from == 1
    assert [row["id"] for row in await page(store)] == [7]
    assert store.first_id("requests", 1) == 8
    assert await store.gaps(Span()) == []
    await store.close()
    connection = duckdb.connect(str(tmp_path / "data" / "a.duckdb"))
    assert migrations.version_of(connection) == migrations.VERSION


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    connection = duckdb.connect(str(tmp_path / "a.duckdb"))
    migrations._apply(connection, migrations.MIGRATIONS[0])
    broken = migrations.Migration(2, ("CREATE TABLE half (n INTEGER)", "SELECT broken"))
    with pytest.raises(duckdb.Error):
        migrations._apply(connection, broken)
    assert migrations.version_of(connection) == 1
    names = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert ("half",) not in names


def test_migrations_lead_to_the_schema() -> None:
    connection = duckdb.connect(":memory:")
    migrations.migrate(connection, "memory")
    assert [m.version for m in migrations.MIGRATIONS] == list(range(1, migrations.VERSION + 1))
    for table in schema.STORED_TABLES:
        found = connection.execute(
            "SELECT column_name, is_nullable FROM duckdb_columns() WHERE table_name = ?",
            [table],
        ).fetchall()
        # Columns of later steps stand last in the file; rows are stored and read by name.
        assert sorted(found) == sorted((c.name, c.nullable) for c in schema.columns(table))


async def test_a_newer_database_is_refused(open_store: Open, tmp_path: Path) -> None:
    await open_store().close()
    path = tmp_path / "data" / "a.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute("INSERT INTO schema_version (version) VALUES (99)")
    connection.close()
    with pytest.raises(StoreUnavailable, match="schema version 99") as caught:
        open_store()
    assert "newer NautScan" in caught.value.remedy


async def test_a_locked_database_names_its_holder(open_store: Open, tmp_path: Path) -> None:
    path = tmp_path / "data" / "a.duckdb"
    path.parent.mkdir()
    script = f"import duckdb; c = duckdb.connect({str(path)!r}); print(1, flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreUnavailable) as caught:
            open_store()
        assert str(process.pid) in caught.value.message
        assert "--data-dir" in caught.value.remedy
    finally:
        process.communicate(b"\n")


def test_a_file_that_is_no_database(open_store: Open, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.duckdb").write_bytes(b"something else" * 1000)
    with pytest.raises(StoreUnavailable, match="not a NautScan database"):
        open_store()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_folder_without_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        DuckStore(tmp_path / "b" / "a.duckdb", ROOMY, memory_bytes=1 << 28, query_seconds=1)


async def test_a_full_disk_stops_storing_and_nothing_else(open_store: Open) -> None:
    huge = 1 << 62
    store = open_store(Limits(64 << 20, huge, YEARS, 1 << 40))
    put(store, "requests", rows("requests", "range(20) t(n)"))
    async with asyncio.timeout(10):
        while store.state().rows_lost < 20:
            await asyncio.sleep(0.02)
    state = store.state()
    assert state.state == "full"
    assert state.rows_written == 0
    assert "free" in (state.reason or "")
    assert await page(store) == []


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
async def test_a_disk_that_really_fills_up(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)], check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not possible here")
    try:
        limits = Limits(256 << 20, 0, YEARS, 1 << 40)
        store = DuckStore(small / "a.duckdb", limits, memory_bytes=256 << 20, query_seconds=5)
        batch = rows("requests", "range(20000) t(n)", flow_id="n", target="md5(n::VARCHAR)")
        async with asyncio.timeout(30):
            while store.state().rows_lost == 0:
                put(store, "requests", batch)
                await asyncio.sleep(0.1)
        assert store.state().state == "full"
        assert "No space left" in (store.state().reason or "")
        assert await page(store) is not None
        await store.close()
        # What was committed before is still there when there is room again.
        shutil.copytree(small, tmp_path / "roomy")
        again = DuckStore(
            tmp_path / "roomy" / "a.duckdb", limits, memory_bytes=256 << 20, query_seconds=5
        )
        found = again._database.cursor().execute("SELECT count(*) FROM requests").fetchall()
        assert found[0][0] >= store.state().rows_written
        await again.close()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


async def test_a_queue_over_its_cap_drops_the_oldest_and_counts(open_store: Open) -> None:
    store = open_store(Limits(1, 0, YEARS, 1 << 40))
    batch = rows("requests", "range(100) t(n)")
    for _ in range(20):
        put(store, "requests", batch)
    await store.close()
    state = store.state()
    assert state.rows_lost > 0
    assert state.rows_lost + state.rows_written == 2000


async def test_a_slow_query_is_stopped_and_does_not_hold_up_writing(open_store: Open) -> None:
    store = open_store(query_seconds=1.5)
    slow = "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b"
    asking = asyncio.create_task(store._reader.ask(lambda question: question.rows(slow, {})))
    await asyncio.sleep(0.1)
    put(store, "requests", rows("requests", "range(10) t(n)"))
    await written(store, 10)
    assert not asking.done()
    with pytest.raises(QueryTimeout):
        await asking
    assert len(await page(store)) == 10


async def test_a_query_that_nobody_waits_for_ends(open_store: Open) -> None:
    store = open_store()
    slow = "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b"
    asking = [
        asyncio.create_task(store._reader.ask(lambda question: question.rows(slow, {})))
        for _ in range(4)
    ]
    await asyncio.sleep(0.2)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    # All four threads are free again, or this would wait for ever.
    async with asyncio.timeout(10):
        assert await page(store) == []


async def test_gaps_are_kept(open_store: Open) -> None:
    store = open_store()
    store.note_gap(StoredGap(START, None, "sensor away"))
    store.note_gap(StoredGap(START, START + 10**9, "sensor away"))
    store.note_gap(StoredGap(START + 10**10, START + 2 * 10**10, "stopped"))
    async with asyncio.timeout(10):
        while len(await store.gaps(Span())) < 2:
            await asyncio.sleep(0.05)
    assert await store.gaps(Span(START + 5 * 10**9, None)) == [
        StoredGap(START + 10**10, START + 2 * 10**10, "stopped")
    ]
    assert await store.gaps(Span(None, START + 1)) == [
        StoredGap(START, START + 10**9, "sensor away")
    ]


async def test_the_time_between_two_runs_is_a_gap(open_store: Open, tmp_path: Path) -> None:
    await open_store().close()
    connection = duckdb.connect(str(tmp_path / "data" / "a.duckdb"))
    an_hour_ago = time.time_ns() - 3600 * 10**9
    connection.execute("UPDATE meta SET value = ? WHERE name = 'alive'", [an_hour_ago])
    connection.close()
    store = open_store()
    async with asyncio.timeout(10):
        while not (found := await store.gaps(Span())):
            await asyncio.sleep(0.05)
    assert found[0].since_ns == an_hour_ago
    assert "not running" in found[0].reason


async def test_a_gap_that_was_open_ends_with_the_run(open_store: Open) -> None:
    store = open_store()
    store.note_gap(StoredGap(START, None, "sensor away"))
    await store.close()
    again = open_store()
    (gap,) = await again.gaps(Span())
    assert gap.until_ns is not None
    assert gap.until_ns > START


async def test_stats_are_kept(open_store: Open) -> None:
    store = open_store()
    put(store, "stats", rows("stats", "range(3) t(n)", stage="'capture'", name="'received'"))
    await written(store, 3)
    found = store._database.cursor().execute("SELECT count(*) FROM stats").fetchall()
    assert found == [(3,)]
