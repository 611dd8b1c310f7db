"""Bring differences.toml up to date: `python -m tests.golden.update`.

Reasons already written are kept where the difference is still the same; new or changed
differences get an empty reason, with which the tests fail until a person has written it.
"""

from __future__ import annotations

import sys

from tests.golden import differences, truths
from tests.golden.captures import all_captures
from tests.golden.differences import Explained
from tests.golden.mismatch import Mismatch
from tests.golden.observed import observe


def main() -> None:
    """Write the file and say what needs a reason."""
    known = differences.load()
    entries = [
        _entry(capture.name, mismatch, known.get((capture.name, mismatch.field)))
        for capture in all_captures()
        for mismatch in truths.compare(capture, observe(capture.path))
    ]
    text = differences.FILE.read_text(encoding="utf-8")
    preamble = text.partition("[[difference]]")[0]
    differences.FILE.write_text(differences.dump(entries, preamble), encoding="utf-8")
    open_ones = sum(not entry.reason for entry in entries)
    sys.stdout.write(f"{len(entries)} differences, {open_ones} without a reason\n")


def _entry(capture: str, mismatch: Mismatch, before: Explained | None) -> Explained:
    found = (mismatch.expected, mismatch.got)
    same = before is not None and (before.expected, before.got) == found
    fault, reason = (before.fault, before.reason) if before is not None and same else ("", "")
    return Explained(capture, mismatch.field, *found, fault, reason)


if __name__ == "__main__":
    main()
