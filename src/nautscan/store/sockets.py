"""Which process a row's packets came from and went to: sockets as columns, and the join.

The table `sockets` holds who had which socket from when until when; the intervals of one socket
are disjoint, so a row finds one at most: an ordinary hash join, no look-up a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final

import duckdb
from arro3.core import Array, DataType, Table

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
        self.rows = 0

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
        self.rows = int(self._run("SELECT count(*) FROM sockets")[0][0])

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


def constant_side(side: str, reason: str | None) -> str:
    """Columns of a side whose process cannot be known, whatever the row."""
    empty = {"pid": "BIGINT", "command": "VARCHAR", "user": "VARCHAR", "process_source": "VARCHAR"}
    columns = [f"NULL::{kind} AS {side}_{name}" for name, kind in empty.items()]
    text = "NULL::VARCHAR" if reason is None else f"'{reason}'"
    return ", ".join([*columns, f"{text} AS {side}_process_reason"])


def joined_side(
    side: str, owner: str, published: str | None, host: int, *, known: bool
) -> tuple[str, str]:
    """Columns and joins of one side. Nothing is joined unless a socket is `known`.

    `owner` and `published` are the aliases of the join of owners (None: no port is published),
    `host` is the host's own network namespace.
    The socket of this very conversation counts first, then the one bound to this address and
    port, then the one bound to the port at every address.
    """
    other = "server" if side == "client" else "client"
    ip, port = f"rows.{side}_ip", f"rows.{side}_port"
    taken = "false" if published is None else f"{published}.name IS NOT NULL"
    # Every address of 127.0.0.0/8 is the host's, though the kernel lists one.
    # Those inside a container are looked up by its name instead, and are not.
    local = f"({owner}.name IS NOT NULL OR starts_with(rows.{side}_at, '127.'))"
    place = (
        f"CASE WHEN {owner}.container_id IS NOT NULL THEN {owner}.netns "
        f"WHEN {local} THEN {int(host)} END"
    )
    any_ip = f"CASE WHEN contains({ip}, ':') THEN '::' ELSE '0.0.0.0' END"
    picks = {
        f"{side}_talking": f"{ip} = {{0}}.ip AND rows.{other}_ip = {{0}}.peer_ip "
        f"AND rows.{other}_port = {{0}}.peer_port",
        f"{side}_bound": f"{ip} = {{0}}.ip AND {{0}}.peer_ip = '' AND NOT ({taken})",
        f"{side}_open": f"{any_ip} = {{0}}.ip AND {{0}}.peer_ip = '' AND NOT ({taken})",
    }
    if not known:
        picks = {}
    joins = " ".join(
        f"LEFT JOIN sockets AS {alias} ON {place} = {alias}.netns "
        f"AND rows.transport = {alias}.transport AND {port} = {alias}.port "
        f"AND {condition.format(alias)} "
        f"AND epoch_ns(rows.time) >= {alias}.since_ns "
        f"AND epoch_ns(rows.time) < {alias}.until_ns"
        for alias, condition in picks.items()
    )
    columns = [f"{_picked(picks, name)} AS {side}_{name}" for name in COLUMNS[:-1]]
    why = f"""CASE WHEN {_picked(picks, "pid")} IS NOT NULL THEN NULL
        WHEN {_picked(picks, "process_reason")} IS NOT NULL THEN {_picked(picks, "process_reason")}
        WHEN rows.transport NOT IN ('tcp', 'udp') THEN 'no_socket'
        WHEN {taken} THEN 'translated'
        WHEN NOT {local} THEN 'remote'
        WHEN {place} IS NULL THEN 'other_namespace'
        ELSE 'not_seen' END AS {side}_process_reason"""
    return ", ".join([*columns, why]), joins


def _picked(picks: dict[str, str], name: str) -> str:
    if not picks:
        return "NULL::BIGINT" if name == "pid" else "NULL::VARCHAR"
    cases = " ".join(f"WHEN {alias}.serial IS NOT NULL THEN {alias}.{name}" for alias in picks)
    return f"CASE {cases} END"
