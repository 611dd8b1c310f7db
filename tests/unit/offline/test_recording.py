"""`nautscan.read`: tables that DuckDB, Polars and Arrow take as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from arro3.core import Table as ArrowTable

import nautscan
from nautscan import schema
from nautscan.errors import BadQuery, BadRequest
from tests.unit.shop import Shop, write_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return write_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def recording(shop: Shop) -> Iterator[nautscan.Recording]:
    with nautscan.read(shop.path, bodies=1000) as recording:
        yield recording


def rows_of(table: nautscan.Table) -> list[tuple[object, ...]]:
    connection = duckdb.connect()
    connection.register("answer", table)
    return connection.execute("SELECT * FROM answer").fetchall()


def test_tables_have_the_columns_of_the_schema(recording: nautscan.Recording) -> None:
    for name, table in (
        ("requests", recording.requests),
        ("flows", recording.flows),
        ("packets", recording.packets),
    ):
        assert table.columns == [column.name for column in schema.ENGINE_COLUMNS[name]]
        assert repr(table).startswith(f"<nautscan.Table {name}: {len(table)} rows")


def test_duckdb_takes_a_table_as_often_as_it_likes(
    recording: nautscan.Recording, shop: Shop
) -> None:
    table = recording.requests
    connection = duckdb.connect()
    connection.register("requests", table)
    for _ in range(3):
        rows = connection.execute("SELECT target, epoch_ns(time) FROM requests").fetchall()
        assert sorted(rows) == sorted((e.target, e.time) for e in shop.exchanges)
    # Twice within one query: a stream that could be read only once would come back empty.
    query = "SELECT count(*) FROM requests a JOIN requests b USING (time, flow_id)"
    assert connection.execute(query).fetchall() == [(len(shop.exchanges),)]


def test_duckdb_finds_a_table_by_the_name_of_its_variable(
    recording: nautscan.Recording, shop: Shop
) -> None:
    packets = recording.packets
    assert len(packets) == shop.packets
    assert duckdb.execute("SELECT count(*) FROM packets").fetchall() == [(shop.packets,)]


def test_arrow_takes_a_table_without_a_copy_of_its_own(recording: nautscan.Recording) -> None:
    first, second = (ArrowTable.from_arrow(recording.flows) for _ in range(2))
    assert first == second
    assert first.num_rows == len(recording.flows)


def test_polars_takes_a_table(recording: nautscan.Recording, shop: Shop) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame(recording.requests)
    assert frame.height == len(shop.exchanges)
    assert frame["time"].dtype == polars.Datetime("ns")
    assert sorted(frame["target"]) == sorted(e.target for e in shop.exchanges)


def test_rows_can_be_streamed_without_being_kept(recording: nautscan.Recording, shop: Shop) -> None:
    for _ in range(2):
        rows = sum(batch.num_rows for batch in recording.stream("packets"))
        assert rows == shop.packets
    with pytest.raises(BadRequest, match="stats"):
        recording.stream("stats")


def test_sql(recording: nautscan.Recording, shop: Shop) -> None:
    answer = recording.sql(
        "SELECT count(DISTINCT p.id) AS packets, count(DISTINCT r.time) AS requests "
        "FROM packets p, requests r"
    )
    assert rows_of(answer) == [(shop.packets, len({e.time for e in shop.exchanges}))]
    with pytest.raises(BadQuery):
        recording.sql("SELECT colour FROM requests")


def test_an_answer_outlives_the_recording(shop: Shop) -> None:
    with nautscan.read(shop.path) as recording:
        answer = recording.sql("SELECT 1 AS one FROM flows LIMIT 1")
    assert ArrowTable.from_arrow(answer).num_rows == 1


def test_summary(recording: nautscan.Recording, shop: Shop) -> None:
    assert recording.summary["packets"] == shop.packets
    assert recording.summary["requests"] == len(shop.exchanges)


def test_what_is_not_asked_for_is_not_kept(shop: Shop) -> None:
    bare = nautscan.read(shop.path, headers=False)
    [kept] = rows_of(bare.sql("SELECT count(request_headers), count(response_body) FROM requests"))
    assert kept == (0, 0)


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    recording = nautscan.read(tmp_path / "none.pcap")
    with pytest.raises(Exception, match=r"none\.pcap") as caught:
        _ = recording.flows
    assert caught.value.code == "not_found"  # type: ignore[attr-defined]
    with pytest.raises(BadRequest):
        nautscan.read()


def test_a_pipe_is_read_once_for_all_tables(shop: Shop, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    if os.fork() == 0:
        with pipe.open("wb") as stream:
            stream.write(shop.path.read_bytes())
        os._exit(0)
    recording = nautscan.read(pipe)
    assert len(recording.packets) == shop.packets
    assert len(recording.requests) == len(shop.exchanges)
    os.wait()


def test_importing_the_package_loads_no_engine() -> None:
    assert isinstance(nautscan.__version__, str)
    assert "read" in dir(nautscan)
    with pytest.raises(AttributeError, match="colour"):
        _ = nautscan.colour
