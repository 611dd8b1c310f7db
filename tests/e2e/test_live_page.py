"""The page on live capture: requests made during the test are what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running
from tests.e2e.target import Target

pytestmark = [pytest.mark.browser, pytest.mark.root]


@pytest.mark.parametrize("scenario", scenarios("live"))
def test_live(scenario: str, live: Running, target: Target, tmp_path: Path) -> None:
    """Each scenario of page/live.mjs."""
    play("live", scenario, tmp_path, URL=live.url, TARGET=target.url, INTERFACE=target.interface)
