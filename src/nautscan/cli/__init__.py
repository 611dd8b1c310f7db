"""The ``nautscan`` command."""

from __future__ import annotations

from nautscan.cli.main import main

__all__ = ["main"]
