"""Overview, map, time, comparison and settings on live capture of the test's own requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running
from tests.e2e.target import Target

pytestmark = [pytest.mark.browser, pytest.mark.root]


@pytest.mark.parametrize("scenario", scenarios("places"))
def test_places(scenario: str, live: Running, target: Target, tmp_path: Path) -> None:
    """Each scenario of page/places.mjs."""
    play("places", scenario, tmp_path, URL=live.url, TARGET=target.url, INTERFACE=target.interface)
