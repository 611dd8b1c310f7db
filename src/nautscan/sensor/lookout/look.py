"""One look at the machine's sockets, and what it found (Linux)."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from nautscan.sensor.lookout import diag, facts, holders, proctable
from nautscan.sensor.lookout.facts import Processes
from nautscan.sensor.lookout.model import ANY_IPV4, ANY_IPV6, MAX_ENTRIES, Process, Seen, SocketKey
from nautscan.sensor.lookout.rights import Reach

MAX_NAMESPACES: Final = 512
"""Network namespaces looked at; one for each container, usually."""


@dataclass(slots=True)
class Look:
    """What one look found."""

    began_ns: int
    ended_ns: int = 0
    seen: dict[SocketKey, list[Seen]] = field(default_factory=dict)
    """Sockets by key: several where programs share a port."""
    holders: dict[int, tuple[Process, ...]] = field(default_factory=dict)
    """Of the inodes that were asked for, oldest process first; none held is not in it."""
    sought: frozenset[int] = frozenset()
    """The inodes whose holders were looked for."""
    containers: dict[str, int] = field(default_factory=dict)
    """Container id: inode of its network namespace."""
    gone: frozenset[Process] = frozenset()
    """Of the processes that were asked after, those that have ended."""
    beyond_cap: int = 0
    """Sockets over `MAX_ENTRIES`."""


class Lookout:
    """Looks. Used by one thread at a time."""

    def __init__(self, reach: Reach, processes: Processes) -> None:
        """`reach` says what there is no use in trying."""
        self._reach = reach
        self._processes = processes
        self._netns: dict[int, tuple[int | None, tuple[str, ...], float]] = {}

    def look(
        self,
        known: Mapping[SocketKey, Collection[int]],
        named: Collection[Process] = (),
    ) -> Look:
        """All sockets; holders of those that are not `known` by key and inode. Raises OSError.

        `named` are asked after: whether they live.
        """
        look = Look(time.time_ns())
        pids = facts.pids()
        own = self._reach.netns or 0
        namespaces = self._namespaces(pids, look)
        found = diag.sockets(own)
        for netns, pid in list(namespaces.items())[:MAX_NAMESPACES]:
            if netns != own:
                found.extend(proctable.sockets(pid, netns))
        for seen in found[:MAX_ENTRIES]:
            look.seen.setdefault(seen.key, []).append(seen)
        look.beyond_cap = max(len(found) - MAX_ENTRIES, 0)
        _take_ipv4_too(look.seen)
        look.gone = frozenset(process for process in named if not self._lives(process))
        self._find_holders(look, known, pids)
        self._processes.keep(frozenset(pids))
        look.ended_ns = time.time_ns()
        return look

    def _namespaces(self, pids: list[int], look: Look) -> dict[int, int]:
        """A process in each network namespace that has a container; fills in the containers."""
        now = time.monotonic()
        found: dict[int, int] = {}
        remembered: dict[int, tuple[int | None, tuple[str, ...], float]] = {}
        for pid in pids:
            entry = self._netns.get(pid)
            if entry is None or now - entry[2] > _AGAIN_S:
                entry = (*_placed(pid), now)
            remembered[pid] = entry
            netns, containers, _ = entry
            if netns is None:
                continue
            if containers or netns == self._reach.netns:
                found.setdefault(netns, pid)
            for container in containers[-1:]:
                look.containers.setdefault(container, netns)
        self._netns = remembered
        return found

    def _lives(self, process: Process) -> bool:
        now = self._processes.read(process.pid)
        return now is not None and now.start_ns == process.start_ns

    def _find_holders(
        self, look: Look, known: Mapping[SocketKey, Collection[int]], pids: list[int]
    ) -> None:
        wanted = {
            seen.inode: seen.uid
            for key, group in look.seen.items()
            for seen in group
            if seen.inode not in known.get(key, ())
        }
        look.sought = frozenset(wanted)
        if not wanted:
            return
        for inode, held_by in holders.find(wanted, pids).items():
            processes = [self._holder(pid, inode) for pid in held_by]
            there = [process for process in processes if process is not None]
            if there:
                look.holders[inode] = tuple(sorted(there, key=_age))

    def _holder(self, pid: int, inode: int) -> Process | None:
        """The process, if it has the socket still: the number could be another's by now."""
        process = self._processes.read(pid)
        with facts.opened(pid) as folder:
            if folder is None or process is None or not holders.holds(folder, inode):
                return None
            stat = facts.read_stat(folder)
        return process if stat is not None and stat.command == process.command else None


_AGAIN_S: Final = 5.0
"""A process number may be another process's after this."""


def _placed(pid: int) -> tuple[int | None, tuple[str, ...]]:
    with facts.opened(pid) as folder:
        if folder is None:
            return None, ()
        return facts.netns_of(folder), facts.containers_of(facts.read_text(folder, "cgroup"))


def _age(process: Process) -> tuple[int, int]:
    return process.start_ns, process.pid


def _take_ipv4_too(seen: dict[SocketKey, list[Seen]]) -> None:
    """A socket at `::` takes IPv4 as well, unless it says no or another has the port there."""
    for key, group in list(seen.items()):
        if key.bound and key.ip == ANY_IPV6 and not any(item.v6only for item in group):
            mapped = key._replace(ip=ANY_IPV4)
            seen.setdefault(mapped, [item._replace(key=mapped) for item in group])
