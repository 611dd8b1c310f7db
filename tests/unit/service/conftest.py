"""Fixtures of the service's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.service.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A running service."""
    made = World(tmp_path)
    await made.service.start()
    yield made
    await made.service.stop()
