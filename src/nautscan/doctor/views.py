"""What can be seen from each kind of place, and the ways out of those that see too little.

A packet can be captured only where it passes. The three ways for containers are those of
`docs/guide`: 1 the demo on a bridge, 2 the host's network, 3 an address of one's own (macvlan).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nautscan.doctor.machine import DOCKER_DESKTOP, WSL2
from nautscan.doctor.model import State
from nautscan.doctor.place import Kind, Network, Place


@dataclass(frozen=True, slots=True)
class View:
    """What a place means for a person."""

    label: str
    sees: str
    state: State
    ways: str = ""
    """What to do to see more; lines indented by four spaces are to paste."""


def view(place: Place) -> View:
    """What can be seen from the place."""
    if place.kind in _CONFINED:
        return _confined(place)
    return _OPEN[place.kind](place)


def _machine_words(place: Place) -> str:
    name = place.machine.hypervisor
    return f" ({name})" if name else ""


def _host(_place: Place) -> View:
    return View(
        "a machine itself, without a container around it",
        "Every interface of this machine, and every container on its bridges.",
        State.OK,
    )


def _vm(place: Place) -> View:
    return View(
        f"a virtual machine{_machine_words(place)}, without a container around it",
        "Every interface of the virtual machine, and every container on its bridges. Traffic of "
        "other machines arrives only if the virtual switch hands it over.",
        State.OK,
        "To watch other machines from here, allow promiscuous mode for this network in the "
        "hypervisor's settings. Clouds do not have it; use their traffic mirroring.",
    )


def _wsl2(_place: Place) -> View:
    return View(
        "the Windows Subsystem for Linux (WSL2)",
        "The interfaces of WSL2's virtual machine, and containers of a Docker Engine installed in "
        "it. Neither Windows' own adapters (Ethernet, Wi-Fi) nor, as a rule, containers of Docker "
        "Desktop, which have a network of their own.",
        State.OK,
        "To see containers of Docker Desktop, run NautScan beside them:\n"
        f"    {_HOST_RUN['docker']}\n"
        "To see Windows' own adapters, install NautScan and Npcap (https://npcap.com) on Windows "
        "and start it there as administrator.",
    )


def _desktop(_place: Place) -> View:
    return View(
        "a container with the network of Docker Desktop's virtual machine",
        "The bridges of that virtual machine, hence all of Docker Desktop's containers. Not the "
        "adapters of macOS, Windows or Linux around it.",
        State.OK,
        "To see the computer's own adapters, run NautScan on the computer itself, without Docker.",
    )


def _container_host(place: Place) -> View:
    if place.rootless:
        return View(
            f"a container of {_name(place)} with the host's network, but without its rights",
            "The names of the host's interfaces, but not their packets: root in a rootless "
            "container is an ordinary user of the host.",
            State.WARNING,
            f"Start it with the host's root:\n    {_HOST_RUN['podman_root']}",
        )
    return View(
        f"a container of {_name(place)} with the host's network",
        "Every interface of the host, and every container on its bridges.",
        State.OK,
    )


def _macos(_place: Place) -> View:
    return View(
        "macOS",
        "The computer's own interfaces (en0, bridge0, utun). Containers of Docker Desktop are in a "
        "virtual machine: only what they exchange with the computer is seen, at the published "
        "ports (lo0).",
        State.OK,
        "To see traffic between containers, run NautScan in Docker Desktop's virtual machine:\n"
        f"    {_HOST_RUN['docker']}",
    )


def _windows(_place: Place) -> View:
    return View(
        "Windows",
        "Windows' own adapters (Ethernet, Wi-Fi, vEthernet). Containers of Docker Desktop are in a "
        "virtual machine: traffic between them does not pass here.",
        State.OK,
        "To see traffic between containers, run NautScan in Docker Desktop's virtual machine:\n"
        f"    {_HOST_RUN['docker']}\n"
        "A Docker Engine installed in WSL2 is watched from WSL2:\n"
        "    wsl sudo nautscan serve",
    )


def _unknown(_place: Place) -> View:
    return View(
        "not known",
        "The evidence fits no place for certain; the list of interfaces shows what there is.",
        State.UNKNOWN,
        "If an interface of the host (eth0 with the host's address, docker0) is not among them, "
        "NautScan is closed in: give it the host's network.",
    )


def _name(place: Place) -> str:
    names = {"docker": "Docker", "podman": "Podman", "kubernetes": "Kubernetes"}
    return names.get(place.engine or "", place.engine or "an engine")


_HOST_RUN: Final = {
    "docker": "docker run --network host --cap-add NET_RAW --user 0 nautscan serve",
    "podman": "podman run --network host --cap-add NET_RAW --user 0 nautscan serve",
    "podman_root": "sudo podman run --network host --cap-add NET_RAW --user 0 nautscan serve",
}

POD_SPEC: Final = (
    "    hostNetwork: true\n"
    "    dnsPolicy: ClusterFirstWithHostNet\n"
    "    containers:\n"
    "      - name: nautscan\n"
    "        securityContext: {runAsUser: 0, capabilities: {add: [NET_RAW]}}"
)
"""What a pod's specification needs, so that it sees and may capture its node's interfaces."""

_OPEN: Final = {
    Kind.HOST: _host,
    Kind.VM: _vm,
    Kind.WSL2: _wsl2,
    Kind.DOCKER_DESKTOP: _desktop,
    Kind.CONTAINER_HOST: _container_host,
    Kind.POD_HOST: _container_host,
    Kind.MACOS: _macos,
    Kind.WINDOWS: _windows,
    Kind.UNKNOWN: _unknown,
}

_OWN_TRAFFIC: Final = (
    "Only this container's own traffic: packets from and to its own address, and loopback. No "
    "right and no option changes that, since other packets do not pass here."
)

_CONFINED: Final = {
    Kind.CONTAINER_BRIDGE: ("a container of {engine} on a bridge", _OWN_TRAFFIC),
    Kind.CONTAINER_USER_MODE: (
        "a rootless container of {engine}, whose network is made by a process",
        _OWN_TRAFFIC,
    ),
    Kind.CONTAINER_NONE: ("a container of {engine} without a network", "Nothing but loopback."),
    Kind.CONTAINER_MACVLAN: (
        "a container of {engine} with an address of its own on the network (macvlan)",
        "What is sent to its own MAC address, and broadcast and multicast of the network. Not the "
        "host, which the kernel keeps apart, and none of the host's other containers.",
    ),
    Kind.CONTAINER_IPVLAN: (
        "a container of {engine} with an address of its own on the network (ipvlan)",
        "What is sent to its own address. Not the host, which the kernel keeps apart, and none of "
        "the host's other containers.",
    ),
    Kind.POD: (
        "a pod with a network of its own",
        "Only this pod's own traffic, between its containers too. No right and no option changes "
        "that, since packets of other pods do not pass here.",
    ),
    Kind.NAMESPACE: (
        "a network namespace of its own, without a container around it",
        "Only what passes the interfaces in this namespace.",
    ),
}


def _confined(place: Place) -> View:
    label, sees = _CONFINED[place.kind]
    return View(label.format(engine=_name(place)), sees, State.WARNING, _ways_out(place))


def _ways_out(place: Place) -> str:
    if place.kind is Kind.POD:
        return (
            "Of the three ways out, the second applies here, the host's network: one pod a node "
            f"sees all pods of that node. In the pod's specification:\n{POD_SPEC}\n"
            "The first (the demo) needs nothing. The third (macvlan) takes a second network by "
            "Multus, and sees that network only."
        )
    if place.kind is Kind.NAMESPACE:
        return (
            "Start NautScan outside of the namespace, or in that of the first process:\n"
            "    sudo nsenter --target 1 --net nautscan serve"
        )
    if place.network in (Network.MACVLAN, Network.IPVLAN):
        return (
            "This is the third of the three ways. To see the host and its containers, take the "
            f"second, the host's network:\n    {host_run(place)}\n"
            "To see what a mirror port sends to the host, do the same and name the interface; or "
            "take macvlan's mode passthru (-o macvlan_mode=passthru), the one in which the kernel "
            "hands over frames for other addresses:\n"
            "    sudo deploy/macvlan_setup.sh --mode passthru"
        )
    return "\n".join([_second_way(place), _first_way(), _third_way(place)])


def host_run(place: Place) -> str:
    """The command that starts NautScan with the host's network and the right to capture."""
    if place.engine == "podman":
        return _HOST_RUN["podman_root" if place.rootless else "podman"]
    return _HOST_RUN["docker"]


def _second_way(place: Place) -> str:
    words = (
        "Of the three ways out, the second applies here, the host's network. Start it anew "
        f"(with Compose: deploy/host_network_fix.sh):\n    {host_run(place)}"
    )
    if place.machine.kind == DOCKER_DESKTOP:
        words += (
            "\nIn Docker Desktop, that is the network of its virtual machine: it shows all "
            "containers, and none of the computer's own adapters."
        )
    if place.machine.kind == WSL2:
        words += "\nIn WSL2, that is the network of its virtual machine, not of Windows."
    return words


def _first_way() -> str:
    return "The first, staying here, is good for the demo, which needs no view:\n    nautscan demo"


def _third_way(place: Place) -> str:
    if place.machine.kind in (DOCKER_DESKTOP, WSL2):
        return "The third (macvlan) does not work here: the virtual machine is on no real network."
    if place.network is Network.USER_MODE:
        return "The third (macvlan) takes the host's root: run the engine with it."
    if place.machine.cloud:
        return (
            "The third (macvlan) does not work here: the cloud's network takes one MAC address a "
            "machine. ipvlan may, for its own traffic only."
        )
    return (
        "The third (macvlan or ipvlan) gives NautScan an address of its own on the network, to "
        "watch what is sent to it there, not the host's containers (deploy/macvlan_setup.sh)."
    )
