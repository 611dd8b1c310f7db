"""Where evidence is read: files of this system, or of another one that was recorded."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nautscan.doctor import ethtool

_MAX_TEXT: Final = 1 << 20
"""Bytes read of a file: mount tables of hosts with thousands of containers fit."""


@dataclass(frozen=True)
class Evidence:
    """Reads below `root`. What is not there, or may not be read, is None: never an error."""

    root: Path = Path("/")
    platform: str = sys.platform
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    driver_of: Callable[[str], ethtool.Driver | None] = ethtool.driver
    """The kernel driver of a network interface."""

    def text(self, path: str) -> str | None:
        """A file's text without surrounding space."""
        try:
            with self._at(path).open(encoding="utf-8", errors="replace") as file:
                return file.read(_MAX_TEXT).strip("\0 \n\t")
        except OSError:
            return None

    def lines(self, path: str) -> list[str]:
        """A file's lines; none if it cannot be read."""
        return (self.text(path) or "").splitlines()

    def number(self, path: str, base: int = 10) -> int | None:
        """A file's only number."""
        try:
            return int(self.text(path) or "", base)
        except ValueError:
            return None

    def link(self, path: str) -> str | None:
        """Where a symbolic link leads."""
        try:
            return os.fspath(self._at(path).readlink())
        except OSError:
            return None

    def exists(self, path: str) -> bool:
        """Whether something is there, a dangling link included."""
        try:
            self._at(path).lstat()
        except OSError:
            return False
        return True

    def names(self, path: str) -> list[str]:
        """Names in a folder, sorted."""
        try:
            return sorted(entry.name for entry in self._at(path).iterdir())
        except OSError:
            return []

    def _at(self, path: str) -> Path:
        return self.root / path.lstrip("/")
