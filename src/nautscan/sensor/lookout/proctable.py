"""Sockets of other network namespaces, from /proc/PID/net of a process in them: proc_net(5).

Any user may read these files: what a container's sockets are takes no right. Entering its
namespace for sock_diag would take CAP_SYS_ADMIN, which is root by another name.
"""

from __future__ import annotations

import socket
import struct
from itertools import islice
from pathlib import Path
from typing import Final

from nautscan.sensor.lookout.diag import WITHOUT_PROCESS, text_of
from nautscan.sensor.lookout.model import Seen, SocketKey

MAX_LINES: Final = 16_384
"""Of one table: a container with more sockets is shown in part, and the rest as not seen."""

_TABLES: Final = (
    ("tcp", "tcp", socket.AF_INET),
    ("tcp6", "tcp", socket.AF_INET6),
    ("udp", "udp", socket.AF_INET),
    ("udp6", "udp", socket.AF_INET6),
)


def sockets(pid: int, netns: int, proc: Path = Path("/proc")) -> list[Seen]:
    """TCP and UDP sockets in the namespace of process `pid`; none if it has gone."""
    found: list[Seen] = []
    for name, transport, family in _TABLES:
        try:
            with (proc / str(pid) / "net" / name).open(encoding="ascii", errors="replace") as file:
                lines = list(islice(file, 1, MAX_LINES + 1))
        except OSError:
            continue
        parsed = (parse(line, netns, transport, family) for line in lines)
        found.extend(seen for seen in parsed if seen is not None)
    return found


def parse(line: str, netns: int, transport: str, family: int) -> Seen | None:
    """The socket of one line; None if no process can hold it, or the line is none."""
    fields = line.split()
    try:
        local, remote, state = fields[1], fields[2], int(fields[3], 16)
        uid, inode = int(fields[7]), int(fields[9])
        ip, port = _endpoint(local, family)
        peer_ip, peer_port = _endpoint(remote, family)
    except (IndexError, ValueError, struct.error):
        return None
    if not inode or not port or state in WITHOUT_PROCESS:
        return None
    if not peer_port:
        peer_ip = ""
    return Seen(SocketKey(netns, transport, ip, port, peer_ip, peer_port), inode, uid)


def _endpoint(text: str, family: int) -> tuple[str, int]:
    """`0100007F:1F90`: words of the address in the machine's byte order, and the port."""
    digits, _, port = text.partition(":")
    if len(digits) != (8 if family == socket.AF_INET else 32):
        raise ValueError("not an address")
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    return text_of(family, struct.pack(f"={len(words)}I", *words)), int(port, 16)
