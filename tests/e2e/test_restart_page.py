"""The page outlives its server: it comes back by itself, with what was stored before."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running
from tests.e2e.target import Target

pytestmark = [pytest.mark.browser, pytest.mark.root]

WAIT_S = 120.0


def free_port() -> str:
    """A port that both servers can have, one after the other."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


@pytest.mark.parametrize("scenario", scenarios("restart"))
def test_restart(scenario: str, target: Target, tmp_path: Path) -> None:
    """Each scenario of page/restart.mjs asks for a new server by making a file."""
    data = Path(tempfile.mkdtemp(prefix="nautscan-restart-", dir="/tmp"))
    data.chmod(0o777)
    asked = tmp_path / "restart"
    serve = ["serve", "--interface", target.interface, "--port", free_port()]
    # One scenario is about a server that has nothing to do with the one before.
    second = "other" if "another_database" in scenario else "data"
    facts = {"TARGET": target.url, "RESTART": str(asked)}
    try:
        with ThreadPoolExecutor(1) as pool:
            with Running(*serve, "--data-dir", str(data / "data")) as first:
                playing = pool.submit(play, "restart", scenario, tmp_path, URL=first.url, **facts)
                deadline = time.monotonic() + WAIT_S
                while not asked.exists() and not playing.done() and time.monotonic() < deadline:
                    time.sleep(0.1)
            with Running(*serve, "--data-dir", str(data / second)):
                playing.result(WAIT_S)
    finally:
        shutil.rmtree(data, ignore_errors=True)
