"""MongoDB beside those who read it too: commands and their outcomes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags, compare_value
from tests.golden.observed import Observed, Row

REPLY, QUERY, MSG = 1, 2004, 2013
LEGACY = {2001: "update", 2002: "insert", 2005: "getMore", 2006: "delete", 2007: "killCursors"}
"""Operations from before commands, by the names that rows give them."""


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Commands, answers and errors."""
    rows = observed.of("mongodb")
    yield from _tshark(capture, rows)
    yield from _deepflow(capture, rows)
    yield from _packetbeat(capture, rows)


def _tshark(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        entries = truth["facts"].get("mongo")
        if entries is None:
            continue
        if "mongo_total" in truth["facts"]:
            answered = [r for r in rows if r["request_bytes"] and r["response_bytes"]]
            messages = len(rows) + len(answered)
            yield from compare_value(
                "tshark.mongo_messages", truth["facts"]["mongo_total"], messages
            )
            continue
        asked = [entry for entry in entries if not _is_answer(entry)]
        ours = (row for row in rows if row["request_bytes"] is not None)
        yield from compare_bags(
            "tshark.mongo", map(_as_told, asked), (str(row["method"]) for row in ours)
        )
        answers = sum(row["response_bytes"] is not None for row in rows)
        yield from compare_value("tshark.mongo_answers", len(entries) - len(asked), answers)


def _is_answer(entry: dict[str, Any]) -> bool:
    is_answer: bool = entry["opcode"] == REPLY or (
        entry["opcode"] == MSG and entry["response_to"] != 0
    )
    return is_answer


def _as_told(entry: dict[str, Any]) -> str:
    if entry["opcode"] in LEGACY:
        return LEGACY[entry["opcode"]]
    is_search = entry["opcode"] == QUERY and not entry["collection"].endswith(".$cmd")
    return "find" if is_search else str(entry["first_element"])


def _deepflow(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    for truth in capture.truths("deepflow"):
        messages = truth["facts"].get("messages", [])
        if not any(message.get("type") == "MongoDBInfo" for message in messages):
            continue
        asked = (message for message in messages if message["msg_type"] == "Request")
        theirs = (message["request"].split('"')[1] for message in asked)
        yield from compare_bags("deepflow.mongo", theirs, (str(row["method"]) for row in rows))
        codes = (str(m["response_code"]) for m in messages if m["response_code"])
        ours = (_detail(row).get("error_code") for row in rows if row["error"])
        yield from compare_bags("deepflow.mongo_errors", codes, (code for code in ours if code))


def _packetbeat(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    if not capture.name.startswith(("packetbeat/mongo_", "packetbeat/mongodb_")):
        return
    for truth in capture.truths("elastic"):
        for check in truth["facts"].get("events", []):
            if "events_total" in check:
                yield from compare_value("packetbeat.mongo", check["events_total"], len(rows))
            if "events_where" in check:
                method = check["events_where"]["method"]
                count = sum(row["method"] == method for row in rows)
                yield from compare_value(f"packetbeat.mongo.{method}", check["count"], count)
            if check.get("op") != "==" or not isinstance(check.get("event"), int):
                continue
            row = rows[check["event"]] if check["event"] < len(rows) else None
            values = _as_packetbeat(row) if row else {}
            if check["field"] in {"type", "method", "status"}:
                name = f"packetbeat.{check['event']}.{check['field']}"
                yield from compare_value(name, check["value"], values.get(check["field"]))


def _as_packetbeat(row: Row) -> dict[str, Any]:
    status = "Error" if row["error"] else "OK"
    return {"type": row["protocol"], "method": row["method"], "status": status}


def _detail(row: Row) -> dict[str, str]:
    detail: dict[str, str] = json.loads(row["detail"] or "{}")
    return detail
