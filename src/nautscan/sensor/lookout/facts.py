"""Facts of processes, from /proc: proc_pid_stat(5), proc_pid_status(5), proc_pid_cgroup(5).

A process is opened before it is read: names below that descriptor lead to this very process or,
once it has gone, to an error, never to another that was given its number.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nautscan.sensor.lookout.model import Process
from nautscan.sensor.lookout.users import UserNames

_READ_BYTES: Final = 4096
_CONTAINER: Final = re.compile(r"(?:^|[/:-])([0-9a-f]{64})(?=\.scope|/|$)")
_MAX_CONTAINERS: Final = 4
_KERNEL_THREAD: Final = 0x0020_0000  # PF_KTHREAD
_AGAIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Stat:
    """What /proc/PID/stat says."""

    command: str
    start_ticks: int
    kernel: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """A process as it was read."""

    stat: Stat
    read_s: float
    process: Process

    def holds(self, stat: Stat, now_s: float) -> bool:
        """Whether it is this process still, and was not read too long ago."""
        return self.stat == stat and now_s - self.read_s < _AGAIN_S


class Processes:
    """Reads processes, and remembers what it read while they live. Used by one thread at a time."""

    def __init__(self, users: UserNames | None = None) -> None:
        """Reads nothing yet."""
        self._users = users or UserNames()
        self._known: dict[int, _Known] = {}
        self._tick_ns = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
        # Once, so that a process's start is always the same number.
        self._boot_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def read(self, pid: int) -> Process | None:
        """The process of that number now; None if there is none, or it is the kernel's own."""
        with opened(pid) as folder:
            stat = None if folder is None else read_stat(folder)
            if folder is None or stat is None or stat.kernel:
                self._known.pop(pid, None)
                return None
            known = self._known.get(pid)
            now = time.monotonic()
            # A process can become another user or enter another namespace: looked at again.
            if known is not None and known.holds(stat, now):
                return known.process
            process = self._fresh(pid, folder, stat)
        self._known[pid] = _Known(stat, now, process)
        return process

    def keep(self, pids: frozenset[int]) -> None:
        """Forget all but these."""
        for pid in self._known.keys() - pids:
            del self._known[pid]

    def _fresh(self, pid: int, folder: int, stat: Stat) -> Process:
        start_ns = self._boot_ns + stat.start_ticks * self._tick_ns
        containers = containers_of(read_text(folder, "cgroup"))
        uid = effective_uid(read_text(folder, "status"))
        user = None if uid is None else self._users.name(uid, folder, containers)
        return Process(pid, start_ns, stat.command, user, containers, netns_of(folder))


@contextlib.contextmanager
def opened(pid: int) -> Iterator[int | None]:
    """A descriptor of /proc/PID; None if there is no such process."""
    try:
        folder = os.open(f"/proc/{pid}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield folder
    finally:
        os.close(folder)


def pids() -> list[int]:
    """The processes that can be seen, by number."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 (names)


def read_text(folder: int, name: str) -> str:
    """The beginning of a small file of the process; empty if it cannot be read."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return ""
    try:
        return os.read(descriptor, _READ_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def read_stat(folder: int) -> Stat | None:
    """Command and start, which belong together: one read."""
    return parse_stat(read_text(folder, "stat"))


def parse_stat(text: str) -> Stat | None:
    """The command stands in parentheses and may hold some itself."""
    begin, end = text.find("("), text.rfind(")")
    fields = text[end + 1 :].split()
    if begin < 0 or end < begin or len(fields) < 20:
        return None
    command = text[begin + 1 : end]
    return Stat(printable(command), int(fields[19]), bool(int(fields[6]) & _KERNEL_THREAD))


def printable(command: str) -> str:
    """A command without control characters: processes name themselves as they like."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in command)


def effective_uid(status: str) -> int | None:
    """Of `Uid: real effective saved file-system`."""
    found = re.search(r"^Uid:\s+\d+\s+(\d+)", status, re.MULTILINE)
    return None if found is None else int(found[1])


def containers_of(cgroup: str) -> tuple[str, ...]:
    """Ids of 64 digits in the process's control group, outermost first.

    As Docker (`/docker/ID`, `docker-ID.scope`), Podman (`libpod-ID.scope`) and Kubernetes
    (`cri-containerd-ID.scope`) name them.
    """
    found = dict.fromkeys(
        match for line in cgroup.splitlines() for match in _CONTAINER.findall(line)
    )
    return tuple(found)[:_MAX_CONTAINERS]


def netns_of(folder: int) -> int | None:
    """The inode number of a process's network namespace; None where it may not be seen."""
    try:
        text = os.readlink("ns/net", dir_fd=folder)
    except OSError:
        return None
    return int(text.removeprefix("net:[").removesuffix("]"))
