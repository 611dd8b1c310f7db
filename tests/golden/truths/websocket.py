"""WebSockets beside those who read them too."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags, compare_value
from tests.golden.observed import Observed, Row

OPCODES = {1: "texts", 2: "binaries", 9: "pings", 10: "pongs"}
"""Frames that begin a message, and what the detail calls those."""
CLOSE = 8
SIDES = {"client": "request_bytes", "server": "response_bytes"}
"""What each has sent."""


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Messages by type and side, their bytes, and how WebSockets were closed."""
    yield from _tshark(capture, observed)
    yield from _zeek(capture, observed)
    yield from _suricata(capture, observed)
    yield from _ndpi(capture, observed)


def _rows(observed: Observed) -> list[Row]:
    return observed.of("websocket")


def _detail(row: Row) -> dict[str, str]:
    detail: dict[str, str] = json.loads(row["detail"] or "{}")
    return detail


def _tshark(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        frames = truth["facts"].get("websocket_frames", [])
        # Of many frames the first are listed.
        if not frames or len(frames) != truth["facts"]["counts"]["websocket_frames"]:
            continue
        rows = _rows(observed)
        # A mask tells who sent a frame, unless one of the sides masks as it should not.
        is_told = not any("websocket_masking_wrong" in row["oddities"] for row in rows)
        stated = Counter(
            f"{_side(frame) if is_told else ''} {OPCODES[frame['opcode']]}"
            for frame in frames
            if frame["opcode"] in OPCODES
        )
        found: Counter[str] = Counter()
        for row in rows:
            for name, count in _detail(row).items():
                side, _, kind = name.partition("_")
                if side in SIDES and kind in OPCODES.values():
                    found[f"{side if is_told else ''} {kind}"] += int(count)
        yield from compare_bags("tshark.websocket", _lines(stated), _lines(found))
        yield from compare_bags(
            "tshark.websocket_bytes",
            _bytes((_side(frame), frame["payload_length"]) for frame in frames if _is_data(frame))
            if is_told
            else (),
            _bytes((side, row[column] or 0) for row in rows for side, column in SIDES.items())
            if is_told
            else (),
        )
        closes = (frame for frame in frames if frame["opcode"] == CLOSE)
        codes = {str(frame["close_code"]) for frame in closes if "close_code" in frame}
        ours_closed = {_detail(row).get("close_code") for row in rows} - {None}
        if codes:
            yield from compare_bags("tshark.websocket_codes", codes, map(str, ours_closed))


def _side(frame: dict[str, Any]) -> str:
    return "client" if frame["masked"] else "server"


def _is_data(frame: dict[str, Any]) -> bool:
    return bool(frame["opcode"] < CLOSE)


def _bytes(sent: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Sums by side."""
    sums: Counter[str] = Counter()
    for side, count in sent:
        sums[side] += count
    return _lines(+sums)


def _lines(counts: Counter[str]) -> Iterator[str]:
    return (f"{name} {count}" for name, count in counts.items())


def _zeek(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("zeek"):
        log = truth["facts"].get("logs", {}).get("websocket.log")
        if log is None:
            continue
        yield from compare_bags(
            "zeek.websocket",
            (
                _words(row.get("host"), row.get("uri"), row.get("subprotocol"))
                for row in log["rows"]
            ),
            (
                _words(row["host"], row["target"], _detail(row).get("subprotocol"))
                for row in _rows(observed)
            ),
        )


def _words(*parts: Any) -> str:
    return " ".join(str(part) if part is not None else "-" for part in parts)


def _suricata(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("OISF"):
        for event in truth["facts"].get("eve_events", []):
            opcode = event["match"].get("websocket.opcode")
            if opcode is None or "websocket.mask" in event["match"]:
                continue
            names = [f"{side}_{opcode}s" for side in ("client", "server")]
            found = sum(int(_detail(row).get(name, 0)) for row in _rows(observed) for name in names)
            yield from compare_value(f"suricata.websocket_{opcode}", event["count"], found)


def _ndpi(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("ntop"):
        stated = truth["facts"].get("protocols", {}).get("WebSocket")
        if stated is None:
            continue
        found = len({row["flow_id"] for row in _rows(observed)})
        yield from compare_value("ndpi.websocket_flows", stated["flows"], found)
