"""HTTP/2 and gRPC beside those who read them too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags
from tests.golden.observed import Observed, Row


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Streams: what was asked, how it was answered, how many messages a call had."""
    yield from _tshark(capture, observed)
    yield from _messages(capture, observed)
    yield from _deepflow(capture, observed)
    yield from _suricata(capture, observed)


def _rows(observed: Observed) -> list[Row]:
    rows = observed.of("http", "grpc")
    return [row for row in rows if "stream" in _detail(row)]


def _tshark(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        facts = truth["facts"]
        # With secrets, tshark reads what is encrypted.
        if "http2_streams" not in facts or "tls_decrypted_payload" in facts:
            continue
        if "http2_streams_total" in facts:
            continue
        streams = facts["http2_streams"]
        asked = [stream["request"] for stream in streams if "request" in stream]
        rows = _rows(observed)
        yield from compare_bags(
            "tshark.http2_requests",
            (
                f"{r.get('method', '-')} {r.get('authority', '-')} {r.get('path', '-')}"
                for r in asked
            ),
            (_our_request(row) for row in rows if row["method"] and not _is_upgraded(row)),
        )
        yield from compare_bags(
            "tshark.http2_statuses",
            (
                str(stream["response"]["status"])
                for stream in streams
                if "status" in stream.get("response", {})
            ),
            (str(status) for row in rows if (status := _http_status(row)) is not None),
        )
        yield from compare_bags(
            "tshark.grpc_statuses",
            (str(stream["grpc_status"]) for stream in streams if "grpc_status" in stream),
            (
                str(row["status"])
                for row in rows
                if row["protocol"] == "grpc" and row["status"] is not None
            ),
        )


def _messages(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Messages of gRPC. Wireshark tells the frame of trailers of gRPC-Web as one, too."""
    for truth in capture.truths("tshark"):
        messages = truth["facts"].get("grpc_messages")
        if messages is None:
            continue
        ours = 0
        for row in observed.of("grpc"):
            detail = _detail(row)
            counts = (detail.get(f"{side}_messages", "0") for side in ("request", "response"))
            ours += sum(map(int, counts)) + ("grpc_web" in detail and row["status"] is not None)
        yield from compare_bags("tshark.grpc_messages", [str(len(messages))], [str(ours)])


def _our_request(row: Row) -> str:
    method = "POST" if row["protocol"] == "grpc" else row["method"]
    return f"{method or '-'} {row['host'] or '-'} {row['target'] or '-'}"


def _is_upgraded(row: Row) -> bool:
    """Whether the request came as HTTP/1, which tshark tells there."""
    return "upgraded_from" in _detail(row)


def _http_status(row: Row) -> int | None:
    if row["protocol"] != "grpc":
        status: int | None = row["status"]
        return status
    if row["content_type"] is None:
        return None
    return int(_detail(row).get("http_status", 200))


def _detail(row: Row) -> dict[str, str]:
    detail: dict[str, str] = json.loads(row["detail"] or "{}")
    return detail


def _deepflow(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("deepflow"):
        messages = truth["facts"].get("messages", [])
        ours = [m for m in messages if m.get("proto") in {"Http2", "Grpc"}]
        if not ours:
            continue
        rows = _rows(observed)
        yield from compare_bags(
            "deepflow.http2_requests",
            (_their_request(m) for m in ours if m["msg_type"] == "Request"),
            (
                f"{_detail(row)['stream']} {row['host'] or '-'} {row['target'] or '-'}"
                for row in rows
                if row["method"]
            ),
        )
        yield from compare_bags(
            "deepflow.http2_responses",
            (str(m["stream_id"]) for m in ours if m["msg_type"] == "Response"),
            (_detail(row)["stream"] for row in rows if _http_status(row) is not None),
        )


def _their_request(message: dict[str, Any]) -> str:
    return f"{message['stream_id']} {message.get('host', '-')} {message.get('path', '-')}"


def _suricata(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Events of HTTP/2 streams that state a target and a status."""
    for truth in capture.truths("OISF"):
        for event in truth["facts"].get("eve_events", []):
            match = event["match"]
            if match.get("http.version") != "2" or "http.url" not in match:
                continue
            if not {"http.status", "http.http_method"} <= match.keys():
                continue
            want = f"{match['http.http_method']} {match['http.url']} {match['http.status']}"
            rows = _rows(observed)
            ours = [f"{r['method']} {r['target']} {r['status']}" for r in rows]
            yield from compare_bags(
                "suricata.http2", [want] * event["count"], [text for text in ours if text == want]
            )
