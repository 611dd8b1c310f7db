"""The latest requests of each container as JSON: made when somebody asks, or when many wait.

Making them with every batch took a third of what a quiet server does, and hardly anybody asks.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

import duckdb
from arro3.core import Array, ChunkedArray, Table

from nautscan import schema
from nautscan.store.json_sql import row_sql

WAITING_BYTES: Final = 4 << 20
"""Of the batches whose requests wait. With more they are made into JSON."""

Latest = list[tuple[str, list[tuple[int, str]]]]
"""Container ids, each with its requests and their numbers, oldest first."""

_IDS: Final = ("client_container_id", "server_container_id")
_COLUMNS: Final = schema.light_columns("requests")


class LatestRequests:
    """Requests that wait to become JSON. Used by the thread of the connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """None wait."""
        self._connection = connection
        self._waiting: list[Table] = []
        self._nulls: Sequence[str] = ()
        self._bytes = 0
        self._turn = 0
        self._is_growing = False
        """Whether a request may wait in several versions."""

    def add(self, rows: Table, nulls: Sequence[str], limit: int) -> Latest:
        """Take the rows of a batch; of the columns `nulls` (in SQL) nothing is known.

        What had to be made into JSON, at most the last `limit` of a container: mostly nothing.
        """
        ids = [rows.column(name) for name in _IDS if name in rows.column_names]
        if all(column.null_count == rows.num_rows for column in ids):
            return []
        names = [column.name for column in _COLUMNS if column.name in rows.column_names]
        light = rows.select(names)
        # Of rows with one number the one of the last batch holds.
        self._turn += 1
        turns = Array.from_buffer(array("q", [self._turn]) * rows.num_rows)
        light = light.append_column("turn", ChunkedArray([turns]))
        self._is_growing |= rows.column("exchange_id").null_count < rows.num_rows
        made: Latest = []
        if self._waiting and (nulls != self._nulls or light.schema != self._waiting[0].schema):
            made = self.take(limit)
        self._waiting.append(light)
        self._nulls = list(nulls)
        self._bytes += rows.nbytes
        return made + self.take(limit) if self._bytes > WAITING_BYTES else made

    def take(self, limit: int) -> Latest:
        """Those that wait, as JSON: at most the last `limit` of a container."""
        if not self._waiting:
            return []
        batches = [batch for rows in self._waiting for batch in rows.to_batches()]
        rows = Table.from_batches(batches, schema=self._waiting[0].schema)
        last = "QUALIFY row_number() OVER (PARTITION BY id ORDER BY turn DESC) = 1"
        source = f"""(SELECT {", ".join(["*", *self._nulls])} FROM waiting_rows
            {last if self._is_growing else ""})"""
        self._waiting, self._bytes, self._is_growing = [], 0, False
        self._connection.register("waiting_rows", rows)
        try:
            return self._connection.execute(
                f"""WITH sides AS (
                    SELECT client_container_id AS container, id FROM {source}
                    UNION SELECT server_container_id, id FROM {source}),
                last AS (
                    SELECT container, id FROM sides WHERE container IS NOT NULL
                    QUALIFY row_number() OVER (PARTITION BY container ORDER BY id DESC)
                        <= {int(limit)}),
                lines AS MATERIALIZED (
                    SELECT id, {row_sql(_COLUMNS)} AS line FROM {source}
                    SEMI JOIN last USING (id))
                SELECT container, list((id, line) ORDER BY id) FROM last JOIN lines USING (id)
                GROUP BY container"""
            ).fetchall()
        finally:
            self._connection.unregister("waiting_rows")
