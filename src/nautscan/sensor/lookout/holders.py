"""Which processes hold a socket: the links in /proc/PID/fd.

To read another user's takes CAP_SYS_PTRACE (the links) and CAP_DAC_READ_SEARCH (the folder):
proc(5), ptrace(2) "Ptrace access mode checking".
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Final

MAX_DESCRIPTORS: Final = 65_536
"""Of one process; a process with more is looked at in part."""

_PREFIX: Final = "socket:["


def find(inodes: Mapping[int, int], pids: Iterable[int]) -> dict[int, set[int]]:
    """The processes that hold each of `inodes` (with the socket's owner), by number.

    Processes of a socket's owner are looked at first, and the others only for sockets that none
    of these holds: most sockets are held by who made them, and looking is what costs.
    """
    owners: dict[int, list[int]] = {}
    for pid in pids:
        uid = _owner(pid)
        if uid is not None:
            owners.setdefault(uid, []).append(pid)
    found: dict[int, set[int]] = {}
    uids = set(inodes.values())
    first = [pid for uid in uids for pid in owners.get(uid, ())]
    _collect(inodes, first, found)
    missing = {inode for inode in inodes if inode not in found}
    if missing:
        others = [pid for uid, held in owners.items() if uid not in uids for pid in held]
        _collect(missing, others, found)
    return found


def holds(folder: int, inode: int) -> bool:
    """Whether the process behind an open /proc/PID folder holds the socket now."""
    try:
        descriptors = os.open("fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return False
    try:
        wanted = f"{_PREFIX}{inode}]"
        for name in os.listdir(descriptors)[:MAX_DESCRIPTORS]:  # noqa: PTH208 (of a descriptor)
            try:
                if os.readlink(name, dir_fd=descriptors) == wanted:
                    return True
            except OSError:
                continue
        return False
    except OSError:
        return False
    finally:
        os.close(descriptors)


def _owner(pid: int) -> int | None:
    try:
        return os.stat(f"/proc/{pid}").st_uid  # noqa: PTH116 (one call a process)
    except OSError:
        return None


def _collect(wanted: Collection[int], pids: Iterable[int], found: dict[int, set[int]]) -> None:
    for pid in pids:
        folder = f"/proc/{pid}/fd"
        try:
            names = os.listdir(folder)[:MAX_DESCRIPTORS]  # noqa: PTH208 (names, and fast)
        except OSError:
            continue
        for name in names:
            try:
                target = os.readlink(f"{folder}/{name}")  # noqa: PTH115 (the same)
            except OSError:
                continue
            if target.startswith(_PREFIX):
                inode = int(target[len(_PREFIX) : -1])
                if inode in wanted:
                    found.setdefault(inode, set()).add(pid)
