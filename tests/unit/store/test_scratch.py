"""The scratch database: what a person's SQL can do, and what it cannot."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from arro3.core import Table
from arro3.io import read_parquet

from nautscan.errors import BadQuery, BadRequest
from nautscan.store.scratch import ScratchDatabase
from tests.unit.support import arrow


def rows_of(first: int, count: int) -> Table:
    return arrow(
        f"""
            SELECT n, make_timestamp_ns(1700000000123456789 + n) AS time, 'row ' || n AS name,
                ['a', 'b'] AS tags, '\\xFF\\x00'::BLOB AS body
            FROM range({first}, {first + count}) t(n)
        """
    )


KINDS: dict[str, dict[str, Any]] = {
    "held": {},
    "memory": {"held_bytes": 0},
    "file": {"in_memory": False, "held_bytes": 0},
}
"""Where the rows are: as they came, in memory, or in a file."""


@pytest.fixture(params=KINDS)
def scratch(request: pytest.FixtureRequest) -> Iterator[ScratchDatabase]:
    with ScratchDatabase(**KINDS[request.param]) as database:
        database.add("numbers", rows_of(0, 3))
        database.add("numbers", rows_of(3, 2))
        yield database


def test_added_batches_are_one_table(scratch: ScratchDatabase) -> None:
    assert scratch.tables == ["numbers"]
    answer = scratch.sql("SELECT n, name FROM numbers WHERE n >= ? ORDER BY n", [3])
    assert answer.columns == ["n", "name"]
    assert list(answer.rows()) == [(3, "row 3"), (4, "row 4")]


def test_tables_are_shown_described_and_used_twice(scratch: ScratchDatabase) -> None:
    scratch.add("others", rows_of(4, 2))
    assert list(scratch.sql("SHOW TABLES").rows()) == [("numbers",), ("others",)]
    described = [row[:2] for row in scratch.sql("DESCRIBE numbers").rows()]
    assert described[:3] == [("n", "BIGINT"), ("time", "TIMESTAMP_NS"), ("name", "VARCHAR")]
    twice = "SELECT n FROM numbers UNION ALL SELECT n FROM numbers JOIN others USING (n)"
    answer = scratch.sql(f"SELECT n, count(*) FROM ({twice}) GROUP BY n ORDER BY n")
    assert list(answer.rows()) == list(answer.rows()) == [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2)]


def test_rows_beyond_the_cap_are_stored() -> None:
    with ScratchDatabase(held_bytes=rows_of(100, 50).nbytes * 5 // 2) as database:
        stored = "SELECT count(*) FROM duckdb_tables()"
        for first in range(0, 500, 50):
            database.add("numbers", rows_of(first, 50))
            is_stored = [(int(first >= 100),)]
            assert list(database.sql(stored).rows()) == is_stored
        database.add("numbers", rows_of(500, 1).select(["name", "n"]))
        answer = database.sql("SELECT count(*), sum(n)::BIGINT, count(time) FROM numbers")
        assert list(answer.rows()) == [(501, 125_250, 500)]


def test_json_keeps_nanoseconds_and_duplicate_names(scratch: ScratchDatabase) -> None:
    lines = list(
        scratch.sql(
            "SELECT time, n AS x, 'nan'::DOUBLE AS d, tags, body FROM numbers ORDER BY n LIMIT 1"
        ).json_lines()
    )
    assert [json.loads(line) for line in lines] == [
        {
            "time": "2023-11-14T22:13:20.123456789Z",
            "x": 0,
            "d": None,
            "tags": ["a", "b"],
            "body": "/wA=",
        }
    ]


def test_more_rows_than_one_fetch(scratch: ScratchDatabase) -> None:
    lines = list(scratch.sql("SELECT range AS n FROM range(20000)").json_lines())
    assert len(lines) == 20_000
    assert lines[-1] == '{"n":19999}'


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "COPY numbers TO '/tmp/nautscan-must-not-exist.csv'",
        "ATTACH '/tmp/nautscan-must-not-exist.duckdb' AS other",
        "SET lock_configuration = false",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "INSERT INTO numbers SELECT * FROM numbers",
        "DROP TABLE numbers",
        "SELECT 1; DROP TABLE numbers",
        "SELECT * FROM duckdb_secrets()",
        "EXPLAIN ANALYZE COPY numbers TO '/tmp/nautscan-must-not-exist.csv'",
        "",
        "SELEKT 1",
    ],
)
def test_refused(scratch: ScratchDatabase, statement: str) -> None:
    with pytest.raises(BadQuery) as caught:
        list(scratch.sql(statement).rows())
    assert caught.value.remedy
    assert list(scratch.sql("SELECT count(*) FROM numbers").rows()) == [(5,)]
    assert not list(Path("/tmp").glob("nautscan-must-not-exist*"))


def test_python_variables_are_out_of_reach(scratch: ScratchDatabase) -> None:
    secret = rows_of(0, 1)
    with pytest.raises(BadQuery, match="secret"):
        scratch.sql("SELECT * FROM secret")
    assert secret.num_rows == 1


def test_helpful_statements_work(scratch: ScratchDatabase) -> None:
    assert [row[0] for row in scratch.sql("DESCRIBE numbers").rows()][:2] == ["n", "time"]
    assert list(scratch.sql("SHOW TABLES").rows()) == [("numbers",)]


def test_copies(scratch: ScratchDatabase, tmp_path: Path) -> None:
    parquet, plain, lines = tmp_path / "a.parquet", tmp_path / "a.csv", tmp_path / "a.json"
    assert scratch.copy_to("numbers", parquet, "parquet") == 5
    assert scratch.copy_to("SELECT * FROM numbers WHERE n < 2 ORDER BY n", plain, "csv") == 2
    assert scratch.copy_to("SELECT n FROM numbers ORDER BY n", lines, "json") == 5

    assert read_parquet(parquet).read_all().num_rows == 5
    with plain.open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first["time"] == "2023-11-14T22:13:20.123456789Z"
    assert second["tags"] == '["a","b"]'
    assert lines.read_text().splitlines()[0] == '{"n":0}'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.json", "a.parquet"]


def test_a_copy_that_fails_leaves_nothing(scratch: ScratchDatabase, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be written"):
        scratch.copy_to("numbers", tmp_path / "missing" / "a.parquet", "parquet")
    with pytest.raises(BadQuery):
        scratch.copy_to("SELECT error('no') FROM numbers", tmp_path / "b.json", "json")
    assert not list(tmp_path.iterdir())
