"""Every address history there is, under one cap. Not thread-safe: the directory locks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nautscan.identity.history import AddressHistory
from nautscan.identity.model import Binding


@dataclass(frozen=True, slots=True)
class Place:
    """What can have one owner at a time: an address on a network, or a port of the host."""

    network_id: str | None
    """Null: the host itself, where ports are published."""
    ip: str
    port: int | None = None
    transport: str | None = None


class Ledger:
    """Histories by place, with what is needed to find them by owner and by address.

    Caps: `per_place` bindings in one history, `total` in all. What is over goes oldest first,
    ended bindings before those that still hold, and is counted in `dropped`.
    """

    def __init__(self, *, per_place: int, total: int) -> None:
        self._per_place = per_place
        self._total = total
        self._histories: dict[Place, AddressHistory] = {}
        self._places_of: dict[str, set[Place]] = {}
        self._places_at: dict[str, set[Place]] = {}
        self._count = 0
        self._stale: set[str] = set()
        self.dropped = 0

    def __len__(self) -> int:
        return self._count

    def acquire(self, network_id: str | None, claim: Binding) -> None:
        """Let `claim` begin at its place."""
        place = Place(network_id, claim.ip, claim.port, claim.transport)
        history = self._histories.setdefault(place, AddressHistory())
        before = len(history)
        if history.acquire(claim):
            self._stale.add(place.ip)
        self._count += len(history) - before
        self._places_of.setdefault(claim.workload_id, set()).add(place)
        self._places_at.setdefault(place.ip, set()).add(place)
        while len(history) > self._per_place:
            self._drop_oldest(place)
        if self._count > self._total:
            self._drop_to_total()

    def release(
        self, workload_id: str, time_ns: int, where: Callable[[Place], bool], *, assumed: bool
    ) -> None:
        """End the workload's bindings at the places for which `where` holds."""
        for place in list(self._places_of.get(workload_id, ())):
            if not where(place):
                continue
            if self._histories[place].release(workload_id, time_ns, assumed=assumed):
                self._stale.add(place.ip)

    def held(self, workload_id: str) -> list[tuple[Place, Binding]]:
        """The bindings that the workload still holds."""
        found = []
        for place in self._places_of.get(workload_id, ()):
            holder = self._histories[place].holder()
            if holder is not None and holder.workload_id == workload_id:
                found.append((place, holder))
        return found

    def forget(self, workload_id: str) -> None:
        """Forget a workload and all its bindings (which count as dropped)."""
        for place in self._places_of.pop(workload_id, set()):
            gone = self._histories[place].forget(workload_id)
            self._count -= gone
            self.dropped += gone
            self._stale.add(place.ip)
            self._tidy(place)

    def take_stale(self) -> dict[str, tuple[Binding, ...]]:
        """For each address that changed since the last call, what is known of it now."""
        fresh = {ip: self._at(ip) for ip in self._stale}
        self._stale = set()
        return fresh

    def _at(self, ip: str) -> tuple[Binding, ...]:
        bindings = [
            binding
            for place in self._places_at.get(ip, ())
            for binding in self._histories[place].bindings
        ]
        return tuple(sorted(bindings, key=lambda binding: binding.since_ns))

    def _drop_to_total(self) -> None:
        """Go a twentieth below the cap, so that the sort is paid rarely."""
        ages = sorted(
            (
                (binding.until_ns is None, binding.since_ns, place)
                for place, history in self._histories.items()
                for binding in history.bindings
            ),
            key=lambda age: age[:2],
        )
        surplus = self._count - self._total + self._total // 20
        for _, _, place in ages[:surplus]:
            self._drop_oldest(place)

    def _drop_oldest(self, place: Place) -> None:
        # Within a place, age order is the order of the history: only its newest can hold.
        history = self._histories[place]
        gone = history.drop_oldest()
        self._count -= 1
        self.dropped += 1
        self._stale.add(place.ip)
        if all(binding.workload_id != gone.workload_id for binding in history.bindings):
            self._unlink(gone.workload_id, place)
        self._tidy(place)

    def _unlink(self, workload_id: str, place: Place) -> None:
        places = self._places_of.get(workload_id, set())
        places.discard(place)
        if not places:
            self._places_of.pop(workload_id, None)

    def _tidy(self, place: Place) -> None:
        """Remove a history that has become empty."""
        if len(self._histories[place]):
            return
        del self._histories[place]
        places = self._places_at[place.ip]
        places.discard(place)
        if not places:
            del self._places_at[place.ip]
