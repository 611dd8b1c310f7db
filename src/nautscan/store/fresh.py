"""Fresh rows: decoded, numbered, given their workloads, and turned into JSON for who watches.

All of it happens in a small database in memory, apart from the one on disk: whatever happens to
the disk, live rows go on. One thread uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
from arro3.core import Array, DataType, Table
from arro3.io import read_ipc_stream

from nautscan import schema
from nautscan.errors import BadQuery
from nautscan.store.filter import Condition
from nautscan.store.json_sql import row_sql

MEMORY: Final = "512MB"
_FACTS: Final = ("container_id", "container", "image", "project", "service")


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


_OWNER_TYPES: Final = {
    "ip": DataType.utf8(),
    "since_ns": DataType.int64(),
    "port": DataType.int64(),
} | dict.fromkeys(("transport", "name", *_FACTS), DataType.utf8())


class FreshRows:
    """The database in memory. Used by one thread."""

    def __init__(self) -> None:
        """Empty, with no owner known."""
        self._connection = duckdb.connect(
            ":memory:", config={"memory_limit": MEMORY, "python_enable_replacements": "false"}
        )
        self._connection.execute("SET enable_external_access = false")
        self.set_owners(Owners())

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
        self._any_published = bool(self._run("SELECT 1 FROM published LIMIT 1"))

    def load(self, table: str, ipc: Sequence[bytes]) -> int:
        """Decode batches of one table; they are `incoming` from here on. The number of rows."""
        batches = [batch for data in ipc for batch in read_ipc_stream(data).read_all().to_batches()]
        if not batches:
            return 0
        self._connection.register("incoming", Table.from_batches(batches))
        columns = ", ".join(f'"{column.name}"' for column in schema.ENGINE_COLUMNS[table])
        self._run(f"CREATE OR REPLACE TABLE fresh_{table} AS SELECT {columns} FROM incoming")
        self._connection.unregister("incoming")
        return sum(batch.num_rows for batch in batches)

    def enrich(self, table: str, first_id: int) -> None:
        """Number the rows that were loaded, in their order, and name the workloads."""
        transport = "'tcp'" if table == "requests" else "rows.transport"
        sides = [self._side(side, transport) for side in ("client", "server")]
        self._run(
            f"""CREATE OR REPLACE TABLE fresh_{table} AS
            SELECT rows.*, {", ".join(columns for columns, _ in sides)}
            FROM (SELECT row_number() OVER () - 1 + $first AS id, * FROM fresh_{table}) AS rows
            {" ".join(joins for _, joins in sides)}
            ORDER BY rows.id""",
            {"first": first_id},
        )

    def _side(self, side: str, transport: str) -> tuple[str, str]:
        """Columns and joins that name the workload of one side, by the time of the packets."""
        joins = (
            f"ASOF LEFT JOIN owners AS {side}_owner ON rows.{side}_ip = {side}_owner.ip "
            f"AND rows.time >= {side}_owner.since"
        )
        pick = f"{side}_owner.{{0}}"
        if self._any_published:
            # A published port of the host belongs to the container, before the host itself.
            joins += (
                f" ASOF LEFT JOIN published AS {side}_port ON rows.{side}_ip = {side}_port.ip "
                f"AND rows.{side}_port = {side}_port.port "
                f"AND {transport} = {side}_port.transport AND rows.time >= {side}_port.since"
            )
            pick = (
                f"CASE WHEN {side}_port.name IS NOT NULL "
                f"THEN {side}_port.{{0}} ELSE {side}_owner.{{0}} END"
            )
        columns = [f"{pick.format('name')} AS {side}"]
        columns += [f"{pick.format(fact)} AS {side}_{fact}" for fact in _FACTS]
        return ", ".join(columns), joins

    def rows(self, table: str) -> Table:
        """The rows for the store, in order."""
        order = " ORDER BY id" if table != "stats" else ""
        relation = self._connection.sql(f"SELECT * FROM fresh_{table}{order}")
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
        """The last `limit` rows that the condition lets through, as JSON, and how many more.

        Raises `BadQuery` for a condition that cannot be evaluated on them.
        """
        sql = f"""SELECT {_LIGHT[table]}, count(*) OVER () FROM fresh_{table}
            WHERE {condition.sql} ORDER BY id DESC LIMIT {int(limit)}"""
        try:
            found = self._run(sql, dict(condition.parameters))
        except duckdb.Error as error:
            text = str(error).split("\n", 1)[0]
            raise BadQuery(text, remedy="Check the values in the filter.", position=0) from error
        found.reverse()
        total = found[0][1] if found else 0
        return [line for line, _ in found], total - len(found)

    def by_container(self, limit: int) -> list[tuple[str, list[str]]]:
        """Requests as JSON for each container on either side: at most the last `limit` each."""
        return self._run(
            f"""WITH sides AS (
                SELECT client_container_id AS container, id FROM fresh_requests
                UNION SELECT server_container_id, id FROM fresh_requests),
            last AS (
                SELECT container, id FROM sides WHERE container IS NOT NULL
                QUALIFY row_number() OVER (PARTITION BY container ORDER BY id DESC)
                    <= {int(limit)}),
            lines AS MATERIALIZED (
                SELECT id, {_LIGHT["requests"]} AS line FROM fresh_requests
                SEMI JOIN last USING (id))
            SELECT container, list(line ORDER BY id) FROM last JOIN lines USING (id)
            GROUP BY container"""
        )

    def packets_json(self, ipc: bytes) -> list[tuple[str, int]]:
        """Rows of `packets` as JSON with their ids, newest first."""
        if not self.load("packets", [ipc]):
            return []
        return self._run(f"SELECT {_LIGHT['packets']}, id FROM fresh_packets ORDER BY id DESC")

    def _run(self, sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, parameters or {}).fetchall()


_LIGHT: Final = {
    table: row_sql(schema.light_columns(table)) for table in ("requests", "flows", "packets")
}
