"""The hand-written stub says what the module is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nautscan import _engine

SOURCE = Path(__file__).parents[3] / "src"


def test_the_stub_agrees_with_the_module() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "nautscan._engine"]
    environment = os.environ | {"MYPYPATH": str(SOURCE)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_column_is_described() -> None:
    for table in _engine.TABLES:
        columns = _engine.columns(table)
        assert [column.name for column in columns] == _engine.schema(table).names
        assert all(column.doc and column.type for column in columns)


def test_an_unknown_table_is_told_with_those_there_are() -> None:
    with pytest.raises(_engine.EngineError) as raised:
        _engine.columns("request")
    assert raised.value.code == "bad_argument"
    assert "request" in raised.value.message
    assert "requests" in raised.value.remedy
