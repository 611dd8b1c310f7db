"""The tables' columns: those of the engine, each documented."""

from __future__ import annotations

import pytest

from nautscan import _engine, schema

ARROW_TYPES = {
    "time": "timestamp[ns, UTC]",
    "text": "utf8",
    "u16": "uint16",
    "i32": "int32",
    "i64": "int64",
    "bool": "bool",
    "binary": "binary",
    "json": "utf8",
}


@pytest.mark.parametrize("table", sorted(schema.ENGINE_COLUMNS))
def test_the_schema_is_the_engines(table: str) -> None:
    ours = schema.ENGINE_COLUMNS[table]
    theirs = _engine.columns(table)
    assert [(c.name, c.nullable) for c in ours] == [(c.name, c.nullable) for c in theirs]
    for column, engine in zip(ours, theirs, strict=True):
        if column.kind in ARROW_TYPES:
            assert engine.type == ARROW_TYPES[column.kind], column.name
        else:
            assert engine.type.startswith("list"), column.name


def test_every_column_says_what_it_is_and_when_it_is_null() -> None:
    for table, columns in schema.COLUMNS.items():
        names = [column.name for column in columns]
        assert len(names) == len(set(names)), table
        for column in columns:
            assert column.doc, column.name
