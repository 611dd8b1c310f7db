"""Bring the differences up to date: `python -m tests.golden.update`.

With the argument `tcp`, those with Wireshark's analysis of TCP. Reasons already written are kept
where the difference is still the same; new or changed differences get an empty reason, with which
the tests fail until a person has written it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.golden import differences, tcp_analysis, truths
from tests.golden.captures import all_captures
from tests.golden.differences import Explained
from tests.golden.mismatch import Mismatch
from tests.golden.observed import observe


def main() -> None:
    """Write the file and say what needs a reason."""
    if sys.argv[1:] == ["tcp"]:
        _write(differences.TCP_FILE, tcp_analysis.compare_all(all_captures()))
    else:
        _write(differences.FILE, _truths())


def _truths() -> Iterator[tuple[str, Mismatch]]:
    for capture in all_captures():
        for mismatch in truths.compare(capture, observe(capture.path)):
            yield capture.name, mismatch


def _write(file: Path, found: Iterator[tuple[str, Mismatch]]) -> None:
    known = differences.load(file)
    entries = [
        _entry(capture, mismatch, known.get((capture, mismatch.field)))
        for capture, mismatch in found
    ]
    preamble = file.read_text(encoding="utf-8").partition("[[difference]]")[0]
    file.write_text(differences.dump(entries, preamble), encoding="utf-8")
    open_ones = sum(not entry.reason for entry in entries)
    sys.stdout.write(f"{len(entries)} differences, {open_ones} without a reason\n")


def _entry(capture: str, mismatch: Mismatch, before: Explained | None) -> Explained:
    found = (mismatch.expected, mismatch.got)
    same = before is not None and (before.expected, before.got) == found
    fault, reason = (before.fault, before.reason) if before is not None and same else ("", "")
    return Explained(capture, mismatch.field, *found, fault, reason)


if __name__ == "__main__":
    main()
