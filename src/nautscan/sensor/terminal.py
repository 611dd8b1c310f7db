"""Live capture inside a command: no server, no store, rows as they come.

The process gives up the same rights as the sensor does before it opens an interface.
"""

from __future__ import annotations

import bisect
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import arro3.core

from nautscan import _engine
from nautscan.config import Config
from nautscan.errors import NautScanError, UnknownInterface
from nautscan.sensor import enginefacts, naming, process, schemas
from nautscan.sensor.capture import check_filter
from nautscan.sensor.hotplug import present_interfaces
from nautscan.sensor.inside import Inside, rooms_in
from nautscan.sensor.opened import open_interfaces
from nautscan.sensor.placefeed import PlaceFeed
from nautscan.sensor.scheduling import interrupt_nobody
from nautscan.sensor.selection import Selection, change, select
from nautscan.sensor.users import server_identity

log = logging.getLogger(__name__)

_WAIT_MS: Final = 200
_PAGE_ROWS: Final = 4096


class TerminalCapture:
    """An open capture, to be iterated until it ends or is told to."""

    def __init__(self, config: Config, *, keeps_packets: bool = True) -> None:
        """Gives up rights, then opens the interfaces. Raises NautScanError.

        Without `keeps_packets` the packets are not copied into the ring.
        """
        self._wanted = naming.wanted(config.interfaces, config.containers)
        self._schemas = schemas.load(config.protobuf)
        self._feed = self._ask_where(config)
        process.give_up_rights(
            server_identity(config.user, os.environ, docker_group=False),
            enter=config.enters_containers,
        )
        self._config = config
        self._inside = Inside()
        self._ring_bytes = config.ring_bytes if keeps_packets else 0
        if config.filter:
            check_filter(config.filter, None, config.snaplen)
        interrupt_nobody()
        try:
            self.names = self._names()
            self._capture = self._open()
        except BaseException:
            self.close()
            raise
        self._captured = self._identities(self.names)
        self.on_change: Callable[[Sequence[str]], None] = lambda _names: None
        """Told the interfaces inside containers whenever they have changed."""

    def batches(self, seconds: float | None) -> Iterator[tuple[str, arro3.core.RecordBatch] | None]:
        """Batches as they come, None while nothing comes; ends after `seconds` or with `stop`.

        What is left of the flows and requests comes after the end of the capture.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        over = False
        while True:
            self._follow()
            item = self._capture.next(_WAIT_MS)
            if item is None and over:
                self._raise_failure()
                return
            # Batches may come between a look in vain and the end: the end is seen first.
            over = item is None and self._capture.status()["ended"]
            yield None if item is None else (item[0], arro3.core.RecordBatch.from_arrow(item[1]))
            if deadline is not None and time.monotonic() >= deadline:
                self.stop()
                deadline = None

    def stop(self) -> None:
        """Ends the capture; `batches` then gives what is left."""
        self._capture.stop()

    def close(self) -> None:
        """Lets go of containers, and of the process that tells where they are."""
        self._inside.close()
        if self._feed is not None:
            self._feed.close()

    @property
    def capture(self) -> _engine.Capture:
        """The engine's capture, for its ring of packets."""
        return self._capture

    def counters(self) -> dict[str, int]:
        """Sums over the interfaces, as `stage/name`."""
        sums: dict[str, int] = {}
        for _, stage, name, value in self._capture.stats():
            key = f"{stage}/{name}"
            sums[key] = sums.get(key, 0) + value
        return sums

    def _ask_where(self, config: Config) -> PlaceFeed | None:
        """Begins to ask where the containers are, while there is the right to."""
        containers = naming.containers_of(self._wanted)
        if not containers:
            return None
        identity = server_identity(config.user, os.environ, docker_group=True)
        return PlaceFeed(containers, identity)

    def _names(self) -> Sequence[str]:
        if self._feed is not None:
            self._feed.begin()
            places = self._feed.first()
            rooms_in(naming.containers_of(self._wanted), places)  # Raises for what has no inside.
            self._inside.want(naming.containers_of(self._wanted))
            self._inside.tell(places)
        selection = self._select()
        if selection.missing or not selection.capture:
            missing = ", ".join(map(repr, selection.missing)) or "any"
            raise UnknownInterface(
                f"There is no network interface named {missing}",
                remedy=f"Those of this host are: {', '.join(sorted(present_interfaces()))}.",
            )
        return selection.capture

    def _select(self) -> Selection:
        by_default = self._wanted is None or naming.DEFAULT in self._wanted
        defaults = enginefacts.default_interfaces() if by_default else ((), "")
        self._inside.look()
        return select(self._wanted, present_interfaces(), defaults, self._inside.rooms())

    def _identities(self, names: Sequence[str]) -> dict[str, object]:
        """Those inside containers, with what tells each from a later one of the same name."""
        return {
            name: self._inside.identity(name) for name in names if naming.split(name)[1] is not None
        }

    def _follow(self) -> None:
        """Goes on with containers that were started again, and interfaces that came."""
        if self._feed is None or self._capture.status()["ended"]:
            return
        if not (self._inside.tell(self._feed.newest) or self._inside.has_news()):
            return
        wanted = self._identities(self._select().capture)
        before = self._captured
        step = change(before, {n for n in before if before[n] != wanted.get(n)}, tuple(wanted))
        for name in step.remove:
            self._capture.remove_interface(name)
            del self._captured[name]
        for name in step.add:
            try:
                self._inside.add_to(self._capture, name)
            except _engine.EngineError as error:
                log.warning("cannot capture on %s: %s", name, error.message)
            else:
                self._captured[name] = wanted[name]
        if step.add or step.remove:
            self.on_change(tuple(self._captured))

    def _open(self) -> _engine.Capture:
        try:
            capture, failures = open_interfaces(self.names, self._new, {})
        except _engine.EngineError as error:
            raise enginefacts.relayed(error) from error
        if capture is None or failures:
            if capture is not None:
                capture.stop()
            raise NautScanError.from_dict(next(iter(failures.values())))
        return capture

    def _new(self, names: Sequence[str]) -> _engine.Capture:
        config = self._config
        return _engine.Capture(
            [name for name in names if naming.split(name)[1] is None],
            inside=self._inside.targets(names),
            filter=config.filter,
            promiscuous=config.promiscuous,
            snaplen=config.snaplen,
            buffer_bytes=config.buffer_bytes,
            ring_bytes=self._ring_bytes,
            workers=config.workers,
            # Messages are decoded of what is kept of them.
            body_limit=config.body_limit if config.protobuf else 0,
            schemas=self._schemas,
            headers=False,
            redact=config.redact,
            sensor=config.sensor_name,
        )

    def _raise_failure(self) -> None:
        error: dict[str, Any] | None = self._capture.status()["error"]
        if error is not None:
            raise NautScanError.from_dict(error)


class PacketTail:
    """The packets that came into the ring since the last look.

    Ids are given without a hole, so packets that left the ring before they were seen are counted.
    """

    def __init__(self, capture: _engine.Capture) -> None:
        """Starts with what is in the ring."""
        self._capture = capture
        self._seen: int | None = None
        self.missed = 0

    def take(self) -> tuple[list[int], list[arro3.core.RecordBatch]]:
        """Ids of the new packets and their rows, oldest first."""
        pages: list[arro3.core.RecordBatch] = []
        ids: list[int] = []
        before: int | None = None
        while True:
            found, page = self._page(before)
            if not found:
                break
            pages.insert(0, page)
            ids = found + ids
            if len(found) < _PAGE_ROWS:
                break
            before = found[0]
        if ids:
            if self._seen is not None:
                self.missed += ids[0] - self._seen - 1
            self._seen = ids[-1]
        return ids, pages

    def _page(self, before: int | None) -> tuple[list[int], arro3.core.RecordBatch]:
        """What is new of one page."""
        page = arro3.core.RecordBatch.from_arrow(self._capture.recent(_PAGE_ROWS, before))
        ids = list(page.column("id").to_pylist())
        old = 0 if self._seen is None else bisect.bisect_right(ids, self._seen)
        return ids[old:], page.slice(old)
