"""Bring differences.toml and docs/agreement.md up to date: `python -m tests.golden.update`.

With the argument `tcp`, the differences with Wireshark's analysis of TCP. Reasons already written
are kept where the difference is still the same; new or changed differences get an empty reason,
with which the tests fail until a person has written it. Sums over packets take the reason of what
they sum up, where that has one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tests.golden import differences, report, tcp_analysis
from tests.golden.captures import all_captures
from tests.golden.compared import mismatches
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
    """Write the files and say what needs a reason."""
    if sys.argv[1:] == ["tcp"]:
        _write(differences.TCP_FILE, tcp_analysis.compare_all(all_captures()))
        return
    captures = all_captures()
    _write(differences.FILE, ((c.name, m) for c in captures for m in mismatches(c).values()))
    report.write()


def _write(file: Path, found: Iterable[tuple[str, Mismatch]]) -> None:
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
