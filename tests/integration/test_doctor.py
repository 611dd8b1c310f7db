"""`nautscan doctor` for real: as root, without rights, without interfaces, and in containers."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.docker_engine import DockerEngine
from tests.integration.doctor_container import python_in_container
from tests.integration.nautscan_process import NautScanProcess
from tests.integration.sensor_lab import PYTHON, ip

WAIT_S = 60.0

AS_NOBODY = """
import os, sys
import nautscan.cli.doctor, nautscan.doctor.command
from nautscan.cli.main import run
from nautscan.sensor import installation
from nautscan.sensor.users import Identity
installation.prepare(Identity(65534, 65534), installation.SERVER_MODULES)
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
os.environ["HOME"] = "/nonexistent"
sys.exit(run(["doctor", "--json", "--data-dir", sys.argv[1]]))
"""


@dataclass(frozen=True)
class Told:
    """A report."""

    report: dict[str, Any]
    code: int | None = None

    def __getitem__(self, name: str) -> dict[str, Any]:
        found = [check for check in self.report["checks"] if check["id"] == name]
        assert len(found) == 1, [check["id"] for check in self.report["checks"]]
        result: dict[str, Any] = found[0]
        return result

    def states(self, *names: str) -> list[str]:
        return [self[name]["state"] for name in names]

    def commands(self, name: str) -> list[str]:
        """The lines of the remedy that are to be pasted."""
        lines = self[name]["remedy"].splitlines()
        return [line.strip() for line in lines if line.startswith("    ")]


def told(command: Sequence[str]) -> Told:
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.stdout, done.stderr
    return Told(json.loads(done.stdout), done.returncode)


def doctor(*arguments: str, prefix: Sequence[str] = ()) -> Told:
    return told((*prefix, *PYTHON, "-m", "nautscan", "doctor", "--json", *arguments))


# On this machine.


@pytest.mark.root
def test_root_sees_a_test_packet(tmp_path: Path) -> None:
    found = doctor("--data-dir", str(tmp_path), "--interface", "lo")
    assert found.states("library.version", "rights.capture", "capture.filter") == ["ok"] * 3
    assert found["capture.loopback"]["state"] == "ok"
    assert found["capture.loopback"]["facts"]["seen"] is True
    assert found["interfaces.chosen"]["facts"]["chosen"] == ["lo"]
    assert found.code == (1 if found.report["state"] == "failed" else 0)


@pytest.mark.root
def test_nobody_is_told_what_is_missing(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    found = told((*PYTHON, "-c", AS_NOBODY, str(tmp_path / "data")))
    assert found.code == 1
    assert found["rights.capture"]["state"] == "failed"
    assert "user id 65534" in found["rights.capture"]["found"]
    assert any(line.startswith("sudo setcap cap_net_raw=ep") for line in
               found.commands("rights.capture"))  # fmt: skip
    assert found["capture.loopback"]["state"] == "unknown"
    assert "cap_net_raw" in found["capture.loopback"]["found"]
    # What takes no right is found out all the same.
    assert found.states("library.version", "capture.filter", "interfaces.visible") == ["ok"] * 3
    assert found["promiscuous.mode"]["state"] in ("unknown", "ok")


@pytest.fixture
def empty_namespace() -> Iterator[str]:
    name = f"nsx{secrets.token_hex(3)}"
    ip("netns", "add", name)
    yield name
    ip("netns", "del", name)


@pytest.mark.root
def test_a_namespace_without_interfaces(empty_namespace: str, tmp_path: Path) -> None:
    inside = ("ip", "netns", "exec", empty_namespace)
    found = doctor("--data-dir", str(tmp_path), prefix=inside)
    assert found.code == 1
    assert found["place.kind"]["facts"]["kind"] == "network_namespace"
    assert found.states("interfaces.visible", "interfaces.chosen") == ["failed", "failed"]
    assert found["capture.loopback"]["state"] == "unknown"
    assert "sudo ip link set lo up" in found.commands("capture.loopback")
    # The remedy works.
    ip("-n", empty_namespace, "link", "set", "lo", "up")
    mended = doctor("--data-dir", str(tmp_path), prefix=inside)
    assert mended["capture.loopback"]["state"] == "ok"
    assert mended["interfaces.visible"]["state"] == "warning"


@pytest.mark.root
def test_promiscuous_mode_is_tried_and_given_back(tmp_path: Path, empty_namespace: str) -> None:
    ip("-n", empty_namespace, "link", "add", "p0", "type", "veth", "peer", "name", "p1")
    for name in ("p0", "p1"):
        ip("-n", empty_namespace, "link", "set", name, "up")
    inside = ("ip", "netns", "exec", empty_namespace)
    found = doctor("--data-dir", str(tmp_path), "--interface", "p0", prefix=inside)
    [tried] = found["promiscuous.mode"]["facts"]["interfaces"]
    assert tried == {"name": "p0", "accepted": True, "flag": True, "reason": None}
    flags = subprocess.run(
        (*inside, "cat", "/sys/class/net/p0/flags"), capture_output=True, text=True, check=True
    )
    assert not int(flags.stdout, 16) & 0x100


@pytest.mark.root
def test_an_interface_that_is_not_there(tmp_path: Path) -> None:
    found = doctor("--data-dir", str(tmp_path), "--interface", "nope7")
    assert (found.code, found["interfaces.chosen"]["state"]) == (1, "failed")


# In containers.


def in_container(
    engine: DockerEngine, network: str | None = None, options: Sequence[str] = ()
) -> Told:
    arguments = ["-m", "nautscan", "doctor", "--json"]
    printed = python_in_container(engine, arguments, network=network, options=options)
    return Told(json.loads(printed))


def assert_place(found: Told, kind: str) -> None:
    facts = found["place.kind"]["facts"]
    assert (facts["kind"], facts["certain"], facts["engine"]) == (kind, True, "docker")
    assert found["capture.loopback"]["state"] == "ok"
    assert found["rights.admin"]["facts"] == {"held": False, "needed": False}


@pytest.mark.docker
@pytest.mark.parametrize("network", [None, "own"])
def test_in_a_container_on_a_bridge(engine: DockerEngine, network: str | None) -> None:
    if network is not None:
        engine.network(network)
    found = in_container(engine, network)
    assert_place(found, "container_bridge")
    view = found["place.view"]
    assert view["state"] == "warning"
    assert "Only this container's own traffic" in view["found"]
    assert "the second applies here" in view["remedy"]
    assert any("docker run --network host --cap-add NET_RAW" in c for c in
               found.commands("place.view"))  # fmt: skip
    assert "nautscan demo" in found.commands("place.view")
    [item] = [i for i in found["interfaces.visible"]["facts"]["interfaces"] if i["name"] == "eth0"]
    assert item["up"]


@pytest.mark.docker
def test_in_a_container_with_the_hosts_network(engine: DockerEngine) -> None:
    engine.network("seen")
    found = in_container(engine, "host")
    assert_place(found, "container_host_network")
    assert (found["place.view"]["state"], found["place.view"]["remedy"]) == ("ok", "")
    names = [item["name"] for item in found["interfaces.visible"]["facts"]["interfaces"]]
    assert "docker0" in names
    assert any(name.startswith("br-") for name in names)


@pytest.mark.docker
def test_in_a_container_on_macvlan(engine: DockerEngine) -> None:
    engine.network(
        "lan",
        driver="macvlan",
        options={"parent": "eth0"},
        arguments=["--subnet", "198.18.0.0/24", "--ip-range", "198.18.0.64/28"],
    )
    found = in_container(engine, "lan")
    assert_place(found, "container_macvlan")
    view = found["place.view"]
    assert view["state"] == "warning"
    assert "its own MAC address" in view["found"]
    assert "third of the three ways" in view["remedy"]
    assert "passthru" in found["promiscuous.mode"]["found"]


@pytest.mark.docker
def test_in_a_container_without_a_network(engine: DockerEngine) -> None:
    found = in_container(engine, "none")
    assert_place(found, "container_no_network")
    assert found.states("place.view", "interfaces.visible") == ["warning", "warning"]


@pytest.mark.docker
def test_in_a_container_without_the_right(engine: DockerEngine) -> None:
    found = in_container(engine, "host", ["--cap-drop", "NET_RAW"])
    rights = found["rights.capture"]
    assert rights["state"] == "failed"
    assert "bounding set" in rights["found"]
    assert (
        found.commands("rights.capture")[0]
        == "docker run --network host --cap-add NET_RAW --user 0 nautscan serve"
    )
    assert found["capture.loopback"]["state"] == "unknown"


@pytest.mark.docker
def test_the_engines_socket_handed_into_a_container(engine: DockerEngine) -> None:
    without = in_container(engine)["engine.docker"]
    assert (without["state"], without["facts"]["state"]) == ("warning", "absent")
    mount = f"{engine.socket}:/var/run/docker.sock"
    handed = in_container(engine, options=["-v", mount])["engine.docker"]
    assert (handed["state"], handed["facts"]["state"]) == ("ok", "connected")
    assert handed["facts"]["running"] == 1


# Through the server.


@pytest.mark.docker
def test_the_server_tells_what_the_sensor_finds(engine: DockerEngine) -> None:
    with NautScanProcess.start(engine) as nautscan:
        found = Told(nautscan.get("/api/doctor"))
        assert found.states("sensor.process", "rights.capture", "capture.loopback") == ["ok"] * 3
        assert found["capture.loopback"]["where"] == "sensor"
        assert found["rights.capture"]["facts"]["effective"] == ["net_raw"]
        assert found["rights.capture"]["facts"]["uid"] == 65534
        assert found["rights.capture"]["facts"]["no_new_privileges"] is True
        assert found["rights.excess"]["state"] == "ok"
        assert found["interfaces.chosen"]["facts"]["selection"] == "captured now"
        assert found.states("engine.docker", "storage.database", "port.page") == ["ok"] * 3
        assert found["engine.docker"]["where"] == "server"
        # Asked again at once, it is the same report; capture goes on meanwhile.
        assert nautscan.get("/api/doctor")["time"] == found.report["time"]
        assert nautscan.get("/api/packets/status")["running"] is True
