"""The explained differences between the engine and a source of truth."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("differences.toml")

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


def load() -> dict[tuple[str, str], Explained]:
    """All explained differences by capture and field."""
    document = tomllib.loads(FILE.read_text(encoding="utf-8"))
    entries = [Explained(**entry) for entry in document.get("difference", [])]
    return {(entry.capture, entry.field): entry for entry in entries}


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
