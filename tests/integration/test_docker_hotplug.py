"""Networks and containers that come and go while NautScan runs, with a real Docker Engine."""

from __future__ import annotations

import secrets
from functools import partial

import pytest

from tests.integration.docker_engine import DockerEngine
from tests.integration.nautscan_process import NautScanProcess

pytestmark = [pytest.mark.root, pytest.mark.docker]


def captured(process: NautScanProcess) -> set[str]:
    """Interfaces that are captured on without trouble."""
    entries = process.get("/api/packets/status")["interfaces"]
    return {entry["name"] for entry in entries if entry["error"] is None}


def seen(process: NautScanProcess, tag: str) -> str:
    """The interface of the one request with `tag` in its target."""
    (row,) = process.wait_for(lambda: process.requests(f"target like '%{tag}%'"))
    interface: str = row["interface"]
    return interface


def is_captured(process: NautScanProcess, interface: str) -> bool:
    """Whether it is captured now."""
    return interface in captured(process)


def is_let_go(process: NautScanProcess, interface: str) -> bool:
    """Whether it is captured no more."""
    return interface not in captured(process)


def test_networks_are_picked_up_let_go_and_picked_up_again(engine: DockerEngine) -> None:
    with NautScanProcess.start(engine) as process:
        for _ in range(2):
            # The same name each time, and another bridge.
            bridge = f"br-{engine.network('late')[:12]}"
            engine.serve_http("server", networks=["late"])
            engine.run("client", networks=["late"])
            process.wait_for(partial(is_captured, process, bridge))
            tag = secrets.token_hex(6)
            address = engine.address("server", "late")
            engine.exec("client", ["wget", "-q", "-O", "/dev/null", f"http://{address}/?{tag}"])
            assert seen(process, tag) == bridge
            owners = {
                facts["name"]: facts
                for facts in process.get("/api/packets/interfaces")["interfaces"]
            }
            assert (owners[bridge]["owner"], owners[bridge]["owner_kind"]) == ("late", "network")
            engine.remove_everything()
            process.wait_for(partial(is_let_go, process, bridge))
            listed = process.get("/api/packets/interfaces")["interfaces"]
            assert bridge not in {facts["name"] for facts in listed}
