"""Sockets and their processes where there is no /proc: macOS and Windows, by psutil.

macOS shows a user the sockets of that user's processes only, root those of all; Windows shows all.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import psutil

from nautscan.sensor.lookout.facts import printable
from nautscan.sensor.lookout.look import Look
from nautscan.sensor.lookout.model import MAX_ENTRIES, Process, Seen, SocketKey

_STREAM: Final = 1  # socket.SOCK_STREAM, on every system
_WITHOUT_PROCESS: Final = frozenset({psutil.CONN_TIME_WAIT, psutil.CONN_SYN_RECV})
_NO_UID: Final = -1


class PsutilLookout:
    """Looks by psutil. A socket has no number there: its process's stands for it."""

    def look(
        self, known: Mapping[SocketKey, Collection[int]], named: Collection[Process] = ()
    ) -> Look:
        """All sockets, and whose those are that are not known. Raises OSError."""
        look = Look(time.time_ns())
        sought: set[int] = set()
        for key, pid in _sockets():
            if len(look.seen) >= MAX_ENTRIES:
                look.beyond_cap += 1
                continue
            look.seen.setdefault(key, []).append(Seen(key, pid, _NO_UID))
            if pid not in known.get(key, ()):
                sought.add(pid)
        look.sought = frozenset(sought)
        for pid in sought:
            process = read(pid)
            if process is not None:
                look.holders[pid] = (process,)
        look.gone = frozenset(process for process in named if read(process.pid) != process)
        look.ended_ns = time.time_ns()
        return look


def read(pid: int) -> Process | None:
    """The process of that number now; None if there is none or it may not be seen."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            start_ns = int(process.create_time() * 1e9)
            command = printable(process.name())
            user = None
            with suppress(psutil.AccessDenied, KeyError):
                user = process.username()
            return Process(pid, start_ns, command, user)
    except psutil.Error:
        return None


def _sockets() -> Iterator[tuple[SocketKey, int]]:
    for connection, pid in _connections():
        if not pid or not connection.laddr or connection.status in _WITHOUT_PROCESS:
            continue
        transport = "tcp" if connection.type == _STREAM else "udp"
        ip, port = connection.laddr[:2]
        peer_ip, peer_port = (connection.raddr or ("", 0))[:2]
        yield SocketKey(0, transport, _plain(ip), port, _plain(peer_ip), peer_port), pid


def _connections() -> Iterator[tuple[Any, int]]:
    """All that may be seen: at once, or where that takes rights, process by process."""
    try:
        for everyone in psutil.net_connections("inet"):
            yield everyone, everyone.pid or 0
        return
    except psutil.AccessDenied:
        pass
    for process in psutil.process_iter():
        try:
            found = process.net_connections("inet")
        except psutil.Error:
            continue
        for item in found:
            yield item, process.pid


def _plain(ip: str) -> str:
    """Without zone; IPv4 in IPv6 as IPv4."""
    ip = ip.partition("%")[0]
    return ip.removeprefix("::ffff:") if "." in ip else ip
