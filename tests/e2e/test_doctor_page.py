"""The doctor's list under the badge."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.root]


@pytest.mark.parametrize("scenario", scenarios("doctor"))
def test_doctor(scenario: str, live: Running, tmp_path: Path) -> None:
    """Each scenario of page/doctor.mjs."""
    play("doctor", scenario, tmp_path, URL=live.url)
