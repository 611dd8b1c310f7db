"""Zeek's http.log and dns.log: one row a request with its response."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags
from tests.golden.observed import Observed, Row, header

# Zeek's column and ours. Its scripts may drop columns, so only those that all its rows of a
# capture have are compared; `-` stands for a value that it left out of some rows.
COLUMNS = {
    "id.orig_h": "client_ip",
    "id.orig_p": "client_port",
    "id.resp_h": "server_ip",
    "id.resp_p": "server_port",
    "method": "method",
    "uri": "target",
    "status_code": "status",
}


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Requests, and the sizes of bodies that travelled without content coding."""
    for truth in capture.truths("zeek"):
        log = truth["facts"].get("logs", {}).get("http.log")
        if log is None or log["rows_total"] != len(log["rows"]):
            continue
        theirs = log["rows"]
        ours = observed.http
        stated = [name for name in COLUMNS if any(name in row for row in theirs)]
        yield from compare_bags(
            "zeek.requests",
            (" ".join(row.get(name, "-") for name in stated) for row in theirs),
            (" ".join(_ours(row, COLUMNS[name]) for name in stated) for row in ours),
        )
        yield from _bodies(theirs, ours)


def compare_dns(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Questions with their names and outcomes."""
    for truth in capture.truths("zeek"):
        log = truth["facts"].get("logs", {}).get("dns.log")
        if log is None or log["rows_total"] != len(log["rows"]):
            continue
        rows = observed.of("dns", "mdns", "llmnr")
        # Zeek tells no type where it saw no question.
        yield from compare_bags(
            "zeek.dns",
            (
                f"{row.get('trans_id')} {row.get('query')} {row.get('rcode_name', '-')}"
                for row in log["rows"]
            ),
            map(_dns_row, rows),
        )


def _dns_row(row: Row) -> str:
    number = int(json.loads(row["detail"])["id"], 16)
    outcome = "-" if row["status"] is None else row["error"] or "NOERROR"
    return f"{number} {(row['target'] or '').lower()} {outcome}"


def _ours(row: Row, column: str) -> str:
    value = row[column]
    return "-" if value is None else str(value)


def _bodies(theirs: list[dict[str, Any]], ours: list[Row]) -> Iterator[Comparison]:
    """Zeek counts what is left after content decoding; a coding makes the two incomparable."""
    if any(header(row, "response", "content-encoding") for row in ours):
        return
    for side in ("request", "response"):
        key = f"{side}_body_len"
        if all(key in row for row in theirs):
            yield from compare_bags(
                f"zeek.{side}_bodies",
                (row[key] for row in theirs if row[key] != "0"),
                (str(row[f"{side}_bytes"]) for row in ours if row[f"{side}_bytes"]),
            )
