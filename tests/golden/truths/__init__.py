"""One module a source of truth: how to read its statements beside the engine's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.golden.captures import Capture
from tests.golden.mismatch import Mismatch
from tests.golden.observed import Observed
from tests.golden.truths import (
    arkime,
    container,
    deepflow,
    packetbeat,
    suricata,
    tshark,
    zeek,
)

Compare = Callable[[Capture, Observed], Iterator[Mismatch]]

SOURCES: tuple[Compare, ...] = (
    container.compare,
    tshark.compare,
    packetbeat.compare,
    zeek.compare,
    suricata.compare,
    arkime.compare,
    deepflow.compare,
)


def compare(capture: Capture, observed: Observed) -> list[Mismatch]:
    """Everything that any source states and the engine does not share."""
    return [mismatch for source in SOURCES for mismatch in source(capture, observed)]
