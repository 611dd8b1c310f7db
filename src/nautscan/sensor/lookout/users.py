"""Names of user ids, on the host and in containers.

A container has users of its own: 101 may be `nginx` inside and nobody at all outside. Its
/etc/passwd is read through /proc/PID/root, step by step and never through a symbolic link: a link
in there would be followed in *our* file system.
"""

from __future__ import annotations

import os
import stat
import time
from collections import OrderedDict
from typing import Final

MAX_PASSWD_BYTES: Final = 64 << 10
"""Of a container's /etc/passwd; what follows is not looked at."""

MAX_CACHED: Final = 4096
"""Names remembered."""

_AGAIN_S: Final = 60.0
"""A name is looked up again after this."""


class UserNames:
    """Looks names up, and remembers them for a minute."""

    def __init__(self) -> None:
        """Knows nobody yet."""
        self._names: OrderedDict[tuple[str, int], tuple[float, str]] = OrderedDict()

    def name(self, uid: int, folder: int | None = None, containers: tuple[str, ...] = ()) -> str:
        """The name of a user id of ours; `folder` is /proc/PID of a process in `containers`.

        The number as text where there is no name.
        """
        inside = containers[-1] if containers and folder is not None else ""
        key, now = (inside, uid), time.monotonic()
        cached = self._names.get(key)
        if cached is not None and now - cached[0] < _AGAIN_S:
            return cached[1]
        name = _in_container(uid, folder) if inside and folder is not None else _on_host(uid)
        self._names[key] = (now, name)
        while len(self._names) > MAX_CACHED:
            self._names.popitem(last=False)
        return name


def _on_host(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _in_container(uid: int, folder: int) -> str:
    mapped = mapped_uid(uid, _read_map(folder))
    if mapped is None:
        return str(uid)
    return passwd_name(read_passwd(folder), mapped) or str(mapped)


def mapped_uid(uid: int, uid_map: str) -> int | None:
    """A user id of ours as the process's user namespace numbers it: user_namespaces(7)."""
    for line in uid_map.splitlines():
        fields = line.split()
        if len(fields) == 3:
            inside, outside, count = map(int, fields)
            if outside <= uid < outside + count:
                return inside + uid - outside
    return None


def passwd_name(passwd: str, uid: int) -> str | None:
    """The first name of that number in the text of a passwd(5) file."""
    for line in passwd.splitlines():
        fields = line.split(":")
        if len(fields) >= 4 and fields[2] == str(uid) and fields[0].isprintable():
            return fields[0][:64] or None
    return None


def read_passwd(folder: int) -> str:
    """/etc/passwd of the process's own root; empty where it cannot be read."""
    opened: list[int] = []
    flags = os.O_RDONLY | os.O_CLOEXEC
    try:
        opened.append(os.open("root", flags | os.O_DIRECTORY, dir_fd=folder))
        step = flags | os.O_DIRECTORY | os.O_NOFOLLOW
        opened.append(os.open("etc", step, dir_fd=opened[-1]))
        file = os.open("passwd", flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=opened[-1])
        opened.append(file)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return ""
        return os.read(file, MAX_PASSWD_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _read_map(folder: int) -> str:
    try:
        file = os.open("uid_map", os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return ""
    try:
        return os.read(file, 16_384).decode("ascii", "replace")
    except OSError:
        return ""
    finally:
        os.close(file)
