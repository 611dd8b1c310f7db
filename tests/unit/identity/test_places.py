"""Which process leads into a container, or why none does."""

from __future__ import annotations

from dataclasses import replace

from nautscan.identity import Directory, Workload
from nautscan.identity.places import containers_called, places_of

WEB = Workload("a1" * 32, "web", state="running", pid=41)
ORDERS = [
    Workload(f"b{n}" * 32, f"shop-orders-{n}", service="orders", state="running", pid=50 + n)
    for n in (1, 2)
]


def known(*workloads: Workload) -> Directory:
    directory = Directory()
    for workload in workloads:
        directory.put_workload(workload)
    return directory


def test_a_name_an_id_and_its_beginning_mean_one_container() -> None:
    directory = known(WEB, *ORDERS)
    for key in ("web", WEB.id, WEB.id[:12], WEB.id[:4]):
        (place,) = places_of(directory, key)
        assert (place.name, place.id, place.pid, place.error) == ("web", WEB.id, 41, None), key


def test_a_service_means_all_of_its_containers_that_run() -> None:
    stopped = Workload("c3" * 32, "shop-orders-3", service="orders", state="exited")
    directory = known(*ORDERS, stopped)
    assert [place.name for place in places_of(directory, "orders")] == [
        "shop-orders-1",
        "shop-orders-2",
    ]
    (place,) = places_of(known(stopped), "orders")
    assert place.pid is None
    assert place.error is not None
    assert "not running (exited)" in place.error["message"]


def test_the_beginning_of_several_ids_is_refused() -> None:
    other = replace(WEB, id="a1a1" + "ff" * 30, name="other")
    (place,) = places_of(known(WEB, other), "a1a1")
    assert place.error is not None
    assert "other, web" in place.error["message"]
    assert places_of(known(WEB), "a1")[0].error is not None, "too short to mean an id"


def test_a_shared_network_is_one_place_under_its_owners_name() -> None:
    beside = Workload(
        "d4" * 32, "beside", state="running", pid=60, shares_network_of=WEB.id, service="pair"
    )
    also = replace(beside, id="d5" * 32, name="also")
    directory = known(WEB, beside, also)
    (place,) = places_of(directory, "pair")
    assert (place.name, place.pid) == ("web", 41)
    (place,) = places_of(known(replace(beside, shares_network_of="e" * 64)), "beside")
    assert place.error is not None
    assert "not known" in place.error["message"]


def test_without_a_network_of_its_own_there_is_no_inside() -> None:
    (place,) = places_of(known(replace(WEB, network_mode="host")), "web")
    assert place.error is not None
    assert "host's network" in place.error["message"]
    (place,) = places_of(known(replace(WEB, pid=None)), "web")
    assert place.error is not None
    assert "which process" in place.error["message"]


def test_one_that_was_removed_is_not_meant() -> None:
    removed = replace(WEB, state="removed", pid=None)
    anew = replace(WEB, id="ee" * 32, pid=99)
    assert containers_called(known(removed, anew), "web") == [anew]
    (place,) = places_of(known(removed), "web")
    assert place.error is not None
    assert place.error["code"] == "unknown_container"
