"""The explained differences between the engine and a source of truth."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.golden.mismatch import Mismatch

FILE = Path(__file__).with_name("differences.toml")
TCP_FILE = Path(__file__).with_name("tcp_differences.toml")
"""Those with Wireshark's analysis of TCP."""

FAULTS = ("tshark", "project", "capture", "scope", "definition", "nautscan")
"""Whose fault a difference may be.

`tshark`, `project`: the source reports something else than the packets say. `capture`: the
capture itself is ambiguous. `scope`: something that this version does not claim to read.
`definition`: both are right about different things. `nautscan`: ours, to be mended.
"""


@dataclass(frozen=True)
class Explained:
    """One difference with its reason. `expected` and `got` pin it: another one is not excused."""

    capture: str
    field: str
    expected: str
    got: str
    fault: str
    reason: str


def load(file: Path = FILE) -> dict[tuple[str, str], Explained]:
    """All explained differences of a file by capture and field."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    entries = [Explained(**entry) for entry in document.get("difference", [])]
    return {(entry.capture, entry.field): entry for entry in entries}


def unexplained(
    capture: str, mismatches: Iterable[Mismatch], known: dict[tuple[str, str], Explained]
) -> list[str]:
    """Mismatches of a capture without an explanation."""
    return [
        f"{mismatch.field}: expected {mismatch.expected!r}, got {mismatch.got!r}"
        for mismatch in mismatches
        if (capture, mismatch.field) not in known
    ]


def outdated(
    capture: str, mismatches: Iterable[Mismatch], known: dict[tuple[str, str], Explained]
) -> list[str]:
    """Explanations of a capture that no longer apply."""
    found = {mismatch.field: (mismatch.expected, mismatch.got) for mismatch in mismatches}
    return [
        f"{field}: explained as {entry.expected!r} / {entry.got!r}, found {found.get(field)}"
        for (name, field), entry in known.items()
        if name == capture and found.get(field) != (entry.expected, entry.got)
    ]


def dump(entries: list[Explained], preamble: str) -> str:
    """The file's text, sorted, so that its history shows only what changed."""
    ordered = sorted(entries, key=lambda entry: (entry.capture, entry.field))
    return preamble + "\n".join(map(_entry, ordered))


def _entry(entry: Explained) -> str:
    fields = ("capture", "field", "expected", "got", "fault", "reason")
    lines = (f"{name} = {_quoted(getattr(entry, name))}" for name in fields)
    return "[[difference]]\n" + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    control = {code: f"\\u{code:04x}" for code in (*range(0x20), 0x7F)}
    return f'"{escaped.translate(control)}"'
