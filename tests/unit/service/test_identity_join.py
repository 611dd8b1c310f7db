"""Who is named on a row: by address, port and the time of the packets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nautscan.identity import Binding, Directory, Workload
from nautscan.service.owners import owners_of
from nautscan.store.filter import EVERYTHING
from nautscan.store.fresh import FreshRows
from tests.unit.service.world import ORDERS, WEB, directory
from tests.unit.support import START, at, ipc, rows

SECOND = 10**9


@pytest.fixture
def fresh() -> Iterator[FreshRows]:
    made = FreshRows()
    yield made
    made.close()


def named(
    fresh: FreshRows, known: Directory, table: str = "requests", **values: str
) -> list[dict[str, Any]]:
    """The rows after the join."""
    fresh.set_owners(owners_of(known.snapshot, "the-host"))
    fresh.load(table, [ipc(rows(table, "range(3) t(n)", flow_id="n", **values))])
    fresh.enrich(table, 1)
    lines, _ = fresh.json_rows(table, EVERYTHING, 100)
    return [json.loads(line) for line in lines]


def test_both_sides_are_named(fresh: FreshRows) -> None:
    row = named(fresh, directory())[0]
    assert (row["client"], row["server"]) == ("web", "orders")
    assert row["server_container_id"] == ORDERS
    assert row["server_container"] == "shop-orders-1"
    assert row["server_image"] == "orders:1"
    assert (row["server_project"], row["server_service"]) == ("shop", "orders")


def test_an_address_is_its_owners_at_the_time_of_the_packet(fresh: FreshRows) -> None:
    known = directory()
    known.release(WEB, START + SECOND)
    known.put_workload(Workload("c" * 64, "later"))
    known.acquire("n1", Binding("c" * 64, "10.0.0.1", START + 2 * SECOND))
    found = named(fresh, known, time=at("n"))
    assert [row["client"] for row in found] == ["web", None, "later"]
    assert [row["server"] for row in found] == ["orders"] * 3


def test_a_published_port_is_the_containers_and_the_rest_the_hosts(fresh: FreshRows) -> None:
    known = directory()
    with known.update():
        known.put_host_addresses(["192.168.1.5"])
        published = Binding(
            WEB, "192.168.1.5", START - SECOND, START + SECOND, port=8080, transport="tcp"
        )
        known.acquire(None, published)
    port = "CASE n WHEN 0 THEN 8080 WHEN 1 THEN 22 ELSE 8080 END"
    found = named(fresh, known, server_ip="'192.168.1.5'", server_port=port, time=at("n"))
    assert [row["server"] for row in found] == ["web", "the-host", "the-host"]
    assert [row["server_container_id"] for row in found] == [WEB, None, None]

    flows = named(
        fresh, known, "flows", server_ip="'192.168.1.5'", server_port="8080",
        transport="CASE n WHEN 0 THEN 'tcp' ELSE 'udp' END",
    )  # fmt: skip
    assert [row["server"] for row in flows] == ["web", "the-host", "the-host"]


def test_two_owners_at_once_are_nobody(fresh: FreshRows) -> None:
    known = Directory()
    with known.update():
        for ident, name in ((WEB, "one"), (ORDERS, "two")):
            known.put_workload(Workload(ident, name))
        known.acquire("n1", Binding(WEB, "10.0.0.1", START - SECOND, START + 2 * SECOND))
        known.acquire("n2", Binding(ORDERS, "10.0.0.1", START + SECOND, None))
    found = named(fresh, known, time=at("n"))
    assert [row["client"] for row in found] == ["one", None, "two"]


def test_a_container_that_was_forgotten_keeps_its_id(fresh: FreshRows) -> None:
    known = Directory()
    known.acquire("n1", Binding(WEB, "10.0.0.1", START - SECOND))
    row = named(fresh, known)[0]
    assert row["client_container_id"] == WEB
    assert row["client"] == WEB[:12]
    assert row["client_container"] is None


def test_rows_are_numbered_in_their_order(fresh: FreshRows) -> None:
    found = named(fresh, directory(), time=at("2 - n"))
    assert [(row["id"], row["flow_id"]) for row in found] == [(1, 0), (2, 1), (3, 2)]


def test_nobody_known(fresh: FreshRows) -> None:
    row = named(fresh, Directory())[0]
    assert row["client"] is None
    assert row["server_container_id"] is None
