"""Everything that can be asked about stored rows, of one source: live traffic, or a file."""

from __future__ import annotations

from dataclasses import dataclass

from nautscan.identity import Directory
from nautscan.service.analysis import Analysis
from nautscan.service.containers import Containers
from nautscan.service.filters import Filters
from nautscan.service.following import Following
from nautscan.service.history import History
from nautscan.service.inside import InsideContainers
from nautscan.service.packets import PacketService, Sensor
from nautscan.service.recent import RecentRequests
from nautscan.store.interface import Answers


@dataclass(frozen=True, slots=True)
class View:
    """The questions to one store."""

    source: str
    """What answers say that they are of: `live`, `demo` or `file`."""
    history: History
    analysis: Analysis
    filters: Filters
    containers: Containers
    packets: PacketService
    following: Following


def file_view(store: Answers, end_ns: int, sensor: Sensor) -> View:
    """The questions to a file's rows, and packets. `now` is the end of the file.

    Containers and this host's own addresses are not looked up: the packets may be of any machine.
    """

    def clock() -> int:
        return end_ns

    async def settled() -> None:
        """Everything is there."""

    directory = Directory()
    inside = InsideContainers(directory, sensor, lambda: (0, None), lambda: None)
    packets = PacketService(sensor, lambda: None, inside, "file", clock)
    history = History(store, "file", settled, clock)
    return View(
        source="file",
        history=history,
        analysis=Analysis(store, "file", clock),
        filters=Filters(store, packets, "file", clock),
        packets=packets,
        following=Following(packets, history, "file"),
        containers=Containers(directory, store, RecentRequests(0, 0), clock),
    )
