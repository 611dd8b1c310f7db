"""Which process a row's packets came from and went to: sockets as columns, and the join.

The table `sockets` holds who had which socket from when until when; the intervals of one socket
are disjoint, so a row finds one at most: an ordinary hash join, no look-up a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final

import duckdb
from arro3.core import Array, DataType, Table

from nautscan.store.hosts import Joined

REBUILD_AFTER: Final = 20_000
"""Deleted rows before the table is written anew: a database in memory keeps them until then."""

COLUMNS: Final = ("pid", "command", "user", "process_source", "process_reason")
"""What each side of a row gets."""

TRANSPORTS: Final = ("tcp", "udp")


@dataclass(slots=True)
class Sockets:
    """Whose sockets they were from when until when: columns of equal length."""

    serial: list[int] = field(default_factory=list)
    netns: list[int] = field(default_factory=list)
    transport: list[str] = field(default_factory=list)
    ip: list[str] = field(default_factory=list)
    port: list[int] = field(default_factory=list)
    peer_ip: list[str] = field(default_factory=list)
    """Empty for one that listens or is only bound."""
    peer_port: list[int] = field(default_factory=list)
    since_ns: list[int] = field(default_factory=list)
    until_ns: list[int] = field(default_factory=list)
    pid: list[int | None] = field(default_factory=list)
    command: list[str | None] = field(default_factory=list)
    user: list[str | None] = field(default_factory=list)
    process_source: list[str | None] = field(default_factory=list)
    process_reason: list[str | None] = field(default_factory=list)


_TEXTS: Final = frozenset(
    {"transport", "ip", "peer_ip", "command", "user", "process_source", "process_reason"}
)
_TYPES: Final = {
    item.name: DataType.utf8() if item.name in _TEXTS else DataType.int64()
    for item in fields(Sockets)
}


class SocketTable:
    """The table in the database of fresh rows. Used by its one thread."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Empty."""
        self._connection = connection
        self._deleted = 0
        self._register(Sockets())
        self._run("CREATE OR REPLACE TABLE sockets AS SELECT * FROM incoming_sockets")
        self._unregister()
        self.kinds = (False, False, False)
        """Whether a socket talks, is bound to one address, is bound to all of them."""

    def apply(self, changed: Sockets, removed: list[int]) -> None:
        """Replace the intervals of these serial numbers; forget the removed ones."""
        gone = changed.serial + removed
        if not gone:
            return
        self._connection.register(
            "outdated", Table.from_pydict({"serial": Array(gone, type=DataType.int64())})
        )
        self._run("DELETE FROM sockets WHERE serial IN (FROM outdated)")
        self._connection.unregister("outdated")
        self._register(changed)
        self._run("INSERT INTO sockets SELECT * FROM incoming_sockets")
        self._unregister()
        self._deleted += len(gone)
        if self._deleted > REBUILD_AFTER:
            self._run("CREATE OR REPLACE TABLE sockets AS SELECT * FROM sockets")
            self._deleted = 0
        counted = self._run(
            """SELECT bool_or(peer_ip <> ''), bool_or(peer_ip = ''),
                bool_or(peer_ip = '' AND ip IN ('0.0.0.0', '::')) FROM sockets"""
        )
        talks, binds, everywhere = (bool(found) for found in counted[0])
        self.kinds = (talks, binds, everywhere)

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        # A result that is not fetched would block the connection.
        return self._connection.execute(sql).fetchall()

    def _register(self, sockets: Sockets) -> None:
        columns: dict[str, Any] = {
            name: Array(getattr(sockets, name), type=kind) for name, kind in _TYPES.items()
        }
        self._connection.register("incoming_sockets", Table.from_pydict(columns))

    def _unregister(self) -> None:
        self._connection.unregister("incoming_sockets")


EMPTY: Final = {"pid": _TYPES["pid"]} | dict.fromkeys(COLUMNS[1:], DataType.utf8())
"""The columns of each side, with their types."""


def joined(kinds: tuple[bool, ...]) -> Joined:
    """Columns and joins of ends `rows`: netns, local, taken, ip, port, transport, other end, at.

    `kinds` says of what kind a socket is known: that talks, bound to an address, bound to all.
    The socket of this very conversation counts first, then the one bound to this address and
    port, then the one bound to the port at every address.
    """
    any_ip = "CASE WHEN contains(rows.ip, ':') THEN '::' ELSE '0.0.0.0' END"
    conditions = {
        "talking": "rows.ip = {0}.ip AND rows.other_ip = {0}.peer_ip "
        "AND rows.other_port = {0}.peer_port",
        "bound": "rows.ip = {0}.ip AND {0}.peer_ip = '' AND NOT rows.taken",
        "everywhere": f"{any_ip} = {{0}}.ip AND {{0}}.peer_ip = '' AND NOT rows.taken",
    }
    picks = [alias for alias, wanted in zip(conditions, kinds, strict=True) if wanted]
    joins = [
        f"LEFT JOIN sockets AS {alias} ON rows.netns = {alias}.netns "
        f"AND rows.transport = {alias}.transport AND rows.port = {alias}.port "
        f"AND {conditions[alias].format(alias)} "
        f"AND rows.at >= {alias}.since_ns AND rows.at < {alias}.until_ns"
        for alias in picks
    ]
    found = "NULL"
    if len(picks) == 1:
        (found,) = picks
    elif picks:
        # Plans of one more join are less work than of a choice in each column.
        found = "socket"
        serials = ", ".join(f"{alias}.serial" for alias in picks)
        joins.append(f"LEFT JOIN sockets AS socket ON socket.serial = coalesce({serials})")
    columns = [f"{found}.{name} AS {name}" for name in COLUMNS[:-1]] if picks else []
    known = (
        f"""WHEN {found}.pid IS NOT NULL THEN NULL
        WHEN {found}.process_reason IS NOT NULL THEN {found}.process_reason"""
        if picks
        else ""
    )
    why = f"""CASE {known} WHEN rows.transport NOT IN ('tcp', 'udp') THEN 'no_socket'
        WHEN rows.taken THEN 'translated'
        WHEN NOT rows.local THEN 'remote'
        WHEN rows.netns IS NULL THEN 'other_namespace'
        ELSE 'not_seen' END AS process_reason"""
    return Joined([*columns, why], joins)
