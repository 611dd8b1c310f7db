"""What the engine reports about a capture, as plain Python values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

import nautscan
from nautscan import _engine
from nautscan.offline import Table

BODY_LIMIT = 16 << 20
"""More than any message of the captures has."""

TIMES = {"time", "last_time", "tls_certificate_not_before", "tls_certificate_not_after"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Observed:
    """One pass over a capture. Times are nanoseconds."""

    summary: dict[str, Any]
    requests: list[Row]
    flows: list[Row]

    @property
    def asked(self) -> list[Row]:
        """HTTP/1 rows whose request was seen."""
        return [row for row in self.http1 if row["method"] is not None]

    @property
    def answered(self) -> list[Row]:
        """HTTP/1 rows whose response was seen."""
        return [row for row in self.http1 if row["status"] is not None]

    @property
    def http1(self) -> list[Row]:
        """Rows of HTTP/1, calls of gRPC-Web over it as what they are below that."""
        over_http1 = [row for row in self.of("grpc") if "http_version" in detail_of(row)]
        plain = [row for row in self.http if row["version"] != "2"]
        return plain + [_as_http(row) for row in over_http1]

    @property
    def http(self) -> list[Row]:
        """HTTP rows of any version; of WebSockets what HTTP has of them."""
        return self.of("http") + [_upgrade(row) for row in self.of("websocket")]

    def of(self, *protocols: str) -> list[Row]:
        """Rows of some protocols."""
        return [row for row in self.requests if row["protocol"] in protocols]


def detail_of(row: Row) -> dict[str, str]:
    """The detail of a row."""
    detail: dict[str, str] = json.loads(row["detail"] or "{}")
    return detail


def _as_http(row: Row) -> Row:
    status = int(detail_of(row).get("http_status", 200)) if row["content_type"] else None
    return row | {"method": "POST", "status": status}


def _upgrade(row: Row) -> Row:
    """The request and the answer that began a WebSocket: neither has content."""
    version = json.loads(row["detail"])["upgraded_from"]
    without = {"request_bytes": 0, "response_bytes": 0, "request_body": None, "response_body": None}
    return {**row, **without, "protocol": "http", "version": version}


def observe(path: Path) -> Observed:
    """Run the engine over a file. One that is refused holds nothing."""
    recording = nautscan.read(path, bodies=BODY_LIMIT)
    try:
        return Observed(recording.summary, rows(recording.requests), rows(recording.flows))
    except _engine.EngineError as refused:
        if refused.code != "bad_file":
            raise
        return Observed({"packets": 0, "bytes": 0}, [], [])


def rows(table: Table) -> list[Row]:
    """A table as dictionaries."""
    connection = _database()
    connection.register("rows_of", table)
    times = [name for name in table.columns if name in TIMES]
    replaced = ", ".join(f"epoch_ns({name}) AS {name}" for name in times)
    query = f"SELECT * REPLACE ({replaced}) FROM rows_of ORDER BY time"
    found = connection.execute(query).fetchall()
    connection.unregister("rows_of")
    return [dict(zip(table.columns, row, strict=True)) for row in found]


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One for all captures: opening it costs more than a capture does."""
    return duckdb.connect(config={"threads": 1})


def header(row: Row, side: str, name: str) -> str | None:
    """The first value of a header field of `side`, `request` or `response`."""
    for pair in row[f"{side}_headers"] or []:
        if pair["name"].lower() == name:
            return str(pair["value"])
    return None
