"""What the tests of the sensor share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every user may enter: pytest's own are private, and made so again and again."""
    with tempfile.TemporaryDirectory(prefix="nautscan-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)
