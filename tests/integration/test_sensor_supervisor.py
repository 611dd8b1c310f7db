"""`nautscan serve` as root: the real sensor and the real server, killed and ended in all ways."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sensor_lab import PYTHON, WAIT_S, open_folder, started

pytestmark = pytest.mark.root

START_S = 40.0
"""Two processes import everything, on a busy machine."""

ADDRESS = re.compile(r"NautScan \((.+)\) is at {2}(http://([^:/]+|\[[^]]+\]):(\d+)\S*)")
NOBODY = pwd.getpwnam("nobody")


class Served:
    """A running `nautscan serve`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def until(self, condition: Callable[[], Any], wait_s: float = WAIT_S) -> Any:
        """What `condition` gives, once it gives something."""
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        pytest.fail(f"waited in vain; log:\n{self.text()}")

    def listening(self) -> re.Match[str]:
        """Its words about the address: kind, address, host, port."""
        found = self.until(self._address, START_S)
        assert isinstance(found, re.Match)
        return found

    def _address(self) -> re.Match[str] | None:
        if self.process.poll() is not None:
            pytest.fail(f"it ended with {self.process.returncode}:\n{self.text()}")
        return ADDRESS.search(self.text())

    def get(self, path: str) -> tuple[int, bytes]:
        port = int(self.listening()[4])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def json(self, path: str) -> Any:
        with suppress(OSError):  # while the server is away
            status, body = self.get(path)
            if status == 200:
                return json.loads(body)
        return None

    def child(self, name: str) -> int | None:
        """The process id of the sensor or the server."""
        for pid in children_of(self.process.pid):
            with suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                wanted = {"sensor": b"sensor", "server": b"nautscan.cli._server"}[name]
                if wanted in command:
                    return pid
        return None

    def kill(self, name: str) -> None:
        """Kills a child and waits until it is another one."""
        before = self.child(name)
        assert before is not None
        os.kill(before, signal.SIGKILL)
        self.until(lambda: self.child(name) not in {None, before})


def children_of(pid: int) -> list[int]:
    with suppress(OSError):
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    return []


def identity_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def serving(folder: Path, *arguments: str, command: str = "serve") -> Iterator[Served]:
    log = folder / "serve.log"
    line = (*PYTHON, "-m", "nautscan", command, "--port", "0", "--data-dir", str(folder / "data"))
    process = started((*line, *arguments), log)
    try:
        yield Served(process, log)
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    """One run on the loopback interface for the tests that only look."""
    with open_folder() as folder, serving(folder, "-i", "lo") as served:
        served.listening()
        yield served


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the server's user can reach."""
    with open_folder() as folder:
        yield folder


def test_the_address_is_printed_once_it_listens(shared: Served) -> None:
    kind, _, host, port = shared.listening().groups()
    assert (kind, host) == ("live", "127.0.0.1")
    socket.create_connection((host, int(port)), timeout=5).close()


def test_the_server_has_no_rights(shared: Served) -> None:
    pid = shared.child("server")
    assert pid is not None
    facts = identity_of(pid)
    assert set(facts["Uid"].split()) == {str(NOBODY.pw_uid)}
    assert set(facts["Gid"].split()) == {str(NOBODY.pw_gid)}
    assert {facts[name] for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {"0" * 16}
    assert facts["NoNewPrivs"] == "1"
    assert "0" not in facts["Groups"].split()


def test_its_data_folder_is_its_own(shared: Served) -> None:
    facts = (shared.log.parent / "data").stat()
    assert (facts.st_uid, stat.S_IMODE(facts.st_mode)) == (NOBODY.pw_uid, 0o700)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/openapi.json",
        "/metrics",
        "/api/health",
        "/api/source",
        "/api/packets/interfaces",
        "/api/packets/status",
        "/api/packets/recent?limit=10",
        "/api/containers",
        "/api/requests?limit=10&filter=status%20%3E%3D%20500%20and%20host%20like%20'a%25'",
        "/api/flows?limit=10",
        "/api/timeseries?table=requests",
        "/api/map",
        "/api/columns?table=requests",
    ],
)
def test_nothing_it_needs_is_out_of_reach_after_it_became_nobody(shared: Served, path: str) -> None:
    status, body = shared.get(path)
    assert status == 200, body
    assert body


def test_an_error_is_an_answer_too(shared: Served) -> None:
    status, body = shared.get("/api/requests?filter=status%20%3E%3E%3E")
    assert status == 422
    assert json.loads(body)["error"]["code"] == "bad_query"


def test_a_killed_sensor_returns_and_the_gap_shows(shared: Served) -> None:
    shared.kill("sensor")

    def gap() -> Any:
        gaps = (shared.json("/api/health") or {"sensor": {"gaps": []}})["sensor"]["gaps"]
        return [gap for gap in gaps if gap["reason"] == "the sensor ended" and gap["until"]]

    (found,) = shared.until(gap)
    assert found["since"] < found["until"]
    shared.until(lambda: (shared.json("/api/packets/status") or {}).get("running"))
    assert "was ended by SIGKILL; it is started again" in shared.text()


def test_a_killed_server_returns_at_its_address_with_its_rows(shared: Served) -> None:
    sensor, address = shared.child("sensor"), shared.listening()[2]
    query = "/api/requests?filter=target%20%3D%20'/api/source'"

    def stored() -> Any:
        return (shared.json(query) or {}).get("requests")

    shared.get("/api/source")
    before = shared.until(stored)
    shared.kill("server")
    after = shared.until(stored, START_S)
    assert {row["id"] for row in before} <= {row["id"] for row in after}
    assert shared.listening()[2] == address
    assert shared.child("sensor") == sensor


def sockets_in(log: str) -> list[Path]:
    """Where the sensors of a run said that they listen."""
    found = [Path(path) for path in re.findall(r"listens at (\S+)", log)]
    assert found
    return found


def test_a_second_signal_ends_at_once(place: Path) -> None:
    with serving(place, "-i", "lo") as served:
        served.listening()
        server = served.child("server")
        assert server is not None
        os.kill(server, signal.SIGSTOP)  # It will not end by itself.
        served.process.send_signal(signal.SIGINT)
        served.until(lambda: "Once more to end at once" in served.text())
        served.process.send_signal(signal.SIGINT)
        served.process.wait(10)
        assert not alive(server)


def test_a_killed_supervisor_takes_its_children_along(place: Path) -> None:
    with serving(place, "-i", "lo") as served:
        served.listening()
        pids = [pid for pid in (served.child("sensor"), served.child("server")) if pid]
        served.process.kill()
        served.process.wait()
        served.until(lambda: not any(map(alive, pids)))


def test_a_port_in_use_is_said(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with serving(place, "-i", "lo", "--port", port) as served:
            assert served.process.wait(START_S) != 0
            assert port in served.text()
            assert "before it listened" in served.text()


def test_the_demo_needs_no_interface_and_one_signal_ends_everything(place: Path) -> None:
    with serving(place, command="demo") as served:
        assert served.listening()[1].startswith("a demo")

        def requests() -> Any:
            return (served.json("/api/requests?limit=5") or {}).get("requests")

        served.until(requests, START_S)
        assert served.json("/api/source")["source"] == "demo"
        pids = children_of(served.process.pid)
        assert len(pids) == 3, "sensor, server and generator"
        (runtime,) = sockets_in(served.text())
        assert runtime.exists()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(30) == 0
        assert not [pid for pid in pids if alive(pid)]
        assert not runtime.parent.exists()
