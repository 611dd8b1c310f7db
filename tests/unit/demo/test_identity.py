"""The demo's addresses have owners, and the owners say that they are a demo."""

from __future__ import annotations

from nautscan.demo import generate, identity
from nautscan.demo.generate import FIXED_START
from nautscan.demo.ledger import Exchange
from nautscan.demo.shop import SERVICES
from nautscan.identity.directory import Directory


def filled() -> Directory:
    directory = Directory()
    identity.fill(directory)
    return directory


def test_every_server_within_the_shop_has_a_name() -> None:
    directory, account = filled(), list[Exchange]()
    for _ in generate.frames(1, FIXED_START, 30.0, account.append):
        pass
    inside = {e.server_ip for e in account if e.server_ip.startswith(("172.30.", "2001:db8:30"))}
    owners = {ip: directory.lookup(ip, None, "tcp", FIXED_START) for ip in inside}
    assert inside
    assert all(owners.values())


def test_both_legs_of_a_container_are_its_own() -> None:
    directory = filled()
    for address in ("172.30.1.3", "172.30.2.3"):
        workload = directory.lookup(address, None, None, FIXED_START)
        assert workload is not None
        assert workload.service == "web"


def test_workloads_are_labelled() -> None:
    workloads = filled().workloads()
    assert {workload.service for workload in workloads} == {s.name for s in SERVICES}
    assert all("demo" in (workload.image or "") for workload in workloads)
    assert all(workload.labels == identity.LABELS for workload in workloads)
