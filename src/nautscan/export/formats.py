"""The formats of tables in files. Apart from what writes them, which takes long to import."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from nautscan.errors import BadRequest

Format = Literal["parquet", "csv", "json"]
FORMATS: tuple[Format, ...] = ("parquet", "csv", "json")


def format_of(form: str | None, output: str) -> Format:
    """The format that was named, or the one that the file's name ends with."""
    suffix = Path(output).suffix.lower().lstrip(".")
    name = form or {"jsonl": "json", "ndjson": "json"}.get(suffix, suffix)
    for known in FORMATS:
        if name == known:
            return known
    raise BadRequest(
        f"The name {output} does not say which format to write.",
        remedy=f"Choose one by --format: {', '.join(FORMATS)}.",
    )
