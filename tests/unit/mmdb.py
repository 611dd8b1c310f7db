"""GeoIP files for tests, made by a writer of MaxMind's format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet


def write(path: Path, kind: str, records: Mapping[str, Mapping[str, Any]], ip: int = 6) -> Path:
    """A file of records by network. `ip` 4: without IPv6."""
    options: dict[str, Any] = {"ipv4_compatible": True} if ip == 6 else {}
    writer = MMDBWriter(ip_version=ip, database_type=kind, description="a test's", **options)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), dict(record))
    writer.to_db_file(str(path))
    return path


def countries(path: Path) -> Path:
    """192.0.2.0/24 in Germany, 2001:db8::/32 in France, as MaxMind writes it."""
    return write(
        path,
        "Test-Country",
        {
            "192.0.2.0/24": {"country": {"iso_code": "DE", "names": {"en": "Germany"}}},
            "2001:db8::/32": {"country": {"iso_code": "FR"}},
        },
    )


def systems(path: Path) -> Path:
    """192.0.2.0/24 is of AS64500."""
    record = {
        "autonomous_system_number": 64500,
        "autonomous_system_organization": "Example Networks",
    }
    return write(path, "Test-ASN", {"192.0.2.0/24": record})
