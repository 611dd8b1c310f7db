"""Who had which socket when: what the lookout tells, as intervals that a join can use."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from nautscan.sensor.lookout.model import Entry, SocketKey
from nautscan.store.sockets import Sockets

MAX_INTERVALS: Final = 65_536
"""Sockets known, those that are open and those that were lately. About 40 MB with the join's."""

KEEP_NS: Final = 300_000_000_000
"""A socket that was closed is known for this long: a flow's last row may come late."""

LINGER_NS: Final = 2_000_000_000
"""A closed socket's last packets, and rows that are timed by them, still belong to it."""

FOR_EVER: Final = 2**63 - 1


@dataclass(slots=True)
class _Interval:
    """A time in which a socket was one process's."""

    serial: int
    entry: Entry
    since_ns: int
    until_ns: int


class SocketHistory:
    """Intervals by socket: bounded, in order of time, and never two at once for one socket.

    The event loop writes, the ingest thread takes the changes.
    """

    def __init__(
        self, max_intervals: int = MAX_INTERVALS, clock: Callable[[], int] = time.time_ns
    ) -> None:
        """Empty. `clock` gives UTC in nanoseconds."""
        self._max = max_intervals
        self._clock = clock
        self._lock = threading.Lock()
        self._by_key: dict[SocketKey, list[_Interval]] = {}
        self._by_id: dict[int, _Interval] = {}
        self._ended: deque[_Interval] = deque()
        self._changed: dict[int, _Interval] = {}
        self._removed: list[int] = []
        self._next_serial = 1
        self._count = 0
        self.dropped = 0
        """Intervals forgotten before their time, since there was no room."""

    def __len__(self) -> int:
        return self._count

    def begin(self) -> None:
        """A new lookout: what the one before it had open has ended, as far as anybody knows."""
        with self._lock:
            now = self._clock()
            for interval in list(self._by_id.values()):
                if interval.entry.until_ns is None:
                    interval.entry.until_ns = now
                    self._end(interval, now)
            self._by_id.clear()

    def told(self, entries: Iterable[Entry]) -> None:
        """Take in what the lookout tells, in its order."""
        with self._lock:
            for entry in entries:
                known = self._by_id.get(entry.id)
                if known is None:
                    known = self._add(entry)
                else:
                    known.entry = entry
                self._changed[known.serial] = known
                if entry.until_ns is not None:
                    self._end(known, entry.until_ns)
            self._forget(self._clock())

    def live(self) -> list[Entry]:
        """The sockets that are open."""
        with self._lock:
            return [interval.entry for interval in self._by_id.values()]

    def take_changes(self) -> tuple[Sockets, list[int]]:
        """What changed since the last call, as columns, and the serial numbers to forget."""
        with self._lock:
            changed, self._changed = self._changed, {}
            removed, self._removed = self._removed, []
        columns = Sockets()
        for interval in changed.values():
            _write(columns, interval)
        return columns, removed

    def _add(self, entry: Entry) -> _Interval:
        group = self._by_key.setdefault(entry.key, [])
        since = entry.since_ns
        if group:
            before = group[-1]
            since = max(since, before.entry.until_ns or before.since_ns + 1)
            if before.until_ns > since:
                before.until_ns = max(since, before.since_ns)
                self._changed[before.serial] = before
        interval = _Interval(self._next_serial, entry, since, FOR_EVER)
        self._next_serial += 1
        group.append(interval)
        self._by_id[entry.id] = interval
        self._count += 1
        return interval

    def _end(self, interval: _Interval, time_ns: int) -> None:
        """Ends after those before it, and lingers unless another has the socket by then."""
        if self._by_id.pop(interval.entry.id, None) is None:
            return
        if self._by_key[interval.entry.key][-1] is interval:
            interval.until_ns = max(time_ns, interval.since_ns) + LINGER_NS
        self._changed[interval.serial] = interval
        self._ended.append(interval)

    def _forget(self, now_ns: int) -> None:
        """What ended long ago goes; then, for room, what ended first."""
        while self._ended and (
            self._count > self._max or (self._ended[0].entry.until_ns or 0) < now_ns - KEEP_NS
        ):
            interval = self._ended.popleft()
            if (interval.entry.until_ns or 0) >= now_ns - KEEP_NS:
                self.dropped += 1
            self._drop(interval)
        while self._count > self._max:  # All are open: the longest known go.
            interval = self._by_id.pop(next(iter(self._by_id)))
            self.dropped += 1
            self._drop(interval)

    def _drop(self, interval: _Interval) -> None:
        group = self._by_key[interval.entry.key]
        group.remove(interval)
        if not group:
            del self._by_key[interval.entry.key]
        self._changed.pop(interval.serial, None)
        self._removed.append(interval.serial)
        self._count -= 1


def _write(columns: Sockets, interval: _Interval) -> None:
    entry, process = interval.entry, interval.entry.process
    key = entry.key
    columns.serial.append(interval.serial)
    columns.netns.append(key.netns)
    columns.transport.append(key.transport)
    columns.ip.append(key.ip)
    columns.port.append(key.port)
    columns.peer_ip.append(key.peer_ip)
    columns.peer_port.append(key.peer_port)
    columns.since_ns.append(interval.since_ns)
    columns.until_ns.append(interval.until_ns)
    columns.pid.append(None if process is None else process.pid)
    columns.command.append(None if process is None else process.command)
    columns.user.append(entry.user if process is None else process.user)
    columns.process_source.append(None if process is None else entry.source)
    columns.process_reason.append(entry.reason)
