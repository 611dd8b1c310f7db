"""Redis, Memcached and PostgreSQL beside those who read them too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags, compare_value
from tests.golden.observed import Observed, Row

NAMES = {"startup": "STARTUP", "ssl_request": "SSLREQUEST", "cancel_request": "CANCEL"}
"""What Zeek calls messages that are no statements, and we."""
OPCODES = {
    0: "get", 1: "set", 2: "add", 4: "delete", 5: "incr", 6: "decr", 7: "quit", 9: "getq",
    10: "noop", 11: "version", 12: "getk", 13: "getkq", 16: "stat",
}  # fmt: skip
"""Memcached's numbers, by the names of the text commands."""


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Commands, statements and their outcomes."""
    yield from _zeek(capture, observed)
    yield from _deepflow(capture, observed)
    yield from _tshark(capture, observed)
    yield from _suricata(capture, observed)
    yield from _packetbeat(capture, observed)


def _zeek(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("zeek"):
        for log, content in truth["facts"].get("logs", {}).items():
            if content["rows_total"] != len(content["rows"]):
                continue
            if log.startswith("redis"):
                yield from compare_bags(
                    "zeek.redis",
                    (
                        f"{row['cmd.name'].upper()} {row.get('success', '-')}"
                        for row in content["rows"]
                    ),
                    (f"{_word(row)} {_outcome(row)}" for row in _asked(observed, "redis")),
                )
            if log.startswith("postgresql"):
                yield from compare_bags(
                    "zeek.postgresql",
                    (text for row in content["rows"] if (text := _zeek_statement(row))),
                    (
                        text
                        for row in _asked(observed, "postgresql")
                        if (text := _our_statement(row))
                    ),
                )


def _zeek_statement(row: dict[str, str]) -> str | None:
    kind = row.get("frontend", "")
    if kind in NAMES:
        return NAMES[kind]
    if kind != "simple_query":
        return None
    text = row["frontend_arg"].encode().decode("unicode_escape")
    return f"{text} {row.get('rows', 0)} {row.get('success', '-')}"


def _our_statement(row: Row) -> str | None:
    detail = _detail(row)
    if row["method"] in NAMES.values():
        return str(row["method"])
    if "statement" not in detail or "prepared_name" in detail:
        return None
    return f"{detail['statement']} {detail.get('rows', 0)} {_outcome(row)}"


def _deepflow(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("deepflow"):
        messages = truth["facts"].get("messages", [])
        if not any(message.get("type") == "RedisInfo" for message in messages):
            continue
        rows = _asked(observed, "redis")
        asked = [message for message in messages if "request_type" in message]
        yield from compare_bags(
            "deepflow.redis",
            (message["request_type"].upper() for message in asked),
            (_word(row) for row in rows),
        )
        answers = [m for m in messages if m.get("response_result", "Unknown") != "Unknown"]
        answered = [row for row in rows if "reply" in _detail(row)]
        yield from compare_value("deepflow.redis_answers", len(answers), len(answered))


def _tshark(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        facts = truth["facts"]
        if "memcache" in facts and "memcache_total" not in facts:
            theirs = [entry for entry in facts["memcache"] if "command" in entry]
            ours = [row for row in _asked(observed, "memcached") if row["version"] is None]
            yield from compare_bags(
                "tshark.memcache",
                (" ".join([entry["command"], entry.get("key", "")]).strip() for entry in theirs),
                (" ".join(_detail(row)["command"].split()[:2]) for row in ours),
            )
        if "memcache" in facts and "memcache_total" not in facts:
            yield from _tshark_binary(facts["memcache"], observed)
        if "pgsql" in facts and "pgsql_total" not in facts:
            yield from _tshark_pgsql(facts["pgsql"], _asked(observed, "postgresql"))


def _tshark_binary(theirs: list[dict[str, Any]], observed: Observed) -> Iterator[Comparison]:
    """Messages of the binary protocol. An answer to `stat` is of many messages there."""
    rows = [row for row in _asked(observed, "memcached") if row["version"] == "binary"]
    coded = [(entry, _opcode(entry)) for entry in theirs if "opcode" in entry]
    if not coded:
        return
    yield from compare_bags(
        "tshark.memcache",
        (
            f"{name} {entry.get('key', '')}".strip()
            for entry, name in coded
            if entry["magic"] == 128
        ),
        (_detail(row)["command"] for row in rows),
    )
    yield from compare_bags(
        "tshark.memcache_answers",
        (
            f"{name} {entry['status']}"
            for entry, name in coded
            if entry["magic"] == 129 and name != "stat"
        ),
        (
            f"{row['method']} {row['status']}"
            for row in rows
            if row["status"] is not None and row["method"] != "stat"
        ),
    )


def _opcode(entry: dict[str, Any]) -> str:
    number = int(entry["opcode"].rpartition("(")[2].rstrip(")"))
    return OPCODES.get(number, str(number))


def _tshark_pgsql(theirs: list[dict[str, Any]], ours: list[Row]) -> Iterator[Comparison]:
    yield from compare_bags(
        "tshark.pgsql_tags",
        (entry["tag"] for entry in theirs if "tag" in entry),
        (tag for row in ours for tag in _detail(row).get("tag", "").split(", ") if tag),
    )
    asked = [entry for entry in theirs if entry["type"] in {"Query", "Simple query", "Execute"}]
    executed = [
        row for row in ours if row["method"] not in {*NAMES.values(), "PREPARE", "DESCRIBE"}
    ]
    yield from compare_value("tshark.pgsql_executed", len(asked), len(executed))


def _suricata(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    rows = {_detail(row).get("statement"): row for row in _asked(observed, "postgresql")}
    for truth in capture.truths("OISF"):
        for event in truth["facts"].get("eve_events", []):
            match = event["match"]
            text = match.get("pgsql.request.simple_query")
            if text is None:
                continue
            row = rows.get(text)
            yield from compare_value("suricata.pgsql_statement", text, text if row else None)
            if row is None:
                continue
            size = match.get("pgsql.response.copy_data_out.data_size")
            if size is not None:
                ours = int(_detail(row).get("copied_out_bytes", 0))
                yield from compare_value("suricata.pgsql_copied", size, ours)
            tag = match.get("pgsql.response.command_completed")
            if tag is not None:
                yield from compare_value("suricata.pgsql_tag", tag, _detail(row).get("tag"))


def _keys(row: Row) -> list[str]:
    words: list[str] = _detail(row)["command"].split()
    many = row["method"] in {"get", "gets"}
    return words[1:] if many else words[1:2]


def _word(row: Row) -> str:
    return str(row["method"] or "-").split()[0]


PACKETBEAT: dict[str, dict[str, Callable[[Row], Any]]] = {
    "redis": {
        "method": _word,
        "query": lambda row: _detail(row).get("command"),
        "status": lambda row: "Error" if row["error"] else "OK",
    },
    "postgresql": {
        "method": lambda row: row["method"],
        "query": lambda row: _detail(row).get("statement"),
        "status": lambda row: "Error" if row["error"] else "OK",
        "pgsql.error_code": lambda row: _detail(row).get("sqlstate"),
        "event.duration": lambda row: row["duration_ns"],
    },
    "memcached": {
        "memcache.request.command": lambda row: row["method"],
        "memcache.request.keys": _keys,
        "status": lambda row: "Error" if row["error"] else "OK",
    },
}
PREFIXES = {
    "redis": "redis",
    "pgsql": "postgresql",
    "memcache_text_tcp": "memcached",
    "memcache_text_udp": "memcached",
}


def _packetbeat(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    name = capture.name.removeprefix("packetbeat/").removeprefix("memcache__")
    protocol = next((p for prefix, p in PREFIXES.items() if name.startswith(prefix)), None)
    if protocol is None:
        return
    rows = [
        row
        for row in _asked(observed, protocol)
        if row["method"] not in {*NAMES.values(), "PREPARE", "quit"}
    ]
    for truth in capture.truths("elastic"):
        for check in truth["facts"].get("events", []):
            if "events_total" in check:
                yield from compare_value("packetbeat.stores", check["events_total"], len(rows))
            read = PACKETBEAT[protocol].get(check.get("field", ""))
            if read is None or check["op"] != "==" or not isinstance(check["event"], int):
                continue
            row = rows[check["event"]] if check["event"] < len(rows) else None
            value = None if row is None else read(row)
            yield from compare_value(
                f"packetbeat.{check['event']}.{check['field']}", check["value"], value
            )


def _asked(observed: Observed, protocol: str) -> list[Row]:
    """Rows of which the request was seen."""
    return [row for row in observed.of(protocol) if row["request_bytes"] is not None]


def _outcome(row: Row) -> str:
    if row["response_bytes"] is None:
        return "-"
    return "F" if row["error"] else "T"


def _detail(row: Row) -> dict[str, str]:
    detail: dict[str, str] = json.loads(row["detail"] or "{}")
    return detail
