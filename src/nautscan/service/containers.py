"""Containers with what they serve and ask."""

from __future__ import annotations

import time
from typing import Any, Final

from nautscan.errors import NotFound
from nautscan.identity import Directory, Workload
from nautscan.service.recent import RecentRequests
from nautscan.service.spans import Clock
from nautscan.store.interface import Answers, Row, Span
from nautscan.store.times import SECOND, format_time

MAX_ADDRESSES: Final = 50
"""Addresses of a container that are told, the newest."""


class Containers:
    """What can be asked about containers."""

    def __init__(
        self,
        directory: Directory,
        store: Answers,
        recent: RecentRequests,
        clock: Clock = time.time_ns,
    ) -> None:
        """The directory says who there is, the store what they did."""
        self._clock = clock
        self._directory = directory
        self._store = store
        self._recent = recent

    async def busiest(self, seconds: float) -> list[dict[str, Any]]:
        """Every container that runs, or had traffic in the window; busy ones first."""
        traffic = await self._traffic(seconds)
        shown = {
            workload.id: workload
            for workload in self._directory.workloads()
            if workload.state == "running" or workload.id in traffic
        }
        known = [_described(w, traffic.get(w.id), seconds) for w in shown.values()]
        gone = [_departed(row, seconds) for key, row in traffic.items() if key not in shown]
        return sorted(
            known + gone,
            key=lambda item: (-(item["requests"] + item["requests_out"]), item["name"], item["id"]),
        )

    async def one(self, key: str, seconds: float) -> dict[str, Any]:
        """A container by id, beginning of id, or name. Raises `NotFound`."""
        workload = self._directory.workload(key)
        traffic = await self._traffic(seconds)
        if workload is not None:
            return _described(workload, traffic.get(workload.id), seconds)
        for row in traffic.values():
            if key in {row["id"], row["name"], row["service"]}:
                return _departed(row, seconds)
        raise _unknown(key)

    async def traffic(self, key: str, seconds: float) -> dict[str, Any]:
        """What a container is asked for, its peers, its addresses. Raises `NotFound`."""
        workload = self._directory.workload(key)
        container = workload.id if workload is not None else (await self.one(key, seconds))["id"]
        span = Span(since_ns=self._clock() - int(seconds * SECOND))
        endpoints, peers = await self._store.workload(container, span)
        return {
            "id": container,
            "endpoints": endpoints,
            "peers": peers,
            "addresses": [
                {
                    "ip": binding.ip,
                    "network": binding.network,
                    "since": format_time(binding.since_ns),
                    "until": format_time(binding.until_ns) if binding.until_ns else None,
                }
                for binding in sorted(self._directory.bindings(), key=lambda b: -b.since_ns)
                if binding.workload_id == container and binding.port is None
            ][:MAX_ADDRESSES],
        }

    async def requests(self, key: str, limit: int) -> list[str]:
        """The last requests on either side, newest first, as JSON. Raises `NotFound`."""
        workload = self._directory.workload(key)
        rows = self._recent.newest(workload.id if workload is not None else key, limit)
        if rows is None and workload is None:
            raise _unknown(key)
        return rows or []

    async def _traffic(self, seconds: float) -> dict[str, Row]:
        span = Span(since_ns=self._clock() - int(seconds * SECOND))
        return {row["id"]: row for row in await self._store.containers(span)}


def _unknown(key: str) -> NotFound:
    return NotFound(
        f"No container is known as {key!r}",
        remedy="GET /api/containers lists them, by id and name.",
    )


def _described(workload: Workload, row: Row | None, seconds: float) -> dict[str, Any]:
    return {
        "id": workload.id,
        "name": workload.name,
        "image": workload.image,
        "project": workload.project,
        "service": workload.service,
        "state": workload.state,
        "networks": [
            {"name": attachment.network, "ip": ip}
            for attachment in workload.networks
            for ip in attachment.addresses
        ],
        "ports": [
            f"{_bracketed(port.host_ip)}:{port.host_port}->{port.container_port}/{port.transport}"
            for port in workload.ports
        ],
        "labels": dict(workload.labels),
        **_traffic_of(row, seconds),
    }


def _bracketed(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip


def _departed(row: Row, seconds: float) -> dict[str, Any]:
    """A container of which only its rows are left."""
    return {
        "id": row["id"],
        "name": row["name"] or row["id"][:12],
        "image": row["image"],
        "project": row["project"],
        "service": row["service"],
        "state": None,
        "networks": [],
        "ports": [],
        "labels": {},
        **_traffic_of(row, seconds),
    }


def _traffic_of(row: Row | None, seconds: float) -> dict[str, Any]:
    requests = row["requests"] if row else 0
    errors = row["errors"] if row else 0
    return {
        "requests": requests,
        "rate": requests / seconds,
        "errors": errors,
        "error_rate": errors / requests if requests else None,
        "p50_ns": row["p50_ns"] if row else None,
        "p95_ns": row["p95_ns"] if row else None,
        "p99_ns": row["p99_ns"] if row else None,
        "bytes": row["bytes"] if row else 0,
        "requests_out": row["requests_out"] if row else 0,
        "last_time": row["last_time"] if row else None,
    }
