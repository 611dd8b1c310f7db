"""Who is named on a row: by address, port and the time of the packets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nautscan.identity import Binding, Directory, Workload
from nautscan.service.newcomers import Newcomers
from nautscan.service.owners import owners_of
from nautscan.store.filter import EVERYTHING
from nautscan.store.fresh import FreshRows
from tests.unit.service.world import ORDERS, WEB, World, directory
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


async def test_a_container_whose_event_comes_after_its_packets(world: World) -> None:
    viewer = await world.service.live.subscribe("requests", "")
    await viewer.next(1)
    batch = rows("requests", client_ip="'10.0.0.77'", server_ip="'8.8.8.8'")
    world.sensor.send("requests", batch)
    assert await viewer.next(0.2) is None
    with world.directory.update():
        world.directory.put_workload(Workload("d" * 64, "newcomer"))
        world.directory.acquire("n1", Binding("d" * 64, "10.0.0.77", START - SECOND))
    text = await viewer.next(10)
    assert text is not None
    (row,) = json.loads(text)["rows"]
    assert (row["client"], row["server"]) == ("newcomer", None)


def test_what_is_worth_waiting_for() -> None:
    known = directory()
    known.put_host_addresses(["10.0.0.254"])
    newcomers = Newcomers(known)
    asked = ["10.0.0.7", "10.0.0.254", "192.168.1.1", "2001:db8::1"]
    assert newcomers.expected(asked, 100.0) == ["10.0.0.7"]
    newcomers.in_vain(["10.0.0.7"], 100.0)
    assert newcomers.expected(asked, 110.0) == []
    assert newcomers.expected(asked, 131.0) == ["10.0.0.7"]
    assert Newcomers(Directory()).expected(asked, 0.0) == []


def test_loopback_inside_a_container_is_that_container(fresh: FreshRows) -> None:
    known = directory()
    known.put_host_addresses(["127.0.0.1", "::1"])
    known.put_workload(Workload("c" * 64, "anew"))
    inside = {"box": [(0, WEB), (START + SECOND, "c" * 64)]}

    def servers(interface: str, ip: str) -> list[str | None]:
        fresh.set_owners(owners_of(known.snapshot, "the-host", inside=inside))
        columns = {"interface": f"'{interface}'", "server_ip": f"'{ip}'", "time": at("n")}
        fresh.load("requests", [ipc(rows("requests", "range(3) t(n)", flow_id="n", **columns))])
        fresh.enrich("requests", 1)
        lines, _ = fresh.json_rows("requests", EVERYTHING, 100)
        return [json.loads(line)["server"] for line in lines]

    assert servers("lo@box", "127.0.0.1") == ["web", "anew", "anew"]
    assert servers("lo@box", "127.0.0.11") == ["web", "anew", "anew"]
    assert servers("lo@box", "::1") == ["web", "anew", "anew"]
    assert servers("lo", "127.0.0.1") == ["the-host"] * 3
    assert servers("lo@other", "127.0.0.1") == [None] * 3, "not the host, whoever it is"
    assert servers("eth0@box", "10.0.0.2") == ["orders"] * 3
