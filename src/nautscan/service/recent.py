"""The last requests of each container, in memory, as JSON that is ready to send."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice


class RecentRequests:
    """At most `per_container` requests for each of at most `containers` containers.

    Over the cap of containers, the one that was silent longest is forgotten.
    """

    def __init__(self, per_container: int, containers: int) -> None:
        """Both caps are settings."""
        self.per_container = per_container
        self._containers = containers
        self._rows: OrderedDict[str, deque[str]] = OrderedDict()
        self.forgotten = 0
        self.more: Callable[[], Awaitable[Iterable[tuple[str, list[str]]]]] | None = None
        """Gives requests that wait to be taken; None where none do."""

    def add(self, rows: Iterable[tuple[str, list[str]]]) -> None:
        """Take the requests of each container, oldest first."""
        for container, lines in rows:
            kept = self._rows.get(container)
            if kept is None:
                kept = self._rows[container] = deque(maxlen=self.per_container)
            kept.extend(lines)
            self._rows.move_to_end(container)
        while len(self._rows) > self._containers:
            self._rows.popitem(last=False)
            self.forgotten += 1

    async def newest(self, container: str, limit: int) -> list[str] | None:
        """The newest requests first; None if none are held for it."""
        if self.more is not None:
            self.add(await self.more())
        kept = self._rows.get(container)
        return None if kept is None else list(islice(reversed(kept), limit))
