"""The doctor's report: what the sensor finds about capturing, what the server finds beside it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from nautscan.config import Config
from nautscan.doctor.command import about
from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State, report
from nautscan.doctor.runner import examine
from nautscan.doctor.serving import SERVING
from nautscan.errors import NautScanError
from nautscan.service.gaps import SensorState
from nautscan.service.packets import Sensor
from nautscan.store.interface import Store

FRESH_SECONDS: Final = 5.0
"""However many ask, the doctor looks once in this time; the others get what it found then."""

SENSOR_SECONDS: Final = 5.0
"""The sensor's own deadline is half of it."""

_TITLE: Final = "Capturing process"
_WHY: Final = (
    "Only the sensor has the right to capture. While it is away nothing is captured; the gap is "
    "recorded and shown."
)


class Doctor:
    """Asks both processes and puts their answers together."""

    def __init__(
        self,
        config: Config,
        sensor: Sensor,
        state: Callable[[], SensorState],
        store: Store,
        processes: Callable[[], dict[str, Any]],
    ) -> None:
        """`state` tells how it stands with the sensor, `processes` how far they can be named."""
        self._config = config
        self._sensor = sensor
        self._state = state
        self._store = store
        self._processes = processes
        self._lock = asyncio.Lock()
        self._last: tuple[float, dict[str, Any]] | None = None

    async def report(self) -> dict[str, Any]:
        """The report, at most five seconds old."""
        async with self._lock:
            now = time.monotonic()
            if self._last is None or now - self._last[0] >= FRESH_SECONDS:
                self._last = (now, await self._examine())
            return self._last[1]

    async def _examine(self) -> dict[str, Any]:
        captured, served = await asyncio.gather(
            self._ask_sensor(), asyncio.to_thread(self._serving)
        )
        return report([*captured, *served], **about(), source=self._config.source)

    def _serving(self) -> list[Check]:
        context = replace(
            Context.here(self._config, "server"),
            store=self._store.state(),
            processes=self._processes(),
        )
        return examine(context, SERVING)

    async def _ask_sensor(self) -> list[Check]:
        state = self._state()
        if not state.connected:
            return [_sensor_check(State.FAILED, f"It is away: {state.reason}.", _restart())]
        try:
            answer = await self._sensor.request("doctor", timeout_s=SENSOR_SECONDS)
            checks = [Check.from_dict(facts) for facts in answer["checks"]]
        except NautScanError as error:
            found = f"It is connected, but could not be examined: {error.message}."
            return [_sensor_check(State.UNKNOWN, found, error.remedy)]
        except (KeyError, TypeError, ValueError) as error:
            found = f"It answered in a way that this server does not understand: {error!r}."
            remedy = "Run sensor and server from the same installation."
            return [_sensor_check(State.UNKNOWN, found, remedy)]
        return [_sensor_check(State.OK, "It is connected and answers.", ""), *checks]


def _sensor_check(state: State, found: str, remedy: str) -> Check:
    return Check("sensor.process", _TITLE, state, found, _WHY, remedy, where="server")


def _restart() -> str:
    return (
        "It is started again by itself. If it stays away, its log says why; and see what this "
        "machine lacks:\n    sudo nautscan doctor"
    )
