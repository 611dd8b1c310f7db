"""Whose network interface is it: a Docker network's bridge, or a container's end of a veth.

Bridges are known from the engine's networks. A veth on the host names its peer by number only
(`iflink`); which container that peer is in is read from the container's own network namespace
through /proc, in two ways: exactly, from its /sys (which takes the right to trace the
process), else from its list of multicast groups, which anyone may read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from nautscan.identity.directory import ALIVE, Directory
from nautscan.identity.hosts import interface_address
from nautscan.identity.model import Network, Workload


class OwnerKind(StrEnum):
    """What an interface belongs to."""

    NETWORK = "network"
    CONTAINER = "container"


@dataclass(frozen=True, slots=True)
class InterfaceOwner:
    """Whose an interface is; with a null `kind`, `reason` says why that is not known."""

    interface: str
    kind: OwnerKind | None = None
    id: str | None = None
    name: str | None = None
    """The network's name, or the container's (its Compose service, if it has one)."""
    network: str | None = None
    """Name of the network it carries."""
    peer: str | None = None
    """For a veth: what the interface is called inside the container."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Peer:
    """An interface inside a container."""

    workload: Workload
    name: str
    index: int
    link: int | None
    """Number of the other end, on the host; null where it may not be read."""


class InterfaceOwners:
    """Answers for the interfaces of this host (of this process's network namespace).

    Reads the container engine's process ids, so it knows veths only where it sees the engine's
    processes: on the same host, in the same process namespace. Each process id is checked to be
    of that container before it is believed.
    """

    def __init__(
        self,
        directory: Directory,
        *,
        sys: Path = Path("/sys"),
        proc: Path = Path("/proc"),
        address_of: Callable[[str], str | None] = interface_address,
    ) -> None:
        """`address_of` tells an interface's first IPv4 address."""
        self._directory = directory
        self._net = sys / "class" / "net"
        self._proc = proc
        self._address_of = address_of

    def owner(self, interface: str) -> InterfaceOwner:
        """Whose the interface is."""
        return self.owners([interface])[interface]

    def owners(self, interfaces: Iterable[str]) -> dict[str, InterfaceOwner]:
        """Whose each of the interfaces is. One look at the containers answers for all."""
        names = list(interfaces)
        bridges = self._bridges()
        veths = [name for name in names if name not in bridges and self._is_veth(name)]
        peers = list(self._peers()) if veths else []
        return {
            name: self._veth_owner(name, bridges, peers)
            if name in veths
            else _bridge_owner(name, bridges.get(name))
            for name in names
        }

    def _bridges(self) -> dict[str, Network]:
        """The networks' bridges by name.

        Docker tells the name or it follows from the network's id. Podman's Docker-compatible
        answer has none: its bridge is the interface that has the network's gateway address.
        """
        networks = [n for n in self._directory.networks() if n.driver == "bridge"]
        found = {n.interface: n for n in networks if n.interface}
        absent = (n for n in networks if not n.interface or not self._exists(n.interface))
        nameless = {gateway: network for network in absent for gateway in network.gateways}
        if nameless:
            for name in self._names():
                network = nameless.get(self._address_of(name) or "")
                if network is not None and name not in found:
                    found[name] = network
        return found

    def _exists(self, name: str) -> bool:
        return (self._net / name).exists()

    def _names(self) -> list[str]:
        try:
            return sorted(entry.name for entry in self._net.iterdir())
        except OSError:
            return []

    def _veth_owner(
        self, name: str, bridges: dict[str, Network], peers: list[_Peer]
    ) -> InterfaceOwner:
        network = bridges.get(self._master(name) or "")
        carried = network.name if network is not None else None
        index, link = self._number(name, "ifindex"), self._number(name, "iflink")
        matching = _matching(peers, index, link)
        if len(matching) != 1:
            return InterfaceOwner(name, network=carried, reason=self._why_unknown(matching, peers))
        peer = matching[0]
        return InterfaceOwner(
            name,
            OwnerKind.CONTAINER,
            peer.workload.id,
            peer.workload.display_name,
            network=carried,
            peer=peer.name,
        )

    def _why_unknown(self, matching: list[_Peer], peers: list[_Peer]) -> str:
        if matching:
            names = ", ".join(sorted(peer.workload.name for peer in matching))
            return f"its other end could be in any of: {names}; root could tell"
        if peers or not any(_has_own_network(w) for w in self._directory.workloads()):
            return "its other end is in no container of the engine"
        return "the containers' processes are not visible here (another process namespace)"

    def _peers(self) -> Iterator[_Peer]:
        for workload in self._directory.workloads():
            if _has_own_network(workload) and self._is_of(workload):
                yield from self._peers_of(workload)

    def _peers_of(self, workload: Workload) -> Iterator[_Peer]:
        process = self._proc / str(workload.pid)
        inside = process / "root" / "sys" / "class" / "net"
        try:
            names = [entry.name for entry in inside.iterdir()]
        except OSError:
            names = []
        exact = [
            _Peer(workload, name, index, link)
            for name in names
            if (index := _read_number(inside / name / "ifindex")) is not None
            and (link := _read_number(inside / name / "iflink")) is not None
            and name != "lo"
        ]
        yield from exact or self._peers_by_multicast(workload, process)

    def _peers_by_multicast(self, workload: Workload, process: Path) -> Iterator[_Peer]:
        """`/proc/PID/net/dev_mcast`: number and name of each interface that is up."""
        seen = set()
        for line in _read(process / "net" / "dev_mcast").splitlines():
            number, name = [*line.split(), "", ""][:2]
            if number.isdecimal() and name not in seen and name != "lo":
                seen.add(name)
                yield _Peer(workload, name, int(number), None)

    def _is_of(self, workload: Workload) -> bool:
        """Whether the process id means that container here: its control group names it."""
        return workload.id in _read(self._proc / str(workload.pid) / "cgroup")

    def _is_veth(self, name: str) -> bool:
        # Linked to another number than its own, like a VLAN; but not to one below it. The
        # engine makes both ends on the host and moves one, so that their numbers differ.
        index, link = self._number(name, "ifindex"), self._number(name, "iflink")
        if index is None or link is None or link in (0, index):
            return False
        return not any((self._net / name).glob("lower_*"))

    def _master(self, name: str) -> str | None:
        try:
            return (self._net / name / "master").readlink().name
        except OSError:
            return None

    def _number(self, name: str, attribute: str) -> int | None:
        return _read_number(self._net / name / attribute)


def _matching(peers: list[_Peer], index: int | None, link: int | None) -> list[_Peer]:
    """The ends inside containers that belong to the host's end.

    Numbers are unique within a namespace only, so both directions must agree where both can
    be read.
    """
    return [p for p in peers if p.index == link and (p.link is None or p.link == index)]


def _bridge_owner(name: str, network: Network | None) -> InterfaceOwner:
    if network is None:
        return InterfaceOwner(name, reason="no network of the container engine uses it")
    return InterfaceOwner(name, OwnerKind.NETWORK, network.id, network.name, network=network.name)


def _has_own_network(workload: Workload) -> bool:
    return (
        workload.pid is not None
        and workload.state in ALIVE
        and not workload.uses_host_network
        and workload.shares_network_of is None
    )


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _read_number(path: Path) -> int | None:
    text = _read(path).strip()
    return int(text) if text.isdecimal() else None
