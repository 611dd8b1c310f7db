"""Kafka beside those who read it too: requests, answers and error codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags
from tests.golden.observed import Observed, Row

CALLED = {"Offsets": "ListOffsets"}
"""What Wireshark calls otherwise than Kafka's own guide."""
NULL = "[ Null ]"
"""A topic without a name, in Wireshark's words."""


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Requests, answers, topics and errors."""
    rows = observed.of("kafka")
    yield from _tshark(capture, rows)
    yield from _deepflow(capture, rows)


def _tshark(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        entries = truth["facts"].get("kafka")
        if entries is None:
            continue
        asked = [entry for entry in entries if entry["kind"] == "request"]
        yield from compare_bags(
            "tshark.kafka",
            (_words(_name(e), e["version"], e["correlation_id"], e["length"]) for e in asked),
            (
                _words(
                    row["method"],
                    _detail(row).get("api_version"),
                    _detail(row).get("correlation_id"),
                    row["request_bytes"] - 4,
                )
                for row in rows
                if row["request_bytes"] is not None
            ),
        )
        yield from compare_bags(
            "tshark.kafka_clients",
            (entry["client_id"] for entry in asked if "client_id" in entry),
            (client for row in rows if (client := _detail(row).get("client_id"))),
        )
        answers = [entry for entry in entries if entry["kind"] == "response"]
        yield from compare_bags(
            "tshark.kafka_answers",
            (_words(entry["correlation_id"], entry["length"]) for entry in answers),
            (
                _words(_detail(row)["correlation_id"], row["response_bytes"] - 4)
                for row in rows
                if row["response_bytes"] is not None
            ),
        )
        # The first that is none of 0, as Wireshark lists each value once.
        yield from compare_bags(
            "tshark.kafka_errors",
            (str(_first(entry["errors"])) for entry in answers if entry.get("errors")),
            (str(row["status"]) for row in rows if row["status"] is not None),
        )
        topics = [topic for e in asked for topic in e.get("topics", []) if topic and topic != NULL]
        ours = [t for row in rows for t in _detail(row).get("topics", "").split(", ") if t]
        yield from compare_bags("tshark.kafka_topics", set(topics), set(ours))


def _first(codes: list[int]) -> int:
    return next((code for code in codes if code), 0)


def _name(entry: dict[str, Any]) -> str:
    name: str = entry["api"].split(" ")[0]
    return CALLED.get(name, name)


def _deepflow(capture: Capture, rows: list[Row]) -> Iterator[Comparison]:
    for truth in capture.truths("deepflow"):
        messages = [m for m in truth["facts"].get("messages", []) if m.get("type") == "KafkaInfo"]
        if not messages:
            continue
        asked = [message for message in messages if message["msg_type"] == "Request"]
        yield from compare_bags(
            "deepflow.kafka",
            (_words(m["api_key"], m["api_version"], m["correlation_id"]) for m in asked),
            (
                _words(row["method"], _detail(row)["api_version"], _detail(row)["correlation_id"])
                for row in rows
            ),
        )
        yield from compare_bags(
            "deepflow.kafka_topics",
            (message["topic_name"] for message in asked if message.get("topic_name")),
            (topic for row in rows if (topic := _detail(row).get("topics"))),
        )
        yield from compare_bags(
            "deepflow.kafka_groups",
            (message["group_id"] for message in asked if message.get("group_id")),
            (group for row in rows if (group := _detail(row).get("group"))),
        )
        yield from compare_bags(
            "deepflow.kafka_status",
            (str(m["status_code"]) for m in messages if "status_code" in m),
            (str(row["status"]) for row in rows if row["status"] is not None),
        )


def _words(*values: object) -> str:
    return " ".join(str(value) for value in values)


def _detail(row: Row) -> dict[str, str]:
    detail: dict[str, str] = json.loads(row["detail"] or "{}")
    return detail
