"""Names of hosts beside the rows of capture files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nautscan.errors import BadRequest
from nautscan.identity.hostnames import FOR_EVER, Segment
from nautscan.offline.naming import Naming, recorded, sightings
from nautscan.offline.passes import ReadOptions
from nautscan.store.hosts import HostSegments
from nautscan.store.naming import COLUMNS, NamedBatches
from tests.unit.shop import write_shop
from tests.unit.support import START, at, rows

SECOND = 10**9


def named(batches: NamedBatches, table: str, **values: str) -> list[dict[str, Any]]:
    """Rows, one a second, with names."""
    given = rows(table, "range(3) t(n)", time=at("n"), flow_id="n", **values)
    found = batches.named(table, given)
    return [row for batch in found.to_batches() for row in batch.to_struct_array().to_pylist()]


@pytest.mark.parametrize("table", ["requests", "flows"])
def test_rows_keep_their_order_and_get_the_names_of_their_time(table: str) -> None:
    told = [
        (("", "10.0.0.2"), (START, START + SECOND, "a.example", "dns")),
        (("", "10.0.0.2"), (START + SECOND, START + 2 * SECOND, "b.example", "mdns")),
    ]
    batches = NamedBatches([("", "10.0.0.2")], HostSegments.of(told))
    for _ in range(2):
        found = named(batches, table)
        assert [row["flow_id"] for row in found] == [0, 1, 2]
        assert [row["server_host"] for row in found] == ["a.example", "b.example", None]
        assert [row["server_host_source"] for row in found] == ["dns", "mdns", None]
        assert list(found[0])[-4:] == list(COLUMNS)
    batches.close()


def test_where_no_name_is_known_the_columns_are_there_and_null() -> None:
    batches = NamedBatches([], HostSegments())
    assert [row["client_host"] for row in named(batches, "requests")] == [None] * 3


def test_rows_of_the_engine_become_sightings() -> None:
    table = rows("names", time=at("1"), name="'a.example'", ttl_s="60", asked_by="'10.0.0.1'")
    (batch,) = table.to_batches()
    (sighting,) = sightings(batch)
    assert sighting == (START + SECOND, "10.0.0.2", "a.example", "dns", "10.0.0.1", 60, None)


def test_name_records_of_files() -> None:
    notes = [
        {"names": [("192.0.2.1", "First.Example."), ("nonsense", "x"), ("2001:db8::1", "six")]},
        {"names": [("192.0.2.1", "second")]},
    ]
    assert recorded(notes) == {
        "192.0.2.1": [Segment(0, FOR_EVER, "first.example", "capture_file")],
        "2001:db8::1": [Segment(0, FOR_EVER, "six", "capture_file")],
    }


def test_a_pipe_cannot_be_read_twice() -> None:
    with pytest.raises(BadRequest, match="only once"):
        Naming.read(["-"], ReadOptions())


def read(*arguments: str) -> list[dict[str, Any]]:
    """Rows that the command prints."""
    command = [sys.executable, "-m", "nautscan", "read", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_command_adds_names_where_they_are_wanted(tmp_path: Path) -> None:
    shop = str(write_shop(tmp_path).path)
    plain = read(shop, "--table", "flows")
    assert "server_host" not in plain[0]
    with_names = read(shop, "--table", "flows", "--names")
    assert [row["flow_id"] for row in with_names] == [row["flow_id"] for row in plain]
    found = {row["server_host"] for row in with_names if row["server_host_source"] == "dns"}
    assert found
    (name, *_) = sorted(found)
    chosen = read(shop, "--table", "flows", "--names", "--where", f"server_host = '{name}'")
    assert {row["server_host"] for row in chosen} == {name}
    # The names are those of DNS answers that the filter leaves out of the rows.
    http = read(shop, "--table", "requests", "--names", "--filter", "tcp")
    assert found >= {row["server_host"] for row in http} - {None}
