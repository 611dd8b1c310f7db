"""Capture files written again as one pcapng file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def copy_packets(sources: Sequence[str], target: Path, bpf: str | None) -> dict[str, Any]:
    """Write the packets that match, in order of time, and what the files say besides them.

    The file appears under its name only when it is whole. Gives the engine's totals: packets,
    filtered_out, not_expressible, damaged, warnings.
    """
    from nautscan import _engine

    partial = target.with_name(f".{target.name}.partial")
    try:
        totals = _engine.copy_packets(list(sources), str(partial), filter=bpf)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return totals
