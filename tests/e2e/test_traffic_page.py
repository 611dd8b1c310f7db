"""The list of requests on the demo: columns, sorting, going back and on in a long history."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("scenario", scenarios("traffic"))
def test_traffic(scenario: str, demo: Running, tmp_path: Path) -> None:
    """Each scenario of page/traffic.mjs."""
    play("traffic", scenario, tmp_path, URL=demo.url)
