"""Names of hosts beside the rows of capture files, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import duckdb
from arro3.core import Table

from nautscan import schema
from nautscan.store.hosts import HOST, SIDES, HostNames, HostSegments
from nautscan.store.json_sql import quoted
from nautscan.store.scratch import ArrowExporter

NAMED_TABLES: Final = ("requests", "flows")
"""Tables whose rows have a client and a server."""

COLUMNS: Final = tuple(f"{side}_{column}" for side in SIDES for column in HOST)
"""The columns that are added."""


class NamedBatches:
    """Adds the columns. Used by one thread; rows keep their order."""

    def __init__(self, keys: Sequence[tuple[str, str]], segments: HostSegments) -> None:
        """What is known, as `HostNames.replace` takes it."""
        self._connection = duckdb.connect(
            config={
                "threads": 1,
                "enable_external_access": "false",
                "python_enable_replacements": "false",
            }
        )
        self._hosts = HostNames(self._connection)
        self._hosts.replace(keys, segments)

    def named(self, table: str, batch: ArrowExporter) -> Table:
        """The rows of a batch with the names that their addresses had at their time."""
        self._connection.register("batch", batch)
        own = ", ".join(quoted(column.name) for column in schema.ENGINE_COLUMNS[table])
        # Materialised: a batch can be read only once, and earlier names read the rows again.
        self._run(f"CREATE OR REPLACE TABLE rows_in AS SELECT {own} FROM batch")
        if not self._hosts:
            nulls = ", ".join(f"NULL::VARCHAR AS {name}" for name in COLUMNS)
            return self._select(f"SELECT *, {nulls} FROM rows_in")
        count, low = self._run("SELECT count(*), epoch_ns(min(time)) FROM rows_in")[0]
        # Both ends of each row, the clients' first: only servers have names that were asked for.
        ends = f"""(SELECT rowid AS place, epoch_ns(time) AS at, client_ip AS ip,
                NULL::VARCHAR AS asker FROM rows_in
            UNION ALL SELECT {count} + rowid, epoch_ns(time), server_ip, client_ip FROM rows_in)"""
        joined = self._hosts.join(low or 0, ends)
        columns = ", ".join(f"{side}.{name} AS {side}_{name}" for side in SIDES for name in HOST)
        self._run(
            f"""CREATE OR REPLACE TABLE names_in AS
            WITH found AS MATERIALIZED (SELECT rows.place, {", ".join(joined.columns)}
                FROM {ends} AS rows {" ".join(joined.joins)})
            SELECT {columns} FROM found AS client
            JOIN found AS server ON server.place = client.place + {count} ORDER BY client.place"""
        )
        return self._select("SELECT * FROM rows_in POSITIONAL JOIN names_in")

    def close(self) -> None:
        """Release the database."""
        self._connection.close()

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()

    def _select(self, sql: str) -> Table:
        relation = self._connection.sql(sql)
        if relation is None:
            raise RuntimeError("a SELECT gave no relation")
        return Table.from_arrow(relation)
