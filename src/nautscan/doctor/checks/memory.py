"""Whether memory suffices for what is set."""

from __future__ import annotations

from typing import Final

from nautscan.doctor.context import Context
from nautscan.doctor.evidence import Evidence
from nautscan.doctor.model import Check, State
from nautscan.doctor.sizes import size

_BASE_BYTES: Final = 240 << 20
"""Three Python processes with their libraries, before they hold a packet."""

_UNLIMITED: Final = 1 << 60
"""Version 1 control groups write no limit as a number near 2**63."""


def check(context: Context) -> list[Check]:
    """What is free, the container's limit included, beside what the settings may take."""
    title = "Memory"
    why = (
        "The packet ring, the database and its queue are bounded by settings; together they must "
        "fit, or the system ends a process."
    )
    config = context.config
    wanted = _BASE_BYTES + config.ring_bytes + config.store_memory + config.store_queue_bytes
    free, limit = available_bytes(context.evidence), cgroup_limit(context.evidence)
    facts = {"available_bytes": free, "cgroup_limit_bytes": limit, "wanted_bytes": wanted}
    if free is None:
        found = "How much is free cannot be seen on this system."
        return [Check("memory.free", title, State.UNKNOWN, found, why, facts=facts)]
    least = free if limit is None else min(free, limit)
    bounded = "" if limit is None else f" (limit of the container or service: {size(limit)})"
    found = f"{size(free)} are free{bounded}; the settings take {size(wanted)} at most."
    if least >= wanted:
        return [Check("memory.free", title, State.OK, found, why, facts=facts)]
    remedy = (
        "Let the database and the packet ring take less:\n"
        "    NAUTSCAN_STORE_MEMORY=256MiB NAUTSCAN_RING_BYTES=16MiB nautscan serve"
    )
    return [Check("memory.free", title, State.WARNING, found, why, remedy, facts)]


def available_bytes(evidence: Evidence) -> int | None:
    """What can be had without swapping, as the kernel estimates it."""
    for line in evidence.lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def cgroup_limit(evidence: Evidence) -> int | None:
    """The least limit that control groups set; None without one."""
    limits = []
    for line in evidence.lines("/proc/self/cgroup"):
        _, controllers, path = [*line.split(":", 2), "", "", ""][:3]
        if controllers == "":
            candidates = [f"/sys/fs/cgroup{path}/memory.max", "/sys/fs/cgroup/memory.max"]
        elif "memory" in controllers.split(","):
            name = "memory.limit_in_bytes"
            candidates = [
                f"/sys/fs/cgroup/memory{path}/{name}",
                f"/sys/fs/cgroup/memory/{name}",
            ]
        else:
            continue
        limits += [evidence.number(candidate) for candidate in candidates]
    return min((limit for limit in limits if limit and limit < _UNLIMITED), default=None)
