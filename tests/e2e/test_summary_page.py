"""What a flow says of itself, on the page: real pings."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running
from tests.e2e.target import Target

pytestmark = [pytest.mark.browser, pytest.mark.root]


@pytest.mark.parametrize("scenario", scenarios("summary"))
def test_summary(scenario: str, live: Running, target: Target, tmp_path: Path) -> None:
    """Each scenario of page/summary.mjs, after three pings of the target."""
    subprocess.run(
        ["ping", "-c", "3", "-i", "0.02", target.address],
        check=True, capture_output=True, timeout=20,
    )  # fmt: skip
    play("summary", scenario, tmp_path, URL=live.url, ADDRESS=target.address)
