"""Packets of the sensor's ring: filtered, counted, and written as JSON.

They are in no store. Parts of the ring come as the sensor hands them out, and pass through a small
database of their own, so that looking through packets never keeps fresh rows waiting. One thread
uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import duckdb
from arro3.core import Table
from arro3.io import read_ipc_stream

from nautscan import schema
from nautscan.errors import BadQuery
from nautscan.store.filter import Condition
from nautscan.store.interface import SeenValue, SeenValues, ValuesSpec
from nautscan.store.json_sql import quoted, row_sql
from nautscan.store.suggestions import MAX_LENGTH

MEMORY: Final = "256MB"

_TYPES: Final = {"time": "TIMESTAMP_NS", "text": "VARCHAR", "u16": "USMALLINT", "i64": "BIGINT"}
_COLUMNS: Final = ", ".join(quoted(column.name) for column in schema.columns("packets"))
_EMPTY: Final = ", ".join(
    f"{quoted(column.name)} {_TYPES[column.kind]}" for column in schema.columns("packets")
)
_ROW: Final = row_sql(schema.columns("packets"))


class PacketRows(NamedTuple):
    """What a part of the ring gave: packets as JSON with their ids, newest first.

    `seen` is how many were looked at, `since_ns` the time and `oldest` the id of the oldest of
    them; `newest` is the newest id of the part, looked at or not. None where there is none.
    """

    rows: list[tuple[str, int]]
    seen: int
    oldest: int | None
    newest: int | None
    since_ns: int | None


class RingRows:
    """The database that parts of the ring pass through."""

    def __init__(self) -> None:
        """Empty."""
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": MEMORY,
                "threads": 1,
                "enable_external_access": "false",
                "python_enable_replacements": "false",
            },
        )
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Release it."""
        self._connection.close()

    def check(self, condition: Condition) -> None:
        """Try a condition on no packet at all. Raises `BadQuery`."""
        self._run(f"CREATE OR REPLACE TABLE ring ({_EMPTY})", {})
        self._run(f"SELECT 1 FROM ring WHERE {condition.sql}", dict(condition.parameters))

    def read(self, ipc: bytes, condition: Condition, after: int | None = None) -> PacketRows:
        """The packets of a part that meet the condition and are newer than the id `after`."""
        if not self._load([ipc]):
            return PacketRows([], 0, None, None, None)
        rows = self._run(
            f"SELECT {_ROW}, id FROM ring WHERE id > $after AND {condition.sql} ORDER BY id DESC",
            {"after": -1 if after is None else after, **condition.parameters},
        )
        seen, oldest, newest, since = self._run(
            """SELECT count(*) FILTER (looked), min(id) FILTER (looked), max(id),
                min(epoch_ns(time)) FILTER (looked)
            FROM (SELECT *, id > $after AS looked FROM ring)""",
            {"after": -1 if after is None else after},
        )[0]
        return PacketRows([(str(line), int(at)) for line, at in rows], seen, oldest, newest, since)

    def values(self, parts: Sequence[bytes], spec: ValuesSpec) -> SeenValues:
        """The most frequent values that contain a part, those that begin with it first."""
        if not self._load(parts):
            return SeenValues([], 0, None)
        name = quoted(spec.column.name)
        found = self._run(
            f"""SELECT {name}, count(*) AS times,
                starts_with(lower(CAST({name} AS VARCHAR)), $part) AS leads FROM ring
            WHERE {spec.condition.sql} AND length(CAST({name} AS VARCHAR)) <= {MAX_LENGTH}
                AND contains(lower(CAST({name} AS VARCHAR)), $part)
            GROUP BY {name} ORDER BY leads DESC, times DESC, {name} LIMIT {int(spec.limit)}""",
            {"part": spec.part.lower(), **spec.condition.parameters},
        )
        rows, since = self._run("SELECT count(*), min(epoch_ns(time)) FROM ring", {})[0]
        return SeenValues([SeenValue(value, times) for value, times, _ in found], rows, since)

    def _load(self, parts: Sequence[bytes]) -> bool:
        """Let the parts be the ring from here on; whether they hold anything."""
        batches = [part for ipc in parts for part in read_ipc_stream(ipc).read_all().to_batches()]
        if not any(batch.num_rows for batch in batches):
            return False
        self._connection.register("incoming", Table.from_batches(batches))
        self._connection.execute(
            f"CREATE OR REPLACE TABLE ring AS SELECT {_COLUMNS} FROM incoming"
        ).fetchall()
        self._connection.unregister("incoming")
        return True

    def _run(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except duckdb.Error as error:
            text = str(error).split("\n", 1)[0]
            raise BadQuery(text, remedy="Check the values in the filter.", position=0) from error
