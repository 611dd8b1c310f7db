"""Requests that last on the page: a WebSocket that is open while it is looked at, then closed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running
from tests.e2e.target import Target

pytestmark = [pytest.mark.browser, pytest.mark.root]

PORT: Final = 8765
TALKER: Final = Path(__file__).parent / "talker.py"


@pytest.fixture(scope="module")
def sockets(target: Target) -> Iterator[str]:
    """A server of WebSockets beside the target."""
    command = ["ip", "netns", "exec", target.namespace, sys.executable, str(TALKER), "listen"]
    with subprocess.Popen(
        [*command, target.address, str(PORT)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        yield f"ws://{target.address}:{PORT}"
        process.kill()


@pytest.fixture(scope="module")
def readable(target: Target) -> Iterator[Running]:
    """NautScan capturing there, with nothing redacted: what is said is shown."""
    with Running("serve", "--interface", target.interface, NAUTSCAN_REDACT="false") as running:
        yield running


@pytest.mark.parametrize("scenario", scenarios("growing"))
def test_growing(
    scenario: str, readable: Running, target: Target, sockets: str, tmp_path: Path
) -> None:
    """Each scenario of page/growing.mjs."""
    play(
        "growing",
        scenario,
        tmp_path,
        URL=readable.url,
        TARGET=target.url,
        SOCKETS=sockets,
        TALKER=f"{sys.executable} {TALKER}",
    )
