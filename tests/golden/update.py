"""Bring the differences and docs/agreement.md up to date: `python -m tests.golden.update`.

With the argument `tcp`, the differences with Wireshark's analysis of TCP. Reasons already written
are kept where the difference is still the same; new or changed ones get an empty reason, with
which the tests fail until a person has written it. Sums over packets take the reason of what they
sum up, where that has one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.golden import differences, report
from tests.golden.captures import DIRECTORY, all_captures
from tests.golden.compared import comparisons, mismatches, tcp_captures, tcp_comparisons
from tests.golden.differences import Explained
from tests.golden.mismatch import Mismatch

SUMS = {
    "capinfos.packets": ("file.packets",),
    "capinfos.bytes": ("file.bytes", "file.packets"),
    "tshark.tcp_frames": ("tshark.tcp_packets", "tshark.tcp_flows"),
    "tshark.udp_frames": ("tshark.udp_packets", "tshark.udp_flows"),
    "tshark.tcp_frame_bytes": ("tshark.tcp_frames", "tshark.tcp_packets", "tshark.tcp_flows"),
    "tshark.udp_frame_bytes": ("tshark.udp_frames", "tshark.udp_packets", "tshark.udp_flows"),
}
"""Fields that sum up others, whose reason is theirs too."""


def main() -> None:
    """Write the differences, say what needs a reason, and write the report."""
    if not all_captures():
        sys.exit(f"No captures in {DIRECTORY}: nothing was written. Set NAUTSCAN_SHARED_PCAPS.")
    if sys.argv[1:] == ["tcp"]:
        _write(differences.TCP_FILE, _of_tcp())
    else:
        _write(differences.FILE, _of_truths())
    report.main()


def _of_truths() -> Iterator[tuple[str, Mismatch]]:
    for capture in all_captures():
        for mismatch in mismatches(comparisons(capture)):
            yield capture.name, mismatch


def _of_tcp() -> Iterator[tuple[str, Mismatch]]:
    for index, capture in enumerate(tcp_captures()):
        for mismatch in mismatches(tcp_comparisons(index)):
            yield capture.name, mismatch


def _write(file: Path, found: Iterator[tuple[str, Mismatch]]) -> None:
    known = differences.load(file)
    entries = {
        (capture, mismatch.field): _entry(capture, mismatch, known.get((capture, mismatch.field)))
        for capture, mismatch in found
    }
    for key, entry in entries.items():
        if not entry.reason:
            entries[key] = _like(entry, entries)
    preamble = file.read_text(encoding="utf-8").partition("[[difference]]")[0]
    file.write_text(differences.dump(list(entries.values()), preamble), encoding="utf-8")
    open_ones = sum(not entry.reason for entry in entries.values())
    sys.stdout.write(f"{len(entries)} differences, {open_ones} without a reason\n")


def _entry(capture: str, mismatch: Mismatch, before: Explained | None) -> Explained:
    found = (mismatch.expected, mismatch.got)
    same = before is not None and (before.expected, before.got) == found
    fault, reason = (before.fault, before.reason) if before is not None and same else ("", "")
    return Explained(capture, mismatch.field, *found, fault, reason)


def _like(entry: Explained, entries: dict[tuple[str, str], Explained]) -> Explained:
    parts = (entries.get((entry.capture, field)) for field in SUMS.get(entry.field, ()))
    part = next((part for part in parts if part is not None and part.reason), entry)
    return replace(entry, fault=part.fault, reason=part.reason)


if __name__ == "__main__":
    main()
