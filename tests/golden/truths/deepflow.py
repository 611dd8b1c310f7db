"""DeepFlow's agent: one entry a request or response that its HTTP/1 parser saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags
from tests.golden.observed import Observed, Row


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Requests and responses of HTTP/1. Messages of type Other are parts that it left alone."""
    for truth in capture.truths("deepflow"):
        messages = truth["facts"].get("messages", [])
        http1 = [message for message in messages if message.get("proto") == "Http1"]
        if not http1:
            continue
        yield from compare_bags(
            "deepflow.requests",
            (_request(m) for m in http1 if m["msg_type"] == "Request"),
            (_our_request(row) for row in observed.asked),
        )
        yield from compare_bags(
            "deepflow.responses",
            (str(m["status_code"]) for m in http1 if m["msg_type"] == "Response"),
            (str(row["status"]) for row in observed.answered),
        )


def _request(message: dict[str, Any]) -> str:
    size = message.get("req_content_length", 0)
    return f"{message['method'].upper()} {message['host']} {message['path']} {size}"


def _our_request(row: Row) -> str:
    return f"{row['method']} {row['host']} {row['target']} {row['request_bytes'] or 0}"
