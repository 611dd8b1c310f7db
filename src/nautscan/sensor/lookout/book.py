"""The lookout's book: which socket is whose now. Looks and traces go in, news comes out.

Invariant: at most one open entry for a key. News is what the server needs to keep the same book:
entries as they are opened, changed and closed.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from nautscan.sensor.lookout.look import Look
from nautscan.sensor.lookout.model import (
    MAX_ENTRIES,
    Entry,
    Process,
    Reason,
    Seen,
    SocketKey,
    Source,
)
from nautscan.sensor.lookout.rights import Reach
from nautscan.sensor.lookout.tracing import Traced
from nautscan.sensor.lookout.users import UserNames

MAX_ATTEMPTS: Final = 3
"""Looks at which a socket's process is searched for; a kernel's socket has none ever."""

MAX_NEWS: Final = 65_536
"""Changes that wait for the server; one that is so far behind gets the whole book."""

_SLACK_NS: Final = 10_000_000


class Book:
    """Used by the event loop only."""

    def __init__(self, reach: Reach, users: UserNames) -> None:
        """Empty."""
        self._reach = reach
        self._users = users
        self._open: OrderedDict[SocketKey, Entry] = OrderedDict()
        self._tries: dict[SocketKey, dict[int, int]] = {}
        self._next_id = 1
        self._looked_ns = 0
        self._ended: deque[Entry] = deque(maxlen=4096)
        self.news: list[Entry] = []
        self.dropped = 0
        """Entries that were closed since there was no room."""

    def __len__(self) -> int:
        return len(self._open)

    def entries(self) -> list[Entry]:
        """All that are open, and those closed last."""
        return [*self._ended, *self._open.values()]

    def take_news(self) -> list[Entry]:
        """What was opened, changed or closed since the last call."""
        news, self.news = self.news, []
        return list({entry.id: entry for entry in news}.values())

    def named(self) -> frozenset[Process]:
        """The processes of sockets that are open."""
        found = (entry.process for entry in self._open.values())
        return frozenset(process for process in found if process is not None)

    def known(self) -> Mapping[SocketKey, Collection[int]]:
        """The inodes whose holders need not be looked for again, by key."""
        return {
            key: {inode for inode, count in tries.items() if count >= MAX_ATTEMPTS}
            for key, tries in self._tries.items()
        }

    def take_look(self, look: Look) -> None:
        """Open what is new, close what has gone, name what can be named now."""
        for key in [key for key in self._open if key not in look.seen]:
            # One that began while we looked need not have been seen.
            if self._open[key].since_ns < look.began_ns - _SLACK_NS:
                self._close(key, look.ended_ns)
        for key in self._tries.keys() - look.seen.keys() - self._open.keys():
            del self._tries[key]
        for key, group in look.seen.items():
            self._take_seen(key, group, look)
        self._looked_ns = look.began_ns

    def take_traced(self, traced: Iterable[Traced]) -> None:
        """Connections as the kernel told of them."""
        for item in traced:
            entry = self._open.get(item.key)
            if item.source == "close" and entry is not None and entry.process is not None:
                self._close(item.key, item.closed_ns or time.time_ns())
                continue
            if entry is not None and item.source == "connect":
                self._close(item.key, item.since_ns)
                entry = None
            if entry is None:
                since = item.since_ns if item.source == "connect" else item.process.start_ns
                entry = self._put(item.key, since, item.process, item.source)
            else:
                entry.process, entry.source, entry.reason = item.process, item.source, None
                self._tell(entry)
            if item.closed_ns is not None:
                self._close(item.key, item.closed_ns)

    def _take_seen(self, key: SocketKey, group: list[Seen], look: Look) -> None:
        entry = self._open.get(key)
        current = {seen.inode for seen in group}
        tries = self._tries.setdefault(key, {})
        if entry is not None and entry.source == "connect":
            tries.update(dict.fromkeys(current, MAX_ATTEMPTS))
            return
        if entry is not None and not key.bound and tries and not current & tries.keys():
            self._close(key, look.ended_ns)  # Another connection with the same addresses.
            entry, tries = None, self._tries.setdefault(key, {})
        if entry is not None and entry.process in look.gone:
            tries.update(dict.fromkeys(current, 0))  # Who has it now is looked for next time.
            return
        if entry is not None and not current & look.sought:
            return
        process, reason = self._holder(key, group, look, tries)
        if process is None and reason is None:
            return  # Nobody yet: looked for again, and until then not seen.
        if entry is None:
            began = 0 if process is None else process.start_ns - _SLACK_NS
            entry = self._put(key, max(self._looked_ns, began), process, "socket")
        if key.bound:
            entry.source = "listener" if key.transport == "tcp" else "bound"
        entry.process, entry.reason = process, reason
        uid = group[0].uid
        entry.user = self._users.name(uid) if uid >= 0 else None
        self._tell(entry)

    def _holder(
        self, key: SocketKey, group: list[Seen], look: Look, tries: dict[int, int]
    ) -> tuple[Process | None, Reason | None]:
        """The process of a group of sockets, or why there is none; both None: not known yet."""
        held: list[Process] = []
        for seen in group:
            holding = look.holders.get(seen.inode, ())
            held.extend(holding)
            count = tries.get(seen.inode, 0) + (seen.inode in look.sought)
            tries[seen.inode] = MAX_ATTEMPTS if holding else count
        for gone in tries.keys() - {seen.inode for seen in group}:
            del tries[gone]
        if held:
            return _chosen(key, held)
        if not all(tries[seen.inode] >= MAX_ATTEMPTS for seen in group):
            return None, self._certain_reason(group)
        return None, self._certain_reason(group) or "no_holder"

    def _certain_reason(self, group: list[Seen]) -> Reason | None:
        """Why no further look would find it."""
        if self._reach.scope == "container":
            return "other_namespace"
        if not self._reach.others and any(seen.uid != self._reach.uid for seen in group):
            return "no_rights"
        return None

    def _put(self, key: SocketKey, since_ns: int, process: Process | None, source: Source) -> Entry:
        while len(self._open) >= MAX_ENTRIES:
            self._close(next(iter(self._open)), time.time_ns())
            self.dropped += 1
        entry = Entry(self._next_id, key, since_ns, None, process, source)
        self._next_id += 1
        self._open[key] = entry
        self._tell(entry)
        return entry

    def _close(self, key: SocketKey, time_ns: int) -> None:
        entry = self._open.pop(key)
        self._tries.pop(key, None)
        entry.until_ns = max(time_ns, entry.since_ns + 1)
        self._ended.append(entry)
        self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        if len(self.news) < MAX_NEWS:
            self.news.append(entry)


def _chosen(key: SocketKey, held: list[Process]) -> tuple[Process | None, Reason | None]:
    """Of several holders the one that acts; two different programs are nobody.

    For a connection it is the youngest, which a server forked to handle it; for a listening socket
    the oldest, which opened it.
    """
    distinct = sorted(set(held), key=lambda process: (process.start_ns, process.pid))
    if len({process.command for process in distinct}) > 1 and key.bound:
        return None, "ambiguous"
    return (distinct[0] if key.bound else distinct[-1]), None
