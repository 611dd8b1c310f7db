"""Names of hosts, places and vendors as columns: joined onto fresh rows by the database.

Each is a small table in the database in memory, and a join is run only when its table can have
something to say: where nothing is known, rows cost nothing. One thread uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import duckdb
from arro3.core import Array, DataType, Table

REBUILD_AFTER: Final = 65_536
"""Rows deleted in memory keep their room until their table is written anew."""

MAX_LOOKED_UP: Final = 65_536
"""Addresses whose place or vendor is remembered; beyond it the older half is forgotten."""

MAX_NEW: Final = 1024
"""Look-ups for one batch: some 30 ms. A flood of new addresses goes without, and is counted."""

SIDES: Final = ("client", "server")
HOST: Final = ("host", "host_source")


@dataclass(slots=True)
class HostSegments:
    """Names from when until when: columns of equal length.

    `client` is whoever had asked for the name, or "" for everybody. Segments of one client and
    address do not overlap.
    """

    client: list[str] = field(default_factory=list)
    ip: list[str] = field(default_factory=list)
    since_ns: list[int] = field(default_factory=list)
    until_ns: list[int] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, segments: Iterable[tuple[tuple[str, str], tuple[int, int, str, str]]]
    ) -> HostSegments:
        """From client and address, and since, until, name and source, of each."""
        columns = cls()
        for (client, ip), (since_ns, until_ns, name, source) in segments:
            columns.client.append(client)
            columns.ip.append(ip)
            columns.since_ns.append(since_ns)
            columns.until_ns.append(until_ns)
            columns.name.append(name)
            columns.source.append(source)
        return columns


_TEXT: Final = DataType.utf8()
_SEGMENT_TYPES: Final = dict.fromkeys(("client", "ip", "name", "source"), _TEXT) | dict.fromkeys(
    ("since_ns", "until_ns"), DataType.int64()
)
_EMPTY: Final = """SELECT '' AS client, '' AS ip, 0::BIGINT AS since_ns, 0::BIGINT AS until_ns,
    '' AS name, '' AS source WHERE false"""


class Joined(NamedTuple):
    """What to select, and the joins that it needs."""

    columns: list[str]
    joins: list[str]
    nulls: tuple[str, ...] = ()
    """Columns of which nothing can be known: they are not carried along."""


class HostNames:
    """Segments: the newest of each key in one table, the earlier ones in another."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """No name is known."""
        self._connection = connection
        self._deleted = 0
        for table in ("hosts_last", "hosts_earlier"):
            connection.execute(f"CREATE TABLE {table} AS {_EMPTY}").fetchall()
        self._note_contents()

    def replace(self, keys: Sequence[tuple[str, str]], segments: HostSegments) -> None:
        """Put segments in the place of all that was known of these keys (client and address)."""
        changed: dict[str, Any] = {
            "client": Array([client for client, _ in keys], type=_TEXT),
            "ip": Array([ip for _, ip in keys], type=_TEXT),
        }
        columns: dict[str, Any] = {
            name: Array(getattr(segments, name), type=kind) for name, kind in _SEGMENT_TYPES.items()
        }
        self._connection.register("changed_keys", Table.from_pydict(changed))
        self._connection.register("incoming_hosts", Table.from_pydict(columns))
        newest = """QUALIFY row_number() OVER (PARTITION BY client, ip ORDER BY since_ns DESC)"""
        for table, test in (("hosts_last", "= 1"), ("hosts_earlier", "> 1")):
            self._run(
                f"""DELETE FROM {table} USING changed_keys AS changed
                WHERE {table}.client = changed.client AND {table}.ip = changed.ip"""
            )
            self._run(
                f"""INSERT INTO {table} BY NAME
                SELECT client, ip, since_ns, until_ns, name, source FROM incoming_hosts
                {newest} {test}"""
            )
        self._connection.unregister("changed_keys")
        self._connection.unregister("incoming_hosts")
        self._deleted += len(keys)
        if self._deleted > REBUILD_AFTER:
            self._rebuild()
        self._note_contents()

    def __bool__(self) -> bool:
        """Whether any name is known."""
        return self._any

    def join(self, low_ns: int, source: str) -> Joined:
        """Columns `host` and `host_source` of ends `source`, the first one at `low_ns`.

        `source` has place, at (ns), ip, and asker: whose own names go first, or null. It is read
        again for earlier names.
        """
        if not self:
            return nothing(HOST)
        joins: list[str] = []
        known = self._known(low_ns, source, joins)
        columns = []
        for column, name in (("name", "host"), ("source", "host_source")):
            picks = " ".join(f"WHEN {test} THEN {alias}.{column}" for alias, test in known)
            columns.append(f"CASE {picks} END AS {name}")
        return Joined(columns, joins)

    def _known(self, low_ns: int, source: str, joins: list[str]) -> list[tuple[str, str]]:
        """Aliases and when each of them has the answer, the first that has one wins."""
        found = []
        keys = [("known", "''")]
        if self._any_asked:
            # What this very client had asked for goes first, where an address has several names.
            keys.insert(0, ("asked", "rows.asker"))
        for alias, client in keys:
            joins.append(
                f"""LEFT JOIN hosts_last AS {alias}
                ON {alias}.ip = rows.ip AND {alias}.client = {client}"""
            )
            found.append((alias, _holds(alias)))
            if low_ns < self._newest_change_ns:
                joins.append(_earlier(alias, client, source))
                found.append((f"{alias}_earlier", f"{alias}_earlier.name IS NOT NULL"))
        return found

    def _note_contents(self) -> None:
        contents = self._run(
            """SELECT count(*) FILTER (WHERE client = ''), count(*) FILTER (WHERE client <> '')
            FROM hosts_last"""
        )
        self._any, self._any_asked = (bool(count) for count in contents[0])
        newest = self._run(
            """SELECT max(since_ns) FROM hosts_last SEMI JOIN hosts_earlier USING (client, ip)"""
        )
        # Rows from before it may need an earlier name; without earlier names there are none.
        self._newest_change_ns: int = newest[0][0] or -(2**63)

    def _rebuild(self) -> None:
        for table in ("hosts_last", "hosts_earlier"):
            self._run(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table}")
        self._deleted = 0

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()


def _holds(alias: str) -> str:
    return f"{alias}.since_ns <= rows.at AND rows.at < {alias}.until_ns"


def _earlier(alias: str, client: str, source: str) -> str:
    """The segment that held at a row's time, for the rows that are older than the newest one."""
    return f"""LEFT JOIN (
        SELECT rows.place, name, source FROM (
            SELECT rows.* FROM {source} AS rows
            JOIN hosts_last AS newest ON newest.ip = rows.ip AND newest.client = {client}
            WHERE newest.since_ns > rows.at) AS rows
        ASOF JOIN hosts_earlier AS segment ON segment.ip = rows.ip
            AND segment.client = {client} AND rows.at >= segment.since_ns
        WHERE rows.at < segment.until_ns) AS {alias}_earlier
        ON {alias}_earlier.place = rows.place"""


class LookUp(NamedTuple):
    """Something that can be looked up here, without asking anybody: a place, a vendor."""

    table: str
    key: str
    """The column of the ends."""
    columns: tuple[str, ...]
    """What is found, in the order of the values that `look` gives."""
    look: Callable[[str], Sequence[str | None]]


class LookedUp:
    """What was looked up when a key was first seen."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, what: LookUp) -> None:
        """Nothing was looked up yet."""
        self._connection = connection
        self._what = what
        self.skipped = 0
        """Keys of rows that went without, since too many were new at once."""
        self.forget()

    def forget(self) -> None:
        """Look everything up anew: the source has changed."""
        columns = ", ".join(f'NULL::VARCHAR AS "{name}"' for name in self._what.columns)
        self._run(
            f"CREATE OR REPLACE TABLE {self._what.table} AS SELECT '' AS key, {columns} WHERE false"
        )

    def see(self, source: str) -> None:
        """Look up the keys of these ends that are new."""
        self._keep_cap()  # Before: what these rows need must stay.
        table, ends = self._what.table, f"SELECT DISTINCT {self._what.key} AS key FROM {source}"
        new = self._run(
            f"""SELECT key FROM ({ends}) ANTI JOIN {table} USING (key) WHERE key IS NOT NULL"""
        )
        self.skipped += max(0, len(new) - MAX_NEW)
        found = [(key, *self._what.look(key)) for (key,) in new[:MAX_NEW]]
        if not found:
            return
        names = ("key", *self._what.columns)
        columns: dict[str, Any] = {
            name: Array(list(values), type=_TEXT)
            for name, values in zip(names, zip(*found, strict=True), strict=True)
        }
        self._connection.register("looked_up", Table.from_pydict(columns))
        self._run(f"INSERT INTO {table} BY NAME SELECT * FROM looked_up")
        self._connection.unregister("looked_up")

    def _keep_cap(self) -> None:
        table = self._what.table
        if self._run(f"SELECT count(*) FROM {table}") > [(MAX_LOOKED_UP,)]:
            self._run(
                f"""CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table}
                ORDER BY rowid DESC LIMIT {MAX_LOOKED_UP // 2}"""
            )

    def join(self) -> Joined:
        """The columns of ends, and the join."""
        table = self._what.table
        columns = [f'{table}."{column}" AS "{column}"' for column in self._what.columns]
        return Joined(columns, [f"LEFT JOIN {table} ON {table}.key = rows.{self._what.key}"])

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()


def nothing(columns: Sequence[str]) -> Joined:
    """The columns of ends where nothing can be known."""
    return Joined([], [], tuple(columns))
