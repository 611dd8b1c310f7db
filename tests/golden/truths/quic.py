"""Connections of QUIC beside those who read them too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags, compare_value
from tests.golden.observed import Observed, Row

ZEEK_VERSIONS = {"quicv2": "2"}
NDPI_VERSIONS = {"V-1": "1", "V-2": "2"}


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Names, versions and what was offered."""
    yield from _tshark(capture, observed)
    yield from _zeek(capture, observed)
    yield from _suricata(capture, observed)
    yield from _ndpi(capture, observed)


def _flows(observed: Observed) -> list[Row]:
    return [row for row in observed.flows if row["protocol"] == "quic"]


def _versions(observed: Observed) -> Iterator[str]:
    return (json.loads(row["summary"])["version"] for row in _flows(observed))


def _tshark(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        facts = truth["facts"]
        told = facts.get("quic_versions_packets", {})
        if told:
            names = (_named(version) for version in told)
            yield from compare_bags(
                "tshark.quic_versions", {name for name in names if name}, set(_versions(observed))
            )
        if "gquic_sni" in facts:
            yield from compare_bags(
                "tshark.quic_names",
                {hello["sni"] for hello in facts["gquic_sni"]},
                set(_names(_flows(observed))),
            )
        if "quic_packet_types" in facts:
            types = facts["quic_packet_types"]
            is_retried = "long_3" in types or "long_v2_0" in types
            ours = [json.loads(row["summary"]).get("retry") for row in _flows(observed)]
            yield from compare_value("tshark.quic_retry", is_retried, "true" in ours)
            is_early = "long_1" in types or "long_v2_2" in types
            ours = [json.loads(row["summary"]).get("zero_rtt") for row in _flows(observed)]
            yield from compare_value("tshark.quic_zero_rtt", is_early, "true" in ours)


def _named(version: str) -> str | None:
    """A version of tshark as ours; none in packets that negotiate one, and for those made up."""
    family, number = version.split(" ")
    if family == "gquic":
        return number
    value = int(number, 16)
    if value == 0 or value & 0x0F0F0F0F == 0x0A0A0A0A:
        return None
    if value >> 8 == 0xFF0000:
        return f"draft-{value & 0xFF}"
    return {1: "1", 0x6B3343CF: "2"}[value]


def _zeek(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("zeek"):
        for log, content in truth["facts"].get("logs", {}).items():
            rows: list[dict[str, str]] = content["rows"]
            if not log.startswith("quic.log") or content["rows_total"] != len(rows):
                continue
            if "version" in rows[0]:
                # Zeek has a row more for what comes after a Retry.
                yield from compare_bags(
                    "zeek.quic", {_zeek_row(row) for row in rows}, map(_as_zeek, _flows(observed))
                )
            else:
                yield from compare_bags(
                    "zeek.quic_names",
                    (row["server_name"] for row in rows),
                    _names(_flows(observed)),
                )


def _zeek_row(row: dict[str, str]) -> str:
    version = ZEEK_VERSIONS.get(row["version"], row["version"])
    offered = row.get("client_protocol", "-")
    return f"{row['id.orig_p']} {version} {row.get('server_name', '-')} {offered}"


def _as_zeek(row: Row) -> str:
    """Zeek shows the first protocol that the client offered."""
    version = json.loads(row["summary"])["version"]
    offered = (row["tls_alpn_offered"] or "-").split(",")[0]
    return f"{row['client_port']} {version} {row['server_name'] or '-'} {offered}"


def _names(rows: Iterable[Row]) -> Iterator[str]:
    return (row["server_name"] for row in rows if row["server_name"] is not None)


def _suricata(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Its extensions that have a value: names and protocols."""
    for truth in capture.truths("OISF"):
        for event in truth["facts"].get("eve_events", []):
            match: dict[str, Any] = event["match"]
            if match.get("event_type") != "quic":
                continue
            yield from compare_value("suricata.quic", "quic", _flows(observed)[0]["protocol"])
            for key, kind in match.items():
                value = match.get(key.replace(".name", ".values[0]"))
                if key.endswith(".name") and kind in ("server_name", "alpn") and value:
                    column = "server_name" if kind == "server_name" else "tls_alpn_offered"
                    told = [row[column] for row in _flows(observed)]
                    got = value if value in told else None
                    yield from compare_value(f"suricata.quic.{kind} {value}", value, got)


def _ndpi(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("ntop/nDPI"):
        facts = truth["facts"]
        flows = [flow for flow in facts.get("flows", []) if "quic_version" in flow]
        if flows:
            told = (flow["quic_version"] for flow in flows)
            yield from compare_bags(
                "ndpi.quic_versions",
                (NDPI_VERSIONS.get(version, version.lower()) for version in told),
                (version.lower() for version in _versions(observed)),
            )
            names = (flow["hostname_or_sni"] for flow in flows if "hostname_or_sni" in flow)
            yield from compare_bags("ndpi.quic_names", names, _names(_flows(observed)))
