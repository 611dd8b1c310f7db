"""The use-cases put together, and the tasks that run them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from nautscan import __version__
from nautscan.config import Config
from nautscan.identity import Directory
from nautscan.identity.docker import DockerWatcher
from nautscan.identity.hosts import local_addresses
from nautscan.identity.interfaces import InterfaceOwners
from nautscan.service.analysis import Analysis
from nautscan.service.containers import Containers
from nautscan.service.doctor import Doctor
from nautscan.service.filters import Filters
from nautscan.service.following import Following
from nautscan.service.gaps import Gaps, SensorState
from nautscan.service.health import HealthBoard
from nautscan.service.history import History
from nautscan.service.ingest import Batches, Identity, Ingest
from nautscan.service.inside import InsideContainers
from nautscan.service.live import LiveHub
from nautscan.service.names import Names
from nautscan.service.packets import PacketService, Sensor
from nautscan.service.processes import Processes
from nautscan.service.recent import RecentRequests
from nautscan.service.settings import Settings, rules_of
from nautscan.service.uploads import Readers, Uploads
from nautscan.service.views import View
from nautscan.store.interface import Limits, Store
from nautscan.store.times import format_time

log = logging.getLogger("nautscan.service")

GAP_SECONDS: Final = 1.0
DOCKER_SECONDS: Final = 5.0
RESTART_SECONDS: Final = 1.0
HOST_SECONDS: Final = 15.0

_LABELS: Final = {
    "live": "Live traffic",
    "demo": "Demo: generated traffic of a made-up shop, not your network",
    "file": "Traffic of a capture file",
}


class SensorClient(Sensor, Batches, Protocol):
    """The sensor, as the service needs it."""

    @property
    def state(self) -> SensorState:
        """How it stands with the connection."""
        ...

    async def run(self) -> None:
        """Connect, and reconnect, for ever."""
        ...


class Service:
    """Everything the doors may ask. `start` begins the work; `stop` ends it in order."""

    def __init__(  # noqa: PLR0913, PLR0917 (one argument a part)
        self,
        config: Config,
        store: Store,
        sensor: SensorClient,
        directory: Directory,
        docker: DockerWatcher | None,
        names: Names,
        readers: Readers | None = None,
    ) -> None:
        """`docker` None: nobody is asked who owns addresses. `readers` read uploaded captures."""
        self.source = config.source
        self._store = store
        self._sensor = sensor
        self._docker = docker
        self._directory = directory
        self._recent = RecentRequests(config.recent_requests, config.recent_containers)
        self.live = LiveHub(
            config.live_subscribers,
            config.live_rows,
            config.source,
            self._settled,
            pace=config.live_pace,
        )
        self.names = names
        self.processes = Processes(config, directory)
        self._inside = InsideContainers(
            directory,
            sensor,
            lambda: (sensor.state.since_ns, sensor.state.status),
            lambda: docker.state if docker is not None else None,
        )
        identity = Identity(directory, self.names, self.processes, self._inside)
        self._ingest = Ingest(store, identity, self.live, self._recent)
        owners = InterfaceOwners(directory) if docker is not None else None
        self.packets = PacketService(sensor, lambda: owners, self._inside, config.source)
        self.containers = Containers(directory, store, self._recent)
        self.history = History(store, config.source, self._settled)
        self.following = Following(self.packets, self.history, config.source)
        self.filters = Filters(store, self.packets, config.source)
        self.analysis = Analysis(store, config.source)
        self.view = View(
            source=config.source,
            history=self.history,
            analysis=self.analysis,
            filters=self.filters,
            containers=self.containers,
            packets=self.packets,
            following=self.following,
        )
        self.uploads = Uploads(config, readers)
        self._gaps = Gaps(time.time_ns(), watched_before=store.away_since_ns is not None)
        self.health = HealthBoard(
            gaps=self._gaps,
            sensor=lambda: sensor.state,
            docker=lambda: docker.state if docker is not None else None,
            directory=directory,
            store=store,
            ingest=self._ingest,
            names=self.names,
            hub=self.live,
            source=config.source,
            retention=(config.retention_age, config.retention_bytes),
        )
        self.doctor = Doctor(config, sensor, lambda: sensor.state, store, self.processes.state)
        self.settings = Settings(config, self._take_up)
        self._ingest.rules = rules_of(self.settings.config)
        if self.settings.config != config:
            self._take_up(self.settings.config)
        self._tasks: list[asyncio.Task[Any]] = []

    def _take_up(self, config: Config) -> None:
        """Let the settings that can change while running take effect."""
        self._store.keep(
            Limits(
                keep_seconds=config.retention_age,
                keep_bytes=config.retention_bytes,
                min_free_bytes=config.min_free_bytes,
                query_seconds=config.query_timeout,
            )
        )
        self._ingest.rules = rules_of(config)
        self.uploads.follow(config)
        self.live.keep(config.live_subscribers, config.live_rows)
        self.health.retention = (config.retention_age, config.retention_bytes)

    async def _settled(self) -> None:
        await self._ingest.settled()

    async def start(self) -> None:
        """Begin to connect, take rows in, and follow containers."""
        await asyncio.to_thread(self.names.refresh, time.time_ns())
        await asyncio.to_thread(self.uploads.load)
        self._spawn("names", self.names.run)
        self._spawn("sensor", self._sensor.run)
        self._spawn("ingest", self._take_rows)
        self._spawn("gaps", self._keep_gaps)
        self._spawn("inside", self._inside.run)
        self._spawn("uploads", self.uploads.run)
        if self._docker is not None:
            self._spawn("docker", self._docker.run)
        if self.processes.runner is not None:
            self._spawn("lookout", self.processes.runner)
            self._spawn("host", self._keep_host_addresses)

    async def stop(self) -> None:
        """End every task, then close the store with all that waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.uploads.close()
        await asyncio.to_thread(self._ingest.close)
        await asyncio.to_thread(self.packets.close)
        await self._store.close()

    def source_facts(self) -> dict[str, Any]:
        """Where the traffic comes from."""
        return {
            "source": self.source,
            "label": _LABELS[self.source],
            "version": __version__,
            "started": format_time(self.health.started_ns),
        }

    def _spawn(self, name: str, work: Callable[[], Awaitable[Any]]) -> None:
        self._tasks.append(asyncio.create_task(_kept_alive(name, work), name=name))

    async def _take_rows(self) -> None:
        """Take rows once it is known who is there, or that nobody can tell.

        Until then they wait in the sensor's queue: rows are named when they are stored.
        """
        deadline = time.monotonic() + DOCKER_SECONDS
        while (  # noqa: ASYNC110 (the watcher's state is read, it has no event)
            self._docker is not None
            and self._docker.state.status == "connecting"
            and time.monotonic() < deadline
        ):
            await asyncio.sleep(0.05)
        await self._ingest.run(self._sensor)

    async def _keep_host_addresses(self) -> None:
        """Know this host's own addresses also where no container engine is followed."""
        while True:
            if self._docker is None or self._docker.state.status != "connected":
                self._directory.put_host_addresses(await asyncio.to_thread(local_addresses))
            await asyncio.sleep(HOST_SECONDS)

    async def _keep_gaps(self) -> None:
        """Write the times without observation into the store as they begin and end."""
        while True:
            for gap in self._gaps.look(self._sensor.state, time.time_ns()):
                self._store.note_gap(gap)
            await asyncio.sleep(GAP_SECONDS)


async def _kept_alive(name: str, work: Callable[[], Awaitable[Any]]) -> None:
    """Do work that never ends by itself; if it does, that is a fault: say so, and begin anew."""
    while True:
        try:
            await work()
            log.error("%s ended, which it never should", name)
        except Exception:
            # Whatever it was, the other tasks and this one's next attempt must go on.
            log.exception("%s failed", name)
        await asyncio.sleep(RESTART_SECONDS)
