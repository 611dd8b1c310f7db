"""The page on the demo: the label, every place, and accessibility."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("scenario", scenarios("demo"))
def test_demo(scenario: str, demo: Running, tmp_path: Path) -> None:
    """Each scenario of page/demo.mjs."""
    play("demo", scenario, tmp_path, URL=demo.url)
