"""The engine's answers in the shapes of the product: errors, interfaces, rows of counters."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Collection
from typing import Any

import arro3.core
import arro3.io

from nautscan import _engine
from nautscan.errors import NautScanError
from nautscan.sensor import friendly
from nautscan.sensor.outbox import OutboxCounters
from nautscan.sensor.permission import explain

log = logging.getLogger(__name__)


def as_dict(error: _engine.EngineError) -> dict[str, Any]:
    """The engine's error in the one JSON shape, with advice for this machine."""
    facts = {"code": error.code, "message": error.message, "remedy": error.remedy, "detail": {}}
    return explain(facts)


def relayed(error: _engine.EngineError) -> NautScanError:
    """The engine's error as ours."""
    return NautScanError.from_dict(as_dict(error))


def interfaces(captured: Collection[str]) -> list[dict[str, Any]]:
    """The interfaces of this host; `selected` are those being captured."""
    try:
        found = _engine.interfaces()
    except _engine.EngineError as error:
        raise relayed(error) from error
    known = friendly.adapters(facts["name"] for facts in found)
    listed = friendly.described(found, known)
    return [{**facts, "selected": facts["name"] in captured} for facts in listed]


def stream_as_interface(name: str, *, running: bool) -> dict[str, Any]:
    """A stream in the shape of an interface: it is what rows name as theirs."""
    return {
        "name": name,
        "friendly_name": None,
        "description": "A stream of packets that this NautScan was started with",
        "kind": "stream",
        "addresses": [],
        "mac": None,
        "up": running,
        "link_type": None,
        "selected": running,
        "capturable": True,
        "reason": None,
    }


def default_interfaces() -> tuple[list[str], str]:
    """Those captured where the user named none, and why these. Raises NautScanError."""
    try:
        return _engine.default_interfaces()
    except _engine.EngineError as error:
        raise relayed(error) from error


def log_interfaces() -> None:
    """One line for each interface, so that a person sees the names to choose from."""
    try:
        found = interfaces(())
    except NautScanError as error:
        log.warning("the interfaces cannot be listed: %s", error.message)
        return
    shared = shared_reason(found)
    for facts in found:
        log.info("interface %s", described({**facts, "reason": None} if shared else facts))


def shared_reason(found: list[dict[str, Any]]) -> str | None:
    """Why none of the interfaces can be captured, if that is the same for all: said once."""
    reasons = {facts["reason"] for facts in found}
    return reasons.pop() if len(reasons) == 1 else None


def described(facts: dict[str, Any]) -> str:
    """An interface in a line."""
    parts = [facts["name"], facts.get("friendly_name") or "", facts.get("kind") or ""]
    parts.append("up" if facts.get("up") else "down")
    parts.extend(facts.get("addresses") or ())
    if facts.get("reason"):
        parts.append(f"({facts['reason']})")
    return " ".join(part for part in parts if part)


def capture_library() -> str | None:
    """Version of libpcap, or None where it is missing."""
    try:
        return capture_library_version()
    except NautScanError:
        return None


def capture_library_version() -> str:
    """Version of libpcap. Raises NautScanError with what to install where it is missing."""
    try:
        return _engine.capture_library()
    except _engine.EngineError as error:
        raise relayed(error) from error


def outbox_counters(counters: OutboxCounters) -> dict[str, int]:
    """Names (stage `queue`) and values of the outbox's losses.

    The engine counts those of its own queue as `batches_dropped` and `rows_dropped`.
    """
    return {
        "outbox_batches_dropped": counters.batches_dropped,
        "outbox_rows_dropped": counters.rows_dropped,
    }


def queue_stats(sensor: str, counters: OutboxCounters) -> tuple[bytes, int]:
    """Rows of `stats` for the outbox, as Arrow IPC, and how many."""
    rows = outbox_counters(counters)
    columns: dict[str, list[Any]] = {
        "sensor": [sensor] * len(rows),
        "interface": [None] * len(rows),
        "stage": ["queue"] * len(rows),
        "name": list(rows),
        "value": list(rows.values()),
    }
    schema = arro3.core.Schema.from_arrow(_engine.schema("stats"))
    now = arro3.core.Array([time.time_ns()] * len(rows), arro3.core.DataType.int64())
    arrays = [
        now.cast(schema.field(name).type)
        if name == "time"
        else arro3.core.Array(columns[name], schema.field(name).type)
        for name in schema.names
    ]
    sink = io.BytesIO()
    batch = arro3.core.RecordBatch.from_arrays(arrays, schema=schema)
    arro3.io.write_ipc_stream(batch, sink, compression=None)
    return sink.getvalue(), len(rows)
