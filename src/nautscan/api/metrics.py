"""Prometheus text exposition, written from the same snapshot as the health answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def exposition(health: Mapping[str, Any]) -> str:
    """The counters of a health snapshot as Prometheus metrics."""
    lines: list[str] = []
    _stages(lines, health["stages"])
    store, live, sensor = health["store"], health["live"], health["sensor"]
    _single(
        lines,
        "nautscan_up",
        "gauge",
        "1 if capture runs and is shown",
        health["status"] != "no_capture",
    )
    _single(
        lines,
        "nautscan_sensor_connected",
        "gauge",
        "1 if the sensor is connected",
        sensor["connected"],
    )
    _single(lines, "nautscan_store_bytes", "gauge", "Size of the database files", store["bytes"])
    _single(
        lines,
        "nautscan_store_queue_bytes",
        "gauge",
        "Bytes waiting to be stored",
        store["queue_bytes"],
    )
    _single(
        lines, "nautscan_store_rows_written_total", "counter", "Rows stored", store["rows_written"]
    )
    _single(
        lines, "nautscan_store_rows_lost_total", "counter", "Rows not stored", store["rows_lost"]
    )
    _single(
        lines,
        "nautscan_store_rows_expired_total",
        "counter",
        "Rows deleted by retention",
        store["rows_expired"],
    )
    _single(lines, "nautscan_live_subscribers", "gauge", "Live viewers", live["subscribers"])
    _single(
        lines,
        "nautscan_live_rows_sent_total",
        "counter",
        "Rows sent to live viewers",
        live["rows_sent"],
    )
    _single(
        lines,
        "nautscan_live_rows_skipped_total",
        "counter",
        "Rows that live viewers missed",
        live["rows_skipped"],
    )
    lines.append("")
    return "\n".join(lines)


def _stages(lines: list[str], counters: Iterable[Mapping[str, Any]]) -> None:
    name = "nautscan_stage_total"
    lines.append(f"# HELP {name} Counters of each stage of the sensor since it started")
    lines.append(f"# TYPE {name} counter")
    for counter in counters:
        labels = {
            "sensor": counter["sensor"],
            "interface": counter["interface"] or "",
            "stage": counter["stage"],
            "name": counter["name"],
        }
        text = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
        lines.append(f"{name}{{{text}}} {counter['value']}")


def _single(lines: list[str], name: str, kind: str, doc: str, value: float) -> None:
    lines.append(f"# HELP {name} {doc}")
    lines.append(f"# TYPE {name} {kind}")
    lines.append(f"{name} {int(value)}")


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
