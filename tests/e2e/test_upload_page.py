"""A capture file dropped on the page of the demo, looked at, deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

import nautscan
from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running
from tests.unit.shop import write_shop

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scenario", scenarios("upload"))
def test_upload(scenario: str, demo: Running, tmp_path: Path) -> None:
    """Each scenario of page/upload.mjs."""
    shop = write_shop(tmp_path)
    requests = len(nautscan.read(shop.path).requests)
    play(
        "upload",
        scenario,
        tmp_path,
        URL=demo.url,
        FILE=str(shop.path),
        PACKETS=str(shop.packets),
        REQUESTS=str(requests),
    )
