"""From the sensor's batches to the store, to memory and to live viewers.

The work on a batch happens in one thread with a small database of its own; only its results come
back to the event loop. While a batch is being worked on the next one waits at the sensor, whose
queue is bounded and counted: nothing piles up here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from nautscan import schema
from nautscan.errors import NautScanError
from nautscan.identity import Directory
from nautscan.service.counters import StageCounters
from nautscan.service.live import LiveHub, Watch
from nautscan.service.owners import owners_of
from nautscan.service.recent import RecentRequests
from nautscan.store.fresh import FreshRows
from nautscan.store.interface import Store

log = logging.getLogger("nautscan.ingest")

NUMBERED = ("requests", "flows")


class Batches(Protocol):
    """Where rows come from."""

    def batches(self) -> AsyncIterator[tuple[str, bytes]]:
        """Tables' names and rows as Arrow IPC streams."""
        ...


@dataclass(slots=True)
class _Result:
    """What a batch gave, for the event loop."""

    live: list[tuple[Watch, list[str], int]] = field(default_factory=list)
    failed: list[tuple[Watch, NautScanError]] = field(default_factory=list)
    recent: list[tuple[str, list[str]]] = field(default_factory=list)
    stats: list[tuple[Any, ...]] = field(default_factory=list)


class Ingest:
    """Takes batches in, for ever."""

    def __init__(
        self, store: Store, directory: Directory, hub: LiveHub, recent: RecentRequests
    ) -> None:
        """Nothing is taken until `run`."""
        self._store = store
        self._directory = directory
        self._hub = hub
        self._recent = recent
        self.counters = StageCounters()
        self.batches_rejected = 0
        self._fresh: FreshRows | None = None
        self._revision: int | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ingest")

    async def run(self, source: Batches) -> None:
        """Take every batch of the source, until cancelled."""
        loop = asyncio.get_running_loop()
        async for table, ipc in source.batches():
            watches = self._hub.watches(table)
            try:
                result = await loop.run_in_executor(self._thread, self._work, table, ipc, watches)
            except Exception:
                # One bad batch must not end the stream of all that follow; it is counted.
                self.batches_rejected += 1
                log.exception("a batch of %s was rejected", table)
                continue
            self._publish(result)

    async def packets(self, ipc: bytes) -> list[tuple[str, int]]:
        """Rows of `packets` as JSON with their ids, newest first."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: self._ready().packets_json(ipc))

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._fresh is not None:
            self._fresh.close()

    def _ready(self) -> FreshRows:
        """The database in memory, knowing the owners of this moment."""
        if self._fresh is None:
            self._fresh = FreshRows()
        if self._revision != self._directory.revision:
            snapshot = self._directory.snapshot
            self._fresh.set_owners(owners_of(snapshot))
            self._revision = snapshot.revision
        return self._fresh

    def _work(self, table: str, ipc: bytes, watches: list[Watch]) -> _Result:
        result = _Result()
        if table not in schema.STORED_TABLES:
            return result
        fresh = self._ready()
        count = fresh.load(table, [ipc])
        if not count:
            return result
        if table in NUMBERED:
            fresh.enrich(table, self._store.first_id(table, count))
        self._store.append(table, fresh.rows(table))
        if table == "stats":
            result.stats = fresh.tuples(table)
        if table == "requests":
            result.recent = fresh.by_container(self._recent.per_container)
        for watch in watches:
            self._watched(fresh, watch, result)
        return result

    def _watched(self, fresh: FreshRows, watch: Watch, result: _Result) -> None:
        try:
            rows, cut = fresh.json_rows(watch.table, watch.condition, self._hub.rows_each)
        except NautScanError as error:
            result.failed.append((watch, error))
            return
        if rows or cut:
            result.live.append((watch, rows, cut))

    def _publish(self, result: _Result) -> None:
        self._recent.add(result.recent)
        self.counters.add(result.stats)
        for watch, rows, cut in result.live:
            self._hub.deliver(watch, rows, cut)
        for watch, error in result.failed:
            self._hub.fail(watch, error)
