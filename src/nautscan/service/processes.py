"""Processes: what the join of fresh rows needs to know of them, and what can be asked."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

from nautscan.config import Config
from nautscan.errors import NotFound
from nautscan.identity import Directory
from nautscan.sensor.lookout.model import Entry, Process
from nautscan.service.sockets import SocketHistory
from nautscan.store.sockets import Sockets
from nautscan.store.times import format_time

MAX_LISTED: Final = 1000
"""Processes of one answer; `more` says how many there are beyond."""

MAX_SOCKETS_EACH: Final = 200
"""Connections listed of one process; `connections` counts all."""

LOOK_AGAIN_S: Final = 1.0
"""Between two looks that rows ask for."""

Reason = str


class Lookout(Protocol):
    """The lookout's client, as the service needs it."""

    @property
    def state(self) -> Any:
        """How it stands: `connected`, `since_ns`, `reason`, `status`."""
        ...

    async def run(self) -> None:
        """Connects, and reconnects, for ever."""
        ...

    async def look(self) -> bool:
        """Asks for a look now, and waits a little for news."""
        ...


class Processes:
    """What is known of processes. The event loop writes; the ingest thread reads."""

    def __init__(self, config: Config, directory: Directory) -> None:
        """Knows nothing; `follow` says who tells."""
        self._directory = directory
        self._off = _off_reason(config)
        self.history = SocketHistory()
        self._lookout: Lookout | None = None
        self._places: Mapping[str, int] = {}
        self._host = 0
        self.revision = 0
        """Grows when the namespaces of containers change."""
        self._asked = -LOOK_AGAIN_S

    def follow(self, lookout: Lookout) -> None:
        """Take `lookout` as the one who tells."""
        self._lookout = lookout

    @property
    def wanted(self) -> bool:
        """Whether there is any use in a lookout."""
        return self._off is None

    @property
    def runner(self) -> Callable[[], Awaitable[None]] | None:
        """What keeps the connection; None if nobody tells."""
        return None if self._lookout is None else self._lookout.run

    # What the join needs.

    @property
    def blank(self) -> Reason | None:
        """Why no row can have a process now; None if some can."""
        if self._off is not None:
            return self._off
        if self._lookout is None or (not self._lookout.state.connected and not len(self.history)):
            return "unavailable"
        return None

    @property
    def host(self) -> int:
        """The host's own network namespace."""
        return self._host

    @property
    def places(self) -> Mapping[str, int]:
        """The network namespace of each container whose processes can be seen."""
        return self._places

    def take_changes(self) -> tuple[Sockets, list[int]]:
        """What changed since the last call."""
        return self.history.take_changes()

    def placed(self, containers: Mapping[str, int], host: int | None) -> None:
        """The lookout tells where containers are."""
        if containers != self._places or (host or 0) != self._host:
            self._places, self._host = dict(containers), host or 0
            self.revision += 1

    async def look(self) -> bool:
        """Asks for a look since rows came whose sockets were not seen; whether one was made."""
        now = time.monotonic()
        if self._lookout is None or now - self._asked < LOOK_AGAIN_S:
            return False
        self._asked = now
        return await self._lookout.look()

    # What can be asked.

    def listed(self, container: str | None = None) -> dict[str, Any]:
        """Who listens and who talks: busiest first. Raises `NotFound` for an unknown container."""
        wanted = None if container is None else self._container_id(container)
        groups: dict[tuple[int, int], list[Entry]] = {}
        nameless: list[Entry] = []
        for entry in self.history.live():
            if entry.process is None:
                nameless.append(entry)
            else:
                process = entry.process
                groups.setdefault((process.pid, process.start_ns), []).append(entry)
        described = [self._described(entries) for entries in groups.values()]
        if wanted is not None:
            described = [item for item in described if item["container_id"] == wanted]
        described.sort(key=lambda item: (-item["connections"], item["command"], item["pid"]))
        return {
            "processes": described[:MAX_LISTED],
            "more": max(len(described) - MAX_LISTED, 0),
            "nameless": _reasons(nameless) if wanted is None else {},
            "state": self.state(),
        }

    def state(self) -> dict[str, Any]:
        """How far processes can be named."""
        reason = self._off
        lookout = None if self._lookout is None else self._lookout.state
        status = (lookout.status or {}) if lookout is not None else {}
        if reason is None and lookout is not None and not lookout.connected:
            reason = "unavailable"
        return {
            "scope": status.get("scope"),
            "reason": reason,
            "detail": (lookout.reason or status.get("error")) if lookout is not None else None,
            "traced": bool(status.get("traced")),
            "untraced_because": status.get("untraced_because"),
            "lost": int(status.get("traces_lost", 0)),
            "dropped": self.history.dropped + int(status.get("beyond_cap", 0)),
        }

    def _container_id(self, key: str) -> str:
        workload = self._directory.workload(key)
        if workload is None:
            raise NotFound(
                f"No container is known as {key!r}",
                remedy="GET /api/containers lists them, by id and name.",
            )
        return workload.id

    def _described(self, entries: list[Entry]) -> dict[str, Any]:
        process = entries[-1].process
        assert process is not None  # noqa: S101 (entries with a process only come here)
        talking = [entry for entry in entries if not entry.key.bound]
        container_id, container = self._container_of(process)
        return {
            "pid": process.pid,
            "command": process.command,
            "user": process.user,
            "started": format_time(process.start_ns),
            "container_id": container_id,
            "container": container,
            "listens": [_bound(entry) for entry in entries if entry.key.bound],
            "connections": len(talking),
            "talks": [_talk(entry) for entry in talking[:MAX_SOCKETS_EACH]],
        }

    def _container_of(self, process: Process) -> tuple[str | None, str | None]:
        """The innermost container that the engine knows; else the innermost there is."""
        known = self._directory.snapshot.by_id
        for container in reversed(process.containers):
            if container in known:
                return container, known[container].name
        return (process.containers[-1] if process.containers else None), None


def _off_reason(config: Config) -> Reason | None:
    if config.processes == "off":
        return "off"
    # Packets of a file, a demo or a stream are not of this machine: its sockets are others.
    here = config.source == "live" and config.lookout_address is not None
    return None if here else "offline"


def _bound(entry: Entry) -> dict[str, Any]:
    return {"transport": entry.key.transport, "ip": entry.key.ip, "port": entry.key.port}


def _talk(entry: Entry) -> dict[str, Any]:
    key = entry.key
    return {
        "transport": key.transport,
        "ip": key.ip,
        "port": key.port,
        "peer_ip": key.peer_ip,
        "peer_port": key.peer_port,
        "source": entry.source,
    }


def _reasons(entries: list[Entry]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.reason or "not_seen"] = counts.get(entry.reason or "not_seen", 0) + 1
    return counts
