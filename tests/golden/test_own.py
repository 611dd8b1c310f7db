"""Our own small captures give exactly the rows beside them.

GOLDEN_REGENERATE=1 writes the rows anew; the change is then reviewed like any other.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from nautscan.cli.main import run
from tests.golden.own import make, record

CASES = {case.__name__: case for case in make.CASES}
NAMES = [*CASES, *record.CLIENTS]
LARGEST_BYTES = 32_000
REGENERATE = bool(os.environ.get("GOLDEN_REGENERATE"))
ROWS = {
    "requests": ["--table", "requests", "--headers", "--bodies", "64", "--json"],
    "flows": ["--table", "flows", "--json"],
}


@pytest.mark.parametrize("name", CASES)
def test_the_capture_is_what_the_generator_makes(name: str) -> None:
    assert (make.FOLDER / f"{name}.pcap").read_bytes() == make.capture(CASES[name])


@pytest.mark.parametrize("table", ROWS)
@pytest.mark.parametrize("name", NAMES)
def test_rows(name: str, table: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["read", str(make.FOLDER / f"{name}.pcap"), *ROWS[table]]) == 0
    found = capfd.readouterr().out
    golden = make.FOLDER / f"{name}.{table}.jsonl"
    if REGENERATE:
        golden.write_text(found)
    assert _objects(found) == _objects(golden.read_text())


def _objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_no_file_is_left_over() -> None:
    stems = {
        path.name.split(".")[0] for path in Path(make.FOLDER).glob("*.*") if path.suffix != ".py"
    }
    assert stems == set(NAMES)


def test_files_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in Path(make.FOLDER).glob("*.*")}
    assert [name for name, size in sizes.items() if size > LARGEST_BYTES] == []
