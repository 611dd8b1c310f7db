"""MySQL beside those who read it too: commands, statements, rows and errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags, compare_value
from tests.golden.observed import Observed, Row

SHOWN = 200
"""Characters of a statement that all sources show."""
NUMBERS = {"QUIT": 1, "INIT_DB": 2, "FIELD_LIST": 4, "STATISTICS": 9, "PING": 14, "PREPARE": 22}
QUERY, EXECUTE = 3, 23
"""Numbers of commands, as Wireshark and DeepFlow tell them."""
OURS_ALONE = {"CONNECT", "SSLREQUEST", None}
"""Rows that are no commands."""


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Commands, statements and their outcomes."""
    rows = observed.of("mysql")
    yield from _zeek(capture, rows)
    yield from _tshark(capture, rows)
    yield from _deepflow(capture, rows)
    yield from _packetbeat(capture, rows)
    yield from _arkime(capture, rows)


def _zeek(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    for truth in capture.truths("zeek"):
        content = truth["facts"].get("logs", {}).get("mysql.log")
        if content is None or content["rows_total"] != len(content["rows"]):
            continue
        theirs = (
            " ".join([row["cmd"], _text(row.get("arg", "")), row.get("success", "-")])
            for row in content["rows"]
        )
        ours = (_as_zeek(row) for row in rows if row["method"] not in {None, "SSLREQUEST"})
        yield from compare_bags("zeek.mysql", theirs, ours)


def _as_zeek(row: Row) -> str:
    detail = _detail(row)
    outcome = "-" if row["response_bytes"] is None else "F" if row["error"] else "T"
    if row["method"] == "CONNECT":
        return f"login {detail.get('user', '')} {outcome}"
    number = _number(row)
    if number == QUERY:
        return f"query {_text(detail['statement'])} {outcome}"
    return f"{row['method'].lower()} {row['target'] or ''} {outcome}"


def _tshark(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        entries = truth["facts"].get("mysql")
        if entries is None or "mysql_total" in truth["facts"]:
            continue
        theirs = (_as_told(entry) for entry in entries if "command" in entry)
        ours = (_command(row) for row in rows if row["method"] not in OURS_ALONE)
        # That a statement is no longer needed is no row of ours.
        wanted = (told for told in theirs if not told.startswith("25"))
        yield from compare_bags("tshark.mysql", wanted, ours)
        errors = (str(entry["error_code"]) for entry in entries if "error_code" in entry)
        failed = (_detail(row).get("error_code") for row in rows)
        yield from compare_bags("tshark.mysql_errors", errors, (code for code in failed if code))
        users = (entry["user"] for entry in entries if "user" in entry)
        known = (_detail(row).get("user", "") for row in rows if row["method"] == "CONNECT")
        yield from compare_bags("tshark.mysql_users", users, known)


def _as_told(entry: dict[str, Any]) -> str:
    number = entry["command"].rpartition("(")[2].rstrip(")")
    return f"{number} {_text(entry.get('query', entry.get('schema', '')))}".strip()


def _command(row: Row) -> str:
    number = _number(row)
    detail = _detail(row)
    if number in {QUERY, NUMBERS["PREPARE"]}:
        return f"{number} {_text(detail.get('statement', ''))}".strip()
    target = row["target"] if row["method"] == "INIT_DB" else ""
    return f"{number} {target}".strip()


def _number(row: Row) -> int:
    if row["method"] in NUMBERS:
        return NUMBERS[row["method"]]
    return EXECUTE if "statement_id" in _detail(row) else QUERY


def _deepflow(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    if not capture.name.startswith("deepflow/mysql"):
        return
    for truth in capture.truths("deepflow"):
        asked = (m for m in truth["facts"].get("messages", []) if m["msg_type"] == "Request")
        statements = {QUERY, NUMBERS["PREPARE"]}
        theirs = (
            f"{message['request_type']} {_text(message['request_resource'])}"
            for message in asked
            if message["request_type"] in statements
        )
        ours = (row for row in rows if row["method"] not in OURS_ALONE)
        ours = (row for row in ours if _number(row) in statements)
        yield from compare_bags("deepflow.mysql", theirs, (_command(row) for row in ours))


def _packetbeat(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    if not capture.name.startswith("packetbeat/mysql"):
        return
    own = {"CONNECT", "SSLREQUEST", "QUIT", "PING"}
    asked = [row for row in rows if row["request_bytes"] is not None and row["method"] not in own]
    for truth in capture.truths("elastic"):
        if "flows" in truth.get("settings", {}):
            continue
        for check in truth["facts"].get("events", []):
            if "events_total" in check:
                yield from compare_value("packetbeat.mysql", check["events_total"], len(asked))
            if check.get("op") != "==" or not isinstance(check.get("event"), int):
                continue
            row = asked[check["event"]] if check["event"] < len(asked) else None
            values = _as_packetbeat(row) if row else {}
            if check["field"] in values or row is None:
                name = f"packetbeat.{check['event']}.{check['field']}"
                yield from compare_value(name, check["value"], values.get(check["field"]))


def _as_packetbeat(row: Row) -> dict[str, Any]:
    detail = _detail(row)
    counts = {"mysql.num_rows": "rows", "mysql.affected_rows": "affected_rows"}
    values: dict[str, Any] = {
        name: int(detail[ours]) for name, ours in counts.items() if ours in detail
    }
    values["method"] = row["method"]
    values["query"] = detail.get("statement")
    values["status"] = "Error" if row["error"] else "OK"
    return values


def _arkime(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    for truth in capture.truths("arkime"):
        for session in truth["facts"].get("sessions", []):
            theirs = session.get("mysql", {})
            begun = [_detail(r) for r in rows if r["method"] in {"CONNECT", "SSLREQUEST"}]
            for name, ours in (("user", "user"), ("version", "server_version")):
                if name in theirs:
                    value = next((detail.get(ours) for detail in begun), None)
                    yield from compare_value(f"arkime.mysql_{name}", theirs[name], value)


def _text(text: str) -> str:
    return " ".join(text.split())[:SHOWN].strip()


def _detail(row: Row) -> dict[str, str]:
    detail: dict[str, str] = json.loads(row["detail"] or "{}")
    return detail
