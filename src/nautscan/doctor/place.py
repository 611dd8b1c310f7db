"""What kind of place this is, from evidence: it decides what can be seen, whatever the rights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from nautscan.doctor.evidence import Evidence
from nautscan.doctor.links import BETWEEN, Link, default_route, links
from nautscan.doctor.machine import DOCKER_DESKTOP, UNKNOWN, WSL2, Machine, machine
from nautscan.doctor.marks import INITIAL_NAMESPACES, ContainerMarks, Sign, container_marks


class Network(StrEnum):
    """Whose network interfaces are seen here."""

    HOST = "host"
    """The machine's own."""
    BRIDGE = "bridge"
    """One end of a veth pair, the other on a bridge or behind the host's routing."""
    MACVLAN = "macvlan"
    IPVLAN = "ipvlan"
    USER_MODE = "user_mode"
    """slirp4netns or pasta, as rootless engines use them: packets are made by a process."""
    NONE = "none"
    """No interface but loopback."""
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """The places that NautScan tells apart."""

    HOST = "host"
    VM = "vm"
    WSL2 = "wsl2"
    DOCKER_DESKTOP = "docker_desktop_vm"
    """The network of Docker Desktop's virtual machine, seen from a container in it."""
    NAMESPACE = "network_namespace"
    """A namespace of its own, and no container around it."""
    CONTAINER_HOST = "container_host_network"
    CONTAINER_BRIDGE = "container_bridge"
    CONTAINER_MACVLAN = "container_macvlan"
    CONTAINER_IPVLAN = "container_ipvlan"
    CONTAINER_USER_MODE = "container_user_mode"
    CONTAINER_NONE = "container_no_network"
    POD = "kubernetes_pod"
    POD_HOST = "kubernetes_host_network"
    MACOS = "macos"
    WINDOWS = "windows"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """The place, and what tells."""

    kind: Kind
    certain: bool
    engine: str | None
    """Whose container this is; None in none."""
    network: Network
    rootless: bool
    """Root here is an ordinary user of the host."""
    machine: Machine
    default: str | None
    """The interface of the default route."""
    signs: tuple[Sign, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "kind": self.kind.value,
            "certain": self.certain,
            "engine": self.engine,
            "network": self.network.value,
            "rootless": self.rootless,
            "machine": self.machine.kind,
            "hypervisor": self.machine.hypervisor,
            "cloud": self.machine.cloud,
            "evidence": [sign.as_dict() for sign in self.signs],
        }


_CONTAINER_KINDS: Final = {
    Network.HOST: Kind.CONTAINER_HOST,
    Network.BRIDGE: Kind.CONTAINER_BRIDGE,
    Network.MACVLAN: Kind.CONTAINER_MACVLAN,
    Network.IPVLAN: Kind.CONTAINER_IPVLAN,
    Network.USER_MODE: Kind.CONTAINER_USER_MODE,
    Network.NONE: Kind.CONTAINER_NONE,
    Network.UNKNOWN: Kind.UNKNOWN,
}

_SHARED_DRIVERS: Final = {
    "veth": Network.BRIDGE,
    "macvlan": Network.MACVLAN,
    "ipvlan": Network.IPVLAN,
    "tun": Network.USER_MODE,
}
"""What a container's own interfaces are made with."""


def find_place(evidence: Evidence) -> Place:
    """The place; `unknown` or not `certain` where the evidence does not suffice."""
    if evidence.platform != "linux":
        return _other_system(evidence.platform)
    marks, around = container_marks(evidence), machine(evidence)
    seen, route = links(evidence), default_route(evidence)
    network, network_certain, network_signs = _network(evidence, marks, seen, route)
    kind = _kind(marks, around, network)
    certain = marks.certain and network_certain and kind is not Kind.UNKNOWN
    if kind in (Kind.HOST, Kind.VM, Kind.WSL2, Kind.DOCKER_DESKTOP):
        certain = certain and around.certain
    return Place(
        kind=kind,
        certain=certain,
        engine=marks.engine,
        network=network,
        rootless=marks.rootless,
        machine=around,
        default=route,
        signs=(*marks.signs, *network_signs, *around.signs),
    )


def _other_system(platform: str) -> Place:
    kinds = {"darwin": Kind.MACOS, "win32": Kind.WINDOWS}
    kind = kinds.get(platform, Kind.UNKNOWN)
    nothing = Machine(UNKNOWN, None, cloud=False, certain=False, signs=())
    sign = Sign("sys.platform", platform, "the system that Python was built for")
    return Place(
        kind=kind,
        certain=kind is not Kind.UNKNOWN,
        engine=None,
        network=Network.HOST if kind is not Kind.UNKNOWN else Network.UNKNOWN,
        rootless=False,
        machine=nothing,
        default=None,
        signs=(sign,),
    )


def _kind(marks: ContainerMarks, around: Machine, network: Network) -> Kind:
    if marks.engine is not None:
        return _container_kind(marks.engine, around, network)
    if network is Network.UNKNOWN:
        return Kind.UNKNOWN
    if network is not Network.HOST:
        return Kind.NAMESPACE
    return {WSL2: Kind.WSL2, DOCKER_DESKTOP: Kind.DOCKER_DESKTOP, "vm": Kind.VM}.get(
        around.kind, Kind.HOST
    )


def _container_kind(engine: str, around: Machine, network: Network) -> Kind:
    if engine == "kubernetes" and network is not Network.UNKNOWN:
        return Kind.POD_HOST if network is Network.HOST else Kind.POD
    if around.kind == DOCKER_DESKTOP and network is Network.HOST:
        return Kind.DOCKER_DESKTOP
    return _CONTAINER_KINDS[network]


_Verdict = tuple[Network, bool, list[Sign]]


def _network(
    evidence: Evidence, marks: ContainerMarks, seen: list[Link], route: str | None
) -> _Verdict:
    """Whose interfaces these are; whether that is certain; and the signs."""
    first = evidence.link("/proc/self/ns/net")
    if first == f"net:[{INITIAL_NAMESPACES['net']}]":
        tells = "the machine's own network namespace"
        return Network.HOST, True, [Sign("/proc/self/ns/net", first, tells)]
    beside = _first_process(evidence)
    if beside is not None and beside.saw == first:
        return Network.HOST, True, [beside]
    if evidence.text("/proc/net/dev") is None:
        return Network.UNKNOWN, False, []
    if not seen:
        return Network.NONE, True, [Sign("/proc/net/dev", "loopback only", "no network")]
    own = beside or _own_hostname(evidence, marks)
    return _hosts_network(marks, seen, own) or _own_network(seen, route, own)


def _hosts_network(marks: ContainerMarks, seen: list[Link], own: Sign | None) -> _Verdict | None:
    """The host's, going by the interfaces; None if they look like a container's own."""
    real = [link for link in seen if link.device]
    virtual = [link for link in seen if not link.device]
    if real:
        # Containers that are virtual machines (Kata) have a device of their own, and nothing else.
        certain = own is None and (marks.engine is None or bool(virtual))
        return Network.HOST, certain, [_link_sign(real[0], "a device of the machine")]
    joining = [link for link in seen if link.driver in BETWEEN]
    if joining and own is None:
        # Bridges are a host's. A namespace without a container may have been given one too.
        sign = _link_sign(joining[0], "a bridge, which joins others: a host's interfaces")
        return Network.HOST, marks.engine is not None, [sign]
    return None


def _first_process(evidence: Evidence) -> Sign | None:
    """The network namespace of the machine's first process, where it can be seen.

    That takes the machine's own process namespace, and the right to look at that process.
    """
    if evidence.link("/proc/self/ns/pid") != f"pid:[{INITIAL_NAMESPACES['pid']}]":
        return None
    there = evidence.link("/proc/1/ns/net")
    if there is None:
        return None
    same = there == evidence.link("/proc/self/ns/net")
    tells = "the machine's first process is in this network namespace"
    return Sign(
        "/proc/1/ns/net",
        there,
        tells if same else "the machine's first process is in another network namespace",
    )


def _own_network(seen: list[Link], route: str | None, own: Sign | None) -> _Verdict:
    shared = [link for link in seen if link.driver in _SHARED_DRIVERS]
    chosen = next((link for link in shared if link.name == route), shared[0] if shared else None)
    signs = [] if own is None else [own]
    if chosen is not None and chosen.driver is not None:
        network = _SHARED_DRIVERS[chosen.driver]
        return network, True, [*signs, _link_sign(chosen, _TELLS[network])]
    linked = [link for link in seen if link.peer_index not in (None, 0, link.index)]
    if linked:
        tells = "linked to an interface in another namespace; its driver does not say how"
        return Network.UNKNOWN, False, [*signs, _link_sign(linked[0], tells)]
    return Network.UNKNOWN, False, signs


_TELLS: Final = {
    Network.BRIDGE: "one end of a veth pair, whose other end is in another namespace",
    Network.MACVLAN: "an address of its own on an interface of the host",
    Network.IPVLAN: "an address of its own behind the host's MAC address",
    Network.USER_MODE: "fed by a process, as rootless engines do it",
}


def _own_hostname(evidence: Evidence, marks: ContainerMarks) -> Sign | None:
    """Docker names a container after its id, unless it has the host's network (and name)."""
    name = evidence.text("/proc/sys/kernel/hostname") or evidence.text("/etc/hostname") or ""
    if marks.id is None or not re.fullmatch(r"[0-9a-f]{12}", name) or name != marks.id[:12]:
        return None
    tells = "named after the container's id: it has not got the host's name and network"
    return Sign("/proc/sys/kernel/hostname", name, tells)


def _link_sign(link: Link, tells: str) -> Sign:
    saw = f"driver {link.driver or 'not told'}"
    if link.index is not None and link.peer_index not in (None, link.index):
        saw += f", number {link.index} linked to {link.peer_index}"
    return Sign(f"/sys/class/net/{link.name}", saw, tells)
