"""The counters of each stage, as the sensor last told them, and how they moved of late."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

WINDOW_NS: Final = 10_000_000_000
STALE_NS: Final = 30_000_000_000
"""A counter that is no longer told belongs to an interface that is no longer captured."""
MAX_COUNTERS: Final = 4096


class Key(NamedTuple):
    """Which counter."""

    sensor: str
    interface: str | None
    stage: str
    name: str


class StageCounters:
    """Latest values, and those of the last seconds."""

    def __init__(self) -> None:
        """Nothing told yet."""
        self._told: dict[Key, deque[tuple[int, int]]] = {}
        self._newest_ns = 0

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take rows of the stats table: time (ns), sensor, interface, stage, name, value."""
        for time_ns, sensor, interface, stage, name, value in rows:
            key = Key(sensor, interface, stage, name)
            if key not in self._told and len(self._told) >= MAX_COUNTERS:
                continue
            told = self._told.setdefault(key, deque(maxlen=64))
            if told and value < told[-1][1]:
                told.clear()  # The sensor started anew and counts from zero.
                told.append((time_ns, 0))
            told.append((time_ns, value))
            self._newest_ns = max(self._newest_ns, time_ns)
        for key in [key for key, told in self._told.items() if self._is_stale(told)]:
            del self._told[key]

    def _is_stale(self, told: deque[tuple[int, int]]) -> bool:
        return told[-1][0] < self._newest_ns - STALE_NS

    def all(self) -> list[dict[str, Any]]:
        """Every counter with its value and how much it grew in the last seconds."""
        return [
            {
                **key._asdict(),
                "value": told[-1][1],
                "recent": told[-1][1] - self._earlier(told),
            }
            for key, told in sorted(self._told.items(), key=lambda item: _order(item[0]))
        ]

    def _earlier(self, told: deque[tuple[int, int]]) -> int:
        """The value before the window; the first one told, if that is later."""
        earlier = told[0][1]
        for time_ns, value in told:
            if time_ns > self._newest_ns - WINDOW_NS:
                break
            earlier = value
        return earlier


_STAGES: Final = ("capture", "decode", "flow", "stream", "proto", "queue")


def _order(key: Key) -> tuple[Any, ...]:
    place = _STAGES.index(key.stage) if key.stage in _STAGES else len(_STAGES)
    return key.sensor, place, key.stage, key.name, key.interface or ""
