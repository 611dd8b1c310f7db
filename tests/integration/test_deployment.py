"""The compose files and their scripts on a real Docker Engine: started, used, taken away.

Each mode is used with the commands that the guides give: list the interfaces, start, see packets.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.integration import nautscan_image
from tests.integration.deploying import Deployment, capabilities, processes_of
from tests.integration.docker_engine import DockerEngine

pytestmark = [pytest.mark.root, pytest.mark.docker]

T = TypeVar("T")

PATIENCE_S = 30.0
NET_RAW = 1 << 13
FOREIGN = bytes.fromhex("02aabbccdd01")
"""The MAC address of a machine that is not there: what is sent to it is for nobody here."""


def until(ask: Callable[[], T]) -> T:
    """What `ask` answers as soon as that is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)
    return answer


def compose_missing() -> str | None:
    """Why no compose file can be started here."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if plugin.returncode != 0 and shutil.which("docker-compose") is None:
        return "not installed: docker-compose (apt-get install docker-compose)"
    if shutil.which("haproxy") is None:
        return "not installed: haproxy (apt-get install haproxy)"
    return None


@pytest.fixture(scope="module")
def host(shared_engine: DockerEngine) -> DockerEngine:
    """An engine that has NautScan's images."""
    reason = compose_missing()
    if reason is not None:
        pytest.skip(reason)
    nautscan_image.import_nautscan(shared_engine)
    nautscan_image.import_proxy(shared_engine)
    return shared_engine


@contextlib.contextmanager
def deployed(engine: DockerEngine, script: str, *arguments: str) -> Iterator[Deployment]:
    """Run a script, and check afterwards that `--down` leaves nothing."""
    deployment = Deployment(engine, script, NAUTSCAN_LAN_SETTINGS=str(engine.folder / "lan.env"))
    try:
        deployment.run("--no-build", *arguments)
        yield deployment
    finally:
        deployment.run("--down", "--volumes")
        engine.remove_everything()
    assert engine.docker("volume", "ls", "-q") == ""
    assert not deployment.containers()


def assert_answered(answers: list[dict[str, Any]]) -> None:
    """Interfaces, started, packets: none of the printed commands was refused."""
    interfaces, started, recent = answers
    assert interfaces["interfaces"]
    assert started["running"], started
    assert isinstance(recent["packets"], list), recent


def test_the_demo_on_a_bridge(host: DockerEngine) -> None:
    with deployed(host, "docker_fix.sh") as demo:
        api, page = "http://localhost:8000", "http://localhost:3000"
        listed = demo.ask(f"{api}/api/packets/interfaces")
        names = [entry["name"] for entry in listed["interfaces"]]
        assert names[0] == "demo"
        assert {"lo", "eth0"} <= set(names), "a container on a bridge sees its own two"
        assert listed["source"] == "demo"
        assert_answered(demo.typed())
        packets = until(lambda: demo.recent(api))
        assert {packet["interface"] for packet in packets} == {"demo"}
        refused = demo.start(api, "eth0")["error"]
        assert (refused["code"], refused["remedy"] != "") == ("conflict", True)

        assert 'window.nautscan = {"api": "http://localhost:8000/api"}' in demo.curl(
            f"{page}/config.js"
        )
        assert "<title>NautScan</title>" in demo.curl(page)
        answer = demo.curl("-i", "-H", f"Origin: {page}", f"{api}/api/source").lower()
        assert f"access-control-allow-origin: {page}" in answer
        assert "x-nautscan-source: demo" in answer

        before = demo.containers()
        assert before.keys() == {"backend", "frontend"}
        by_name = (
            "import urllib.request as r; print(r.urlopen('http://backend:8000/api/source').read())"
        )
        assert '"demo"' in host.exec(before["frontend"], ["python3", "-c", by_name])
        for part in before.values():
            assert {capabilities(pid) for pid in processes_of(host, part).values()} == {0}
        demo.run("--no-build")
        assert demo.containers() == before, "a second run changes nothing"
        _asks_for_a_token(demo)


def _asks_for_a_token(demo: Deployment) -> None:
    """The same with other options: what they change is changed."""
    demo.run("--no-build", "--token", "--port", "8010", "--page-port", "3010")
    assert demo.token is not None
    assert f"http://localhost:3010/?token={demo.token}" in demo.said
    assert '"api": "http://localhost:8010/api"' in demo.curl("http://localhost:3010/config.js")
    assert until(lambda: demo.recent("http://localhost:8010"))
    demo.token = None
    assert demo.ask("http://localhost:8010/api/source")["error"]["code"] == "unauthorized"


def test_a_port_in_use_is_said_before_anything_is_started(host: DockerEngine) -> None:
    demo = Deployment(host, "docker_fix.sh")
    taken = host.inside(lambda: socket.create_server(("127.0.0.1", 3000)))
    with taken:
        assert "--page-port" in demo.run("--no-build", refused=True)
    assert not demo.containers()
    assert "+ docker compose -f deploy/docker-compose.yml up" in demo.run("--dry-run")
    assert not demo.containers()


def test_host_networking(host: DockerEngine) -> None:
    host.serve_http("web")
    host.run("caller")
    at = host.address("web", "bridge")
    with deployed(host, "host_network_fix.sh", "--interfaces", "docker0") as nautscan:
        api = "http://localhost:8000"
        assert "security options" in nautscan.said
        assert_answered(nautscan.typed())
        names = {e["name"] for e in nautscan.ask(f"{api}/api/packets/interfaces")["interfaces"]}
        assert {"eth0", "docker0", "lo"} <= names, "the host's interfaces"
        assert nautscan.start(api, "docker0")["running"]
        host.exec("caller", ["wget", "-qO-", f"http://{at}/cgi-bin/reply?200"])
        assert until(lambda: nautscan.recent(api))
        rows = until(lambda: nautscan.ask(f"{api}/api/requests")["requests"])
        # Names came through the proxy: NautScan has no Docker socket.
        assert (rows[0]["client_container"], rows[0]["server_container"]) == ("caller", "web")
        assert "<title>NautScan</title>" in nautscan.curl(f"{api}/"), (
            "the page is at the same origin"
        )
        parts = processes_of(host, nautscan.containers()["backend"])
        assert capabilities(parts["sensor"]) == NET_RAW
        assert capabilities(parts["server"]) == 0
        _reached_from_containers(host, nautscan)


def _reached_from_containers(host: DockerEngine, nautscan: Deployment) -> None:
    """Once more with other options: what runs is changed, and containers reach it by its token."""
    ask = (
        "import sys, urllib.request as r; print(r.urlopen(r.Request('http://host.docker.internal:8000"
        "/api/packets/interfaces', headers={'Authorization': 'Bearer ' + sys.argv[1]})).read())"
    )
    command = (
        "run", "--rm", "--add-host", "host.docker.internal:host-gateway", "--entrypoint", "python3",
        nautscan_image.NAUTSCAN_IMAGE, "-c", ask,
    )  # fmt: skip
    assert host.docker(*command, "x", check=False) == "", "the host's loopback is not theirs"
    nautscan.run("--no-build", "--for-containers", "--frontend")
    assert '"api": "http://localhost:8000/api"' in nautscan.curl("http://localhost:3000/config.js")
    assert nautscan.token is not None
    assert '"docker0"' in host.docker(*command, nautscan.token)
    assert host.docker(*command, "wrong", check=False) == ""
    assert nautscan.ask("http://localhost:8000/api/packets/status")["running"]


@pytest.fixture
def routed(host: DockerEngine) -> Iterator[DockerEngine]:
    """The host with a router: the outside world is its default route."""
    subprocess.run(
        ["ip", "-n", host.netns, "route", "add", "default", "via", host.outside_address], check=True
    )
    try:
        yield host
    finally:
        subprocess.run(["ip", "-n", host.netns, "route", "del", "default"], check=True)


def flags(engine: DockerEngine, interface: str) -> str:
    """What `ip link` says about an interface in angle brackets."""
    return engine.on_host(["ip", "link", "show", "dev", interface]).split("<")[1].split(">")[0]


def test_macvlan(routed: DockerEngine) -> None:
    would = Deployment(routed, "macvlan_setup.sh").run("--dry-run")
    assert "+ ip link set dev eth0 promisc on" in would
    assert "+ ip link add nautscan-shim link eth0 type macvlan mode bridge" in would
    assert "PROMISC" not in flags(routed, "eth0")
    with deployed(routed, "macvlan_setup.sh") as lan:
        # Found: the interface of the default route, its subnet, the end of that, a free address.
        api = "http://198.18.0.241:8000"
        assert f"Page and API:  {api}" in lan.said
        assert "PROMISC" in flags(routed, "eth0")
        for outside in (True, False):  # from another machine; from this host, by the shim
            listed = lan.ask(f"{api}/api/packets/interfaces", outside=outside)["interfaces"]
            own = next(entry for entry in listed if entry["name"] == "eth0")
            assert own["addresses"] == ["198.18.0.241"]
        assert_answered(lan.typed())
        assert until(lambda: lan.recent(api, outside=True))
        before = lan.containers()
        lan.run("--no-build")
        assert lan.containers() == before, "a second run changes nothing"
        assert "set up with --driver macvlan" in lan.run("--driver", "ipvlan", refused=True)
        lan.token = None
        assert lan.ask(f"{api}/api/source", outside=True)["error"]["code"] == "unauthorized"
    assert "PROMISC" not in flags(routed, "eth0")
    assert "nautscan-shim" not in routed.on_host(["ip", "link"])
    assert not (routed.folder / "lan.env").exists()


def test_macvlan_passthru_sees_what_others_send_each_other(routed: DockerEngine) -> None:
    lan = Deployment(routed, "macvlan_setup.sh")
    assert "cut off" in lan.run("--mode", "passthru", "--dry-run", refused=True)
    with mirror_port(routed) as network:
        arguments = ("--parent", "span0", "--mode", "passthru", *network)
        with deployed(routed, "macvlan_setup.sh", *arguments) as lan:
            api = "http://198.19.0.241:8000"
            lan.start(api, "eth0", outside=True)
            routed.inside(lambda: send_foreign("span0"), outside=True)

            def seen() -> bool:
                return any(row["destination_port"] == 4444 for row in lan.recent(api, outside=True))

            until(seen)


@contextlib.contextmanager
def mirror_port(engine: DockerEngine) -> Iterator[tuple[str, ...]]:
    """A second interface of the host, without an address; what the script must be told then."""
    words = ("link", "add", "span0", "netns", engine.netns, "type", "veth")
    peer = ("peer", "name", "span0", "netns", engine.outside_netns)
    subprocess.run(["ip", *words, *peer], check=True)
    try:
        subprocess.run(["ip", "-n", engine.netns, "link", "set", "span0", "up"], check=True)
        outside = ["ip", "-n", engine.outside_netns]
        subprocess.run([*outside, "link", "set", "span0", "up"], check=True)
        subprocess.run([*outside, "address", "add", "198.19.0.2/24", "dev", "span0"], check=True)
        yield ("--subnet", "198.19.0.0/24", "--gateway", "198.19.0.2")
    finally:
        subprocess.run(["ip", "-n", engine.netns, "link", "del", "span0"], check=True)


def send_foreign(interface: str) -> None:
    """UDP between two machines elsewhere, as a mirror port copies it."""
    payload = struct.pack("!HHHH", 3333, 4444, 8, 0)
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 17, 0, bytes((192, 0, 2, 7)), bytes((192, 0, 2, 8))
    )
    frame = FOREIGN + bytes.fromhex("020000000009") + b"\x08\x00" + header + payload
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((interface, 0))
        for _ in range(3):
            sock.send(frame)


def test_ipvlan_or_the_reason_why_not(routed: DockerEngine) -> None:
    kernel_has = [
        "ip",
        "-n",
        routed.netns,
        "link",
        "add",
        "probe",
        "link",
        "eth0",
        "type",
        "ipvlan",
    ]
    if subprocess.run(kernel_has, capture_output=True, check=False).returncode != 0:
        lan = Deployment(routed, "macvlan_setup.sh", NAUTSCAN_LAN_SETTINGS=str(Path("/nowhere/x")))
        said = lan.run("--driver", "ipvlan", "--no-build", refused=True)
        assert "modprobe ipvlan" in said
        assert not lan.containers()
        return
    subprocess.run(["ip", "-n", routed.netns, "link", "del", "probe"], check=True)
    with deployed(routed, "macvlan_setup.sh", "--driver", "ipvlan") as lan:
        api = "http://198.18.0.241:8000"
        assert lan.start(api, "eth0", outside=True)["running"]
        assert until(lambda: lan.recent(api, outside=True))
