"""The page's containers, with real ones: which processes they run, and who was behind a row."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.e2e import browser
from tests.integration.docker_engine import DockerEngine
from tests.integration.nautscan_process import PORT, NautScanProcess

pytestmark = [pytest.mark.root, pytest.mark.docker, pytest.mark.browser]


def test_container_processes(engine: DockerEngine, tmp_path: Path) -> None:
    """Each scenario of page/processes.mjs, in one world: `web` asks `orders`."""
    reason = browser.why_not()
    if reason is not None:
        pytest.skip(reason)
    engine.network("front")
    engine.serve_http("orders", networks=["front"])
    engine.run("web", networks=["front"])
    network = engine.docker("network", "inspect", "--format", "{{.Id}}", "front")
    with NautScanProcess.start(engine, NETWORK_INTERFACES=f"br-{network[:12]}") as process:
        process.wait_for(lambda: process.get("/api/processes")["state"]["scope"] == "all")
        reply = "http://orders/cgi-bin/reply?200"
        for _ in range(3):
            engine.exec("web", ["wget", "-q", "-O", "-", reply])
        process.wait_for(
            lambda: process.get("/api/requests", filter="server_command = 'httpd'")["requests"]
        )
        for scenario in browser.scenarios("processes"):
            play = partial(browser.play, "processes", scenario, tmp_path)
            engine.inside(partial(play, URL=f"http://127.0.0.1:{PORT}"))
