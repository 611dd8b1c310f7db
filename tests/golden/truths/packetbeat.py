"""Packetbeat: events of the ports that it was told to watch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_value
from tests.golden.observed import Observed, Row

DEFAULT_PORTS = [80, 8080, 8000, 5000, 8002]
"""What packetbeat's tests watch for HTTP when they say nothing else."""

FIELDS: dict[str, Callable[[Row], Any]] = {
    "type": lambda row: row["protocol"],
    "client.ip": lambda row: row["client_ip"],
    "client.port": lambda row: row["client_port"],
    "server.ip": lambda row: row["server_ip"],
    "server.port": lambda row: row["server_port"],
    "source.ip": lambda row: row["client_ip"],
    "source.port": lambda row: row["client_port"],
    "destination.ip": lambda row: row["server_ip"],
    "destination.port": lambda row: row["server_port"],
    "method": lambda row: (row["method"] or "").lower(),
    "http.request.method": lambda row: (row["method"] or "").lower(),
    "http.response.status_code": lambda row: row["status"],
    "http.request.body.bytes": lambda row: row["request_bytes"],
    "http.response.body.bytes": lambda row: row["response_bytes"],
    "url.path": lambda row: (row["target"] or "").partition("?")[0],
    "network.community_id": lambda row: row["community_id"],
}


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Checks on single events, and whole golden events."""
    for truth in capture.truths("elastic"):
        facts, settings = truth["facts"], truth.get("settings") or {}
        ports = [int(port) for port in settings.get("http_ports", [80])]
        ours = [row for row in observed.requests if row["server_port"] in ports]
        if "golden_events" in facts:
            yield from _golden(facts["golden_events"], ours)
        elif _is_about_http(capture.name, facts):
            yield from _checks(facts["events"], ours)


def _is_about_http(name: str, facts: dict[str, Any]) -> bool:
    """Whether all events of a test are HTTP: it says so, or its checks name HTTP fields."""
    text = json.dumps(facts.get("events", []))
    return '"http"' in text or "http." in text or name.startswith("packetbeat/http_")


def _checks(checks: list[dict[str, Any]], ours: list[Row]) -> Iterator[Comparison]:
    for check in checks:
        if "events_total" in check and check.get("op") == "==":
            yield from compare_value("packetbeat.events", check["events_total"], len(ours))
        field, event = check.get("field"), check.get("event")
        if check.get("op") != "==" or field not in FIELDS:
            continue
        rows = ours if event == "all" else ours[event : event + 1] if event is not None else []
        for row in rows:
            value = FIELDS[field](row)
            yield from compare_value(f"packetbeat.{event}.{field}", check["value"], value)


def _golden(events: list[dict[str, Any]], ours: list[Row]) -> Iterator[Comparison]:
    http = [event for event in events if event.get("event.dataset") == "http"]
    yield from compare_value("packetbeat.events", len(http), len(ours))
    for index, (event, row) in enumerate(zip(http, ours, strict=False)):
        for field, read in FIELDS.items():
            if field in event:
                name = f"packetbeat.{index}.{field}"
                expected = event[field]
                lowered = expected.lower() if field.endswith("method") else expected
                yield from compare_value(name, lowered, read(row))
