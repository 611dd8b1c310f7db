"""Recorded documents of a Docker Engine 20.10 (API 1.41) become the values of the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nautscan.identity.documents import (
    endpoint_of,
    event_time_ns,
    network_of,
    stub_of,
    time_ns,
    workload_of,
)
from nautscan.identity.model import PublishedPort, Workload, canonical_ip

RECORDED = Path(__file__).parent / "documents"


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text())


def workload(name: str) -> Workload:
    found = workload_of(recorded(f"container-{name}.json"))
    assert found is not None
    return found


def test_a_running_compose_container_on_two_networks() -> None:
    orders = workload("running")
    assert (orders.name, orders.display_name) == ("shop-orders-1", "orders")
    assert (orders.project, orders.service) == ("shop", "orders")
    assert orders.labels["team"] == "checkout"
    assert orders.image == "nautscan-test/busybox:1"
    assert orders.image_id is not None
    assert orders.image_id.startswith("sha256:")
    assert (orders.state, orders.finished_ns) == ("running", None)
    assert orders.pid is not None
    assert orders.started_ns is not None
    assert orders.created_ns is not None
    assert orders.created_ns < orders.started_ns
    addresses = {attachment.network: attachment.addresses for attachment in orders.networks}
    assert addresses == {
        "shop_front": ("10.20.128.2",),
        "shop_back": ("10.20.129.2", "fd00:77::2"),
    }
    assert all(a.network_id and a.mac for a in orders.networks)


def test_published_ports_on_every_address_on_one_and_over_udp() -> None:
    assert set(workload("running").ports) == {
        PublishedPort("0.0.0.0", 8080, 80, "tcp"),
        PublishedPort("::", 8080, 80, "tcp"),
        PublishedPort("127.0.0.1", 8443, 443, "tcp"),
        PublishedPort("0.0.0.0", 5353, 53, "udp"),
        PublishedPort("::", 5353, 53, "udp"),
    }


def test_a_container_on_the_hosts_network_has_no_address_of_its_own() -> None:
    proxy = workload("host-network")
    assert proxy.uses_host_network
    assert proxy.networks == ()
    assert proxy.shares_network_of is None


def test_a_container_in_anothers_network_says_whose() -> None:
    sidecar = workload("shared-network")
    assert sidecar.shares_network_of == workload("running").id
    assert sidecar.networks == ()
    assert not sidecar.uses_host_network


def test_a_container_that_has_ended_holds_no_address() -> None:
    done = workload("exited")
    assert done.state == "exited"
    assert done.pid is None
    assert [a.addresses for a in done.networks] == [()]
    assert done.finished_ns is not None
    assert done.started_ns is not None
    assert done.started_ns < done.finished_ns


def test_networks_with_the_bridge_each_one_uses_on_the_host() -> None:
    networks = {n.name: n for n in map(network_of, recorded("networks.json")) if n is not None}
    assert networks["bridge"].interface == "docker0"
    front = networks["shop_front"]
    assert front.interface == f"br-{front.id[:12]}"
    assert front.gateways == ("10.20.128.1",)
    assert networks["host"].interface is None
    assert "fd00:77::/64" in networks["shop_back"].subnets


def test_a_macvlan_networks_interface_is_its_parent() -> None:
    network = network_of(
        {"Id": "f" * 64, "Name": "lan", "Driver": "macvlan", "Options": {"parent": "eth0.10"}}
    )
    assert network is not None
    assert network.interface == "eth0.10"


def test_a_networks_document_gives_a_containers_endpoint() -> None:
    document = recorded("network-endpoints.json")
    found = endpoint_of(document, workload("running").id)
    assert found is not None
    assert (found.network, found.network_id) == ("shop_back", document["Id"])
    assert found.addresses == ("10.20.129.2", "fd00:77::2")
    assert endpoint_of(document, "0" * 64) is None


def test_an_event_alone_tells_name_image_and_labels() -> None:
    events = [json.loads(line) for line in (RECORDED / "events.jsonl").read_text().splitlines()]
    created = next(e for e in events if e["Type"] == "container" and e["Action"] == "create")
    stub = stub_of(created)
    assert stub is not None
    assert (stub.name, stub.service, stub.project) == ("shop-orders-1", "orders", "shop")
    assert stub.image == "nautscan-test/busybox:1"
    assert dict(stub.labels) == dict(workload("running").labels)
    assert event_time_ns(created) == created["timeNano"]
    assert event_time_ns({"time": 5}) == 5_000_000_000
    assert event_time_ns({}) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:01.123456789Z", 1_123_456_789),
        ("1970-01-01T02:00:01.000000001+02:00", 1_000_000_001),
        ("2026-11-21T23:40:20.041232507Z", 1_795_304_420_041_232_507),
        ("0001-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:01", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_keep_every_nanosecond(text: object, expected: int | None) -> None:
    assert time_ns(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1.2.3/16", "10.1.2.3"),
        ("FE80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", None),
        ("orders", None),
    ],
)
def test_addresses_have_one_spelling(text: str, expected: str | None) -> None:
    assert canonical_ip(text) == expected


@pytest.mark.parametrize("odd", [None, [], {}, "text", 7])
@pytest.mark.parametrize("key", ["Config", "State", "NetworkSettings", "HostConfig", "Name"])
def test_an_odd_document_gives_nulls_and_no_exception(key: str, odd: object) -> None:
    document = {**recorded("container-running.json"), key: odd}
    found = workload_of(document)
    assert found is not None
    assert found.id == document["Id"]


@pytest.mark.parametrize("odd", [None, [], "text", 7, {"x": None}])
@pytest.mark.parametrize("key", ["Networks", "Ports"])
def test_odd_network_settings_give_no_addresses(key: str, odd: object) -> None:
    document = recorded("container-running.json")
    document["NetworkSettings"][key] = odd
    found = workload_of(document)
    assert found is not None
    assert (found.networks if key == "Networks" else found.ports) == ()


def test_what_has_no_id_is_no_workload() -> None:
    assert workload_of({}) is None
    assert network_of({"Id": "x"}) is None
    assert stub_of({"Actor": {"ID": "x"}}) is None
