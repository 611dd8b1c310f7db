"""Fresh rows: decoded, numbered, given their workloads, and turned into JSON for who watches.

All of it happens in a small database in memory, apart from the one on disk: whatever happens to
the disk, live rows go on. One thread uses it. The columns of requests and flows stay where the
sensor's batch has them, and the database reads them there: what is found beside them is added.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
from arro3.core import Array, DataType, Table
from arro3.io import read_ipc_stream

from nautscan import schema
from nautscan.errors import BadQuery
from nautscan.store import ends, hosts
from nautscan.store.ends import INSIDE, OwnerJoin
from nautscan.store.filter import Condition
from nautscan.store.growing import Exchange, Growing
from nautscan.store.hiding import NOTHING, Rules, hide
from nautscan.store.hosts import HostNames, HostSegments, Joined, LookedUp, LookUp
from nautscan.store.json_sql import row_sql
from nautscan.store.latest import Latest, LatestRequests
from nautscan.store.sockets import COLUMNS, EMPTY, Sockets, SocketTable

MEMORY: Final = "512MB"

MANY_ROWS: Final = 8192
"""From here on the database walks a column in less time than Python, its planning included."""

_NEVER: Final = -(2**63)
_FOR_EVER: Final = 2**63 - 1
_NUMBERED: Final = ("requests", "flows")
_FACTS: Final = ("container_id", "container", "image", "project", "service")
PLACE: Final = ("country", "as")
VENDOR: Final = ("vendor",)
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


class Undecodable(Exception):
    """What came is no rows of its table."""


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
        self._found: dict[str, Table] = {}
        """What was found of ends: the clients', then the servers'."""
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
        count = len(owners.ip)
        columns["number"] = Array(range(count), type=DataType.int64())
        # The last one is nobody.
        self._facts: dict[str, Array] = {
            name: Array([*getattr(owners, name), None], type=DataType.utf8())
            for name in ("name", *_FACTS)
        }
        self._nobody = count
        self._connection.register("incoming_owners", Table.from_pydict(columns))
        for table, test in (("owners", "port IS NULL"), ("published", "port IS NOT NULL")):
            self._run(
                f"""CREATE OR REPLACE TABLE {table} AS
                SELECT * FROM incoming_owners WHERE {test}"""
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
        what = LookUp("places", "ip", PLACE, look) if look else None
        self._places = LookedUp(self._connection, what) if what else None

    def set_vendors(self, look: Callable[[str], Sequence[str | None]] | None) -> None:
        """Where MAC addresses are looked up from now on."""
        what = LookUp("vendors", "mac", VENDOR, look) if look else None
        self._vendors = LookedUp(self._connection, what) if what else None

    @property
    def not_looked_up(self) -> int:
        """Addresses that went without a place or vendor, since too many were new at once."""
        return sum(looked.skipped for looked in (self._places, self._vendors) if looked)

    def note_sockets(self, changed: Sockets, removed: list[int]) -> None:
        """Take in what changed about sockets since the last call."""
        self._sockets.apply(changed, removed)

    def load(self, table: str, ipc: Sequence[bytes]) -> int:
        """Decode batches of one table, and take their rows. The number of rows.

        Raises `Undecodable`, and has taken nothing then.
        """
        rows = _decoded(table, ipc)
        if rows is None:
            return 0
        if table in _NUMBERED:
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
        rows, macs = self._raw[table], _has_macs(table)
        at = ends.times(rows)
        self._connection.register(ends.TABLE, ends.stacked(rows, at, macs=macs))
        low, high = self._bounds(at)
        known = ends.Known(
            self._join_for(low, high),
            self._nobody,
            is_published=self._any_published,
            is_inside=self._any_inside,
            is_host=bool(self._hosts),
        )
        source = ends.source(rows.num_rows, known, macs=macs)
        parts = [self._hosts.join(low, source), *self._lookups(table)]
        sockets = self._sockets.kinds if blank is None else None
        found = self._table(ends.question(source, known, parts, sockets, host)).combine_chunks()
        if found.num_rows != 2 * rows.num_rows:
            raise RuntimeError(f"{rows.num_rows} rows of {table} have {found.num_rows} ends")
        names = self._named(table, found, first_id)
        if table == "requests":
            names = self._growing.numbered(names, first_id)
        self._found[table], self._names[table] = found, names
        self._is_readable[table] = False
        self._nulls[table] = [
            f"NULL::VARCHAR AS {side}_{name}"
            for part in parts
            for side in hosts.SIDES
            for name in part.nulls
        ]

    def _bounds(self, at: Array) -> tuple[int, int]:
        """The first and the last time of the ends that are registered."""
        if len(at) < MANY_ROWS:
            return ends.bounds(at)
        ((low, high),) = self._run(f'SELECT min("at"), max("at") FROM {ends.TABLE}')
        return low, high

    def _named(self, table: str, found: Table, first_id: int) -> Table:
        """The columns that stand beside the rows, of what was found of their ends."""
        count = self._raw[table].num_rows
        numbers = Array.from_buffer(array("q", range(first_id, first_id + count)))
        columns: dict[str, Any] = {"id": numbers}
        facts: dict[str, Any] = ends.gathered(self._facts, found.column("number").chunk(0))
        if "best" in found.column_names:
            facts["name"] = found.column("best").chunk(0)
        looked_up = [name for name in (*hosts.HOST, *PLACE, *VENDOR) if name in found.column_names]
        facts |= {name: found.column(name).chunk(0) for name in looked_up}
        facts |= self._processes(found)
        for side, begin in zip(hosts.SIDES, (0, count), strict=True):
            for name, column in facts.items():
                key = side if name == "name" else f"{side}_{name}"
                columns[key] = column.slice(begin, count)
        return Table.from_arrays(list(columns.values()), names=list(columns))

    def _processes(self, found: Table) -> dict[str, Any]:
        """Columns of the processes of ends; those of which nothing was asked are constant."""
        constant = {"process_reason": self._blank}
        return {
            name: found.column(name).chunk(0)
            if name in found.column_names
            else ends.repeated(constant.get(name), EMPTY[name], found.num_rows)
            for name in COLUMNS
        }

    def _fresh(self, table: str) -> str:
        """The rows with all of their columns, to be read from."""
        if table not in _NUMBERED:
            return f"fresh_{table}"
        if not self._is_readable[table]:
            self._connection.register(f"named_{table}", self.rows(table))
            self._is_readable[table] = True
        return f"(SELECT {', '.join(['*', *self._nulls[table]])} FROM named_{table})"

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
            looked.see(ends.TABLE)
            found.append(looked.join())
        return found

    def _join_for(self, low: int, high: int) -> OwnerJoin:
        """How owners are found: by address alone while none changed within the batch's time."""
        if not self._steady[0] <= low <= high < self._steady[1]:
            self._steady = self._settle(low)
        if low <= high < self._steady[1]:
            return OwnerJoin("LEFT JOIN", "_now", "")
        return OwnerJoin("ASOF LEFT JOIN", "", "AND rows.at >= {0}.since_ns")

    def _settle(self, time_ns: int) -> tuple[int, int]:
        """Note who owns what at a time; from when until when that holds."""
        changes = self._run(
            """SELECT max(since_ns) FILTER (WHERE since_ns <= $time),
                min(since_ns) FILTER (WHERE since_ns > $time)
            FROM (SELECT since_ns FROM owners UNION ALL SELECT since_ns FROM published)""",
            {"time": time_ns},
        )
        for table, key in (("owners", "ip"), ("published", "ip, port, transport")):
            self._run(
                f"""CREATE OR REPLACE TABLE {table}_now AS SELECT * FROM {table}
                WHERE since_ns <= $time
                QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY since_ns DESC) = 1""",
                {"time": time_ns},
            )
        since, until = changes[0]
        return (_NEVER if since is None else since), (_FOR_EVER if until is None else until)

    def not_seen(self, table: str) -> bool:
        """Whether a row's process is missing only since nobody looked in time."""
        if self._blank is not None:
            return False
        found = self._found[table]
        return found.column("is_missed").null_count < found.num_rows

    def unnamed(self, table: str, limit: int) -> list[str]:
        """Addresses, `limit` at most, that no container and no host is known to own."""
        found = self._found[table].select(["unnamed"])
        addresses = found.column("unnamed")
        if addresses.null_count == found.num_rows:
            return []
        if found.num_rows < 2 * MANY_ROWS:
            return list(set(addresses.to_pylist()) - {None})[:limit]
        self._connection.register("found_ends", found)
        different = self._run(
            f"""SELECT DISTINCT unnamed FROM found_ends WHERE unnamed IS NOT NULL
            LIMIT {int(limit)}"""
        )
        self._connection.unregister("found_ends")
        return [address for (address,) in different]

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


def _decoded(table: str, ipc: Sequence[bytes]) -> Table | None:
    """The engine's columns of these batches in one piece; None where there is no row.

    Raises `Undecodable`.
    """
    try:
        batches = [batch for data in ipc for batch in read_ipc_stream(data).read_all().to_batches()]
        if not batches:
            return None
        rows = Table.from_batches(batches).select(
            [column.name for column in schema.ENGINE_COLUMNS[table]]
        )
        # Mostly it is one piece already.
        return rows if len(batches) == 1 else rows.combine_chunks()
    except Exception as error:
        raise Undecodable(f"no rows of {table}: {error}") from error


def _beside(rows: Table, more: Table) -> Table:
    """Both tables' columns, row by row: wide ones are never moved. Each is in one piece."""
    columns = [*rows.columns, *more.columns]
    return Table.from_arrays(columns, names=[*rows.column_names, *more.column_names])


def _has_macs(table: str) -> bool:
    return {column.name for column in schema.ENGINE_COLUMNS[table]}.issuperset(_MACS)


_LIGHT: Final = {table: row_sql(schema.light_columns(table)) for table in ("requests", "flows")}
