"""Checks of naming, keeping and showing: each state from facts of its own."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nautscan.doctor.checks import clock, engines, memory, port, storage
from nautscan.doctor.checks.clock import Discipline
from nautscan.doctor.model import State
from nautscan.store.interface import StoreState
from tests.unit.doctor.conftest import At

HOUR = 3600.0


class Usage(NamedTuple):
    total: int
    used: int
    free: int


# Clock.


def test_a_clock_that_is_kept_is_right(at: At) -> None:
    check = clock.judged(
        at("bare_host"), 2e9, 1.9e9, Discipline(synchronised=True, max_error_s=0.0125)
    )
    assert check.state is State.OK
    assert "0.013 s" in check.found or "0.012 s" in check.found
    assert check.facts["time"] == "2033-05-18 03:33:20 UTC"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("bare_host", "timedatectl"), ("wsl2", "hwclock -s"), ("docker_bridge", "on the host")],
)
def test_a_clock_that_nothing_keeps_is_noted(at: At, name: str, remedy: str) -> None:
    check = clock.judged(at(name), 2e9, 1.9e9, Discipline(synchronised=False, max_error_s=16.0))
    assert check.state is State.WARNING
    assert remedy in check.remedy


def test_a_clock_before_the_installation_is_wrong(at: At) -> None:
    check = clock.judged(
        at("bare_host"), 1.0e9, 1.9e9, Discipline(synchronised=True, max_error_s=0.1)
    )
    assert check.state is State.FAILED
    assert "before NautScan was installed" in check.found


def test_a_clock_that_cannot_be_asked_about_is_not_called_right(at: At) -> None:
    assert clock.judged(at("bare_host"), 2e9, 1.9e9, None).state is State.UNKNOWN


def test_where_the_kernel_may_not_be_asked_systemd_is(
    at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "discipline", lambda: None)
    context = at("bare_host")
    assert clock.check(context)[0].state is State.UNKNOWN
    mark = context.evidence.root / "run/systemd/timesync/synchronized"
    mark.parent.mkdir(parents=True)
    mark.touch()
    [check] = clock.check(context)
    assert (check.state, check.facts["max_error_s"]) == (State.OK, None)
    assert check.found.endswith("is kept right.")


@pytest.mark.skipif(sys.platform != "linux", reason="adjtimex is Linux's")
def test_the_kernel_is_asked() -> None:
    kept = clock.discipline()
    assert kept is None or (kept.max_error_s or 0) >= 0


# Memory.


def _meminfo(at: At, available_kb: int, **settings: Any) -> Any:
    context = at("bare_host", **settings)
    (context.evidence.root / "proc/meminfo").write_text(
        f"MemTotal:       16000000 kB\nMemAvailable:   {available_kb} kB\n"
    )
    return context


def test_enough_memory(at: At) -> None:
    [check] = memory.check(_meminfo(at, 8_000_000))
    assert check.state is State.OK
    assert check.facts["available_bytes"] == 8_000_000 * 1024


def test_too_little_memory(at: At) -> None:
    [check] = memory.check(_meminfo(at, 100_000))
    assert check.state is State.WARNING
    assert "    NAUTSCAN_STORE_MEMORY=" in check.remedy


def test_a_containers_limit_counts(at: At) -> None:
    context = _meminfo(at, 8_000_000)
    root = context.evidence.root
    (root / "proc/self/cgroup").write_text("0::/\n")
    (root / "sys/fs/cgroup").mkdir(parents=True)
    (root / "sys/fs/cgroup/memory.max").write_text("134217728\n")
    [check] = memory.check(context)
    assert check.state is State.WARNING
    assert "128 MiB" in check.found
    (root / "sys/fs/cgroup/memory.max").write_text("max\n")
    assert memory.check(context)[0].state is State.OK


def test_limits_of_version_1(at: At) -> None:
    context = _meminfo(at, 8_000_000)
    root = context.evidence.root
    (root / "proc/self/cgroup").write_text("7:cpu:/x\n6:memory:/docker/1\n")
    folder = root / "sys/fs/cgroup/memory"
    folder.mkdir(parents=True)
    (folder / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert memory.cgroup_limit(context.evidence) is None
    (folder / "memory.limit_in_bytes").write_text("1073741824\n")
    assert memory.cgroup_limit(context.evidence) == 1 << 30


def test_memory_that_cannot_be_seen(at: At) -> None:
    assert memory.check(at("bare_host"))[0].state is State.UNKNOWN


# Storage.


def test_a_disk_with_room(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**12))
    disk, database = storage.check(at("bare_host"))
    assert (disk.state, database.state) == (State.OK, State.OK)
    assert "made at the first start" in database.found


def test_a_full_disk_fails_and_a_small_one_is_noted(
    at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = at("bare_host")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 1000, 1000))
    assert storage.check(context)[0].state is State.FAILED
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**10, 0, 10**9))
    [disk, _] = storage.check(context)
    assert disk.state is State.WARNING
    assert "    NAUTSCAN_RETENTION_SIZE=744MB nautscan serve" in disk.remedy.splitlines()


def test_a_folder_that_may_not_be_written(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    [disk, _] = storage.check(at("bare_host"))
    assert disk.state is State.FAILED
    assert "--data-dir" in disk.remedy


def test_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    assert storage.existing(tmp_path / "a" / "b" / "c") == tmp_path


def test_a_database_that_another_process_holds(at: At, tmp_path: Path) -> None:
    """Found as DuckDB locks it, without taking a lock."""
    context = at("bare_host")
    path = context.config.database_path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 2048)
    [_, free] = storage.check(context)
    assert "in use by nobody" in free.found
    program = (
        "import fcntl, sys; f = open(sys.argv[1], 'r+b');"
        "fcntl.lockf(f, fcntl.LOCK_EX); print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        [_, held] = storage.check(context)
        assert held.state is State.OK
        assert held.facts["holder"] == holder.pid
        assert held.facts["bytes"] == 2048
        holder.communicate()


@pytest.mark.parametrize(
    ("state", "expected", "remedy"),
    [("ok", State.OK, ""), ("full", State.FAILED, "df -h"), ("failing", State.FAILED, "log")],
)
def test_the_servers_own_database(at: At, state: Any, expected: State, remedy: str) -> None:
    store = StoreState(state, None, "/data/x.duckdb", 1 << 20, 10, 3, 7, 0, 0, 0, 0, None)
    [_, database] = storage.check(replace(at("bare_host", where="server"), store=store))
    assert database.state is expected
    assert remedy in database.remedy


# Port.


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def answering(status: int, body: dict[str, Any]) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def test_a_free_port(at: At) -> None:
    [check] = port.check(at("bare_host", port=free_port()))
    assert check.state is State.OK
    assert check.facts["holder"] is None
    assert port.check(at("wsl2", port=0))[0].state is State.OK


def test_a_port_where_nautscan_answers(at: At) -> None:
    with answering(200, {"label": "Live traffic", "version": "9.9", "source": "live"}) as number:
        [check] = port.check(at("bare_host", port=number))
    assert (check.state, check.facts["holder"]) == (State.OK, "nautscan")
    assert "NautScan 9.9" in check.found
    refusal = {"code": "unauthorized", "message": "m", "remedy": "r", "detail": {}}
    with answering(401, {"error": refusal}) as number:
        [check] = port.check(at("wsl2", port=number))
    assert check.facts["holder"] == "nautscan"


@pytest.mark.parametrize("body", [{"hello": "world"}, {"error": "no"}])
def test_a_port_that_another_program_has(at: At, body: dict[str, Any]) -> None:
    with answering(200, body) as number:
        [check] = port.check(at("bare_host", port=number))
    assert check.state is State.FAILED
    assert f"    nautscan serve --port {number + 1}" in check.remedy.splitlines()


def test_an_address_of_another_machine(at: At) -> None:
    [check] = port.check(at("bare_host", host="192.0.2.77", port=free_port()))
    assert check.state is State.FAILED
    assert "--host 127.0.0.1" in check.remedy


def test_the_server_itself_listens(at: At) -> None:
    assert port.check(at("bare_host", where="server"))[0].facts["holder"] == "nautscan"


# Container engines.


@contextmanager
def engine_at(path: Path) -> Iterator[None]:
    """What answers like a Docker Engine, on a Unix socket."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers: dict[str, Any] = {
                "/version": {"Version": "28.1", "ApiVersion": "1.49", "MinAPIVersion": "1.24"},
                "/v1.49/containers/json?all=true": [{"State": "running"}, {"State": "exited"}],
            }
            data = json.dumps(answers[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def address_string(self) -> str:
            return "socket"

        def log_message(self, *_: object) -> None:
            pass

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


def test_an_engine_that_answers(at: At, tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    with engine_at(path):
        docker, podman = engines.check(at("bare_host", docker_host=f"unix://{path}"))
    assert docker.state is State.OK
    assert docker.found.startswith("28.1 answers at")
    assert (docker.facts["containers"], docker.facts["running"]) == (2, 1)
    assert podman.id == "engine.podman"


def test_no_engine_is_ordinary_on_a_host_and_noted_in_a_container(at: At, tmp_path: Path) -> None:
    nowhere = f"unix://{tmp_path}/none.sock"
    on_host = engines.check(at("bare_host", docker_host=nowhere))[0]
    assert (on_host.state, on_host.facts["state"]) == (State.OK, "absent")
    inside = engines.check(at("docker_bridge", docker_host=nowhere))[0]
    assert inside.state is State.WARNING
    assert "    docker run -e DOCKER_HOST=tcp://PROXY:2375 nautscan serve" in inside.remedy
    in_podman = engines.check(at("podman_bridge", docker_host=nowhere))[0]
    assert "podman.socket" in in_podman.remedy
    in_pod = engines.check(at("kubernetes_pod", docker_host=nowhere))[0]
    assert "hostPath" in in_pod.remedy


def test_an_engine_that_does_not_answer_as_it_should_is_noted(at: At, tmp_path: Path) -> None:
    path = tmp_path / "deaf.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
        check = engines.check(at("bare_host", docker_host=f"unix://{path}"))[0]
    assert (check.state, check.facts["state"]) == (State.WARNING, "unreachable")
    assert "systemctl start docker" in check.remedy


def test_an_engine_that_hangs_is_not_waited_for(
    at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "ANSWER_S", 0.1)
    path = tmp_path / "hung.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
        sock.listen()
        check = engines.check(at("bare_host", docker_host=f"unix://{path}"))[0]
    assert check.state is State.WARNING
    assert "does not answer within" in check.found


def test_an_engine_that_is_another_service(at: At) -> None:
    with answering(404, {"message": "page not found"}) as number:
        check = engines.check(at("bare_host", docker_host=f"tcp://127.0.0.1:{number}"))[0]
    assert (check.state, check.facts["state"]) == (State.WARNING, "misconfigured")


def test_a_setting_that_makes_no_sense(at: At) -> None:
    [check] = engines.check(at("bare_host", docker_host="ssh://host"))
    assert check.state is State.FAILED
    assert "ssh -nNT" in check.remedy


def test_switched_off(at: At) -> None:
    [check] = engines.check(at("bare_host", docker=False))
    assert (check.state, check.facts["state"]) == (State.OK, "off")


def test_podmans_socket_beside_another_engine(at: At, tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    (runtime / "podman").mkdir(parents=True)
    context = at("bare_host", docker_host=f"unix://{tmp_path}/none.sock")
    # Sockets are looked for through the evidence, and asked on this machine.
    evidence = replace(context.evidence, root=Path("/"), environ={"XDG_RUNTIME_DIR": str(runtime)})
    with engine_at(runtime / "podman" / "podman.sock"):
        _, podman = engines.check(replace(context, evidence=evidence))
    assert podman.state is State.OK
    assert f"DOCKER_HOST=unix://{runtime}/podman/podman.sock" in podman.remedy


def test_podman_without_its_socket(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    context = at("bare_host", docker_host="unix:///nowhere/docker.sock")
    _, podman = engines.check(context)
    assert podman.state is State.WARNING
    assert "enable --now podman.socket" in podman.remedy
