"""Rows for tests: real Arrow tables in the engine's schema."""

from __future__ import annotations

import io
from typing import Final

import duckdb
from arro3.core import Table
from arro3.io import write_ipc_stream

from nautscan import schema

SQL_TYPES: Final[dict[schema.Kind, str]] = {
    "time": "TIMESTAMP_NS",
    "text": "VARCHAR",
    "u16": "USMALLINT",
    "i32": "INTEGER",
    "i64": "BIGINT",
    "bool": "BOOLEAN",
    "binary": "BLOB",
    "headers": "STRUCT(name VARCHAR, value VARCHAR)[]",
    "text_list": "VARCHAR[]",
    "json": "VARCHAR",
}

_DEFAULTS: Final[dict[str, str]] = {
    "sensor": "'local'",
    "interface": "'br-1'",
    "protocol": "'http'",
    "community_id": "'1:abc='",
    "client_ip": "'10.0.0.1'",
    "server_ip": "'10.0.0.2'",
    "client_port": "40000",
    "server_port": "80",
    "completeness": "'complete'",
    "transport": "'tcp'",
    "state": "'established'",
    "oddities": "[]",
    "request_body_truncated": "false",
    "response_body_truncated": "false",
    "link_type": "'ETHERNET'",
    "info": "'GET /'",
    "source": "'dns'",
    "ip": "'10.0.0.2'",
    "name": "'orders.example'",
}

START: Final = 1_700_000_000_000_000_000
"""Time of the first sample row, ns: 2023-11-14T22:13:20Z."""


def arrow(sql: str) -> Table:
    """The rows of a query as an Arrow table."""
    relation = duckdb.connect(":memory:").sql(sql)
    assert relation is not None
    return Table.from_arrow(relation)


def rows_sql(table: str, source: str, /, **values: str) -> str:
    """A query with the engine's columns of a table, each cast to its type.

    `values` are SQL expressions over `source`; columns that are not given are null where they
    may be, else something plain.
    """
    parts = []
    for column in schema.ENGINE_COLUMNS[table]:
        plain = "NULL" if column.nullable else _DEFAULTS.get(column.name, "0")
        value = values.get(column.name, plain)
        if column.kind == "time" and column.name not in values:
            value = f"make_timestamp_ns({START})"
        parts.append(f'CAST({value} AS {SQL_TYPES[column.kind]}) AS "{column.name}"')
    return f"SELECT {', '.join(parts)} FROM {source}"


def rows(table: str, source: str = "range(1) t(n)", /, **values: str) -> Table:
    """Rows of a table as the engine makes them."""
    return arrow(rows_sql(table, source, **values))


def ipc(batch: Table) -> bytes:
    """An Arrow IPC stream, as the sensor sends it."""
    buffer = io.BytesIO()
    write_ipc_stream(batch, buffer, compression=None)
    return buffer.getvalue()


def at(seconds: str) -> str:
    """SQL for a time some seconds after the first."""
    return f"make_timestamp_ns({START} + CAST(round(CAST({seconds} AS DOUBLE) * 1e9) AS BIGINT))"


_SAMPLE: Final = """(VALUES
    (1, 'GET', 'example.com', '/api/orders', 200, 5000000, 50000000, 100, '10.0.0.1', 80,
        [{'name': 'User-Agent', 'value': 'curl/8.0'}], false, 'web', 'orders'),
    (2, 'POST', 'example.com', '/api/orders?page=2', 503, 900000000, 2000000000, 2000, '10.0.0.1',
        80, NULL, true, 'web', 'orders'),
    (3, 'PUT', 'files', '/f', NULL, NULL, NULL, NULL, '10.0.0.9', 8080, NULL, false, NULL, NULL),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '10.0.0.9', 81, NULL, false, NULL, NULL)
) t(id, method, host, target, status, ttfb, duration, size, ip, port, headers, cut, client, server)
"""

REQUESTS: Final = f"""SELECT id, client, server, NULL::VARCHAR AS client_container,
    NULL::VARCHAR AS server_container, NULL::VARCHAR AS client_host,
    NULL::VARCHAR AS server_host, NULL::VARCHAR AS client_command,
    NULL::VARCHAR AS server_command, engine.* FROM (
        {
    rows_sql(
        "requests",
        _SAMPLE,
        flow_id="id",
        time=at("id"),
        method="method",
        host="host",
        target="target",
        status="status",
        ttfb_ns="ttfb",
        duration_ns="duration",
        request_bytes="10",
        response_bytes="size",
        client_ip="ip",
        server_port="port",
        request_headers="headers",
        response_body_truncated="cut",
        oddities="CASE WHEN id = 4 THEN ['folded_header'] ELSE [] END",
    )
}) AS engine JOIN {_SAMPLE} ON t.id = engine.flow_id"""
"""Four requests with the stored columns that filters look at."""
