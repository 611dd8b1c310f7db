"""One request in full, on live capture: its bodies, its copies in other forms, its packets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running
from tests.e2e.target import Target

pytestmark = [pytest.mark.browser, pytest.mark.root]


@pytest.mark.parametrize("scenario", scenarios("detail"))
def test_detail(scenario: str, live: Running, target: Target, tmp_path: Path) -> None:
    """Each scenario of page/detail.mjs."""
    play("detail", scenario, tmp_path, URL=live.url, TARGET=target.url, INTERFACE=target.interface)
