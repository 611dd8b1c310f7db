"""Capturing inside containers: their loopback, with nothing installed in them.

The containers have busybox alone. Who enters is NautScan's sensor, on the engine's host.
"""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.docker_engine import DockerEngine
from tests.integration.nautscan_process import PORT, NautScanProcess

pytestmark = [pytest.mark.root, pytest.mark.docker]

LOOPBACK = ("127.0.0.1", "127.0.0.1")


def wget(engine: DockerEngine, container: str, target: str, host: str = "127.0.0.1") -> None:
    """A request from inside a container, by what is in the image."""
    engine.exec(container, ["wget", "-q", "-O", "/dev/null", f"http://{host}{target}"])


def refusal(
    nautscan: NautScanProcess, engine: DockerEngine, body: dict[str, Any]
) -> dict[str, Any]:
    """The error that starting a capture answers."""

    def ask() -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{PORT}/api/packets/start",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                raise AssertionError(f"it was not refused: {answer.read().decode()}")
        except urllib.error.HTTPError as error:
            return error.read()

    error: dict[str, Any] = json.loads(engine.inside(ask))["error"]
    return error


def pids_inside(engine: DockerEngine, container: str) -> str:
    """What runs in a container."""
    return engine.exec(container, ["ps", "-o", "comm"])


@pytest.fixture(scope="module")
def two(shared_engine: DockerEngine) -> Iterator[DockerEngine]:
    """Two containers that serve on their loopback and to each other, and others beside."""
    engine = shared_engine
    engine.network("front")
    engine.serve_http("web", networks=["front"])
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "orders"}
    engine.serve_http("shop-orders-1", networks=["front"], labels=labels)
    engine.run("beside", network_mode="container:web")
    engine.run("hosted", network_mode="host")
    engine.run("alone", network_mode="none", command=("httpd", "-f", "-p", "80", "-h", "/www"))
    yield engine
    engine.remove_everything()


@pytest.fixture(scope="module")
def nautscan_in(two: DockerEngine) -> Iterator[NautScanProcess]:
    """NautScan that captures inside `web` and the service `orders`, and on the bridges."""
    with NautScanProcess.start(
        two, NETWORK_INTERFACES="default,all@web,all@orders", NAUTSCAN_ENTER_CONTAINERS="true"
    ) as process:
        # The bridge, and lo and eth0 of two containers: only then does each see its traffic.
        process.wait_for(lambda: len(captured(process)) >= 6)
        yield process


def captured(process: NautScanProcess) -> list[str]:
    """Names of the interfaces that are captured on without trouble."""
    status = process.get("/api/packets/status")
    return [entry["name"] for entry in status["interfaces"] if entry["error"] is None]


def rows_of(process: NautScanProcess, tag: str, count: int = 1) -> list[dict[str, Any]]:
    """The requests with `tag` in their target, once there are so many."""

    def enough() -> list[dict[str, Any]] | None:
        rows = process.requests(f"target like '%{tag}%'")
        return rows if len(rows) >= count else None

    rows = process.wait_for(enough)
    assert rows is not None
    return rows


def test_loopback_traffic_is_the_containers_own(
    two: DockerEngine, nautscan_in: NautScanProcess
) -> None:
    before = pids_inside(two, "web")
    tag = secrets.token_hex(6)
    wget(two, "web", f"/?{tag}")
    wget(two, "shop-orders-1", f"/?{tag}")
    rows = rows_of(nautscan_in, tag, 2)
    found = {(row["interface"], row["client"], row["server"]) for row in rows}
    assert found == {("lo@web", "web", "web"), ("lo@shop-orders-1", "orders", "orders")}
    for row in rows:
        assert (row["client_ip"], row["server_ip"]) == LOOPBACK
        assert row["server_container"] == row["interface"].partition("@")[2]
        assert (row["status"], row["completeness"]) == (200, "complete")
    assert {row["server_project"] for row in rows} == {None, "shop"}
    assert pids_inside(two, "web") == before, "nothing runs inside that did not run before"


def test_what_is_seen_on_both_ends_of_a_link_counts_once(
    two: DockerEngine, nautscan_in: NautScanProcess
) -> None:
    tag = secrets.token_hex(6)
    address = two.address("shop-orders-1", "front")
    for _ in range(5):
        wget(two, "web", f"/?{tag}", host=address)
    rows = rows_of(nautscan_in, tag, 5)
    # A second sighting would be there by the time that this is.
    last = secrets.token_hex(6)
    wget(two, "web", f"/?{last}", host=address)
    rows_of(nautscan_in, last)
    rows = nautscan_in.requests(f"target like '%{tag}%'")
    assert len(rows) == 5, "bridge, eth0 of the one and eth0 of the other show each"
    assert {(row["client"], row["server"]) for row in rows} == {("web", "orders")}


def test_the_hosts_loopback_is_not_a_containers(
    two: DockerEngine, nautscan_in: NautScanProcess
) -> None:
    nautscan_in.post(
        "/api/packets/start", {"interfaces": ["lo", "all@web"], "filter": "tcp or udp"}
    )
    tag = secrets.token_hex(6)
    wget(two, "web", f"/?{tag}-inside")
    nautscan_in.get("/api/health", mark=f"{tag}-outside")
    rows = rows_of(nautscan_in, tag, 2)
    by_interface = {row["interface"]: row for row in rows}
    assert by_interface["lo@web"]["server"] == "web"
    assert by_interface["lo"]["server"] not in {None, "web"}
    assert by_interface["lo"]["server_container_id"] is None
    nautscan_in.post("/api/packets/start", {"interfaces": ["default", "all@web", "all@orders"]})


@pytest.mark.parametrize(
    ("container", "code", "words"),
    [
        ("nosuch", "unknown_container", "no container 'nosuch'"),
        ("hosted", "conflict", "host's network"),
    ],
)
def test_what_has_no_inside_is_said(
    two: DockerEngine, nautscan_in: NautScanProcess, container: str, code: str, words: str
) -> None:
    before = captured(nautscan_in)
    error = refusal(nautscan_in, two, {"container": container})
    assert (error["code"], bool(error["remedy"])) == (code, True)
    assert words in error["message"]
    assert captured(nautscan_in) == before, "nothing was touched"


def test_an_interface_that_is_not_inside_is_said(
    two: DockerEngine, nautscan_in: NautScanProcess
) -> None:
    error = refusal(nautscan_in, two, {"container": "web", "interface": "eth7"})
    assert error["code"] == "unknown_interface"
    assert error["detail"]["unknown"] == ["eth7@web"]


def test_one_container_one_interface(two: DockerEngine, nautscan_in: NautScanProcess) -> None:
    status = nautscan_in.post(
        "/api/packets/start", {"container": "alone", "interface": "lo", "filter": "tcp"}
    )
    assert [entry["name"] for entry in status["interfaces"]] == ["lo@alone"]
    tag = secrets.token_hex(6)
    wget(two, "alone", f"/?{tag}")
    (row,) = rows_of(nautscan_in, tag)
    assert (row["client"], row["server"], row["interface"]) == ("alone", "alone", "lo@alone")
    nautscan_in.post(
        "/api/packets/start", {"interfaces": ["default", "all@web", "all@orders"], "filter": ""}
    )


def test_a_shared_network_is_its_owners(two: DockerEngine, nautscan_in: NautScanProcess) -> None:
    status = nautscan_in.post("/api/packets/start", {"container": "beside", "filter": "tcp"})
    assert {entry["name"] for entry in status["interfaces"]} == {"lo@web", "eth0@web"}
    listed = {one["name"]: one for one in nautscan_in.get("/api/packets/interfaces")["containers"]}
    assert (listed["beside"]["shares"], listed["beside"]["interface"]) == ("web", "all@web")
    assert (listed["hosted"]["capturable"], listed["alone"]["capturable"]) == (False, True)
    assert "host's network" in listed["hosted"]["reason"]
    assert listed["web"]["selected"]
    nautscan_in.post(
        "/api/packets/start", {"interfaces": ["default", "all@web", "all@orders"], "filter": ""}
    )


def test_a_container_that_restarts_is_followed_and_the_gap_is_kept(
    two: DockerEngine, nautscan_in: NautScanProcess
) -> None:
    before = two.inspect("web")["State"]["Pid"]
    two.docker("stop", "web")
    nautscan_in.wait_for(lambda: "lo@web" not in captured(nautscan_in))
    entries = nautscan_in.get("/api/packets/status")["interfaces"]
    waiting = next(entry for entry in entries if entry["name"] == "all@web")
    assert "not running" in waiting["error"]["message"]
    two.docker("start", "web")
    two.docker("start", "beside", check=False)
    assert two.inspect("web")["State"]["Pid"] != before
    nautscan_in.wait_for(lambda: {"lo@web", "eth0@web"} <= set(captured(nautscan_in)))
    tag = secrets.token_hex(6)
    wget(two, "web", f"/?{tag}")
    (row,) = rows_of(nautscan_in, tag)
    assert (row["interface"], row["server"]) == ("lo@web", "web")

    def gap() -> list[dict[str, Any]]:
        gaps = nautscan_in.get("/api/health")["sensor"]["gaps"]
        return [gap for gap in gaps if "container web" in gap["reason"] and gap["until"]]

    nautscan_in.wait_for(gap)


def test_a_container_made_anew_under_the_name_is_another_one(
    two: DockerEngine, nautscan_in: NautScanProcess
) -> None:
    old = two.inspect("shop-orders-1")["Id"]
    two.docker("rm", "-f", "shop-orders-1")
    nautscan_in.wait_for(lambda: "lo@shop-orders-1" not in captured(nautscan_in))
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "orders"}
    new = two.serve_http("shop-orders-1", networks=["front"], labels=labels)
    nautscan_in.wait_for(lambda: "lo@shop-orders-1" in captured(nautscan_in))
    tag = secrets.token_hex(6)
    wget(two, "shop-orders-1", f"/?{tag}")
    (row,) = rows_of(nautscan_in, tag)
    assert row["server_container_id"] == new
    assert new != old


def test_a_network_that_is_connected_later_is_captured_too(
    two: DockerEngine, nautscan_in: NautScanProcess
) -> None:
    two.network("later")
    two.docker("network", "connect", "later", "web")
    nautscan_in.wait_for(lambda: "eth1@web" in captured(nautscan_in))
    two.docker("network", "disconnect", "later", "web")
    nautscan_in.wait_for(lambda: "eth1@web" not in captured(nautscan_in))


def test_the_sensor_holds_the_right_in_reserve_only(nautscan_in: NautScanProcess) -> None:
    rights = nautscan_in.get("/api/packets/status")["rights"]
    assert rights["capabilities"] == ["cap_net_raw"]
    assert rights["reserve"] == ["cap_sys_ptrace", "cap_sys_admin"]
    assert rights["uid"] != 0
