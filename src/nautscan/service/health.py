"""Whether what is shown is all there was: one snapshot of every stage."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final, Protocol

from nautscan import __version__
from nautscan.identity import Directory
from nautscan.service.gaps import Gaps, SensorState
from nautscan.service.history import gaps_json
from nautscan.service.ingest import Ingest
from nautscan.service.live import LiveHub
from nautscan.service.names import Names
from nautscan.store.interface import Store, StoreState
from nautscan.store.times import format_time

FRESH_SECONDS: Final = 0.5
"""However many ask, the state is gathered twice a second at most."""

LOSSES: Final = {
    ("capture", "kernel_drops"): "Packets that the kernel dropped since capture was too slow",
    ("capture", "interface_drops"): "Packets that the network interface dropped",
    ("decode", "errors"): "Packets that could not be decoded",
    ("decode", "datagrams_evicted"): "IP datagrams given up early to keep within memory",
    ("flow", "evicted"): "Flows that were ended early to keep within memory",
    ("stream", "gaps"): "Holes in TCP streams: segments that were never seen",
    ("stream", "gap_bytes"): "Bytes of TCP streams that were never seen",
    ("queue", "batches_dropped"): "Batches dropped in the engine's queue",
    ("queue", "rows_dropped"): "Rows dropped in the engine's queue",
    ("queue", "outbox_batches_dropped"): "Batches dropped while the server was away or slow",
    ("queue", "outbox_rows_dropped"): "Rows dropped while the server was away or slow",
    ("store", "rows_lost"): "Rows shown live but not stored",
    ("server", "batches_rejected"): "Batches from the sensor that could not be read",
    ("live", "rows_skipped"): "Rows that slow live viewers missed",
}
"""Counters that mean loss, and what each means."""

_OWN_LOSSES: Final = frozenset({"live"})
"""Losses that are one viewer's own: told to it, and no reason to call everything degraded."""


class DockerState(Protocol):
    """What the watcher of the container engine tells."""

    @property
    def status(self) -> str:
        """connecting, connected, absent, no_permission, unreachable or misconfigured."""
        ...

    @property
    def since_ns(self) -> int:
        """Since when."""
        ...

    @property
    def reason(self) -> str | None:
        """Why it is not connected."""
        ...

    @property
    def remedy(self) -> str | None:
        """What to do about it."""
        ...

    @property
    def endpoint(self) -> str | None:
        """Where the engine is, or is looked for."""
        ...


class HealthBoard:
    """Gathers the state of all parts."""

    def __init__(  # noqa: PLR0913 (one argument a part)
        self,
        *,
        gaps: Gaps,
        sensor: Callable[[], SensorState],
        docker: Callable[[], DockerState | None],
        directory: Directory,
        store: Store,
        ingest: Ingest,
        names: Names,
        hub: LiveHub,
        source: str,
        retention: tuple[float, int],
    ) -> None:
        """`retention` is age in seconds and size in bytes, as set."""
        self._gaps = gaps
        self._sensor = sensor
        self._docker = docker
        self._directory = directory
        self._store = store
        self._ingest = ingest
        self._names = names
        self._hub = hub
        self._source = source
        self.retention = retention
        self.started_ns = time.time_ns()
        self._lost: deque[tuple[float, dict[tuple[str, str], int]]] = deque(
            [(time.monotonic(), {})], maxlen=64
        )
        self._cached: tuple[float, dict[str, Any], str] | None = None
        self._lock = asyncio.Lock()

    async def snapshot(self) -> dict[str, Any]:
        """The state now, or of half a second ago."""
        return (await self._current())[1]

    async def snapshot_text(self) -> str:
        """The same as JSON."""
        return (await self._current())[2]

    async def _current(self) -> tuple[float, dict[str, Any], str]:
        async with self._lock:
            now = time.monotonic()
            if self._cached is None or now - self._cached[0] >= FRESH_SECONDS:
                # File sizes and free space are asked of the system, which may be slow.
                store = await asyncio.to_thread(self._store.state)
                facts = self._gathered(store)
                self._cached = (now, facts, json.dumps(facts))
            return self._cached

    def _gathered(self, store: StoreState) -> dict[str, Any]:
        sensor, docker = self._sensor(), self._docker()
        stages = self._ingest.counters.all()
        drops = self._drops(stages, store)
        capture = self._capture(sensor)
        names = self._names.health()
        reasons = [
            *_sensor_reasons(sensor, capture),
            *_store_reasons(store),
            *_docker_reasons(docker),
            *_geoip_reasons(names),
            *_loss_reasons(drops),
        ]
        running = sensor.connected and capture is not None and bool(capture.get("running"))
        status = "ok" if not reasons else "degraded"
        return {
            "status": status if running else "no_capture",
            "reasons": reasons,
            "sensor": {
                "connected": sensor.connected,
                "since": format_time(sensor.since_ns) if sensor.since_ns else None,
                "reason": sensor.reason or None,
                "gaps": gaps_json(self._gaps.all(sensor, time.time_ns())),
            },
            "capture": capture if sensor.connected else None,
            "docker": self._docker_json(docker),
            "names": names,
            "store": self._store_json(store),
            "live": self._hub.counters(),
            "drops": drops,
            "stages": stages,
            "version": __version__,
            "started": format_time(self.started_ns),
            "time": format_time(time.time_ns()),
            "source": self._source,
        }

    def _capture(self, sensor: SensorState) -> dict[str, Any] | None:
        return None if sensor.status is None else {**sensor.status, "source": self._source}

    def _docker_json(self, docker: DockerState | None) -> dict[str, Any]:
        containers = sum(w.state == "running" for w in self._directory.workloads())
        if docker is None:
            reason = (
                "the demo brings its own containers" if self._source == "demo" else "switched off"
            )
            state: dict[str, Any] = {"state": "off", "reason": reason, "host": None, "since": None}
            return {**state, "containers": containers}
        return {
            "state": docker.status,
            "reason": docker.reason,
            "host": docker.endpoint,
            "since": format_time(docker.since_ns),
            "containers": containers,
        }

    def _store_json(self, store: StoreState) -> dict[str, Any]:
        facts = asdict(store)
        last = facts.pop("last_commit_ns")
        return {
            **facts,
            "last_commit": format_time(last) if last is not None else None,
            "retention_seconds": self.retention[0],
            "retention_bytes": self.retention[1],
        }

    def _drops(self, stages: list[dict[str, Any]], store: StoreState) -> list[dict[str, Any]]:
        drops = [
            {
                "stage": counter["stage"],
                "name": counter["name"],
                "interface": counter["interface"],
                "value": counter["value"],
                "recent": counter["recent"],
                "meaning": LOSSES[counter["stage"], counter["name"]],
            }
            for counter in stages
            if counter["value"] and (counter["stage"], counter["name"]) in LOSSES
        ]
        own = {
            ("store", "rows_lost"): store.rows_lost,
            ("server", "batches_rejected"): self._ingest.batches_rejected,
            ("live", "rows_skipped"): self._hub.counters()["rows_skipped"],
        }
        earlier = self._own_earlier(own)
        drops += [
            {
                "stage": key[0],
                "name": key[1],
                "interface": None,
                "value": value,
                "recent": value - earlier.get(key, 0),
                "meaning": LOSSES[key],
            }
            for key, value in own.items()
            if value
        ]
        return drops

    def _own_earlier(self, own: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
        """Our own counters as they were ten seconds ago."""
        now = time.monotonic()
        self._lost.append((now, own))
        while len(self._lost) > 1 and self._lost[1][0] <= now - 10:
            self._lost.popleft()
        return self._lost[0][1]


def _reason(code: str, message: str, remedy: str) -> dict[str, str]:
    return {"code": code, "message": message, "remedy": remedy}


def _sensor_reasons(sensor: SensorState, capture: dict[str, Any] | None) -> list[dict[str, str]]:
    if not sensor.connected:
        return [
            _reason(
                "sensor_unavailable",
                f"The sensor is away: {sensor.reason}",
                "It is restarted by itself; the gap is recorded. If it stays away, see the log.",
            )
        ]
    error = (capture or {}).get("error")
    if isinstance(error, dict):
        return [
            _reason(
                str(error.get("code", "capture_failed")),
                str(error.get("message", "Capture failed")),
                str(error.get("remedy", "")),
            )
        ]
    return [
        _reason(
            str(entry["error"].get("code", "capture_failed")),
            f"{entry.get('name')}: {entry['error'].get('message', 'cannot be captured')}",
            str(entry["error"].get("remedy", "")),
        )
        for entry in (capture or {}).get("interfaces", [])
        if isinstance(entry.get("error"), dict)
    ]


def _store_reasons(store: StoreState) -> list[dict[str, str]]:
    if store.state == "ok":
        return []
    remedy = (
        "Free disk space, or lower NAUTSCAN_RETENTION_SIZE."
        if store.state == "full"
        else "It is tried again every few seconds; see the log."
    )
    return [
        _reason(
            "store_unavailable",
            f"Rows are shown but not stored: {store.reason or store.state}",
            remedy,
        )
    ]


_DOCKER_TROUBLE: Final = frozenset({"unreachable", "no_permission", "misconfigured"})


def _docker_reasons(docker: DockerState | None) -> list[dict[str, str]]:
    """An absent Docker is an ordinary state; one that does not answer as it should is not."""
    if docker is None or docker.status not in _DOCKER_TROUBLE:
        return []
    return [
        _reason(
            f"docker_{docker.status}",
            f"Containers have no names: {docker.reason or docker.status}",
            docker.remedy or "",
        )
    ]


def _geoip_reasons(names: dict[str, Any]) -> list[dict[str, str]]:
    return [
        _reason(
            "geoip_file",
            f"{file['reason']}; the version read before stays in use",
            "Put a good file there, best by renaming; it is read by itself.",
        )
        for file in names["geoip"]
        if file["reason"]
    ]


def _loss_reasons(drops: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        _reason(
            f"loss_{drop['stage']}_{drop['name']}",
            f"{drop['meaning']}: {drop['recent']} in the last 10 seconds"
            + (f" on {drop['interface']}" if drop["interface"] else ""),
            "Capture less (a filter, fewer interfaces) or give it more buffer and processor.",
        )
        for drop in drops
        if drop["recent"] and drop["stage"] not in _OWN_LOSSES and drop["name"] != "gaps"
    ]
