"""capinfos and tshark on this capture: packets, bytes and times of the file and of its transports.

The answers are checked in; see `tests.golden.peers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.golden import peers
from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_value
from tests.golden.observed import Observed


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Totals of the file, then of TCP and UDP frames over all flows."""
    answers = _answers().get(capture.name, {})
    if "packets" in answers:
        yield from _file(answers, observed.summary)
    for transport in ("tcp", "udp"):
        if transport in answers:
            yield from _transport(transport, answers[transport], observed)


@cache
def _answers() -> dict[str, dict[str, Any]]:
    return peers.load()


def _file(answers: dict[str, Any], summary: dict[str, Any]) -> Iterator[Comparison]:
    yield from compare_value("capinfos.packets", answers["packets"], summary["packets"])
    yield from compare_value("capinfos.bytes", answers["bytes"], summary["bytes"])
    for edge in ("first", "last"):
        if edge in answers:
            stated = answers[edge]
            reported = _seconds(summary[f"{edge}_time"], stated)
            yield from compare_value(f"capinfos.{edge}_time", stated, reported)


def _seconds(time: str | None, like: str) -> str | None:
    """A time as seconds since 1970, with as many decimals as `like` has."""
    if time is None:
        return None
    from datetime import datetime

    whole, _, fraction = time.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    decimals = len(like.partition(".")[2])
    return f"{seconds}.{fraction[:decimals]}" if decimals else str(seconds)


def _transport(name: str, stated: list[int], observed: Observed) -> Iterator[Comparison]:
    """Frames include those seen at a second interface, whose bytes no flow counts again."""
    flows = [flow for flow in observed.flows if flow["transport"] == name]
    packets = sum(f["client_packets"] + f["server_packets"] + f["duplicates"] for f in flows)
    size = sum(flow["client_bytes"] + flow["server_bytes"] for flow in flows)
    yield from compare_value(f"tshark.{name}_frames", stated[0], packets)
    yield from compare_value(f"tshark.{name}_frame_bytes", stated[1], size)
