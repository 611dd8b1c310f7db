"""What a column is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "time", "text", "u16", "i32", "i64", "bool", "binary", "headers", "text_list", "json"
]
"""What a value is. `time`: UTC nanoseconds of the packets; `json`: text, a JSON object."""

JSON_SAFE_INTEGER: Final = 2**53 - 1
"""Integers beyond this lose digits in JavaScript; the API writes them as strings."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name (also the JSON key), kind, and when it is null."""

    name: str
    kind: Kind
    nullable: bool
    doc: str
    stored: bool = False
    heavy: bool = False
    """Left out of lists and of live rows (headers, bodies)."""


def engine_column(
    name: str, kind: Kind, doc: str, *, null: bool = False, heavy: bool = False
) -> Column:
    """A column that the engine puts out."""
    return Column(name, kind, null, doc, heavy=heavy)
