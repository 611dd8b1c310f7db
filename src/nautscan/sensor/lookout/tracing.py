"""From the kernel's records to connections with their processes. No I/O but reading /proc.

The state machine of one connection, as the tracepoint tells it: to SYN_SENT in connect(), by the
process that calls, its port not chosen yet; from SYN_SENT when the answer has come, in whatever
process runs at that time, its port known. Both have the socket's number in common. A close() shows
as FIN_WAIT1 or LAST_ACK, by the process that closes: so the server's side, which accepts without
any process running, gets its name at the end.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from nautscan.sensor.lookout.diag import text_of
from nautscan.sensor.lookout.facts import Processes, printable
from nautscan.sensor.lookout.model import Process, SocketKey, Source
from nautscan.sensor.lookout.perf import (
    FIN_WAIT_1,
    LAST_ACK,
    SYN_SENT,
    Change,
    Command,
    Exit,
    Fork,
    Namespace,
    Record,
)

MAX_CONNECTING: Final = 8192
"""Connections that wait for their answer; the longest waiting go first."""

MAX_TASKS: Final = 65_536
"""Processes remembered since they were made or began a program."""

_FAMILIES: Final = frozenset({2, 10})
_SLACK_NS: Final = 10_000_000
"""Two clocks are compared, and a process's start is known to a hundredth of a second."""


class Traced(NamedTuple):
    """A connection's end and who made or closed it."""

    key: SocketKey
    source: Source
    process: Process
    since_ns: int
    """UTC."""
    closed_ns: int | None


class _Pending(NamedTuple):
    pid: int
    time_ns: int
    process: Process | None


@dataclass(slots=True)
class _Task:
    """What the records told of a process, for when it has gone before it was looked at."""

    start_ns: int
    command: str | None = None
    netns: int | None = None
    process: Process | None = None


class Tracer:
    """Follows the records. Used by one thread."""

    def __init__(self, processes: Processes, clock_offset_ns: int | None = None) -> None:
        """`clock_offset_ns` is what makes CLOCK_MONOTONIC UTC; None: measured at each reading."""
        self._processes = processes
        self._offset = clock_offset_ns
        self._connecting: OrderedDict[int, _Pending] = OrderedDict()
        self._tasks: OrderedDict[int, _Task] = OrderedDict()
        self.given_up = 0
        """Connections given up unanswered, and those whose process could not be known."""

    def follow(self, records: Iterable[Record]) -> list[Traced]:
        """What these records tell, in order of time."""
        offset = utc_offset_ns() if self._offset is None else self._offset
        found: list[Traced] = []
        for record in sorted(records, key=lambda record: record.time_ns):
            match record:
                case Change():
                    traced = self._change(record, offset)
                    if traced is not None:
                        found.append(traced)
                case Fork():
                    self._forked(record, offset)
                case Command():
                    self._named(record, offset)
                case Namespace():
                    if record.pid in self._tasks:
                        self._tasks[record.pid].netns = record.netns
                case Exit():
                    self._tasks.pop(record.pid, None)
        return found

    def _forked(self, record: Fork, offset: int) -> None:
        parent = self._tasks.get(record.parent)
        command = None if parent is None else parent.command
        netns = None if parent is None else parent.netns
        self._remember(record.pid, _Task(record.time_ns + offset, command, netns))

    def _named(self, record: Command, offset: int) -> None:
        task = self._tasks.get(record.pid)
        if task is None:
            task = _Task(record.time_ns + offset)
            self._remember(record.pid, task)
        task.command = printable(record.command)
        if record.executed:
            # Looked at while it is sure to be there: it may be gone when it has connected.
            task.process = self._processes.read(record.pid)

    def _remember(self, pid: int, task: _Task) -> None:
        self._tasks[pid] = task
        self._tasks.move_to_end(pid)
        while len(self._tasks) > MAX_TASKS:
            self._tasks.popitem(last=False)

    def _change(self, record: Change, offset: int) -> Traced | None:
        if record.family not in _FAMILIES:
            return None
        if record.new == SYN_SENT:
            process = self._process(record.pid)
            self._connecting[record.socket] = _Pending(record.pid, record.time_ns, process)
            while len(self._connecting) > MAX_CONNECTING:
                self._connecting.popitem(last=False)
                self.given_up += 1
            return None
        if record.old == SYN_SENT:
            pending = self._connecting.pop(record.socket, None)
            if pending is None:
                return None
            ended = record.time_ns + offset if record.new == 7 else None
            began = pending.time_ns + offset - _SLACK_NS
            return self._traced(record, "connect", pending.process, began, ended)
        if record.new in (FIN_WAIT_1, LAST_ACK):
            process = self._process(record.pid)
            began = 0 if process is None else process.start_ns - _SLACK_NS
            return self._traced(record, "close", process, began, record.time_ns + offset)
        return None

    def _traced(
        self,
        record: Change,
        source: Source,
        process: Process | None,
        since_ns: int,
        closed_ns: int | None,
    ) -> Traced | None:
        if process is None or process.netns is None or not record.port:
            self.given_up += 1
            return None
        key = SocketKey(
            process.netns,
            "tcp",
            text_of(record.family, record.source),
            record.port,
            text_of(record.family, record.destination),
            record.peer_port,
        )
        return Traced(key, source, process, since_ns, closed_ns)

    def _process(self, pid: int) -> Process | None:
        """The process that ran, or what was told of it if it has gone."""
        task = self._tasks.get(pid)
        process = self._processes.read(pid) if pid > 0 else None
        if task is None:
            return process
        if process is None:
            # What is there and was not read is the kernel's own.
            return None if _exists(pid) else _told(pid, task)
        if process.netns is None and task.netns is not None:
            process = _in_netns(process, task.netns)
        task.process = process
        return process


def _exists(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")  # noqa: PTH110 (one call a process)


def _told(pid: int, task: _Task) -> Process | None:
    """A process that has gone: as it was read when it began, or as the records told of it."""
    if task.process is not None or task.command is None:
        return task.process
    return Process(pid, task.start_ns, task.command, None, (), task.netns)


def _in_netns(process: Process, netns: int) -> Process:
    return Process(
        process.pid, process.start_ns, process.command, process.user, process.containers, netns
    )


def utc_offset_ns() -> int:
    """What has to be added to CLOCK_MONOTONIC for UTC, now."""
    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
