"""Rows on their way out: to files, to programs, to people."""

from __future__ import annotations
