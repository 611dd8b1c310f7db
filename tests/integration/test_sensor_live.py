"""The sensor on real interfaces: rows, control at run time, hot-plug, rights."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from nautscan.errors import BadFilter, NotFound, UnknownInterface
from nautscan.sensor import privileges
from tests.integration.sensor_lab import (
    WAIT_S,
    Lab,
    SensorProcess,
    ip,
    laboratory,
    open_folder,
    rows_of,
    sensor,
)

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]


async def asked_until_seen(found: SensorProcess, lab: Lab, target: str) -> None:
    """Ask again and again: until the new interface is opened, the status tells of the old one."""
    deadline = time.monotonic() + WAIT_S
    while not any(row["target"] == target for row in found.rows.get("requests", ())):
        assert time.monotonic() < deadline, f"{target} was never reported"
        await asyncio.to_thread(lab.get, target)
        await asyncio.sleep(0.2)


@pytest.fixture(scope="module")
def shared_lab() -> Iterator[Lab]:
    with laboratory() as lab:
        lab.connect()
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    shared_lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    """One sensor on `lab0`; tests that change its capture put it back."""
    async with on(shared_lab, tmp_path_factory.mktemp("sensor"), "-i", "lab0") as running:
        yield running


@pytest.fixture
def lab() -> Iterator[Lab]:
    with laboratory() as lab:
        yield lab


def on(lab: Lab, folder: Path, *arguments: str, **options: Any) -> Any:
    """A sensor in the lab."""
    return sensor(folder, *arguments, prefix=lab.command(lab.near), **options)


def to(target: str) -> Any:
    return lambda row: row["target"] == target


async def test_a_request_is_seen(shared_lab: Lab, running: SensorProcess) -> None:
    assert shared_lab.get("/status/503") == [503]
    row = await running.row("requests", to("/status/503"))
    assert (row["method"], row["status"], row["server_port"]) == ("GET", 503, 8080)
    assert (row["client_ip"], row["server_ip"]) == ("10.99.0.1", "10.99.0.2")
    assert row["response_bytes"] == len("hello from the lab")
    assert row["completeness"] == "complete"


async def test_it_runs_with_the_rights_of_capture_only(
    shared_lab: Lab, running: SensorProcess
) -> None:
    status = await running.client.request("status")
    kept = [privileges.CAPABILITY_NAMES[n] for n in sorted(privileges.CAPTURE_CAPABILITIES)]
    assert status["rights"]["capabilities"] == kept
    assert status["rights"]["no_new_privileges"] is True
    assert status["rights"]["uid"] not in {0, None}
    assert set(capabilities_of_threads(running.process.pid)) == {
        sum(1 << number for number in privileges.CAPTURE_CAPABILITIES)
    }


def capabilities_of_threads(pid: int) -> list[int]:
    """Effective capabilities, which Linux keeps for each thread."""
    texts = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return [int(text.split("CapEff:")[1].split()[0], 16) for text in texts]


async def test_it_stops_and_starts_again_without_its_other_rights(
    shared_lab: Lab, running: SensorProcess
) -> None:
    stopped = await running.client.request("stop")
    assert (stopped["state"], stopped["running"]) == ("stopped", False)
    shared_lab.get("/while-stopped")
    started = await running.client.request("start", interfaces=["lab0"])
    assert started["state"] == "running"
    shared_lab.get("/after-start")
    await running.row("requests", to("/after-start"))
    assert not [row for row in running.rows["requests"] if row["target"] == "/while-stopped"]


async def test_a_filter_takes_effect_at_run_time(shared_lab: Lab, running: SensorProcess) -> None:
    await running.client.request("start", interfaces=["lab0"], filter="udp")
    shared_lab.get("/filtered-out")
    status = await running.client.request("start", interfaces=["lab0"], filter="tcp port 8080")
    assert status["filter"] == "tcp port 8080"
    shared_lab.get("/let-through")
    await running.row("requests", to("/let-through"))
    assert not [row for row in running.rows["requests"] if row["target"] == "/filtered-out"]


async def test_what_cannot_be_leaves_the_capture_as_it_is(
    shared_lab: Lab, running: SensorProcess
) -> None:
    before = await running.client.request("status")
    with pytest.raises(UnknownInterface, match="nosuch0") as unknown:
        await running.client.request("start", interfaces=["nosuch0"])
    assert "lab0" in unknown.value.remedy
    with pytest.raises(BadFilter):
        await running.client.request("start", interfaces=["lab0"], filter="tcp prt 80")
    with pytest.raises(BadFilter):
        await running.client.request("check_filter", filter="tcp prt 80")
    after = await running.client.request("status")
    assert after["running_since_ns"] == before["running_since_ns"]
    shared_lab.get("/still-there")
    await running.row("requests", to("/still-there"))


async def test_packets_of_the_ring(shared_lab: Lab, running: SensorProcess) -> None:
    shared_lab.get("/ring")
    await running.row("requests", to("/ring"))
    answer = await running.client.request("recent", limit=100)
    packets = rows_of(answer["ipc"])
    ids = [packet["id"] for packet in packets]
    assert ids == sorted(ids)
    detail = await running.client.request("packet", packet=ids[-1])
    assert len(detail["bytes"]) == detail["captured_length"]
    assert detail["layers"]
    exported = await running.client.request("export", ids=None)
    assert exported["pcapng"][:4] == b"\x0a\x0d\x0d\x0a"
    with pytest.raises(NotFound):
        await running.client.request("packet", packet=2**60)


async def test_interfaces_are_listed_and_logged(shared_lab: Lab, running: SensorProcess) -> None:
    listing = (await running.client.request("interfaces"))["interfaces"]
    by_name = {facts["name"]: facts for facts in listing}
    assert by_name["lab0"]["selected"] is True
    assert by_name["lo"]["selected"] is False
    assert "10.99.0.1" in by_name["lab0"]["addresses"]
    assert "interface lab0" in running.log.read_text()


async def test_counters_come_every_second(shared_lab: Lab, running: SensorProcess) -> None:
    shared_lab.get("/counted")
    received = await running.row(
        "stats", lambda row: row["name"] == "received" and row["value"] > 0
    )
    assert (received["stage"], received["interface"]) == ("capture", "lab0")
    dropped = await running.row("stats", lambda row: row["name"] == "outbox_rows_dropped")
    assert dropped["value"] == 0
    listed = (await running.client.request("stats"))["stats"]
    assert {"capture", "decode", "queue"} <= {entry["stage"] for entry in listed}


async def test_an_interface_that_appears_later_is_captured(lab: Lab, tmp_path: Path) -> None:
    async with on(
        lab, tmp_path, environment={"NETWORK_INTERFACES": "br-later,br-never"}
    ) as running:
        status = await running.state("waiting")
        assert set(status["missing"]) == {"br-later", "br-never"}
        assert status["error"]["code"] == "unknown_interface"
        lab.connect("br-later")
        status = await running.state("running")
        assert status["missing"] == ["br-never"]
        lab.get("/hot-plugged")
        await running.row("requests", to("/hot-plugged"))


async def test_a_docker_bridge_that_appears_is_picked_up(lab: Lab, tmp_path: Path) -> None:
    async with on(lab, tmp_path) as running:
        await running.state("running", "waiting")
        lab.connect("br-0123456789ab")
        deadline = asyncio.get_running_loop().time() + WAIT_S
        names: list[str] = []
        while "br-0123456789ab" not in names:
            assert asyncio.get_running_loop().time() < deadline, names
            listing = (await running.client.request("status"))["interfaces"]
            names = [entry["name"] for entry in listing if entry["error"] is None]
            await asyncio.sleep(0.05)
        lab.get("/found-by-itself")
        await running.row("requests", to("/found-by-itself"))


async def test_an_interface_that_goes_and_returns_is_captured_again(
    lab: Lab, tmp_path: Path
) -> None:
    lab.connect()
    async with on(lab, tmp_path, "-i", "lab0") as running:
        await running.state("running")
        lab.disconnect()
        await running.state("waiting")
        lab.connect()
        await running.state("running")
        lab.get("/returned")
        await running.row("requests", to("/returned"))


def without_capture_rights() -> None:
    """Before exec: CAP_NET_RAW leaves the bounding set, so that even root does not get it."""
    prctl = ctypes.CDLL(None).prctl
    for number in privileges.CAPTURE_CAPABILITIES:
        assert prctl(24, number, 0, 0, 0) == 0


async def test_an_interface_that_is_replaced_at_once_is_opened_anew(
    lab: Lab, tmp_path: Path
) -> None:
    """Gone and back between two looks: the same name, another interface."""
    lab.connect()
    near = ("--interface", "lab0")
    async with sensor(tmp_path, *near, prefix=lab.command(lab.near)) as found:
        for number in range(3):
            lab.disconnect()
            lab.connect()
            await captured_on(found, {"lab0"})
            await asked_until_seen(found, lab, f"/replaced/{number}")


async def test_an_interface_that_is_renamed_is_captured_under_its_new_name(
    lab: Lab, tmp_path: Path
) -> None:
    lab.connect("lab1")
    async with sensor(tmp_path, "--interface", "lab7", prefix=lab.command(lab.near)) as found:
        status = await found.state("waiting")
        assert status["missing"] == ["lab7"]
        lab_ip = ("-n", lab.near, "link", "set", "lab1")
        ip(*lab_ip, "down")
        ip(*lab_ip, "name", "lab7")
        ip("-n", lab.near, "link", "set", "lab7", "up")
        await captured_on(found, {"lab7"})
        await asyncio.to_thread(lab.get, "/renamed")
        row = await found.row("requests", lambda row: row["target"] == "/renamed")
        assert row["interface"] == "lab7"


async def captured_on(found: SensorProcess, names: set[str]) -> None:
    """Waits until exactly these are captured without trouble."""
    deadline = time.monotonic() + WAIT_S
    while True:
        status = await found.client.request("status")
        good = {entry["name"] for entry in status["interfaces"] if entry["error"] is None}
        if good == names and not status["missing"]:
            return
        assert time.monotonic() < deadline, status["interfaces"]
        await asyncio.sleep(0.05)


async def test_without_rights_it_stays_and_says_what_is_missing(tmp_path: Path) -> None:
    async with sensor(tmp_path, "-i", "lo", preexec_fn=without_capture_rights) as running:
        status = await running.state("no_permission")
        assert "cap_net_raw" in status["error"]["message"]
        assert "setcap" in status["error"]["remedy"] or "--cap-add" in status["error"]["remedy"]
        assert running.process.poll() is None
        assert "cap_net_raw" in running.log.read_text()
        assert "requests" not in running.rows


async def test_a_stranger_is_refused() -> None:
    with open_folder() as folder:
        async with sensor(folder, "-i", "lo") as running:
            # So that only the sensor itself can refuse.
            path = folder / "sensor.sock"
            path.chmod(0o666)
            assert await asyncio.to_thread(call_as_stranger, path) == "hung up"
            assert running.process.poll() is None


STRANGER = """
import os, socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.settimeout(10)
os.setgroups([])
os.setresgid(12345, 12345, 12345)
os.setresuid(12345, 12345, 12345)
sock.connect(sys.argv[1])
try:
    print("answered" if sock.recv(1) else "hung up")
except ConnectionResetError:
    print("hung up")
"""


def call_as_stranger(path: Path) -> str:
    """What user 12345 meets."""
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, str(path)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr


async def test_it_ends_politely_with_its_last_rows(shared_lab: Lab, tmp_path: Path) -> None:
    async with on(shared_lab, tmp_path, "-i", "lab0") as running:
        shared_lab.get("/last-words")
        running.process.send_signal(signal.SIGTERM)
        await running.row("requests", to("/last-words"))
        assert await asyncio.to_thread(running.process.wait, WAIT_S) == 0
