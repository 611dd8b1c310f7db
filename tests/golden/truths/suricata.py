"""Suricata's EVE output: how many http events have given values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_value
from tests.golden.observed import Observed, Row

# How a value of an http event is found in our row. Checks on other keys (rules, HTTP/2, the
# number of a packet or transaction) are about Suricata, not about the traffic.
VALUES: dict[str, Callable[[Row], Any]] = {
    "event_type": lambda row: row["protocol"],
    "http.status": lambda row: row["status"],
    "http.url": lambda row: row["target"],
    "http.http_method": lambda row: row["method"],
    "http.hostname": lambda row: (row["host"] or "").rpartition(":")[0] or row["host"],
    "http.length": lambda row: row["response_bytes"],
    "dest_port": lambda row: row["server_port"],
    "src_port": lambda row: row["client_port"],
    "dest_ip": lambda row: row["server_ip"],
    "src_ip": lambda row: row["client_ip"],
}


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Counts of rows that match, where every key has a meaning here."""
    for truth in capture.truths("OISF"):
        for check in truth["facts"]["eve_events"]:
            match = check["match"]
            if match.get("event_type") == "http" and match.keys() <= VALUES.keys():
                found = sum(_matches(row, match) for row in observed.requests)
                stated = {key: value for key, value in match.items() if key != "event_type"}
                name = truth["test"].removeprefix("tests/")
                yield from compare_value(f"suricata.{name} {stated}", check["count"], found)


def _matches(row: Row, match: dict[str, Any]) -> bool:
    return all(VALUES[key](row) == value for key, value in match.items())
