"""Fresh rows: decoded, numbered, given their workloads, and turned into JSON for who watches.

All of it happens in a small database in memory, apart from the one on disk: whatever happens to
the disk, live rows go on. One thread uses it. The columns of requests and flows stay where the
sensor's batch has them, and the database reads them there: what is found beside them is added.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import duckdb
from arro3.core import Array, ChunkedArray, DataType, Table
from arro3.io import read_ipc_stream

from nautscan import schema
from nautscan.errors import BadQuery
from nautscan.store import hosts
from nautscan.store.filter import Condition
from nautscan.store.growing import Exchange, Growing
from nautscan.store.hiding import NOTHING, Rules, hide
from nautscan.store.hosts import HostNames, HostSegments, Joined, LookedUp, LookUp
from nautscan.store.json_sql import row_sql
from nautscan.store.latest import Latest, LatestRequests
from nautscan.store.sockets import Sockets, SocketTable, constant_side, joined_side

MEMORY: Final = "512MB"
INSIDE: Final = "@"
"""Before a container's name, in place of an address: loopback addresses seen inside it."""

_NEVER: Final = -(2**63)
_FOR_EVER: Final = 2**63 - 1
_NUMBERED: Final = ("requests", "flows")
_FACTS: Final = ("container_id", "container", "image", "project", "service")
_NARROW: Final = ("time", "client_ip", "client_port", "server_ip", "server_port", "transport")
PLACE: Final = ("country", "as")
VENDOR: Final = ("vendor",)
_ENDS: Final = ("client_ip", "server_ip")
_MACS: Final = ("client_mac", "server_mac")


@dataclass(slots=True)
class Owners:
    """Who owned which address from when: columns of equal length.

    The rows of one address (and port) are in order of time and do not overlap: the last one that
    began before a packet holds. A row whose `name` is None ends the one before it.
    """

    ip: list[str] = field(default_factory=list)
    since_ns: list[int] = field(default_factory=list)
    port: list[int | None] = field(default_factory=list)
    transport: list[str | None] = field(default_factory=list)
    name: list[str | None] = field(default_factory=list)
    container_id: list[str | None] = field(default_factory=list)
    container: list[str | None] = field(default_factory=list)
    image: list[str | None] = field(default_factory=list)
    project: list[str | None] = field(default_factory=list)
    service: list[str | None] = field(default_factory=list)
    netns: list[int | None] = field(default_factory=list)
    """Network namespace of the container, for its sockets; null where it cannot be seen."""


_OWNER_TYPES: Final = {
    "ip": DataType.utf8(),
    "since_ns": DataType.int64(),
    "port": DataType.int64(),
    "netns": DataType.int64(),
} | dict.fromkeys(("transport", "name", *_FACTS), DataType.utf8())


class _Join(NamedTuple):
    """How rows find their owners."""

    kind: str
    suffix: str
    time: str


class FreshRows:
    """The database in memory. Used by one thread."""

    def __init__(self, known: Iterable[tuple[Exchange, int]] = ()) -> None:
        """Empty, with no owner known. `known` are exchanges that are open, with their numbers."""
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": MEMORY,
                "python_enable_replacements": "false",
                # A batch is little work. On a busy machine another thread would be waited for.
                "threads": "1",
            },
        )
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET enable_external_access = false")
        self.set_owners(Owners())
        self._hosts = HostNames(self._connection)
        self._places: LookedUp | None = None
        self._vendors: LookedUp | None = None
        self._sockets = SocketTable(self._connection)
        self._raw: dict[str, Table] = {}
        self._names: dict[str, Table] = {}
        self._is_readable: dict[str, bool] = {}
        self._nulls: dict[str, list[str]] = {}
        self._blank: str | None = None
        self._latest = LatestRequests(self._connection)
        self._rules = NOTHING
        self._growing = Growing(self._connection, known)

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()

    def set_owners(self, owners: Owners) -> None:
        """Replace what is known about owners."""
        columns: dict[str, Any] = {
            name: Array(getattr(owners, name), type=kind) for name, kind in _OWNER_TYPES.items()
        }
        self._connection.register("incoming_owners", Table.from_pydict(columns))
        for table, test in (("owners", "port IS NULL"), ("published", "port IS NOT NULL")):
            self._run(
                f"""CREATE OR REPLACE TABLE {table} AS
                SELECT * EXCLUDE (since_ns), make_timestamp_ns(since_ns) AS since
                FROM incoming_owners WHERE {test}"""
            )
        self._connection.unregister("incoming_owners")
        self._any_inside = any(ip.startswith(INSIDE) for ip in owners.ip)
        self._steady = (_FOR_EVER, _NEVER)
        self._any_published = bool(self._run("SELECT 1 FROM published LIMIT 1"))

    def set_hosts(self, keys: Sequence[tuple[str, str]], segments: HostSegments) -> None:
        """Replace what is known about the names of some hosts, by client (or "") and address."""
        self._hosts.replace(keys, segments)

    def set_rules(self, rules: Rules) -> None:
        """What is hidden in requests that are loaded from now on."""
        self._rules = rules

    def set_places(self, look: Callable[[str], Sequence[str | None]] | None) -> None:
        """Where addresses are looked up from now on: country and autonomous system."""
        what = LookUp("places", ("client_ip", "server_ip"), PLACE, look) if look else None
        self._places = LookedUp(self._connection, what) if what else None

    def set_vendors(self, look: Callable[[str], Sequence[str | None]] | None) -> None:
        """Where MAC addresses are looked up from now on."""
        what = LookUp("vendors", _MACS, VENDOR, look) if look else None
        self._vendors = LookedUp(self._connection, what) if what else None

    @property
    def not_looked_up(self) -> int:
        """Addresses that went without a place or vendor, since too many were new at once."""
        return sum(looked.skipped for looked in (self._places, self._vendors) if looked)

    def note_sockets(self, changed: Sockets, removed: list[int]) -> None:
        """Take in what changed about sockets since the last call."""
        self._sockets.apply(changed, removed)

    def load(self, table: str, ipc: Sequence[bytes]) -> int:
        """Decode batches of one table. The number of rows."""
        batches = [batch for data in ipc for batch in read_ipc_stream(data).read_all().to_batches()]
        if not batches:
            return 0
        rows = Table.from_batches(batches).select(
            [column.name for column in schema.ENGINE_COLUMNS[table]]
        )
        if table in _NUMBERED:
            # In one piece, as what is put beside it: mostly it is one already.
            rows = rows if len(batches) == 1 else rows.combine_chunks()
            if table == "requests":
                rows = self._growing.take(rows)
                rows = hide(self._connection, rows, self._rules) if self._rules else rows
            self._raw[table] = rows
        else:
            self._connection.register("incoming", rows)
            self._run(f"CREATE OR REPLACE TABLE fresh_{table} AS SELECT * FROM incoming")
            self._connection.unregister("incoming")
        return rows.num_rows

    def enrich(
        self, table: str, first_id: int, *, host: int = 0, blank: str | None = "unavailable"
    ) -> None:
        """Number the rows that were loaded, in their order, and name workloads and processes.

        An exchange that was told of before keeps its number.

        `host` is the host's network namespace; `blank` says why no row can have a process, None
        if some can. It can be done again, when more is known about the owners.
        """
        self._blank = blank
        narrow = self._narrow(table, first_id)
        low, high = self._times(table)
        join = self._join_for(low, high)
        parts = [
            *(self._side(side, join) for side in hosts.SIDES),
            self._hosts.join(low, narrow),
            *self._lookups(table),
        ]
        if blank is None:
            parts += [self._process_side(side, host) for side in hosts.SIDES]
        else:
            parts.append(Joined([constant_side(side, blank) for side in hosts.SIDES], []))
        columns = ", ".join(column for part in parts for column in part.columns)
        joins = " ".join(text for part in parts for text in part.joins)
        found = self._table(
            f"""SELECT {_BEST if self._hosts else "*"}
            FROM (SELECT rows.id, {columns} FROM {narrow} AS rows {joins})
            ORDER BY id"""
        )
        found = found.combine_chunks()
        if table == "requests":
            found = self._growing.numbered(found, first_id)
        self._note_names(table, found)
        self._nulls[table] = [f"NULL::VARCHAR AS {name}" for part in parts for name in part.nulls]

    def _note_names(self, table: str, found: Table) -> None:
        """Keep what was found, beside the columns that questions about it look at."""
        rows = self._raw[table]
        if found.num_rows != rows.num_rows:
            raise RuntimeError(f"{rows.num_rows} rows of {table} have {found.num_rows} owners")
        self._names[table] = found
        self._connection.register(f"names_{table}", _beside(rows.select(list(_ENDS)), found))
        self._is_readable[table] = False

    def _fresh(self, table: str) -> str:
        """The rows with all of their columns, to be read from."""
        if table not in _NUMBERED:
            return f"fresh_{table}"
        if not self._is_readable[table]:
            self._connection.register(f"named_{table}", self.rows(table))
            self._is_readable[table] = True
        return f"(SELECT {', '.join(['*', *self._nulls[table]])} FROM named_{table})"

    def _narrow(self, table: str, first_id: int) -> str:
        """The rows with what joins look at, numbered."""
        rows = self._raw[table]
        columns = [*_NARROW, *(_MACS if _has_macs(table) else ())]
        numbers = Array.from_buffer(array("q", range(first_id, first_id + rows.num_rows)))
        narrow = rows.select([*columns, "interface"])
        narrow = narrow.append_column("id", ChunkedArray([numbers]))
        self._connection.register(f"narrow_{table}", narrow)
        columns += ["id", "epoch_ns(time) AS at", *(self._at(side) for side in hosts.SIDES)]
        return f"(SELECT {', '.join(columns)} FROM narrow_{table})"

    def _lookups(self, table: str) -> list[Joined]:
        """Places and vendors: looked up when first seen, where there is a source to look in."""
        wanted: list[tuple[tuple[str, ...], LookedUp | None]] = [(PLACE, self._places)]
        if table == "flows":
            wanted.append((VENDOR, self._vendors if _has_macs(table) else None))
        found = []
        for columns, looked in wanted:
            if looked is None:
                found.append(hosts.nothing(columns))
                continue
            looked.see(f"narrow_{table}")
            found.append(looked.join())
        return found

    def _at(self, side: str) -> str:
        """What a side is looked up by. Loopback inside a container is that container."""
        column = f"{side}_ip"
        if not self._any_inside:
            return f"{column} AS {side}_at"
        container = f"'{INSIDE}' || split_part(interface, '{INSIDE}', -1)"
        is_loopback = f"({column} LIKE '127.%' OR {column} = '::1')"
        return f"""CASE WHEN {is_loopback} AND contains(interface, '{INSIDE}')
            THEN {container} ELSE {column} END AS {side}_at"""

    def _times(self, table: str) -> tuple[int, int]:
        bounds = self._run(f"SELECT epoch_ns(min(time)), epoch_ns(max(time)) FROM narrow_{table}")
        low, high = bounds[0]
        return low, high

    def _join_for(self, low: int, high: int) -> _Join:
        """How owners are found: by address alone while none changed within the batch's time."""
        if not self._steady[0] <= low <= high < self._steady[1]:
            self._steady = self._settle(low)
        if low <= high < self._steady[1]:
            return _Join("LEFT JOIN", "_now", "")
        return _Join("ASOF LEFT JOIN", "", "AND rows.time >= {0}.since")

    def _settle(self, time_ns: int) -> tuple[int, int]:
        """Note who owns what at a time; from when until when that holds."""
        changes = self._run(
            """SELECT epoch_ns(max(since) FILTER (WHERE since <= make_timestamp_ns($time))),
                epoch_ns(min(since) FILTER (WHERE since > make_timestamp_ns($time)))
            FROM (SELECT since FROM owners UNION ALL SELECT since FROM published)""",
            {"time": time_ns},
        )
        for table, key in (("owners", "ip"), ("published", "ip, port, transport")):
            self._run(
                f"""CREATE OR REPLACE TABLE {table}_now AS SELECT * FROM {table}
                WHERE since <= make_timestamp_ns($time)
                QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY since DESC) = 1""",
                {"time": time_ns},
            )
        since, until = changes[0]
        return (_NEVER if since is None else since), (_FOR_EVER if until is None else until)

    def _side(self, side: str, join: _Join) -> Joined:
        """Columns and joins that name the workload of one side, by the time of the packets."""
        owner, port = f"{side}_owner", f"{side}_published"
        joins = (
            f"{join.kind} owners{join.suffix} AS {owner} ON rows.{side}_at = {owner}.ip "
            + join.time.format(owner)
        )
        pick = f"{owner}.{{0}}"
        if self._any_published:
            # A published port of the host belongs to the container, before the host itself.
            joins += (
                f" {join.kind} published{join.suffix} AS {port} ON rows.{side}_ip = {port}.ip "
                f"AND rows.{side}_port = {port}.port AND rows.transport = {port}.transport "
                + join.time.format(port)
            )
            pick = f"CASE WHEN {port}.name IS NOT NULL THEN {port}.{{0}} ELSE {owner}.{{0}} END"
        columns = [f"{pick.format('name')} AS {side}"]
        columns += [f"{pick.format(fact)} AS {side}_{fact}" for fact in _FACTS]
        return Joined(columns, [joins])

    def _process_side(self, side: str, host: int) -> Joined:
        """Columns and joins that name the process of one side; after those of `_side`."""
        published = f"{side}_published" if self._any_published else None
        known = self._sockets.rows > 0
        columns, joins = joined_side(side, f"{side}_owner", published, host, known=known)
        return Joined([columns], [joins])

    def not_seen(self, table: str) -> bool:
        """Whether a row's process is missing only since nobody looked in time."""
        if self._blank is not None:
            return False
        found = self._run(
            f"""SELECT 1 FROM names_{table} WHERE client_process_reason = 'not_seen'
            OR server_process_reason = 'not_seen' LIMIT 1"""
        )
        return bool(found)

    def unnamed(self, table: str, limit: int) -> list[str]:
        """Addresses, `limit` at most, that no container and no host is known to own."""
        ends = ", ".join(
            f"CASE WHEN {_nobody(side, hosts=bool(self._hosts))} THEN {side}_ip END"
            for side in hosts.SIDES
        )
        found = self._run(
            f"""SELECT ip FROM (SELECT DISTINCT unnest([{ends}]) AS ip
            FROM names_{table})
            WHERE ip IS NOT NULL LIMIT {int(limit)}"""
        )
        return [ip for (ip,) in found]

    def rows(self, table: str) -> Table:
        """The rows for the store, in order. Columns of which nothing is known may be absent."""
        if table in _NUMBERED:
            return _beside(self._raw[table], self._names[table])
        return self._table(f"SELECT * FROM fresh_{table}")

    def _table(self, query: str) -> Table:
        relation = self._connection.sql(query)
        if relation is None:
            raise RuntimeError("a SELECT gave no relation")
        return Table.from_arrow(relation)

    def tuples(self, table: str) -> list[tuple[Any, ...]]:
        """The rows of a small table (stats) as tuples, times as ns."""
        columns = ", ".join(
            f"epoch_ns({column.name})" if column.kind == "time" else f'"{column.name}"'
            for column in schema.ENGINE_COLUMNS[table]
        )
        return self._run(f"SELECT {columns} FROM fresh_{table}")

    def json_rows(self, table: str, condition: Condition, limit: int) -> tuple[list[str], int]:
        """Rows that the condition lets through, as JSON, and how many were left out.

        Over `limit` it is an even sample: every n-th row by its number, whatever is in it. Rows
        of exchanges that were told of before are none that is missing: they are not counted.
        Raises `BadQuery` for a condition that cannot be evaluated on them.
        """
        whole = source = f"{self._fresh(table)} AS fresh"
        parameters = dict(condition.parameters)
        again = self._growing.again if table == "requests" else frozenset()
        try:
            counted = self._run(f"SELECT count(*) FROM {source} WHERE {condition.sql}", parameters)
            total = int(counted[0][0])
            if total > limit:
                # Rows are wide: those to keep are chosen by number alone, and then read.
                source += f""" SEMI JOIN (
                    SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place
                        FROM {source} WHERE {condition.sql})
                    WHERE place * {int(limit)} // {total} > (place - 1) * {int(limit)} // {total}
                ) USING (id)"""
            found = self._run(
                f"SELECT {_LIGHT[table]} FROM {source} WHERE {condition.sql} ORDER BY id",
                parameters,
            )
            cut = total - len(found)
            if cut and again:
                every, shown = (
                    {row_id for (row_id,) in self._run(query, parameters)}
                    for query in (
                        f"SELECT id FROM {rows} WHERE {condition.sql}" for rows in (whole, source)
                    )
                )
                cut = len(every - shown - again)
        except duckdb.Error as error:
            text = str(error).split("\n", 1)[0]
            raise BadQuery(text, remedy="Check the values in the filter.", position=0) from error
        return [line for (line,) in found], cut

    def note_latest(self, limit: int) -> Latest:
        """Keep the requests for `latest`; what had to be made into JSON now."""
        return self._latest.add(self.rows("requests"), self._nulls["requests"], limit)

    def latest(self, limit: int) -> Latest:
        """Requests that were kept, as JSON, for each container: at most the last `limit`."""
        return self._latest.take(limit)

    def _run(self, sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, parameters or {}).fetchall()


def _beside(rows: Table, more: Table) -> Table:
    """Both tables' columns, row by row: wide ones are never moved. Each is in one piece."""
    columns = [*rows.columns, *more.columns]
    return Table.from_arrays(columns, names=[*rows.column_names, *more.column_names])


def _has_macs(table: str) -> bool:
    return {column.name for column in schema.ENGINE_COLUMNS[table]}.issuperset(_MACS)


def _nobody(side: str, *, hosts: bool) -> str:
    """No owner is known: there is no name, or, if names of hosts are known, only such a one."""
    name = f"{side}_host" if hosts else "NULL"
    return f"{side}_container_id IS NULL AND {side} IS NOT DISTINCT FROM {name}"


_BEST: Final = "* REPLACE (" + ", ".join(
    f"coalesce({side}, {side}_host) AS {side}" for side in hosts.SIDES
) + ")"  # fmt: skip
"""The best name of a side: its owner's, else that of the host."""

_LIGHT: Final = {table: row_sql(schema.light_columns(table)) for table in ("requests", "flows")}
