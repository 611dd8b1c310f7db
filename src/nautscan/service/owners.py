"""From the directory's bindings to columns that a join can use.

Bindings of one address may overlap (an address can pass from one container to another with neither
end seen exactly). Where two containers held it at once, nobody is named: a guess would be worse.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nautscan.identity import Binding, Snapshot, Workload
from nautscan.store.ends import INSIDE
from nautscan.store.fresh import Owners


class _Segment(NamedTuple):
    """From `since_ns` on the address belongs to `workload_id`; None: to nobody we know."""

    since_ns: int
    workload_id: str | None


def owners_of(
    snapshot: Snapshot,
    host_name: str | None = None,
    places: Mapping[str, int] | None = None,
    inside: Mapping[str, Sequence[tuple[int, str]]] | None = None,
) -> Owners:
    """Columns for the join: who owned each address (and published port) from when.

    `places` are the network namespaces of containers, as far as they are known. `inside`: which
    container had a name since when, of those that are captured inside. Loopback addresses seen
    there are that container's.
    """
    name = host_name or socket.gethostname()
    owners = Owners()
    for ip, bindings in snapshot.by_ip.items():
        fallback = name if ip in snapshot.host_addresses else None
        for (port, transport), held in _by_port(bindings).items():
            for segment in _segments(held):
                nobody = fallback if port is None else None
                _add(owners, (ip, port, transport), segment, snapshot.by_id, nobody)
    for ip in snapshot.host_addresses:
        if all(binding.port is not None for binding in snapshot.by_ip.get(ip, ())):
            _add(owners, (ip, None, None), _Segment(0, None), snapshot.by_id, name)
    for container, held_since in (inside or {}).items():
        for since_ns, workload_id in held_since:
            place = (INSIDE + container, None, None)
            _add(owners, place, _Segment(since_ns, workload_id), snapshot.by_id, None)
    owners.netns.extend((places or {}).get(held or "") for held in owners.container_id)
    return owners


def _by_port(bindings: Iterable[Binding]) -> dict[tuple[int | None, str | None], list[Binding]]:
    groups: dict[tuple[int | None, str | None], list[Binding]] = {}
    for binding in bindings:
        key = (binding.port, binding.transport if binding.port is not None else None)
        groups.setdefault(key, []).append(binding)
    return groups


def _segments(bindings: list[Binding]) -> list[_Segment]:
    """Who held it between any two changes, joined where nothing changed."""
    times = {binding.since_ns for binding in bindings}
    times |= {binding.until_ns for binding in bindings if binding.until_ns is not None}
    segments: list[_Segment] = []
    for time_ns in sorted(times):
        holders = {binding.workload_id for binding in bindings if binding.covers(time_ns)}
        holder = holders.pop() if len(holders) == 1 else None
        if not segments or segments[-1].workload_id != holder:
            segments.append(_Segment(time_ns, holder))
    return segments


def _add(
    owners: Owners,
    place: tuple[str, int | None, str | None],
    segment: _Segment,
    workloads: Mapping[str, Workload],
    nobody: str | None,
) -> None:
    ip, port, transport = place
    workload = workloads.get(segment.workload_id or "")
    owners.ip.append(ip)
    owners.since_ns.append(segment.since_ns)
    owners.port.append(port)
    owners.transport.append(transport)
    owners.name.append(_name(workload, segment.workload_id) or nobody)
    owners.container_id.append(segment.workload_id)
    owners.container.append(workload.name if workload else None)
    owners.image.append(workload.image if workload else None)
    owners.project.append(workload.project if workload else None)
    owners.service.append(workload.service if workload else None)


def _name(workload: Workload | None, workload_id: str | None) -> str | None:
    if workload is not None:
        return workload.display_name
    return workload_id[:12] if workload_id else None
