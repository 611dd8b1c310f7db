"""The page's containers, with real ones: their processes, who was behind a row, their inside."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.e2e import browser
from tests.integration.docker_engine import DockerEngine
from tests.integration.nautscan_process import PORT, NautScanProcess

pytestmark = [pytest.mark.root, pytest.mark.docker, pytest.mark.browser]


ASKS_ITSELF = (
    "for i in $(seq 90); do wget -q -O- http://127.0.0.1/index.html?itself$i; sleep 1; done"
)


def test_containers_on_the_page(engine: DockerEngine, tmp_path: Path) -> None:
    """Each scenario of page/processes.mjs and inside.mjs, in one world: `web` asks `orders`."""
    reason = browser.why_not()
    if reason is not None:
        pytest.skip(reason)
    engine.network("front")
    engine.serve_http("orders", networks=["front"])
    engine.run("web", networks=["front"])
    network = engine.docker("network", "inspect", "--format", "{{.Id}}", "front")
    settings = {"NETWORK_INTERFACES": f"br-{network[:12]}", "NAUTSCAN_ENTER_CONTAINERS": "true"}
    with NautScanProcess.start(engine, **settings) as process:
        process.wait_for(lambda: process.get("/api/processes")["state"]["scope"] == "all")
        reply = "http://orders/cgi-bin/reply?200"
        for _ in range(3):
            engine.exec("web", ["wget", "-q", "-O", "-", reply])
        process.wait_for(
            lambda: process.get("/api/requests", filter="server_command = 'httpd'")["requests"]
        )
        engine.docker("exec", "-d", "orders", "sh", "-c", ASKS_ITSELF)
        for script in ("processes", "inside"):
            for scenario in browser.scenarios(script):
                play = partial(browser.play, script, scenario, tmp_path)
                engine.inside(partial(play, URL=f"http://127.0.0.1:{PORT}"))
