"""The schema of the database, as the steps that led to it.

A step is never changed once released: a new one is added. Each runs in a transaction together with
the note of its number, so that a file is always wholly at one version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import duckdb

from nautscan.errors import StoreUnavailable

_WORKLOADS: Final = ",\n".join(
    f"{side}{suffix} VARCHAR"
    for side in ("client", "server")
    for suffix in ("", "_container_id", "_container", "_image", "_project", "_service")
)
_HOSTS: Final = tuple(
    f"{side}_{suffix}"
    for side in ("client", "server")
    for suffix in ("host", "host_source", "country", "as")
)
_HEADERS: Final = "STRUCT(name VARCHAR, value VARCHAR)[]"
_PROCESSES: Final = (
    ("pid", "BIGINT"),
    ("command", "VARCHAR"),
    ("user", "VARCHAR"),
    ("process_source", "VARCHAR"),
    ("process_reason", "VARCHAR"),
)


class Migration(NamedTuple):
    """One step."""

    version: int
    statements: Sequence[str]


_OF_TCP: Final = ("retransmissions", "out_of_order", "zero_windows", "resets", "gap_bytes")

MIGRATIONS: Final = (
    Migration(
        1,
        (
            "CREATE TABLE meta (name VARCHAR PRIMARY KEY, value BIGINT NOT NULL)",
            f"""CREATE TABLE requests (
                id BIGINT NOT NULL, time TIMESTAMP_NS NOT NULL, sensor VARCHAR NOT NULL,
                interface VARCHAR, protocol VARCHAR NOT NULL, version VARCHAR,
                flow_id BIGINT NOT NULL, community_id VARCHAR NOT NULL,
                client_ip VARCHAR NOT NULL, client_port USMALLINT NOT NULL,
                server_ip VARCHAR NOT NULL, server_port USMALLINT NOT NULL,
                method VARCHAR, host VARCHAR, target VARCHAR, status INTEGER, error VARCHAR,
                ttfb_ns BIGINT, duration_ns BIGINT, request_bytes BIGINT, response_bytes BIGINT,
                request_content_type VARCHAR, content_type VARCHAR,
                request_headers {_HEADERS}, response_headers {_HEADERS},
                request_body BLOB, request_body_truncated BOOLEAN NOT NULL,
                response_body BLOB, response_body_truncated BOOLEAN NOT NULL,
                trace_id VARCHAR, decrypted VARCHAR, completeness VARCHAR NOT NULL,
                gap_bytes BIGINT NOT NULL, oddities VARCHAR[] NOT NULL, detail VARCHAR,
                {_WORKLOADS})""",
            f"""CREATE TABLE flows (
                id BIGINT NOT NULL, flow_id BIGINT NOT NULL, time TIMESTAMP_NS NOT NULL,
                last_time TIMESTAMP_NS NOT NULL, sensor VARCHAR NOT NULL, interface VARCHAR,
                transport VARCHAR NOT NULL, protocol VARCHAR,
                client_ip VARCHAR NOT NULL, client_port USMALLINT NOT NULL,
                server_ip VARCHAR NOT NULL, server_port USMALLINT NOT NULL,
                community_id VARCHAR NOT NULL,
                client_packets BIGINT NOT NULL, client_bytes BIGINT NOT NULL,
                server_packets BIGINT NOT NULL, server_bytes BIGINT NOT NULL,
                client_payload_bytes BIGINT NOT NULL, server_payload_bytes BIGINT NOT NULL,
                handshake_ns BIGINT, retransmissions BIGINT NOT NULL, out_of_order BIGINT NOT NULL,
                zero_windows BIGINT NOT NULL, resets BIGINT NOT NULL, gap_bytes BIGINT NOT NULL,
                duplicates BIGINT NOT NULL, server_name VARCHAR, requests BIGINT NOT NULL,
                state VARCHAR NOT NULL, end_reason VARCHAR,
                {_WORKLOADS})""",
            """CREATE TABLE stats (
                time TIMESTAMP_NS NOT NULL, sensor VARCHAR NOT NULL, interface VARCHAR,
                stage VARCHAR NOT NULL, name VARCHAR NOT NULL, value BIGINT NOT NULL)""",
        ),
    ),
    Migration(
        2,
        (
            """CREATE TABLE gaps (
                since TIMESTAMP_NS PRIMARY KEY, until TIMESTAMP_NS, reason VARCHAR NOT NULL)""",
        ),
    ),
    Migration(
        3,
        (
            "ALTER TABLE flows ADD COLUMN vlan USMALLINT",
            "ALTER TABLE flows ADD COLUMN tunnel VARCHAR",
            "ALTER TABLE flows ADD COLUMN tunnel_id BIGINT",
            "ALTER TABLE flows ADD COLUMN tunnel_client_ip VARCHAR",
            "ALTER TABLE flows ADD COLUMN tunnel_server_ip VARCHAR",
        ),
    ),
    Migration(
        4,
        # Null in rows that were written before: nobody counted these then.
        (
            "ALTER TABLE flows ADD COLUMN client_rtt_ns BIGINT",
            "ALTER TABLE flows ADD COLUMN server_rtt_ns BIGINT",
            "ALTER TABLE flows ADD COLUMN duplicate_acks BIGINT",
            "ALTER TABLE flows ADD COLUMN keep_alives BIGINT",
            "ALTER TABLE flows ADD COLUMN client_mss USMALLINT",
            "ALTER TABLE flows ADD COLUMN server_mss USMALLINT",
            "ALTER TABLE flows ADD COLUMN client_window_scale USMALLINT",
            "ALTER TABLE flows ADD COLUMN server_window_scale USMALLINT",
            "ALTER TABLE flows ADD COLUMN sack_blocks BIGINT",
        ),
    ),
    Migration(
        5,
        # All that was understood before was HTTP over TCP.
        (
            "ALTER TABLE requests ADD COLUMN transport VARCHAR DEFAULT 'tcp'",
            "ALTER TABLE requests ALTER transport DROP DEFAULT",
            "ALTER TABLE requests ALTER transport SET NOT NULL",
        ),
    ),
    Migration(
        6,
        # Null in rows that were written before: names of hosts were not learned then.
        (
            *(
                f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR"
                for table in ("requests", "flows")
                for column in _HOSTS
            ),
            "ALTER TABLE flows ADD COLUMN client_vendor VARCHAR",
            "ALTER TABLE flows ADD COLUMN server_vendor VARCHAR",
        ),
    ),
    Migration(
        7,
        (
            "ALTER TABLE flows ADD COLUMN client_mac VARCHAR",
            "ALTER TABLE flows ADD COLUMN server_mac VARCHAR",
            "ALTER TABLE flows ADD COLUMN nat_client_ip VARCHAR",
            "ALTER TABLE flows ADD COLUMN nat_client_port USMALLINT",
            "ALTER TABLE flows ADD COLUMN nat_server_ip VARCHAR",
            "ALTER TABLE flows ADD COLUMN nat_server_port USMALLINT",
        ),
    ),
    Migration(
        8,
        # Null in rows that were written before, the reasons too: nobody looked then.
        tuple(
            f"ALTER TABLE {table} ADD COLUMN {side}_{name} {kind}"
            for table in ("requests", "flows")
            for side in ("client", "server")
            for name, kind in _PROCESSES
        ),
    ),
    Migration(
        9,
        # What only TCP has was 0 for other transports; it is null.
        (
            *(f"ALTER TABLE flows ALTER COLUMN {name} DROP NOT NULL" for name in _OF_TCP),
            f"""UPDATE flows SET {", ".join(f"{name} = NULL" for name in _OF_TCP)}
            WHERE transport <> 'tcp'""",
        ),
    ),
    Migration(
        10,
        # Null in rows that were written before, server_name too: handshakes were not read then.
        (
            *(
                f"ALTER TABLE flows ADD COLUMN tls_{name} VARCHAR"
                for name in ("version", "cipher", "alpn", "alpn_offered", "ja3", "ja4")
            ),
            "ALTER TABLE flows ADD COLUMN tls_resumed BOOLEAN",
            "ALTER TABLE flows ADD COLUMN tls_certificate_subject VARCHAR",
            "ALTER TABLE flows ADD COLUMN tls_certificate_issuer VARCHAR",
            "ALTER TABLE flows ADD COLUMN tls_certificate_not_before TIMESTAMP_NS",
            "ALTER TABLE flows ADD COLUMN tls_certificate_not_after TIMESTAMP_NS",
            "ALTER TABLE flows ADD COLUMN tls_alert VARCHAR",
            "ALTER TABLE flows ADD COLUMN tls_alert_from VARCHAR",
        ),
    ),
    Migration(
        11,
        # Null in rows that were written before: each was told once, and no protocol was asked.
        (
            "ALTER TABLE requests ADD COLUMN exchange_id BIGINT",
            "ALTER TABLE flows ADD COLUMN summary VARCHAR",
        ),
    ),
    Migration(12, ("ALTER TABLE requests ADD COLUMN updated TIMESTAMP_NS",)),
)

VERSION: Final = MIGRATIONS[-1].version


def migrate(connection: duckdb.DuckDBPyConnection, path: str) -> int:
    """Bring the database to `VERSION` and say from which version it came (0: new).

    Raises `StoreUnavailable` for a database that a newer NautScan has written.
    """
    found = version_of(connection)
    if found > VERSION:
        raise StoreUnavailable(
            f"The database {path} has schema version {found}; this NautScan knows up to {VERSION}",
            remedy="Start the newer NautScan, or give another --data-dir.",
            detail={"found": found, "known": VERSION},
        )
    for migration in MIGRATIONS:
        if migration.version > found:
            _apply(connection, migration)
    return found


def version_of(connection: duckdb.DuckDBPyConnection) -> int:
    """The schema version of a database; 0 if it is empty."""
    tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    if ("schema_version",) not in tables:
        return 0
    row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    connection.execute("SELECT 1").fetchall()
    return int(row[0]) if row is not None and row[0] is not None else 0


def _apply(connection: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    connection.execute("BEGIN")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, "
            "applied TIMESTAMP NOT NULL DEFAULT current_localtimestamp())"
        )
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute("INSERT INTO schema_version (version) VALUES (?)", [migration.version])
        connection.execute("COMMIT")
    except duckdb.Error:
        connection.execute("ROLLBACK")
        raise
