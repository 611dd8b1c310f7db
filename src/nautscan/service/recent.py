"""The last requests of each container, in memory, as JSON that is ready to send."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice

Numbered = list[tuple[int, str]]
"""Requests with their numbers, as JSON."""


class RecentRequests:
    """At most `per_container` requests for each of at most `containers` containers.

    Over the cap of containers, the one that was silent longest is forgotten. A request that is
    told again, under its number, takes the place of what was told of it before.
    """

    def __init__(self, per_container: int, containers: int) -> None:
        """Both caps are settings."""
        self.per_container = per_container
        self._containers = containers
        self._rows: OrderedDict[str, dict[int, str]] = OrderedDict()
        """Of each container by number, the oldest first."""
        self.forgotten = 0
        self.more: Callable[[], Awaitable[Iterable[tuple[str, Numbered]]]] | None = None
        """Gives requests that wait to be taken; None where none do."""

    def add(self, rows: Iterable[tuple[str, Numbered]]) -> None:
        """Take the requests of each container, oldest first."""
        for container, lines in rows:
            kept = sorted((self._rows.get(container, {}) | dict(lines)).items())
            self._rows[container] = dict(kept[max(0, len(kept) - self.per_container) :])
            self._rows.move_to_end(container)
        while len(self._rows) > self._containers:
            self._rows.popitem(last=False)
            self.forgotten += 1

    async def newest(self, container: str, limit: int) -> list[str] | None:
        """The newest requests first; None if none are held for it."""
        if self.more is not None:
            self.add(await self.more())
        kept = self._rows.get(container)
        return None if kept is None else list(islice(reversed(kept.values()), limit))
