"""Rows as JSON lines: the forms, and that they are those of the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

import nautscan
from nautscan import _engine, schema
from nautscan.store import json_sql
from tests.unit.support import arrow

CAPTURE = Path(__file__).parents[2] / "golden" / "own" / "chunked.pcap"

ROW = """
SELECT {values} FROM (VALUES (
    TIMESTAMP_NS '2026-11-22 03:12:00.000000007', {id}, {port}, {text}, {body}, {cut}, {document},
    {fields}
)) AS rows(time, id, port, text, body, body_truncated, document, fields)
"""
KINDS = {
    "time": "time",
    "id": "i64",
    "port": "u16",
    "text": "text",
    "body": "binary",
    "document": "json",
    "fields": "headers",
    "absent": "text",
}


def lines_of(rows: object, kinds: Mapping[str, str]) -> list[bytes]:
    """All lines, the pieces put together."""
    return b"".join(_engine.json_lines(rows, list(kinds.items()))).splitlines()


def line(**values: str) -> dict[str, Any]:
    """One row of DuckDB's, as the engine writes it."""
    given = {
        "id": "7::BIGINT",
        "port": "80::USMALLINT",
        "text": "'a'",
        "body": "NULL::BLOB",
        "cut": "false",
        "document": "NULL::VARCHAR",
        "fields": "[{'name': 'Host', 'value': 'x'}]",
    }
    rows = arrow(ROW.format(values="*", **(given | values)))
    (text,) = lines_of(rows, KINDS)
    found: dict[str, Any] = json.loads(text)
    assert list(found) == list(KINDS)
    return found


def test_every_kind_has_its_form() -> None:
    assert line() == {
        "time": "2026-11-22T03:12:00.000000007Z",
        "id": 7,
        "port": 80,
        "text": "a",
        "body": None,
        "document": None,
        "fields": [{"name": "Host", "value": "x"}],
        "absent": None,
    }


def test_a_body_is_text_where_it_can_be_and_base64_otherwise() -> None:
    text = line(body="'gr\\xC3\\xBCn'::BLOB", cut="true")["body"]
    assert text == {"text": "grün", "base64": None, "bytes": 5, "truncated": True}
    raw = line(body="'\\xFF\\x00'::BLOB")["body"]
    assert raw == {"text": None, "base64": "/wA=", "bytes": 2, "truncated": False}
    assert line(body="'x'::BLOB", cut="NULL::BOOLEAN")["body"]["truncated"] is None


def test_an_integer_that_javascript_would_round_is_a_string() -> None:
    limit = schema.JSON_SAFE_INTEGER
    assert line(id=f"{limit}::BIGINT")["id"] == limit
    assert line(id=f"{limit + 1}::BIGINT")["id"] == str(limit + 1)
    assert line(id=f"-{limit + 1}::BIGINT")["id"] == str(-limit - 1)


def test_a_document_is_nested_and_what_is_none_is_null() -> None:
    assert line(document="'{\"a\":[1]}'")["document"] == {"a": [1]}
    assert line(document="'{\"a\":'")["document"] is None


def test_hostile_text_stays_one_line() -> None:
    hostile = 'a"b\\\n\r\u2028\x01\U0001f433'
    assert line(text=json_sql.text(hostile))["text"] == hostile


def test_text_is_escaped_wherever_it_stands() -> None:
    texts = ["a", None, 'q"', "\x1f", "", "\x7f", "é"]
    values = ", ".join(f"({'NULL' if t is None else json_sql.text(t)})" for t in texts)
    batch = arrow(f"SELECT x AS text FROM (VALUES {values}) t(x)").to_batches()[0]
    for part in (batch, batch.slice(0, 2), batch.slice(2), batch.slice(4)):
        lines = lines_of(part, {"text": "text"})
        assert [json.loads(line)["text"] for line in lines] == part.column("text").to_pylist()


def test_times_before_1970_and_of_far_years() -> None:
    rows = arrow("SELECT make_timestamp_ns(x) AS time FROM (VALUES (-1), (9e18::BIGINT)) t(x)")
    lines = lines_of(rows, {"time": "time"})
    times = [json.loads(text)["time"] for text in lines]
    assert times == ["1969-12-31T23:59:59.999999999Z", "2255-03-14T16:00:00.000000000Z"]


def test_a_single_batch_and_a_slice_of_one() -> None:
    batch = arrow("SELECT x AS id FROM range(5) t(x)").to_batches()[0]
    lines = lines_of(batch.slice(3), {"id": "i64"})
    assert lines == [b'{"id":3}', b'{"id":4}']
    with pytest.raises(AttributeError):
        _engine.json_lines(7, [("id", "i64")])


def test_many_rows_come_in_pieces_of_whole_lines() -> None:
    rows = arrow("SELECT x AS id FROM range(5000) t(x)")
    lines: list[bytes] = []
    for piece in _engine.json_lines(rows, [("id", "i64")]):
        assert piece.endswith(b"\n")
        assert len(piece) < 20_000
        lines += piece.splitlines()
    assert lines == [b'{"id":%d}' % number for number in range(5000)]


def test_no_rows_are_no_lines() -> None:
    assert lines_of(arrow("SELECT x AS id FROM range(0) t(x)"), {"id": "i64"}) == []


def test_the_forms_are_those_of_the_store() -> None:
    recording = nautscan.read(CAPTURE, bodies=1 << 20, headers=True)
    for table in ("requests", "flows"):
        columns = schema.ENGINE_COLUMNS[table]
        rows = getattr(recording, table)
        kinds = {column.name: column.kind for column in columns}
        mine = [json.loads(text) for text in lines_of(rows, kinds)]
        connection = duckdb.connect()
        connection.register("rows", rows)
        select = f"SELECT {json_sql.row_sql(columns)} FROM rows"
        theirs = [json.loads(text) for (text,) in connection.execute(select).fetchall()]
        assert mine == theirs
        assert mine
