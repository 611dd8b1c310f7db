"""Owners of interfaces from a copied /sys and /proc, in the places a test engine is never in."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautscan.identity import Directory, InterfaceOwners, Network, Workload

ID_A, ID_B = "a" * 64, "b" * 64


class Tree:
    """A /sys and a /proc with just the files that are read."""

    def __init__(self, root: Path) -> None:
        self.sys, self.proc = root / "sys", root / "proc"

    def interface(self, name: str, index: int, link: int, master: str | None = None) -> None:
        self._interface(self.sys / "class" / "net" / name, index, link)
        if master:
            (self.sys / "class" / "net" / name / "master").symlink_to(f"../{master}")

    def process(self, pid: int, container_id: str, multicast: str = "") -> Path:
        process = self.proc / str(pid)
        (process / "net").mkdir(parents=True)
        (process / "cgroup").write_text(f"0::/system.slice/docker-{container_id}.scope\n")
        (process / "net" / "dev_mcast").write_text(multicast)
        return process

    def inside(self, pid: int, name: str, index: int, link: int) -> None:
        folder = self.proc / str(pid) / "root" / "sys" / "class" / "net" / name
        self._interface(folder, index, link)

    def _interface(self, folder: Path, index: int, link: int) -> None:
        folder.mkdir(parents=True)
        (folder / "ifindex").write_text(f"{index}\n")
        (folder / "iflink").write_text(f"{link}\n")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.fixture
def owners(tree: Tree) -> InterfaceOwners:
    directory = Directory()
    for container_id, name, pid in ((ID_A, "a", 100), (ID_B, "b", 200)):
        directory.put_workload(Workload(id=container_id, name=name, state="running", pid=pid))
    directory.put_networks(
        [
            Network("n" * 64, "front", driver="bridge", interface="br-front"),
            Network("m" * 64, "lan", driver="macvlan", interface="eth0"),
        ]
    )
    return InterfaceOwners(directory, sys=tree.sys, proc=tree.proc)


def test_a_bridge_without_a_name_is_known_by_its_gateway(tree: Tree) -> None:
    """As of Podman, whose Docker-compatible answer has none."""
    network = Network("n9", "pod", driver="bridge", interface="br-n9", gateways=("10.89.0.1",))
    directory = Directory()
    directory.put_networks([network])
    tree.interface("podman1", 21, 21)
    tree.interface("eth0", 22, 22)
    addresses = {"podman1": "10.89.0.1", "eth0": "192.168.1.5"}
    found = InterfaceOwners(
        directory, sys=tree.sys, proc=tree.proc, address_of=addresses.get
    ).owners(["podman1", "eth0"])
    assert (found["podman1"].kind, found["podman1"].name) == ("network", "pod")
    assert found["eth0"].kind is None


def test_both_directions_must_agree_where_both_can_be_read(
    tree: Tree, owners: InterfaceOwners
) -> None:
    tree.interface("veth1", 11, 10, master="br-front")
    for pid, container_id, link in ((100, ID_A, 99), (200, ID_B, 11)):
        tree.process(pid, container_id)
        tree.inside(pid, "eth0", 10, link)
    owner = owners.owner("veth1")
    assert (owner.name, owner.peer, owner.network, owner.reason) == ("b", "eth0", "front", None)


def test_the_multicast_list_serves_where_sys_may_not_be_read(
    tree: Tree, owners: InterfaceOwners
) -> None:
    tree.interface("veth1", 11, 10)
    tree.process(100, ID_A, "1    lo    1     0     01\n10   eth0            1     0     3333\n")
    tree.process(200, ID_B, "12   eth0            1     0     3333\n")
    assert owners.owner("veth1").name == "a"


def test_an_ambiguous_number_is_nobodys_and_says_between_whom(
    tree: Tree, owners: InterfaceOwners
) -> None:
    tree.interface("veth1", 11, 10)
    for pid, container_id in ((100, ID_A), (200, ID_B)):
        tree.process(pid, container_id, "10   eth0            1     0     3333\n")
    owner = owners.owner("veth1")
    assert owner.kind is None
    assert owner.reason == "its other end could be in any of: a, b; root could tell"


def test_a_process_id_of_somebody_else_is_not_believed(tree: Tree, owners: InterfaceOwners) -> None:
    tree.interface("veth1", 11, 10)
    tree.process(100, "0" * 64, "10   eth0            1     0     3333\n")
    owner = owners.owner("veth1")
    assert owner.kind is None
    assert owner.reason is not None
    assert "another process namespace" in owner.reason


def test_a_vlan_and_a_macvlans_parent_are_no_containers(
    tree: Tree, owners: InterfaceOwners
) -> None:
    tree.interface("eth0", 2, 2)
    tree.interface("eth0.10", 5, 2)
    (tree.sys / "class" / "net" / "eth0.10" / "lower_eth0").symlink_to("../eth0")
    tree.process(100, ID_A, "2    eth0            1     0     3333\n")
    found = owners.owners(["eth0", "eth0.10", "gone0"])
    assert {name: owner.kind for name, owner in found.items()} == {
        "eth0": None,
        "eth0.10": None,
        "gone0": None,
    }
