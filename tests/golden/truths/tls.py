"""TLS handshakes, over TCP and in QUIC, beside those who read them too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags, compare_value
from tests.golden.observed import Observed, Row

ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    40: "handshake_failure",
    42: "bad_certificate",
    46: "certificate_unknown",
    48: "unknown_ca",
    70: "protocol_version",
    80: "internal_error",
    100: "no_renegotiation",
    112: "unrecognized_name",
}
"""Alerts of the captures by their numbers (RFC 8446 section 6)."""
ZEEK_VERSIONS = {"TLSv10": "TLSv1.0", "TLSv11": "TLSv1.1", "TLSv12": "TLSv1.2", "TLSv13": "TLSv1.3"}
SURICATA_VERSIONS = {"TLSv1": "TLSv1.0", "TLS 1.2": "TLSv1.2", "TLS 1.3": "TLSv1.3"}


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Hellos, certificates, fingerprints and alerts."""
    yield from _tshark(capture, observed)
    yield from _fingerprints(capture, observed)
    yield from _zeek(capture, observed)
    yield from _arkime(capture, observed)
    yield from _suricata(capture, observed)
    yield from _mercury(capture, observed)
    yield from _ndpi(capture, observed)


def _told(observed: Observed, column: str) -> Iterator[str]:
    return (str(row[column]) for row in observed.flows if row[column] is not None)


def _tshark(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        facts = truth["facts"]
        if "tls_client_hellos" in facts and "tls_client_hellos_total" not in facts:
            first = _firsts(facts["tls_client_hellos"])
            yield from compare_bags(
                "tshark.tls_ja3",
                (hello["ja3"] for hello in first if "ja3" in hello),
                _told(observed, "tls_ja3"),
            )
            yield from compare_bags(
                "tshark.tls_names",
                (hello["sni"] for hello in first if hello.get("sni")),
                # Google's QUIC has names without TLS.
                (
                    row["server_name"]
                    for row in observed.flows
                    if row["tls_ja3"] and row["server_name"]
                ),
            )
        if "tls_server_hellos" in facts and "tls_server_hellos_total" not in facts:
            yield from compare_value(
                "tshark.tls_answers",
                len(_firsts(facts["tls_server_hellos"])),
                sum(1 for _ in _told(observed, "tls_cipher")),
            )
        # With keys, tshark shows alerts that were encrypted.
        if (
            "tls_alerts" in facts
            and "tls_alerts_total" not in facts
            and not capture.expected.get("secrets")
        ):
            streams: dict[int, list[dict[str, Any]]] = {}
            for alert in facts["tls_alerts"]:
                if "description" in alert and "tcp_stream" in alert:
                    streams.setdefault(alert["tcp_stream"], []).append(alert)
            chosen = (
                next((alert for alert in alerts if alert["level"] == 2), alerts[0])
                for alerts in streams.values()
            )
            yield from compare_bags(
                "tshark.tls_alerts",
                (ALERTS[alert["description"]] for alert in chosen),
                _told(observed, "tls_alert"),
            )


def _firsts(hellos: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of each connection."""
    first: dict[tuple[str, int], dict[str, Any]] = {}
    for hello in hellos:
        for stream in ("tcp_stream", "udp_stream"):
            if stream in hello:
                first.setdefault((stream, hello[stream]), hello)
    return list(first.values())


def _fingerprints(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("FoxIO"):
        facts = truth["facts"]
        streams = facts.get("ja4_streams", [])
        if facts.get("ja4_streams_total", 0) != len(streams):
            continue
        # Its Python reads TCP alone.
        read = "tq" if "rust" in truth["truth"] else "t"
        told = (stream.get("ja4") or stream.get("JA4.1") for stream in streams)
        yield from compare_bags(
            "foxio.ja4",
            (ja4 for ja4 in told if ja4 and ja4[0] in read),
            (ja4 for ja4 in _told(observed, "tls_ja4") if ja4[0] in read),
        )


def _zeek(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("zeek"):
        for log, content in truth["facts"].get("logs", {}).items():
            if content["rows_total"] != len(content["rows"]):
                continue
            if log.startswith("ssl"):
                rows = [row for row in content["rows"] if row.get("version") in ZEEK_VERSIONS]
                yield from compare_bags(
                    "zeek.tls",
                    (
                        f"{ZEEK_VERSIONS[row['version']]} {row['cipher']} "
                        f"{row.get('server_name', '-')} {row['resumed']}"
                        for row in rows
                        if "cipher" in row
                    ),
                    (_as_zeek(row) for row in observed.flows if row["tls_cipher"]),
                )
            if log.startswith("x509"):
                yield from _zeek_certificates(content["rows"], observed)


def _as_zeek(row: Row) -> str:
    resumed = "T" if row["tls_resumed"] else "F"
    return f"{row['tls_version']} {row['tls_cipher']} {row['server_name'] or '-'} {resumed}"


def _zeek_certificates(rows: list[dict[str, str]], observed: Observed) -> Iterator[Comparison]:
    """Each of ours is one of Zeek's, which logs whole chains, and each once."""
    theirs = {
        f"{row['certificate.subject']} by {row['certificate.issuer']} "
        f"{row['certificate.not_valid_before']}-{row['certificate.not_valid_after']}"
        for row in rows
        if row.get("host_cert") == "T"
    }
    ours = {
        f"{row['tls_certificate_subject']} by {row['tls_certificate_issuer']} "
        f"{_seconds(row['tls_certificate_not_before'])}-{_seconds(row['tls_certificate_not_after'])}"
        for row in observed.flows
        if row["tls_certificate_subject"] is not None
    }
    yield from compare_bags("zeek.certificates", ours & theirs or theirs, ours)


def _seconds(time: int) -> str:
    return f"{time // 1_000_000_000}.000000"


def _arkime(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("arkime"):
        facts = truth["facts"]
        sessions = facts.get("sessions", [])
        told = [session["tls"] for session in sessions if "tls" in session]
        if not told or facts.get("sessions_total", len(sessions)) != len(sessions):
            continue
        for name, column in (("ja4", "tls_ja4"), ("ja3", "tls_ja3"), ("cipher", "tls_cipher")):
            values = [value for tls in told for value in tls.get(name, [])]
            values = [v for v in values if name != "ja4" or v[0] in "tq"]
            if values:
                yield from compare_bags(
                    f"arkime.tls_{name}", set(values), set(_told(observed, column))
                )


def _suricata(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    read = {"tls.sni": "server_name", "tls.ja3.hash": "tls_ja3", "tls.ja4": "tls_ja4"}
    for truth in capture.truths("OISF"):
        for event in truth["facts"].get("eve_events", []):
            match = event["match"]
            for key, column in read.items():
                if key in match and event["count"]:
                    got = match[key] if match[key] in _told(observed, column) else None
                    yield from compare_value(f"suricata.{key} {match[key]}", match[key], got)
            version = SURICATA_VERSIONS.get(match.get("tls.version", ""))
            if version is not None and event["count"]:
                got = version if version in _told(observed, "tls_version") else None
                yield from compare_value(f"suricata.tls.version {version}", version, got)


def _mercury(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("cisco/mercury"):
        told = truth["facts"].get("tls", [])
        if told:
            ours = {
                f"{row['client_ip']} {row['client_port']}": row["server_name"]
                for row in observed.flows
            }
            yield from compare_bags(
                "mercury.tls_names",
                (f"{hello['src']} {hello.get('server_name')}" for hello in told),
                (f"{hello['src']} {ours.get(hello['src'])}" for hello in told),
            )


def _ndpi(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("ntop/nDPI"):
        facts = truth["facts"]
        # Over UDP without QUIC it is DTLS.
        flows = [
            flow
            for flow in facts.get("flows", [])
            if flow.get("l4") == "TCP" or "quic_version" in flow
        ]
        if facts.get("flows_total", len(facts.get("flows", []))) != len(facts.get("flows", [])):
            continue
        for name, column in (("ja3c", "tls_ja3"), ("ja4", "tls_ja4")):
            told = [flow[name] for flow in flows if name in flow]
            if told:
                yield from compare_bags(f"ndpi.{column}", told, _told(observed, column))
