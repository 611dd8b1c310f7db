"""Tells the sensor where the containers are that it captures inside, as they come and go.

The sensor has the rights and does not know the container engine; the server knows the engine and
has no rights. What the sensor wants is in its status; where that is comes from the directory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from nautscan.errors import Conflict, NautScanError
from nautscan.identity import Directory, WatcherState, Workload
from nautscan.identity.directory import ALIVE
from nautscan.identity.places import ContainerPlace, place_of, places_of
from nautscan.sensor import naming

log = logging.getLogger("nautscan.inside")

LOOK_S: Final = 0.25
"""How often the sensor's wishes are looked at, in memory; news of the engine count at once."""

MAX_HISTORY: Final = 16
"""Containers of one name, one after the other, that are told apart by time."""


class Sensor(Protocol):
    """Who is told."""

    async def request(self, op: str, *, timeout_s: float = ..., **params: Any) -> dict[str, Any]:
        """The answer to an operation. Raises NautScanError."""
        ...


class InsideContainers:
    """Follows the containers that are captured inside."""

    def __init__(
        self,
        directory: Directory,
        sensor: Sensor,
        status: Callable[[], tuple[int, dict[str, Any] | None]],
        engine: Callable[[], WatcherState | None],
    ) -> None:
        """`status`: since when the sensor is connected, and its last report.

        `engine`: how it stands with the container engine; None where nobody asks one.
        """
        self._directory = directory
        self._sensor = sensor
        self._status = status
        self._engine = engine
        self._told: tuple[int, dict[str, list[dict[str, Any]]]] | None = None
        self._history: dict[str, list[tuple[int, str]]] = {}
        self.revision = 0
        """Grows whenever `occupants` changes."""

    @property
    def occupants(self) -> Mapping[str, Sequence[tuple[int, str]]]:
        """For each container's name that rows may bear: which container had it since when."""
        return self._history

    async def run(self) -> None:
        """Tell the sensor of every change, for ever."""
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def news() -> None:
            loop.call_soon_threadsafe(changed.set)

        with self._directory.subscribed(news):
            while True:
                try:
                    await self._tell()
                except NautScanError as error:
                    log.debug("the sensor was not told where containers are: %s", error.message)
                try:
                    async with asyncio.timeout(LOOK_S):
                        await changed.wait()
                except TimeoutError:
                    continue
                changed.clear()

    def places(self, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """What the sensor must know to capture on these; also remembered for the rows."""
        return {
            key: [self._noted(place) for place in self._places_of(key)]
            for key in naming.containers_of(names)
        }

    def containers(self, requested: Sequence[str]) -> list[dict[str, Any]]:
        """Containers that run, whether each can be captured inside, and whether it is wanted."""
        running = [w for w in self._directory.workloads() if w.state in ALIVE]
        wanted = {
            place.id
            for key in naming.containers_of(requested)
            for place in places_of(self._directory, key)
        }
        return [
            _described(workload, place_of(self._directory, workload), wanted)
            for workload in sorted(running, key=lambda workload: workload.name)
        ]

    async def _tell(self) -> None:
        since_ns, status = self._status()
        wanted = (status or {}).get("requested") or ()
        places = self.places([name for name in wanted if isinstance(name, str)])
        if not places or self._told == (since_ns, places):
            return
        await self._sensor.request("places", places=places)
        self._told = (since_ns, places)

    def _places_of(self, key: str) -> list[ContainerPlace]:
        engine = self._engine()
        if engine is not None and engine.status == "connected":
            return places_of(self._directory, key)
        error = _no_engine(key, engine)
        return [ContainerPlace(key, None, None, error.as_dict())]

    def _noted(self, place: ContainerPlace) -> dict[str, Any]:
        if place.id is not None and place.pid is not None:
            held = self._history.setdefault(place.name, [])
            if not held or held[-1][1] != place.id:
                # The first one has had the name for as long as anything was captured.
                held.append((place.started_ns or 0 if held else 0, place.id))
                del held[:-MAX_HISTORY]
                self.revision += 1
        return place.as_dict()


def _described(
    workload: Workload, place: ContainerPlace, wanted: set[str | None]
) -> dict[str, Any]:
    return {
        "id": workload.id,
        "name": workload.name,
        "service": workload.service,
        "project": workload.project,
        "interface": naming.inside(naming.ALL, place.name),
        "selected": place.pid is not None and place.id in wanted,
        "capturable": place.error is None,
        "reason": None if place.error is None else place.error["message"],
        "shares": None if place.name == workload.name else place.name,
    }


def _no_engine(key: str, engine: WatcherState | None) -> NautScanError:
    if engine is None:
        return Conflict(
            f"The container {key!r} cannot be found: no container engine is asked",
            remedy="Start NautScan without NAUTSCAN_DOCKER=false.",
            detail={"container": key},
        )
    return Conflict(
        f"The container {key!r} cannot be found: {engine.reason or 'the engine has not answered'}",
        remedy=engine.remedy or "Check that the container engine runs, and DOCKER_HOST.",
        detail={"container": key},
    )
