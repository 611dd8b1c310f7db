"""From the sensor's batches to the store, to memory and to live viewers.

The work on a batch happens in one thread with a small database of its own; only its results come
back to the event loop. While a batch is being worked on the next one waits at the sensor, whose
queue is bounded and counted: nothing piles up here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from nautscan import schema
from nautscan.errors import NautScanError
from nautscan.identity import Directory
from nautscan.service.counters import StageCounters
from nautscan.service.inside import InsideContainers
from nautscan.service.live import LiveHub, Watch
from nautscan.service.names import Names
from nautscan.service.newcomers import WAIT_SECONDS, Newcomers
from nautscan.service.owners import owners_of
from nautscan.service.processes import Processes
from nautscan.service.recent import RecentRequests
from nautscan.store.fresh import FreshRows, Undecodable
from nautscan.store.hiding import NOTHING
from nautscan.store.interface import Store
from nautscan.store.latest import Latest

log = logging.getLogger("nautscan.ingest")

NUMBERED: Final = ("requests", "flows")
NAMES: Final = "names"
"""What the wire said about names of hosts: learned from, not stored."""
MAX_UNNAMED: Final = 256
NEWS_SECONDS: Final = 0.02


_Revision = tuple[int, int, int]
"""Of the directory, of the places of processes, and of the containers that are captured inside."""


class Identity(NamedTuple):
    """All that rows are named by."""

    directory: Directory
    names: Names
    processes: Processes
    inside: InsideContainers


class Batches(Protocol):
    """Where rows come from."""

    def batches(self) -> AsyncIterator[tuple[str, list[bytes]]]:
        """Tables' names and rows as Arrow IPC streams: several where they had to wait."""
        ...


@dataclass(slots=True)
class _Result:
    """What a batch gave, for the event loop."""

    live: list[tuple[Watch, list[str], int]] = field(default_factory=list)
    failed: list[tuple[Watch, NautScanError]] = field(default_factory=list)
    recent: Latest = field(default_factory=list)
    stats: list[tuple[Any, ...]] = field(default_factory=list)


class _Batch(NamedTuple):
    """A batch that is loaded: its first row's number, and what was known when it was named."""

    table: str
    first_id: int
    revision: _Revision | None
    unnamed: list[str]
    not_seen: bool
    """A process is missing, perhaps only since nobody has looked yet."""


class Ingest:
    """Takes batches in, for ever."""

    def __init__(
        self, store: Store, identity: Identity, hub: LiveHub, recent: RecentRequests
    ) -> None:
        """Nothing is taken until `run`."""
        self._directory, self._names, self._processes, self._inside = identity
        self._store = store
        self._hub = hub
        self._recent = recent
        self.counters = StageCounters()
        self.batches_rejected = 0
        self._newcomers = Newcomers(identity.directory)
        self._fresh: FreshRows | None = None
        self.rules = NOTHING
        """What is hidden in rows that come from now on."""
        self._revision: _Revision | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ingest")
        recent.more = self._latest

    async def run(self, source: Batches) -> None:
        """Take every batch of the source, until cancelled."""
        async for table, ipcs in source.batches():
            await self._take(table, ipcs)

    async def _take(self, table: str, ipcs: list[bytes]) -> None:
        """Take batches of a table together.

        One that is damaged is counted: it must not end the stream of all that follow, nor take
        others with it.
        """
        try:
            result = await self._taken(table, ipcs)
        except Undecodable:
            if len(ipcs) > 1:
                for ipc in ipcs:
                    await self._take(table, [ipc])
                return
            self.batches_rejected += 1
            log.exception("a batch of %s was rejected", table)
        except Exception:
            self.batches_rejected += len(ipcs)
            log.exception("%s batches of %s were rejected", len(ipcs), table)
        else:
            self._publish(result)

    async def _taken(self, table: str, ipcs: list[bytes]) -> _Result:
        loop = asyncio.get_running_loop()
        batch = await loop.run_in_executor(self._thread, self._load, table, ipcs)
        if batch is None:
            return _Result()
        expected = self._newcomers.expected(batch.unnamed, time.monotonic())
        if expected and not await self._news():
            self._newcomers.in_vain(expected, time.monotonic())
        looked = batch.not_seen and await self._processes.look()
        watches = self._hub.wanted(table)
        return await loop.run_in_executor(self._thread, self._work, batch, watches, looked)

    async def _news(self) -> bool:
        """Wait a little for the directory to change; whether it did."""
        before = self._directory.revision
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if self._directory.revision != before:
                return True
            await asyncio.sleep(NEWS_SECONDS)
        return False

    async def settled(self) -> None:
        """Wait until every row that was handed to viewers so far is in the history too."""
        loop = asyncio.get_running_loop()
        # Batches are worked on one after the other: what was begun before this is done after it.
        await loop.run_in_executor(self._thread, lambda: None)
        await self._store.settled()

    async def _latest(self) -> Latest:
        """Requests that wait to be among the recent ones."""
        fresh, limit = self._fresh, self._recent.per_container
        if fresh is None:
            return []
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, fresh.latest, limit)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._fresh is not None:
            self._fresh.close()

    def _ready(self) -> FreshRows:
        """The database in memory, knowing the owners of this moment."""
        if self._fresh is None:
            self._fresh = FreshRows(self._store.open_exchanges)
        snapshot = self._directory.snapshot
        revision = (snapshot.revision, self._processes.revision, self._inside.revision)
        if self._revision != revision:
            places, inside = self._processes.places, dict(self._inside.occupants)
            self._fresh.set_owners(owners_of(snapshot, places=places, inside=inside))
            self._revision = revision
            self._names.follow(snapshot)
        self._names.hand_over(self._fresh)
        self._fresh.set_rules(self.rules)
        self._fresh.note_sockets(*self._processes.take_changes())
        return self._fresh

    def _enrich(self, fresh: FreshRows, table: str, first_id: int) -> None:
        processes = self._processes
        fresh.enrich(table, first_id, host=processes.host, blank=processes.blank)

    def _load(self, table: str, ipcs: list[bytes]) -> _Batch | None:
        """Decode batches, number their rows and name the workloads that are known.

        Raises `Undecodable`, with nothing done.
        """
        if table != NAMES and table not in schema.STORED_TABLES:
            return None
        fresh = self._ready()
        count = fresh.load(table, ipcs)
        if table == NAMES and count:
            self._learn(fresh)
        if not count or table not in schema.STORED_TABLES:
            return None
        if table not in NUMBERED:
            return _Batch(table, 0, None, [], not_seen=False)
        first = self._store.first_id(table, count)
        self._enrich(fresh, table, first)
        unnamed = fresh.unnamed(table, MAX_UNNAMED)
        return _Batch(table, first, self._revision, unnamed, fresh.not_seen(table))

    def _learn(self, fresh: FreshRows) -> None:
        columns = [column.name for column in schema.ENGINE_COLUMNS[NAMES]]
        self._names.learn(fresh.tuples(NAMES), columns)

    def _work(
        self,
        batch: _Batch,
        watches: list[tuple[Watch, int]],
        looked: bool,  # noqa: FBT001
    ) -> _Result:
        """Hand the batch to the store, and write what memory and viewers want of it."""
        table, result = batch.table, _Result()
        fresh = self._ready()
        if table in NUMBERED and (looked or batch.revision != self._revision):
            self._enrich(fresh, table, batch.first_id)
        self._store.append(table, fresh.rows(table))
        if table == "stats":
            result.stats = fresh.tuples(table)
        if table == "requests":
            result.recent = fresh.note_latest(self._recent.per_container)
        for watch, limit in watches:
            self._watched(fresh, watch, limit, result)
        return result

    def _watched(self, fresh: FreshRows, watch: Watch, limit: int, result: _Result) -> None:
        try:
            rows, cut = fresh.json_rows(watch.table, watch.condition, limit)
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
