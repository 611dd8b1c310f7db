"""Each recorded place is taken for what it is, and its way out is one that works there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nautscan.doctor.checks import place as place_check
from nautscan.doctor.context import Context
from nautscan.doctor.evidence import Evidence
from nautscan.doctor.model import State
from nautscan.doctor.place import Kind, Network, find_place
from nautscan.doctor.views import view
from tests.unit.doctor.conftest import At
from tests.unit.doctor.recorded import evidence_of, names

EXPECTED: dict[str, tuple[Kind, str | None, Network, str]] = {
    "bare_host": (Kind.HOST, None, Network.HOST, "bare"),
    "cloud_vm": (Kind.VM, None, Network.HOST, "vm"),
    "docker_bridge": (Kind.CONTAINER_BRIDGE, "docker", Network.BRIDGE, "vm"),
    "docker_cgroup_v1": (Kind.CONTAINER_BRIDGE, "docker", Network.BRIDGE, "unknown"),
    "docker_desktop_mac_bridge": (
        Kind.CONTAINER_BRIDGE, "docker", Network.BRIDGE, "docker_desktop"),
    "docker_desktop_mac_host": (Kind.DOCKER_DESKTOP, "docker", Network.HOST, "docker_desktop"),
    "docker_desktop_windows_bridge": (
        Kind.CONTAINER_BRIDGE, "docker", Network.BRIDGE, "docker_desktop"),
    "docker_host": (Kind.CONTAINER_HOST, "docker", Network.HOST, "vm"),
    "docker_in_docker": (Kind.CONTAINER_BRIDGE, "docker", Network.BRIDGE, "unknown"),
    "docker_ipvlan": (Kind.CONTAINER_IPVLAN, "docker", Network.IPVLAN, "bare"),
    "docker_macvlan": (Kind.CONTAINER_MACVLAN, "docker", Network.MACVLAN, "vm"),
    "docker_none": (Kind.CONTAINER_NONE, "docker", Network.NONE, "vm"),
    "kata_pod": (Kind.POD_HOST, "kubernetes", Network.HOST, "vm"),
    "kubernetes_host_network": (Kind.POD_HOST, "kubernetes", Network.HOST, "unknown"),
    "kubernetes_pod": (Kind.POD, "kubernetes", Network.BRIDGE, "unknown"),
    "lxc": (Kind.CONTAINER_BRIDGE, "lxc", Network.BRIDGE, "unknown"),
    "host_seen_by_root": (Kind.HOST, None, Network.HOST, "bare"),
    "named_namespace_with_bridge": (Kind.NAMESPACE, None, Network.BRIDGE, "bare"),
    "named_namespace": (Kind.NAMESPACE, None, Network.BRIDGE, "bare"),
    "only_dockerenv": (Kind.UNKNOWN, "docker", Network.UNKNOWN, "unknown"),
    "podman_bridge": (Kind.CONTAINER_BRIDGE, "podman", Network.BRIDGE, "unknown"),
    "podman_rootless": (Kind.CONTAINER_USER_MODE, "podman", Network.USER_MODE, "unknown"),
    "podman_rootless_host": (Kind.CONTAINER_HOST, "podman", Network.HOST, "unknown"),
    "vm_from_image": (Kind.VM, None, Network.HOST, "vm"),
    "wsl2": (Kind.WSL2, None, Network.HOST, "wsl2"),
    "wsl2_docker_engine_bridge": (Kind.CONTAINER_BRIDGE, "docker", Network.BRIDGE, "wsl2"),
}  # fmt: skip

UNCERTAIN = {"kata_pod", "only_dockerenv", "podman_rootless_host"}


def test_every_recorded_place_is_expected_to_be_something() -> None:
    assert names() == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_place_is_recognised(name: str, tmp_path: Path) -> None:
    place = find_place(evidence_of(name, tmp_path))
    found = (place.kind, place.engine, place.network, place.machine.kind)
    assert found == EXPECTED[name]
    assert place.certain is (name not in UNCERTAIN)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_said_has_its_evidence(name: str, tmp_path: Path) -> None:
    place = find_place(evidence_of(name, tmp_path))
    facts: dict[str, Any] = place.as_dict()
    assert facts["kind"] == place.kind.value
    assert facts["evidence"]
    assert all(sign["source"] and sign["saw"] and sign["tells"] for sign in facts["evidence"])


CONFINED = [
    name
    for name, (kind, *_) in EXPECTED.items()
    if kind in (Kind.CONTAINER_BRIDGE, Kind.CONTAINER_USER_MODE, Kind.CONTAINER_NONE)
]


@pytest.mark.parametrize("name", CONFINED)
def test_a_closed_in_container_is_told_the_three_ways(name: str, tmp_path: Path) -> None:
    seen = view(find_place(evidence_of(name, tmp_path)))
    assert seen.state is State.WARNING
    assert "own traffic" in seen.sees or "Nothing but loopback" in seen.sees
    assert "the second applies here" in seen.ways
    assert "The first" in seen.ways
    assert "The third" in seen.ways
    commands = [line for line in seen.ways.splitlines() if line.startswith("    ")]
    assert any("--network host --cap-add NET_RAW" in line for line in commands)


@pytest.mark.parametrize(
    ("name", "says", "says_not"),
    [
        ("docker_bridge", "    docker run --network host", "podman"),
        ("docker_desktop_mac_bridge", "network of its virtual machine", "macvlan_setup.sh"),
        ("docker_desktop_windows_bridge", "(macvlan) does not work here", "macvlan_setup.sh"),
        ("wsl2_docker_engine_bridge", "not of Windows", "macvlan_setup.sh"),
        ("podman_bridge", "    podman run --network host", "docker run"),
        ("podman_rootless", "    sudo podman run --network host", "docker run"),
        ("podman_rootless_host", "    sudo podman run --network host", "docker run"),
        ("kubernetes_pod", "    hostNetwork: true", "docker run"),
        ("docker_macvlan", "macvlan_mode=passthru", "nautscan demo"),
        ("docker_ipvlan", "third of the three ways", "nautscan demo"),
        ("named_namespace", "    sudo nsenter --target 1 --net", "docker"),
        ("wsl2", "Npcap", "macvlan"),
        ("cloud_vm", "traffic mirroring", "docker"),
    ],
)
def test_the_way_out_is_one_of_that_place(
    name: str, says: str, says_not: str, tmp_path: Path
) -> None:
    ways = view(find_place(evidence_of(name, tmp_path))).ways
    assert says in ways
    assert says_not not in ways


@pytest.mark.parametrize(
    ("platform", "kind", "says"),
    [("darwin", Kind.MACOS, "virtual machine"), ("win32", Kind.WINDOWS, "WSL2")],
)
def test_other_systems(platform: str, kind: Kind, says: str) -> None:
    place = find_place(Evidence(root=Path("/nowhere"), platform=platform))
    assert (place.kind, place.certain, place.network) == (kind, True, Network.HOST)
    assert says in view(place).sees + view(place).ways


def test_an_unknown_system_is_unknown() -> None:
    place = find_place(Evidence(root=Path("/nowhere"), platform="freebsd14"))
    assert (place.kind, place.certain) == (Kind.UNKNOWN, False)


def test_where_nothing_can_be_read_nothing_is_claimed(tmp_path: Path) -> None:
    """An empty /proc: no container is found, but no network either, and no machine."""
    place = find_place(Evidence(root=tmp_path, platform="linux", driver_of=lambda _: None))
    assert (place.kind, place.network, place.certain) == (Kind.UNKNOWN, Network.UNKNOWN, False)
    assert place.engine is None


def test_sys_of_another_namespace_is_not_believed(tmp_path: Path) -> None:
    """/sys shows the host's card, /proc/net the namespace's own interface."""
    evidence = evidence_of("named_namespace", tmp_path)
    card = tmp_path / "sys/class/net/eno1"
    card.mkdir(parents=True)
    (card / "device").symlink_to("../../0000:3b:00.0")
    assert find_place(evidence).kind is Kind.NAMESPACE


def test_the_check_says_when_it_is_not_certain(at: At) -> None:
    kind, sees = place_check.check(at("only_dockerenv"))
    assert kind.state is State.UNKNOWN
    assert "not known" in kind.found
    assert sees.state is State.UNKNOWN
    assert sees.remedy


def test_a_cloud_takes_no_macvlan(at: At) -> None:
    context: Context = at("docker_bridge")
    container = find_place(context.evidence)
    cloud = find_place(at("cloud_vm").evidence).machine
    from dataclasses import replace

    assert "one MAC address" in view(replace(container, machine=cloud)).ways
