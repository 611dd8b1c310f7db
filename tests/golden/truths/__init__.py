"""One module a source of truth: how to read its statements beside the engine's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison
from tests.golden.observed import Observed
from tests.golden.truths import (
    arkime,
    container,
    deepflow,
    dns,
    http2,
    kafka,
    messages,
    mongodb,
    mysql,
    packetbeat,
    peers,
    quic,
    stores,
    summaries,
    suricata,
    tls,
    tshark,
    websocket,
    zeek,
)

Compare = Callable[[Capture, Observed], Iterator[Comparison]]

SOURCES: tuple[Compare, ...] = (
    container.compare,
    peers.compare,
    tshark.compare,
    dns.compare,
    http2.compare,
    kafka.compare,
    stores.compare,
    messages.compare,
    mysql.compare,
    mongodb.compare,
    tls.compare,
    websocket.compare,
    quic.compare,
    summaries.compare,
    packetbeat.compare,
    zeek.compare,
    zeek.compare_dns,
    suricata.compare,
    arkime.compare,
    deepflow.compare,
)


def compare(capture: Capture, observed: Observed) -> list[Comparison]:
    """Everything that any source states, beside what the engine reports."""
    return [comparison for source in SOURCES for comparison in source(capture, observed)]
