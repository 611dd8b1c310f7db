"""Requests that wait to be told for their containers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest
from arro3.core import Table

from nautscan import schema
from nautscan.store.latest import WAITING_BYTES, Latest, LatestRequests
from tests.unit.support import SQL_TYPES, arrow, rows_sql


def requests(
    first: int, count: int, client: str | None, *, without: str = "", **values: str
) -> Table:
    """Rows with every column that lists show but `without`; ids count from `first`."""
    given = {"id": "flow_id"}
    if client is not None:
        given |= {"client_container_id": f"'{client}'", "server_container_id": "'db'"}
    engine = {column.name for column in schema.ENGINE_COLUMNS["requests"]}
    added = ", ".join(
        f"{given.get(name, 'NULL')}::{SQL_TYPES[kind]} AS {name}"
        for name, kind in ((it.name, it.kind) for it in schema.light_columns("requests"))
        if name not in engine and name != without
    )
    range_ = f"range({first}, {first + count}) t(n)"
    seen = rows_sql("requests", range_, flow_id="n", target="repeat('x', 1000)", **values)
    return arrow(f"SELECT *, {added} FROM ({seen})")


@pytest.fixture
def latest() -> Iterator[LatestRequests]:
    with duckdb.connect() as connection:
        yield LatestRequests(connection)


def ids(found: Latest) -> dict[str, list[int]]:
    for _, lines in found:
        assert [number for number, _ in lines] == [json.loads(line)["id"] for _, line in lines]
    return {container: [number for number, _ in lines] for container, lines in found}


def test_requests_wait_until_somebody_asks(latest: LatestRequests) -> None:
    assert latest.add(requests(0, 2, "web"), [], 3) == []
    assert latest.add(requests(2, 2, "shop"), [], 3) == []
    assert ids(latest.take(3)) == {"web": [0, 1], "shop": [2, 3], "db": [1, 2, 3]}
    assert latest.take(3) == []


def test_requests_of_no_container_are_not_kept(latest: LatestRequests) -> None:
    assert latest.add(requests(0, 2, None), [], 3) == []
    assert latest.take(3) == []


def test_requests_beyond_the_cap_do_not_wait(latest: LatestRequests) -> None:
    assert latest.add(requests(0, 10, "web"), [], 3) == []
    found = latest.add(requests(10, WAITING_BYTES // 1000, "web"), [], 3)
    last = 10 + WAITING_BYTES // 1000 - 1
    assert ids(found)["web"] == [last - 2, last - 1, last]
    assert latest.take(3) == []


def test_what_becomes_known_later_ends_the_wait_of_what_came_before(latest: LatestRequests) -> None:
    nulls = ["NULL::VARCHAR AS client_host"]
    assert latest.add(requests(0, 1, "web", without="client_host"), nulls, 3) == []
    assert ids(latest.add(requests(1, 1, "web"), [], 3)) == {"web": [0], "db": [0]}
    assert ids(latest.take(3)) == {"web": [1], "db": [1]}


def test_a_request_that_waits_in_two_versions_is_told_in_the_last(latest: LatestRequests) -> None:
    def version(first: int, size: int) -> Table:
        return requests(first, 1, "web", exchange_id="1", response_bytes=str(size))

    assert latest.add(version(1, 10), [], 3) == []
    assert latest.add(requests(2, 1, "web"), [], 3) == []
    assert latest.add(version(1, 20), [], 3) == []
    found = latest.take(3)
    assert ids(found) == {"web": [1, 2], "db": [1, 2]}
    sizes = [json.loads(line)["response_bytes"] for _, line in dict(found)["web"]]
    assert sizes == [20, None]
