"""What this system offers to look with: /proc and sock_diag on Linux, psutil elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Protocol

from nautscan.sensor.lookout.look import Look, Lookout
from nautscan.sensor.lookout.model import Process, SocketKey
from nautscan.sensor.lookout.rights import Reach
from nautscan.sensor.lookout.tracing import Traced, Tracer

if TYPE_CHECKING:
    from nautscan.sensor.lookout.perf import Ring


class Looking(Protocol):
    """Who looks."""

    def look(
        self, known: Mapping[SocketKey, Collection[int]], named: Collection[Process] = ()
    ) -> Look:
        """All sockets, and whose those are that are not known. Raises OSError."""
        ...


class Traces:
    """The rings of all CPUs, and who follows them."""

    def __init__(self, rings: list[Ring], tracer: Tracer) -> None:
        """Reads nothing yet."""
        self._rings = rings
        self._tracer = tracer

    @property
    def descriptors(self) -> list[int]:
        """Readable when there is something."""
        return [ring.descriptor for ring in self._rings]

    @property
    def lost(self) -> int:
        """Records that did not fit into memory, and connections whose process had gone."""
        return sum(ring.lost for ring in self._rings) + self._tracer.given_up

    def read(self) -> list[Traced]:
        """What has come, in order of time."""
        return self._tracer.follow(record for ring in self._rings for record in ring.read())


def open_rings() -> tuple[list[Ring], str | None]:
    """The kernel's traces, or none and why. Takes rights; what it gives needs none."""
    if sys.platform != "linux":
        return [], "only Linux can tell of connections as they are made"
    from nautscan.sensor.lookout import perf

    try:
        return perf.open_rings(), None
    except perf.Unavailable as error:
        return [], str(error)


def looking(reach: Reach) -> Looking:
    """Who looks here."""
    if sys.platform == "linux":
        from nautscan.sensor.lookout.facts import Processes

        return Lookout(reach, Processes())
    from nautscan.sensor.lookout.elsewhere import PsutilLookout

    return PsutilLookout()


def traces(rings: list[Ring]) -> Traces | None:
    """Who follows the rings; None if there are none."""
    if not rings:
        return None
    from nautscan.sensor.lookout.facts import Processes

    return Traces(rings, Tracer(Processes()))
