"""Whose interface is whose, asked on the engine's host: with root's rights and with nobody's."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import nautscan
from tests.integration.docker_engine import DockerEngine

pytestmark = [pytest.mark.root, pytest.mark.docker]

ASK = """
import asyncio, dataclasses, json, os, socket, sys
from nautscan.identity import Directory, DockerWatcher, InterfaceOwners

async def stock(host):
    directory = Directory()
    watcher = DockerWatcher(directory, host)
    task = asyncio.create_task(watcher.run())
    while not watcher.state.connected:
        assert watcher.state.reason is None, watcher.state
        await asyncio.sleep(0.02)
    task.cancel()
    return directory

directory = asyncio.run(stock(sys.argv[1]))
if sys.argv[2] == "nobody":
    os.seteuid(65534)
names = [name for _, name in socket.if_nameindex()]
owners = InterfaceOwners(directory).owners(names)
print(json.dumps({name: dataclasses.asdict(owner) for name, owner in owners.items()}))
"""


def owners_on(engine: DockerEngine, *, rights: str) -> dict[str, dict[str, Any]]:
    source = Path(nautscan.__file__).parents[1]
    command = ["env", f"PYTHONPATH={source}", sys.executable, "-c", ASK, engine.host, rights]
    found: dict[str, dict[str, Any]] = json.loads(engine.on_host(command))
    return found


def veth_of(engine: DockerEngine, container: str, inside: str) -> str:
    """The host's end of a container's interface, by what the container's kernel says."""
    index = engine.exec(container, ["cat", f"/sys/class/net/{inside}/iflink"])
    for link in json.loads(engine.on_host(["ip", "-json", "link"])):
        if link["ifindex"] == int(index):
            return str(link["ifname"])
    raise AssertionError(f"no interface {index} on the engine's host")


@pytest.mark.parametrize("rights", ["root", "nobody"])
def test_bridges_are_networks_and_veths_are_containers(engine: DockerEngine, rights: str) -> None:
    front = engine.network("front")
    engine.network("back")
    labels = {"com.docker.compose.service": "orders"}
    engine.run("shop-orders-1", networks=["front", "back"], labels=labels)
    engine.run("web", networks=["front"])
    engine.run("edge", network_mode="host")
    owners = owners_on(engine, rights=rights)

    assert (owners["docker0"]["kind"], owners["docker0"]["name"]) == ("network", "bridge")
    bridge = owners[f"br-{front[:12]}"]
    assert (bridge["kind"], bridge["name"], bridge["id"]) == ("network", "front", front)
    for container, inside, name, network in (
        ("shop-orders-1", "eth0", "orders", None),
        ("shop-orders-1", "eth1", "orders", None),
        ("web", "eth0", "web", "front"),
    ):
        owner = owners[veth_of(engine, container, inside)]
        assert (owner["kind"], owner["name"], owner["peer"]) == ("container", name, inside)
        assert owner["network"] in ({network} if network else {"front", "back"})
    orders_networks = {o["network"] for o in owners.values() if o["name"] == "orders"}
    assert orders_networks == {"front", "back"}
    for ours in ("lo", "eth0"):
        assert owners[ours]["kind"] is None
        assert owners[ours]["reason"] == "no network of the container engine uses it"
