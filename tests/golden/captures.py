"""The shared captures of other projects, each with what is known about it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
DIRECTORY = Path(os.environ.get("NAUTSCAN_SHARED_PCAPS", REPOSITORY.parent / "shared" / "pcaps"))
SUFFIX = ".expected.json"


@dataclass(frozen=True)
class Capture:
    """One capture; its name is `<project>/<file>`."""

    name: str

    @property
    def path(self) -> Path:
        """The capture file."""
        return DIRECTORY / self.name

    @cached_property
    def expected(self) -> dict[str, Any]:
        """The document beside it."""
        text = (DIRECTORY / f"{self.name}{SUFFIX}").read_text(encoding="utf-8")
        document: dict[str, Any] = json.loads(text)
        return document

    @property
    def container(self) -> dict[str, Any]:
        """What the file format says."""
        container: dict[str, Any] = self.expected["container"]
        return container

    def truths(self, source: str) -> list[dict[str, Any]]:
        """The statements of one source."""
        return [truth for truth in self.expected["truth"] if truth["truth"].startswith(source)]


def all_captures() -> list[Capture]:
    """Every capture in the folder, sorted by name; none if the folder is absent."""
    documents = sorted(DIRECTORY.glob(f"*/*{SUFFIX}"))
    names = (document.relative_to(DIRECTORY).as_posix() for document in documents)
    return [Capture(name.removesuffix(SUFFIX)) for name in names]
