"""The network interfaces of this network namespace, as the kernel describes them (Linux)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nautscan.doctor.ethtool import Driver
from nautscan.doctor.evidence import Evidence

IFF_UP: Final = 0x1
IFF_LOOPBACK: Final = 0x8
IFF_PROMISC: Final = 0x100

_PLACEHOLDER: Final = re.compile(
    r"(tunl|sit|gre|gretap|erspan|ip_vti|ip6_vti|ip6tnl|ip6gre|ifb|dummy|teql|bonding_masters)\d*$"
)
"""Made by kernel modules in every namespace, without anybody's wish; they say nothing."""

BETWEEN: Final = frozenset({"bridge", "openvswitch"})
"""Drivers of what joins others: a host's, seldom a container's."""


@dataclass(frozen=True, slots=True)
class Link:
    """One interface."""

    name: str
    index: int | None
    peer_index: int | None
    """`iflink`: number of the interface it is linked to, in whatever namespace that is."""
    driver: str | None
    device: bool
    """A device of the machine, physical or the hypervisor's, is behind it."""
    flags: int
    wireless: bool

    @property
    def up(self) -> bool:
        """Switched on."""
        return bool(self.flags & IFF_UP)

    @property
    def loopback(self) -> bool:
        """The machine's own."""
        return bool(self.flags & IFF_LOOPBACK) or self.name == "lo"


def links(evidence: Evidence) -> list[Link]:
    """All but loopback and the kernel's placeholders."""
    names = interface_names(evidence)
    # /sys may be of another network namespace than this process is in; /proc/net never is.
    own = set(names) == {name for name in _in_sys(evidence) if name != "bonding_masters"}
    found = [_link(evidence, name, own=own) for name in names]
    return [link for link in found if not link.loopback and not _PLACEHOLDER.match(link.name)]


def interface_names(evidence: Evidence) -> list[str]:
    """Every interface of this process's network namespace, loopback included."""
    lines = evidence.lines("/proc/net/dev")[2:]
    return sorted(line.partition(":")[0].strip() for line in lines if ":" in line)


def _in_sys(evidence: Evidence) -> list[str]:
    return evidence.names("/sys/class/net")


def _link(evidence: Evidence, name: str, *, own: bool) -> Link:
    folder = f"/sys/class/net/{name}" if own else "/nothing"
    driver = evidence.driver_of(name)
    return Link(
        name=name,
        index=evidence.number(f"{folder}/ifindex"),
        peer_index=evidence.number(f"{folder}/iflink"),
        driver=driver.name if driver is not None else None,
        device=_is_hardware(driver) or evidence.exists(f"{folder}/device"),
        flags=evidence.number(f"{folder}/flags", 16) or 0,
        wireless=evidence.exists(f"{folder}/wireless") or evidence.exists(f"{folder}/phy80211"),
    )


def _is_hardware(driver: Driver | None) -> bool:
    """Physical, or the hypervisor's. Drivers of the kernel's own devices name no bus, or these."""
    return driver is not None and driver.bus not in ("", "N/A", "tap", "tun")


def default_route(evidence: Evidence) -> str | None:
    """The interface of the IPv4 default route (`/proc/net/route`: destination and mask zero)."""
    for line in evidence.lines("/proc/net/route")[1:]:
        cells = line.split()
        if len(cells) >= 8 and cells[1] == "00000000" and cells[7] == "00000000":
            return cells[0]
    return None
