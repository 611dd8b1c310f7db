"""The books kept from recorded documents: when bindings begin, move and end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nautscan.identity import Attachment, Binding, Directory, Workload
from nautscan.identity.documents import network_of, workload_of
from nautscan.identity.keeper import Keeper

RECORDED = Path(__file__).parent / "documents"
HOST_ADDRESSES = frozenset({"127.0.0.1", "::1", "192.0.2.2"})


def recorded(name: str) -> Workload:
    found = workload_of(json.loads((RECORDED / f"container-{name}.json").read_text()))
    assert found is not None
    return found


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def keeper(directory: Directory) -> Keeper:
    keeper = Keeper(directory)
    keeper.set_host_addresses(HOST_ADDRESSES)
    documents = json.loads((RECORDED / "networks.json").read_text())
    keeper.set_networks(n for n in map(network_of, documents) if n is not None)
    return keeper


@pytest.fixture
def orders() -> Workload:
    return recorded("running")


def started(workload: Workload) -> int:
    assert workload.started_ns is not None
    return workload.started_ns


def own_addresses(directory: Directory) -> set[tuple[str, int, int | None]]:
    return {(b.ip, b.since_ns, b.until_ns) for b in directory.bindings() if b.port is None}


def test_a_container_that_ran_before_us_had_its_addresses_since_it_started(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    start = started(orders)
    keeper.take_stock([orders], unseen_since_ns=start + 10**12)
    assert own_addresses(directory) == {
        ("10.20.128.2", start, None),
        ("10.20.129.2", start, None),
        ("fd00:77::2", start, None),
    }


def test_an_address_that_an_event_told_of_begins_with_the_event(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    front = next(a for a in orders.networks if a.network == "shop_front")
    early = started(orders) - 400_000_000
    keeper.attached(orders.id, front, early)
    keeper.settle(orders, started(orders) + 1)
    assert ("10.20.128.2", early, None) in own_addresses(directory)


def test_a_network_joined_while_running_begins_with_the_joining(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    joined = started(orders) + 5_000_000_000
    keeper.settle(replace(orders, networks=orders.networks[:1]), started(orders))
    keeper.settle(orders, joined)
    later = {b.ip: b.since_ns for b in directory.bindings() if b.port is None}
    first, second = orders.networks
    assert {later[ip] for ip in first.addresses} == {started(orders)}
    assert {later[ip] for ip in second.addresses} == {joined}


def test_a_port_published_on_every_address_is_reachable_at_all_of_the_hosts(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    keeper.settle(orders, started(orders))
    at_8080 = {b.ip for b in directory.bindings() if (b.port, b.transport) == (8080, "tcp")}
    gateways = {"10.20.0.1", "10.20.128.1", "10.20.129.1", "fd00:77::1"}
    assert at_8080 >= HOST_ADDRESSES
    assert at_8080 <= HOST_ADDRESSES | gateways
    assert {"10.20.128.1", "10.20.129.1"} <= at_8080
    at_8443 = {b.ip for b in directory.bindings() if b.port == 8443}
    assert at_8443 == {"127.0.0.1"}


def test_a_new_address_of_the_host_leads_to_published_ports_from_then_on(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    keeper.settle(orders, started(orders))
    later = started(orders) + 10**9
    assert keeper.set_host_addresses(HOST_ADDRESSES - {"192.0.2.2"} | {"198.51.100.7"})
    keeper.settle_ports(later)
    spans = {b.ip: (b.since_ns, b.until_ns) for b in directory.bindings() if b.port == 8080}
    assert spans["198.51.100.7"] == (later, None)
    assert spans["192.0.2.2"] == (started(orders), later)
    assert spans["127.0.0.1"] == (started(orders), None)
    assert not keeper.set_host_addresses(HOST_ADDRESSES - {"192.0.2.2"} | {"198.51.100.7"})


def test_death_ends_everything_and_is_remembered(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    keeper.settle(orders, started(orders))
    end = started(orders) + 7
    keeper.died(orders.id, end)
    assert {b.until_ns for b in directory.bindings()} == {end}
    known = directory.workload(orders.id)
    assert known is not None
    assert (known.state, known.finished_ns, known.pid) == ("exited", end, None)
    keeper.removed(orders.id, end + 1)
    assert {b.until_ns for b in directory.bindings()} == {end}
    gone = directory.workload("orders")
    assert gone is not None
    assert gone.state == "removed"


def test_news_of_an_earlier_death_does_not_end_the_present_run(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    keeper.settle(orders, started(orders))
    keeper.died(orders.id, started(orders) - 5)
    known = directory.workload(orders.id)
    assert known is not None
    assert known.state == "running"
    assert all(b.until_ns is None for b in directory.bindings())


def test_what_vanished_out_of_sight_ended_when_sight_was_lost(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    keeper.settle(orders, started(orders))
    lost = started(orders) + 10**9
    keeper.take_stock([], unseen_since_ns=lost)
    assert {b.until_ns for b in directory.bindings()} == {lost}
    # The engine remembers, and tells on the new stream when it really was.
    keeper.died(orders.id, lost + 3)
    assert {b.until_ns for b in directory.bindings()} == {lost + 3}


def test_what_ended_out_of_sight_ended_when_its_document_says(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    keeper.settle(orders, started(orders))
    finished = started(orders) + 5 * 10**9
    keeper.take_stock(
        [replace(orders, state="exited", networks=(), finished_ns=finished)],
        unseen_since_ns=started(orders) + 10**9,
    )
    assert {b.until_ns for b in directory.bindings()} == {finished}


def test_what_outlived_the_engines_absence_holds_without_a_break(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    keeper.settle(orders, started(orders))
    keeper.take_stock([orders], unseen_since_ns=started(orders) + 10**9)
    assert all((b.since_ns, b.until_ns) == (started(orders), None) for b in directory.bindings())


def test_a_takeover_out_of_sight_leaves_each_owner_its_time(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    keeper.settle(orders, started(orders))
    heir_start = started(orders) + 5 * 10**9
    heir = replace(orders, id="e" * 64, name="heir", service=None, started_ns=heir_start, ports=())
    keeper.take_stock([heir], unseen_since_ns=started(orders) + 9 * 10**9)
    ours = [b for b in directory.bindings() if b.ip == "10.20.128.2"]
    assert [(b.workload_id, b.since_ns, b.until_ns) for b in ours] == [
        (orders.id, started(orders), heir_start),
        (heir.id, heir_start, None),
    ]


def test_leaving_one_network_keeps_the_others(
    keeper: Keeper, directory: Directory, orders: Workload
) -> None:
    keeper.settle(orders, started(orders))
    back = next(a for a in orders.networks if a.network == "shop_back")
    assert back.network_id is not None
    keeper.detached(orders.id, back.network_id, started(orders) + 9)
    ended = {b.ip for b in directory.bindings() if b.until_ns is not None}
    assert ended == set(back.addresses)


def test_a_container_gone_before_it_could_be_asked_keeps_what_events_told(
    keeper: Keeper, directory: Directory
) -> None:
    keeper.introduce(Workload(id="a" * 64, name="flash", service="batch"), 100)
    keeper.attached("a" * 64, Attachment("n1", "front", ipv4="10.20.128.9"), 110)
    keeper.died("a" * 64, 120)
    keeper.removed("a" * 64, 130)
    assert directory.bindings() == (
        Binding("a" * 64, "10.20.128.9", 110, until_ns=120, network="front"),
    )
    found = directory.lookup("10.20.128.9", 5000, "tcp", 115)
    assert found is not None
    assert (found.display_name, found.state) == ("batch", "removed")


@pytest.mark.parametrize("name", ["host-network", "shared-network", "exited"])
def test_containers_without_addresses_of_their_own_bind_nothing(
    name: str, keeper: Keeper, directory: Directory
) -> None:
    keeper.settle(recorded(name), 10**19)
    assert directory.bindings() == ()
    assert [w.id for w in directory.workloads()] == [recorded(name).id]
