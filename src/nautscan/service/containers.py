"""Containers with what they serve and ask."""

from __future__ import annotations

import time
from typing import Any, Final

from nautscan.errors import NotFound
from nautscan.identity import Directory, Workload
from nautscan.service.recent import RecentRequests
from nautscan.service.spans import Clock
from nautscan.store.filter import Condition, compile_filter
from nautscan.store.interface import Answers, PageSpec, Row, Span
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

    async def busiest(self, seconds: float, text: str = "") -> list[dict[str, Any]]:
        """Every container that runs, or had traffic in the window; busy ones first.

        The figures are those of requests that the filter `text` lets through. Raises `BadQuery`.
        """
        traffic = await self._traffic(seconds, text)
        shown = {
            workload.id: workload
            for workload in self._directory.workloads()
            if workload.state == "running" or workload.id in traffic
        }
        known = [_described(w, traffic.get(w.id), seconds) for w in shown.values()]
        gone = [_departed(row, row, seconds) for key, row in traffic.items() if key not in shown]
        return sorted(
            known + gone,
            key=lambda item: (-(item["requests"] + item["requests_out"]), item["name"], item["id"]),
        )

    async def one(self, key: str, seconds: float, text: str = "") -> dict[str, Any]:
        """A container by id, beginning of id, or name. Raises `NotFound`, `BadQuery`."""
        workload = self._directory.workload(key)
        traffic = await self._traffic(seconds, text)
        if workload is not None:
            return _described(workload, traffic.get(workload.id), seconds)
        # Of one that only its rows tell of, those that the filter leaves out tell as well.
        known = await self._traffic(seconds, "") if text.strip() else traffic
        for row in known.values():
            if key in {row["id"], row["name"], row["service"]}:
                return _departed(row, traffic.get(row["id"]), seconds)
        raise _unknown(key)

    async def traffic(self, key: str, seconds: float, text: str = "") -> dict[str, Any]:
        """What a container is asked for, its peers, its addresses. Raises `NotFound`, `BadQuery`.

        The filter `text` narrows endpoints and peers.
        """
        container = await self._id(key, seconds)
        condition = compile_filter("requests", text, self._clock())
        endpoints, peers = await self._store.workload(container, self._window(seconds), condition)
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

    async def _id(self, key: str, seconds: float) -> str:
        workload = self._directory.workload(key)
        return str(workload.id if workload is not None else (await self.one(key, seconds))["id"])

    async def found(self, key: str, limit: int, text: str, seconds: float) -> list[str]:
        """The last requests that the filter lets through, of the window, from the history.

        Raises `NotFound`, `BadQuery`.
        """
        condition = compile_filter("requests", text, self._clock())
        own = Condition(
            f"((client_container_id = $own OR server_container_id = $own) AND {condition.sql})",
            {"own": await self._id(key, seconds), **condition.parameters},
        )
        page = await self._store.page(PageSpec("requests", own, self._window(seconds), limit))
        return list(page.rows)

    async def requests(self, key: str, limit: int) -> list[str]:
        """The last requests on either side, newest first, as JSON. Raises `NotFound`."""
        workload = self._directory.workload(key)
        rows = await self._recent.newest(workload.id if workload is not None else key, limit)
        if rows is None and workload is None:
            raise _unknown(key)
        return rows or []

    async def _traffic(self, seconds: float, text: str) -> dict[str, Row]:
        condition = compile_filter("requests", text, self._clock())
        rows = await self._store.containers(self._window(seconds), condition)
        return {row["id"]: row for row in rows}

    def _window(self, seconds: float) -> Span:
        return Span(since_ns=self._clock() - int(seconds * SECOND))


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


def _departed(row: Row, traffic: Row | None, seconds: float) -> dict[str, Any]:
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
        **_traffic_of(traffic, seconds),
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
