"""Which other programs capture here (Linux: packet sockets of this network namespace)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nautscan.doctor.context import Context
from nautscan.doctor.evidence import Evidence
from nautscan.doctor.model import Check, State

_EVERY_PROTOCOL: Final = "0003"
"""ETH_P_ALL: a capture. DHCP clients and the like ask for one protocol."""

_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class PacketSocket:
    """A row of /proc/net/packet."""

    inode: str
    interface_index: int


def check(context: Context) -> list[Check]:
    """Counts captures beside this process's own, and names their programs as far as visible."""
    title = "Other captures"
    why = (
        "Each copies the same packets once more, which costs processor time. They do not disturb "
        "each other."
    )
    if context.evidence.platform != "linux" or not context.evidence.exists("/proc/net/packet"):
        found = "They cannot be listed on this system."
        return [Check("capture.others", title, State.UNKNOWN, found, why)]
    own = _inodes(context.evidence, "self")
    sockets = [s for s in packet_sockets(context.evidence) if s.inode not in own]
    programs = _programs(context.evidence, {s.inode for s in sockets})
    facts = {"sockets": len(sockets), "programs": programs}
    if not sockets:
        return [Check("capture.others", title, State.OK, "None.", why, facts=facts)]
    named = ", ".join(programs[:_SHOWN]) or "programs of other users, whose names are not visible"
    found = f"{len(sockets)}: {named}."
    return [Check("capture.others", title, State.OK, found, why, facts=facts)]


def packet_sockets(evidence: Evidence) -> list[PacketSocket]:
    """Sockets that take every protocol, on any or one interface."""
    found = []
    for line in evidence.lines("/proc/net/packet")[1:]:
        cells = line.split()  # sk RefCnt Type Proto Iface R Rmem User Inode
        if len(cells) >= 9 and cells[3] == _EVERY_PROTOCOL:
            found.append(PacketSocket(cells[8], int(cells[4])))
    return found


def _programs(evidence: Evidence, inodes: set[str]) -> list[str]:
    """`tcpdump (pid 12)` for each process that has one of the sockets; takes rights to see all."""
    if not inodes:
        return []
    found = []
    for pid in evidence.names("/proc"):
        if pid.isdecimal() and _inodes(evidence, pid) & inodes:
            name = evidence.text(f"/proc/{pid}/comm") or "?"
            words = (evidence.text(f"/proc/{pid}/cmdline") or "").split("\0")
            if "nautscan" in words or any(word.endswith("/nautscan") for word in words):
                name = "NautScan"
            found.append(f"{name} (pid {pid})")
    return found


def _inodes(evidence: Evidence, pid: str) -> set[str]:
    folder = f"/proc/{pid}/fd"
    links = (evidence.link(f"{folder}/{name}") or "" for name in evidence.names(folder))
    return {match[1] for link in links if (match := re.fullmatch(r"socket:\[(\d+)\]", link))}
