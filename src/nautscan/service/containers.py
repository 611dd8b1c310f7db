"""Containers with what they serve and ask."""

from __future__ import annotations

import time
from typing import Any, Final

from nautscan.errors import NotFound
from nautscan.identity import Binding, Directory, Workload
from nautscan.service.history import gaps_json
from nautscan.service.recent import RecentRequests
from nautscan.service.spans import Clock, Window
from nautscan.store.filter import Condition, compile_filter
from nautscan.store.interface import Answers, PageSpec, Row, Span
from nautscan.store.times import SECOND, format_time

MAX_ADDRESSES: Final = 50
"""Addresses of a container that are told, the newest."""

DEFAULT_FOUND_S: Final = 3600
"""How far back requests under a filter are looked for, where nothing is said."""


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

    async def busiest(self, window: Window, text: str = "") -> dict[str, Any]:
        """Every container that ran at the end of the window, or had traffic in it; busy ones first.

        The figures are those of requests that the filter `text` lets through. Raises `BadQuery`,
        `BadRequest` for a window that is none.
        """
        now = self._clock()
        span = window.span(now)
        traffic = await self._traffic(span, text)
        there = self._there(span, now)
        shown = {
            workload.id: workload
            for workload in self._directory.workloads()
            if workload.id in there or workload.id in traffic
        }
        length = _seconds(span)
        known = [_described(w, traffic.get(w.id), length) for w in shown.values()]
        gone = [_departed(row, row, length) for key, row in traffic.items() if key not in shown]
        found = sorted(
            known + gone,
            key=lambda item: (-(item["requests"] + item["requests_out"]), item["name"], item["id"]),
        )
        gaps = gaps_json(await self._store.gaps(span))
        return {"containers": found, "gaps": gaps, **_words(span)}

    async def one(self, key: str, window: Window, text: str = "") -> dict[str, Any]:
        """A container by id, beginning of id, or name. Raises `NotFound`, `BadQuery`."""
        span = window.span(self._clock())
        return {"container": await self._one(key, span, text), **_words(span)}

    async def _one(self, key: str, span: Span, text: str) -> dict[str, Any]:
        workload = self._directory.workload(key)
        traffic = await self._traffic(span, text)
        if workload is not None:
            return _described(workload, traffic.get(workload.id), _seconds(span))
        # Of one that only its rows tell of, those that the filter leaves out tell as well.
        known = await self._traffic(span, "") if text.strip() else traffic
        for row in known.values():
            if key in {row["id"], row["name"], row["service"]}:
                return _departed(row, traffic.get(row["id"]), _seconds(span))
        raise _unknown(key)

    async def traffic(self, key: str, window: Window, text: str = "") -> dict[str, Any]:
        """What a container is asked for, its peers, its processes and addresses in the window.

        The filter `text` narrows endpoints and peers. Raises `NotFound`, `BadQuery`.
        """
        now = self._clock()
        span = window.span(now)
        container = await self._id(key, span)
        condition = compile_filter("requests", text, now)
        found = await self._store.workload(container, span, condition)
        return {
            "id": container,
            "endpoints": found.endpoints,
            "peers": found.peers,
            "processes": found.processes,
            "addresses": [
                {
                    "ip": binding.ip,
                    "network": binding.network,
                    "since": format_time(binding.since_ns),
                    "until": format_time(binding.until_ns) if binding.until_ns else None,
                }
                for binding in sorted(self._directory.bindings(), key=lambda b: -b.since_ns)
                if binding.workload_id == container
                and binding.port is None
                and _touches(binding, span)
            ][:MAX_ADDRESSES],
            **_words(span),
        }

    async def _id(self, key: str, span: Span) -> str:
        workload = self._directory.workload(key)
        return str(workload.id if workload is not None else (await self._one(key, span, ""))["id"])

    async def found(self, key: str, limit: int, text: str, window: Window) -> list[str]:
        """The last requests that the filter lets through, of the window, from the history.

        Raises `NotFound`, `BadQuery`.
        """
        span = window.span(self._clock(), DEFAULT_FOUND_S)
        condition = compile_filter("requests", text, self._clock())
        own = Condition(
            f"((client_container_id = $own OR server_container_id = $own) AND {condition.sql})",
            {"own": await self._id(key, span), **condition.parameters},
        )
        page = await self._store.page(PageSpec("requests", own, span, limit))
        return list(page.rows)

    async def requests(self, key: str, limit: int) -> list[str]:
        """The last requests on either side, newest first, as JSON. Raises `NotFound`."""
        workload = self._directory.workload(key)
        rows = await self._recent.newest(workload.id if workload is not None else key, limit)
        if rows is None and workload is None:
            raise _unknown(key)
        return rows or []

    async def _traffic(self, span: Span, text: str) -> dict[str, Row]:
        condition = compile_filter("requests", text, self._clock())
        rows = await self._store.containers(span, condition)
        return {row["id"]: row for row in rows}

    def _there(self, span: Span, now_ns: int) -> set[str]:
        """Containers that ran at the end of the span.

        In the past those that held an address then; of one without an address of its own (the
        host's network) it is known only that it runs now, and since when it exists.
        """
        end = span.until_ns if span.until_ns is not None else now_ns
        running = {w.id: w for w in self._directory.workloads() if w.state == "running"}
        if end >= now_ns:
            return set(running)
        bindings = self._directory.bindings()
        held = {binding.workload_id for binding in bindings}
        then = {binding.workload_id for binding in bindings if binding.covers(end - 1)}
        return then | {
            key
            for key, workload in running.items()
            if key not in held and (workload.created_ns or 0) < end
        }


def _touches(binding: Binding, span: Span) -> bool:
    began = span.until_ns is None or binding.since_ns < span.until_ns
    return began and (binding.until_ns is None or binding.until_ns > (span.since_ns or 0))


def _seconds(span: Span) -> float:
    return max(((span.until_ns or 0) - (span.since_ns or 0)) / SECOND, 1e-9)


def _words(span: Span) -> dict[str, Any]:
    return {
        "from": format_time(span.since_ns or 0),
        "to": format_time(span.until_ns or 0),
        "seconds": _seconds(span),
    }


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
