"""Arkime: sessions, with the values of all their HTTP messages taken together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags, compare_value
from tests.golden.observed import Observed, Row

COUNTED_METHODS = ("GET", "POST", "HEAD", "CONNECT")


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Packets of all sessions; methods counted; hosts, paths and statuses seen at all."""
    for truth in capture.truths("arkime"):
        sessions = truth["facts"]["sessions"]
        if len(sessions) != truth["facts"]["sessions_total"]:
            continue
        packets = sum(session["network"]["packets"] for session in sessions)
        yield from compare_value("arkime.packets", packets, observed.summary["packets"])
        yield from _http([session.get("http", {}) for session in sessions], observed)


def _http(sessions: list[dict[str, Any]], observed: Observed) -> Iterator[Comparison]:
    for method in COUNTED_METHODS:
        # Arkime does not count the request of a connection that becomes a WebSocket.
        if any(method in s.get("method", []) and f"method-{method}" not in s for s in sessions):
            continue
        stated = sum(session.get(f"method-{method}", 0) for session in sessions)
        found = sum(row["method"] == method for row in _asked(observed))
        yield from compare_value(f"arkime.{method}", stated, found)
    statuses = {str(code) for session in sessions for code in session.get("statuscode", [])}
    ours = {str(row["status"]) for row in observed.http if row["status"] is not None}
    yield from compare_bags("arkime.statuses", statuses, ours)
    paths = {path for session in sessions for path in session.get("path", [])}
    targets = {(row["target"] or "").partition("?")[0] for row in _asked(observed)}
    yield from compare_bags("arkime.paths", paths, targets)


def _asked(observed: Observed) -> list[Row]:
    """Of any version."""
    return [row for row in observed.http if row["method"] is not None]
