"""What the lookout tells: sockets, who holds them, and from when until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

MAX_ENTRIES: Final = 65_536
"""Sockets known at once: a busy proxy has tens of thousands. About 30 MB."""

ANY_IPV4: Final = "0.0.0.0"  # noqa: S104 (a value to compare with)
ANY_IPV6: Final = "::"

Source = Literal["socket", "connect", "close", "listener", "bound"]
"""What a name rests on.

`socket`: this connection's socket was found in the process. `connect`: the kernel told who called
connect(). `close`: the kernel told who closed the connection. `listener`: the connection itself
was not seen, the socket that listens at its address and port was. `bound`: the same for UDP.
"""

Reason = Literal["no_rights", "other_namespace", "no_holder", "ambiguous"]
"""Why a socket that was seen has no process: the lookout may not look into the process; the
process is in a process namespace that cannot be seen from here; no process has it (the kernel's
own); several programs share it."""


class SocketKey(NamedTuple):
    """One end of a conversation, as packets name it, in one network namespace.

    `peer_ip` is empty and `peer_port` 0 for a socket that listens or is only bound; `ip` is then
    perhaps `0.0.0.0` or `::`. Addresses are canonical text; IPv4 in IPv6 is IPv4.
    """

    netns: int
    transport: str
    ip: str
    port: int
    peer_ip: str
    peer_port: int

    @property
    def bound(self) -> bool:
        """It has no peer."""
        return not self.peer_ip


class Seen(NamedTuple):
    """A socket in the kernel's table."""

    key: SocketKey
    inode: int
    uid: int
    v6only: bool | None = None
    """Of sockets at `::`: whether they take IPv4 too; None where the table does not say."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process. `pid` alone is not one: numbers are used again, so `start_ns` belongs to it."""

    pid: int
    start_ns: int
    command: str
    """As `ps -o comm` shows it, 15 bytes at most. Never the command line: it may hold secrets."""
    user: str | None
    """Its effective user's name, as the process's own system calls it; the number as text where
    it has none; None where it was gone before that could be looked up."""
    containers: tuple[str, ...] = ()
    """Container ids in its control group, outermost first."""
    netns: int | None = None


@dataclass(slots=True)
class Entry:
    """A socket, whose it is, and when."""

    id: int
    key: SocketKey
    since_ns: int
    until_ns: int | None
    process: Process | None
    source: Source
    reason: Reason | None = None
    user: str | None = None
    """The socket's owner, known also where the process is not."""

    def as_list(self) -> list[Any]:
        """For JSON: `entry_of` reads it."""
        process = self.process
        held = None
        if process is not None:
            held = [
                process.pid,
                process.start_ns,
                process.command,
                process.user,
                list(process.containers),
                process.netns,
            ]
        times = (self.since_ns, self.until_ns)
        return [self.id, list(self.key), *times, held, self.source, self.reason, self.user]


def entry_of(fields: list[Any]) -> Entry:
    """The entry that `as_list` described. ValueError or TypeError if it is none."""
    number, key, since_ns, until_ns, held, source, reason, user = fields
    process = None
    if held is not None:
        pid, start_ns, command, owner, containers, netns = held
        process = Process(pid, start_ns, command, owner, tuple(containers), netns)
    return Entry(number, SocketKey(*key), since_ns, until_ns, process, source, reason, user)
