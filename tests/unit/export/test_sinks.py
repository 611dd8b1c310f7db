"""Files that take batches as they come."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from nautscan.errors import BadRequest
from nautscan.export.formats import FORMATS, Format, format_of
from nautscan.export.selection import Selection, select
from nautscan.export.sinks import open_sink
from nautscan.offline.passes import ReadOptions, batches, open_pass
from nautscan.store.filter import compile_filter
from tests.unit.shop import Shop, write_shop

OPTIONS = ReadOptions()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return write_shop(tmp_path_factory.mktemp("shop"))


def write(shop: Shop, rows: Selection, form: Format, target: Path) -> int:
    sink = open_sink(rows, form, target)
    for _, batch in batches(open_pass([str(shop.path)], ["requests"], OPTIONS)):
        sink.add(batch)
    sink.end()
    sink.finish()
    return sink.rows


READERS = {"parquet": "read_parquet", "csv": "read_csv", "json": "read_json"}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("filtered", ["", "status >= 400"])
def test_every_format_holds_the_same_rows(
    shop: Shop, tmp_path: Path, form: Format, filtered: str
) -> None:
    condition = compile_filter("requests", filtered) if filtered else None
    target = tmp_path / f"rows.{form}"
    rows = select("requests", OPTIONS, condition)
    written = write(shop, rows, form, target)
    expected = [e for e in shop.exchanges if not filtered or (e.status or 0) >= 400]
    query = f"SELECT client_port, status, target FROM {READERS[form]}('{target}')"
    found = duckdb.execute(query).fetchall()
    assert written == len(expected)
    assert sorted(found, key=str) == sorted(
        ((e.client_port, e.status, e.target) for e in expected), key=str
    )
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("form", FORMATS)
def test_no_rows_are_a_whole_file_too(shop: Shop, tmp_path: Path, form: Format) -> None:
    nothing = compile_filter("requests", "status = 999")
    target = tmp_path / f"rows.{form}"
    assert write(shop, select("requests", OPTIONS, nothing), form, target) == 0
    assert target.exists()
    if form == "parquet":
        assert duckdb.execute(f"SELECT count(*) FROM '{target}'").fetchall() == [(0,)]


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_abandoned_leaves_nothing(shop: Shop, tmp_path: Path, form: Format) -> None:
    sink = open_sink(select("requests", OPTIONS), form, tmp_path / "rows")
    for _, batch in batches(open_pass([str(shop.path)], ["requests"], OPTIONS)):
        sink.add(batch)
    sink.abandon()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_is_an_error_with_a_remedy(shop: Shop, tmp_path: Path, form: Format) -> None:
    (tmp_path / ".rows.partial").symlink_to("/dev/full")
    with pytest.raises(BadRequest, match="cannot be written") as caught:
        write(shop, select("requests", OPTIONS), form, tmp_path / "rows")
    assert caught.value.remedy


def test_columns_that_were_not_kept_are_absent(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "rows.json"
    write(shop, select("requests", OPTIONS), "json", target)
    row = json.loads(target.read_text().splitlines()[0])
    assert not [name for name in row if "headers" in name or "body" in name]
    everything = select("requests", ReadOptions(body_limit=1, headers=True))
    assert len(everything.columns) == len(row) + 6


@pytest.mark.parametrize(
    ("form", "output", "expected"),
    [
        (None, "a.parquet", "parquet"),
        (None, "a.CSV", "csv"),
        (None, "a.jsonl", "json"),
        ("json", "a.parquet", "json"),
    ],
)
def test_format_by_option_or_name(form: str | None, output: str, expected: str) -> None:
    assert format_of(form, output) == expected


def test_a_name_that_says_nothing() -> None:
    with pytest.raises(BadRequest, match="does not say"):
        format_of(None, "rows.txt")
