"""The filter bar on the demo: completion, history, saved filters, values in lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("scenario", scenarios("filter"))
def test_filter(scenario: str, demo: Running, tmp_path: Path) -> None:
    """Each scenario of page/filter.mjs."""
    play("filter", scenario, tmp_path, URL=demo.url)
