"""The file format itself: packets and their bytes on the wire."""

from __future__ import annotations

from collections.abc import Iterator

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_value
from tests.golden.observed import Observed


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Packets and bytes."""
    facts = capture.container
    yield from compare_value("file.packets", facts["packets"], observed.summary["packets"])
    yield from compare_value("file.bytes", facts["wire_bytes"], observed.summary["bytes"])
