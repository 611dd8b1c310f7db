"""Live capture inside a command: no server, no store, rows as they come.

The process gives up the same rights as the sensor does before it opens an interface.
"""

from __future__ import annotations

import bisect
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import arro3.core

from nautscan import _engine
from nautscan.config import Config
from nautscan.errors import NautScanError, UnknownInterface
from nautscan.sensor import enginefacts, process
from nautscan.sensor.capture import check_filter, present_names
from nautscan.sensor.opened import open_interfaces
from nautscan.sensor.selection import select
from nautscan.sensor.users import server_identity

_WAIT_MS: Final = 200
_PAGE_ROWS: Final = 4096


class TerminalCapture:
    """An open capture, to be iterated until it ends or is told to."""

    def __init__(self, config: Config, *, body_limit: int = 0, headers: bool = False) -> None:
        """Gives up rights, then opens the interfaces. Raises NautScanError."""
        process.give_up_rights(server_identity(config.user, os.environ, docker_group=False))
        self._config = config
        self._body_limit = body_limit
        self._headers = headers
        self.names = self._names()
        if config.filter:
            check_filter(config.filter, None, config.snaplen)
        self._capture = self._open()

    def batches(self, seconds: float | None) -> Iterator[tuple[str, arro3.core.RecordBatch] | None]:
        """Batches as they come, None while nothing comes; ends after `seconds` or with `stop`.

        What is left of the flows and requests comes after the end of the capture.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        over = False
        while True:
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

    def _names(self) -> Sequence[str]:
        wanted = self._config.interfaces or None
        defaults = enginefacts.default_interfaces() if wanted is None else ((), "")
        selection = select(wanted, present_names(), defaults)
        if selection.missing or not selection.capture:
            missing = ", ".join(map(repr, selection.missing)) or "any"
            raise UnknownInterface(
                f"There is no network interface named {missing}",
                remedy=f"Those of this host are: {', '.join(sorted(present_names()))}.",
            )
        return selection.capture

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
            names,
            filter=config.filter,
            promiscuous=config.promiscuous,
            snaplen=config.snaplen,
            buffer_bytes=config.buffer_bytes,
            ring_bytes=config.ring_bytes,
            workers=config.workers,
            body_limit=self._body_limit,
            headers=self._headers,
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
