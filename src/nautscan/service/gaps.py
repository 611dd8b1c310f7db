"""Times without observation, whoever is the cause: shown, and kept in the store.

The sensor's client knows when the sensor was away. Beside it there are the time before the sensor
first came, and times in which it was there and did not capture.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any, Final, Protocol

from nautscan.store.interface import StoredGap

SHORTEST_NS: Final = 1_000_000_000
"""What is shorter than this is not worth telling."""
SHORTEST_FIRST_START_NS: Final = 5_000_000_000
"""The same for the start where nothing was watched before: it takes seconds on a slow machine, and
is no interruption of anything."""
MAX_GAPS: Final = 256
STARTING: Final = "NautScan was starting"


class SensorState(Protocol):
    """What the sensor's client tells of the connection."""

    connected: bool
    since_ns: int
    reason: str
    gaps: Any
    status: dict[str, Any] | None


class Gaps:
    """Collects them. `look` is called about once a second."""

    def __init__(self, started_ns: int, *, watched_before: bool) -> None:
        """Nothing has been observed since `started_ns`; before it, by an earlier run, or not."""
        self._shortest_start_ns = SHORTEST_NS if watched_before else SHORTEST_FIRST_START_NS
        self._own: deque[StoredGap] = deque(maxlen=MAX_GAPS)
        self._open: StoredGap | None = StoredGap(started_ns, None, STARTING)
        self._noted: dict[int, StoredGap] = {}
        self._ever_connected = False

    def look(self, state: SensorState, now_ns: int) -> list[StoredGap]:
        """Take note of how it is; the gaps that are new or have changed since the last look."""
        self._follow(state, now_ns)
        changed = [gap for gap in self.all(state, now_ns) if self._noted.get(gap.since_ns) != gap]
        self._noted.update({gap.since_ns: gap for gap in changed})
        if len(self._noted) > 4 * MAX_GAPS:
            self._noted = dict(list(self._noted.items())[-2 * MAX_GAPS :])
        return changed

    def all(self, state: SensorState, now_ns: int) -> list[StoredGap]:
        """Every gap known, oldest first."""
        found = [StoredGap(gap.since_ns, gap.until_ns, gap.reason) for gap in state.gaps]
        found += self._own
        found += _inside_containers(state.status or {})
        if self._open is not None and self._is_worth_telling(self._open, now_ns):
            found.append(self._open)
        return sorted(found, key=lambda gap: gap.since_ns)

    def _follow(self, state: SensorState, now_ns: int) -> None:
        status = state.status or {}
        if not state.connected:
            if self._ever_connected and self._open is not None:
                # From here on it is the client's gap.
                self._close(now_ns)
            return
        self._ever_connected = True
        if status.get("state") == "starting":
            # The gap that is open, here or in the client, goes on.
            return
        if status.get("running"):
            since_ns = status.get("running_since_ns") or now_ns
            # A capture that was open all along, without an interface, runs again since now.
            waited = self._open is not None and since_ns < self._open.since_ns
            self._close(now_ns if waited else since_ns)
        elif self._open is None:
            self._open = StoredGap(now_ns, None, _why_not(status))
        elif self._open.reason != _why_not(status):
            self._open = replace(self._open, reason=_why_not(status))

    def _close(self, until_ns: int) -> None:
        if self._open is None:
            return
        if self._is_worth_telling(self._open, until_ns):
            self._own.append(replace(self._open, until_ns=until_ns))
        self._open = None

    def _is_worth_telling(self, gap: StoredGap, until_ns: int) -> bool:
        is_start = gap.reason == STARTING
        shortest = self._shortest_start_ns if is_start else SHORTEST_NS
        return until_ns - gap.since_ns >= shortest


def _inside_containers(status: dict[str, Any]) -> list[StoredGap]:
    """Times in which a container that is captured inside was not, while other things were."""
    told = (status.get("inside") or {}).get("gaps") or ()
    return [StoredGap(gap["since_ns"], gap["until_ns"], gap["reason"]) for gap in told]


def _why_not(status: dict[str, Any]) -> str:
    error = status.get("error")
    if isinstance(error, dict) and error.get("message"):
        return f"nothing was captured: {error['message']}"
    return "capture was stopped"
