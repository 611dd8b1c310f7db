"""The directory: every workload, network and binding known, now and in the bounded past.

One writer (a watcher) changes it inside `update()`; any number of threads read immutable
snapshots. A reader never waits and never sees half a change.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from nautscan.identity.ledger import Ledger, Place, Spot
from nautscan.identity.model import (
    Attribution,
    Binding,
    Network,
    Workload,
    canonical_ip,
)

MAX_BINDINGS_PER_ADDRESS = 64
"""A container that restarts every second keeps a minute of history per address."""

MAX_BINDINGS = 65_536
"""About 20 MB; a host with 200 containers and 30 host addresses uses a few thousand."""

MAX_WORKLOADS = 16_384
"""Containers that are gone are kept for their history; a CI host makes thousands a day."""

ALIVE = frozenset({"running", "paused", "restarting"})
"""States in which a container has processes, or is about to have them again."""

REMOVED = "removed"
"""The state of a container that no longer exists in the engine."""


@dataclass(frozen=True, slots=True)
class DirectoryLimits:
    """The caps of a directory. What goes over them is dropped, oldest first, and counted."""

    bindings_per_address: int = MAX_BINDINGS_PER_ADDRESS
    bindings: int = MAX_BINDINGS
    workloads: int = MAX_WORKLOADS


@dataclass(frozen=True, slots=True)
class Dropped:
    """What the caps of the directory have cost so far."""

    bindings: int = 0
    workloads: int = 0


def _nothing() -> Mapping[Spot, tuple[Binding, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Snapshot:
    """The directory at one revision. Immutable; safe to keep and to share."""

    revision: int = 0
    by_id: Mapping[str, Workload] = field(default_factory=lambda: MappingProxyType({}))
    by_spot: Mapping[Spot, tuple[Binding, ...]] = field(default_factory=_nothing)
    """By address, published port and transport (both null: the address itself)."""
    networks: Mapping[str, Network] = field(default_factory=lambda: MappingProxyType({}))
    host_addresses: frozenset[str] = frozenset()
    dropped: Dropped = field(default_factory=Dropped)

    @cached_property
    def bindings(self) -> tuple[Binding, ...]:
        """Every binding, grouped by address and port and sorted by its beginning."""
        return tuple(binding for held in self.by_spot.values() for binding in held)

    @cached_property
    def by_ip(self) -> Mapping[str, tuple[Binding, ...]]:
        """Every binding of an address, those of its published ports included."""
        found: dict[str, list[Binding]] = {}
        for (ip, _, _), held in self.by_spot.items():
            found.setdefault(ip, []).extend(held)
        return {ip: tuple(held) for ip, held in found.items()}

    @cached_property
    def host_sharers(self) -> tuple[str, ...]:
        """Names of the running workloads that use the host's own network."""
        sharers = (w for w in self.by_id.values() if w.uses_host_network and w.state in ALIVE)
        return tuple(sorted(workload.name for workload in sharers))

    def attribute(
        self, ip: str, port: int | None, transport: str | None, time_ns: int
    ) -> Attribution:
        """Whose address (and port) this was at that time, or why nobody's."""
        address = canonical_ip(ip)
        if address is None:
            return Attribution(None, None, f"{ip!r} is not an IP address")
        owners = self._holders((address, port, transport), time_ns)
        owners = owners or self._holders((address, None, None), time_ns)
        if not owners:
            return Attribution(None, None, self._why_nobody(address))
        if len({b.workload_id for b in owners}) > 1:
            names = ", ".join(sorted(self._name(b) for b in owners))
            return Attribution(None, None, f"several containers held it at that time: {names}")
        workload = self.by_id.get(owners[0].workload_id)
        reason = None if workload is not None else "the container is no longer in the directory"
        return Attribution(workload, owners[0], reason)

    def _holders(self, spot: Spot, time_ns: int) -> list[Binding]:
        return [b for b in self.by_spot.get(spot, ()) if b.covers(time_ns)]

    def _why_nobody(self, address: str) -> str:
        if address not in self.host_addresses:
            return "no container is known to have held this address at that time"
        if not self.host_sharers:
            return "an address of the host itself"
        return (
            "an address of the host itself, shared by the containers on the host's network: "
            + ", ".join(self.host_sharers)
        )

    def _name(self, binding: Binding) -> str:
        workload = self.by_id.get(binding.workload_id)
        return workload.name if workload is not None else binding.workload_id[:12]


class Directory:
    """Holds what is known; keeps every cap; swaps a new snapshot in after each change."""

    def __init__(self, limits: DirectoryLimits | None = None) -> None:
        self._limits = limits or DirectoryLimits()
        self._lock = threading.RLock()
        self._depth = 0
        self._changed = False
        self._workloads: dict[str, Workload] = {}
        self._dropped_workloads = 0
        self._networks: Mapping[str, Network] = MappingProxyType({})
        self._host_addresses: frozenset[str] = frozenset()
        self._ledger = Ledger(
            per_place=self._limits.bindings_per_address, total=self._limits.bindings
        )
        self._snapshot = Snapshot()
        self._listeners: list[Callable[[], None]] = []

    # Reading, from any thread.

    @property
    def snapshot(self) -> Snapshot:
        """The newest complete state."""
        return self._snapshot

    @property
    def revision(self) -> int:
        """Grows with every change of what a reader can see."""
        return self._snapshot.revision

    @property
    def dropped(self) -> Dropped:
        """What the caps have cost so far."""
        return self._snapshot.dropped

    def workloads(self) -> tuple[Workload, ...]:
        """Every workload, those that are gone included, in the order they became known."""
        return tuple(self._snapshot.by_id.values())

    def workload(self, key: str) -> Workload | None:
        """A workload by id, by name, by Compose service, or by the beginning of its id.

        Of several (a name is free again once its container is removed, and a service can have
        many containers) one that runs wins, then the newest.
        """
        known = self._snapshot.by_id
        if key in known:
            return known[key]
        for answers in (_is_named, _is_service, _has_prefix):
            found = [workload for workload in known.values() if answers(workload, key)]
            if found:
                return max(found, key=_prominence)
        return None

    def networks(self) -> tuple[Network, ...]:
        """The networks of the container engine."""
        return tuple(self._snapshot.networks.values())

    def bindings(self) -> tuple[Binding, ...]:
        """Every binding, for a columnar join: sorted by beginning within an address and port."""
        return self._snapshot.bindings

    def lookup(
        self, ip: str, port: int | None, transport: str | None, time_ns: int
    ) -> Workload | None:
        """The workload that owned the address (and port) at that time, if one is known."""
        return self._snapshot.attribute(ip, port, transport, time_ns).workload

    def attribute(
        self, ip: str, port: int | None, transport: str | None, time_ns: int
    ) -> Attribution:
        """Like `lookup`, with the binding it rests on, or the reason why there is none."""
        return self._snapshot.attribute(ip, port, transport, time_ns)

    @contextmanager
    def subscribed(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` after every change, by the thread that made it: it must not wait."""
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    # Writing. Each change outside `update()` makes a snapshot of its own.

    @contextmanager
    def update(self) -> Iterator[None]:
        """Make several changes that readers see as one."""
        with self._lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._publish()

    def put_workload(self, workload: Workload) -> None:
        """Add the workload, or replace what was known of it."""
        with self.update():
            if self._workloads.get(workload.id) != workload:
                self._workloads[workload.id] = workload
                self._changed = True
                self._keep_workload_cap()

    def put_networks(self, networks: Iterable[Network]) -> None:
        """Replace the list of networks."""
        fresh = {network.id: network for network in networks}
        with self.update():
            if fresh != self._networks:
                self._networks = MappingProxyType(fresh)
                self._changed = True

    def put_host_addresses(self, addresses: Iterable[str]) -> None:
        """Replace the list of the host's own addresses."""
        fresh = frozenset(ip for ip in map(canonical_ip, addresses) if ip is not None)
        with self.update():
            if fresh != self._host_addresses:
                self._host_addresses = fresh
                self._changed = True

    def acquire(self, network_id: str | None, binding: Binding) -> None:
        """A workload has the address from `since_ns` on; a former owner has it no longer.

        `network_id` is null for a published port of the host.
        """
        with self.update():
            self._ledger.acquire(network_id, binding)

    def release(
        self,
        workload_id: str,
        time_ns: int,
        where: Callable[[Place], bool] = lambda _place: True,
        *,
        assumed: bool = False,
    ) -> None:
        """The workload gives up what it holds at the places meant by `where` (all of them).

        `assumed`: nobody saw it happen; an observed end may correct it later.
        """
        with self.update():
            self._ledger.release(workload_id, time_ns, where, assumed=assumed)

    def listed(self) -> tuple[Workload, ...]:
        """Every workload, changes of an unfinished `update()` included: for the writer."""
        with self._lock:
            return tuple(self._workloads.values())

    def listed_by_id(self, workload_id: str) -> Workload | None:
        """One workload, changes of an unfinished `update()` included: for the writer."""
        with self._lock:
            return self._workloads.get(workload_id)

    def held(self, workload_id: str) -> list[tuple[Place, Binding]]:
        """The bindings that the workload still holds."""
        with self._lock:
            return self._ledger.held(workload_id)

    def _keep_workload_cap(self) -> None:
        """Forget the longest known workloads over the cap, those that are gone first."""
        while len(self._workloads) > self._limits.workloads:
            gone = (w.id for w in self._workloads.values() if w.state == REMOVED)
            victim = next(gone, next(iter(self._workloads)))
            del self._workloads[victim]
            self._ledger.forget(victim)
            self._dropped_workloads += 1

    def _publish(self) -> None:
        fresh = self._ledger.take_stale()
        if not fresh and not self._changed:
            return
        self._changed = False
        by_spot = dict(self._snapshot.by_spot)
        by_spot.update(fresh)
        for spot in [spot for spot, bindings in fresh.items() if not bindings]:
            by_spot.pop(spot, None)
        self._snapshot = replace(
            self._snapshot,
            revision=self._snapshot.revision + 1,
            by_id=MappingProxyType(dict(self._workloads)),
            by_spot=MappingProxyType(by_spot),
            networks=self._networks,
            host_addresses=self._host_addresses,
            dropped=Dropped(self._ledger.dropped, self._dropped_workloads),
        )
        for listener in self._listeners:
            listener()


def _is_named(workload: Workload, key: str) -> bool:
    return workload.name == key


def _is_service(workload: Workload, key: str) -> bool:
    return workload.service == key


def _has_prefix(workload: Workload, key: str) -> bool:
    return len(key) >= 4 and workload.id.startswith(key)


def _prominence(workload: Workload) -> tuple[bool, int]:
    return workload.state in ALIVE, workload.created_ns or 0
