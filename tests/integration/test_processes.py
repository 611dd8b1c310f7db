"""Which process is behind a socket: real programs on a host and in containers, however short."""

from __future__ import annotations

import grp
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.docker_engine import DockerEngine
from tests.integration.nautscan_process import NautScanProcess

pytestmark = [pytest.mark.root, pytest.mark.docker]

NGINX_PORT, PYTHON_PORT, UDP_PORT = 8086, 8087, 8088
SHORT = 100
"""Processes that live for one request each."""

NGINX = """
daemon off; user nobody {group}; worker_processes 2; pid {folder}/pid; error_log stderr;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 hello; }} }} }}
"""

UDP_SERVER = """
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 8088))
while True:
    data, peer = sock.recvfrom(100)
    sock.sendto(data, peer)
"""


@pytest.fixture(scope="module")
def nautscan(shared_engine: DockerEngine) -> Iterator[NautScanProcess]:
    shared_engine.network("front")
    shared_engine.serve_http("orders", networks=["front"])
    shared_engine.run("web", networks=["front"])
    interfaces = "lo,eth0," + _bridge(shared_engine, "front")
    with NautScanProcess.start(shared_engine, NETWORK_INTERFACES=interfaces) as process:
        process.wait_for(lambda: process.get("/api/processes")["state"]["scope"] == "all")
        yield process
    shared_engine.remove_everything()


def _bridge(engine: DockerEngine, network: str) -> str:
    found = engine.docker("network", "inspect", "--format", "{{.Id}}", network)
    return f"br-{found[:12]}"


@pytest.fixture(scope="module")
def nginx(shared_engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Its master's process id. Two workers of another user share its listening socket."""
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o777)
    config = folder / "nginx.conf"
    config.write_text(
        NGINX.format(folder=folder, port=NGINX_PORT, group=grp.getgrgid(65534).gr_name)
    )
    process = shared_engine.popen(["nginx", "-c", str(config)], stderr=subprocess.DEVNULL)
    _wait_until_open(shared_engine, NGINX_PORT)
    yield process.pid
    process.terminate()
    process.wait(10)


def _wait_until_open(engine: DockerEngine, port: int) -> None:
    def opened() -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", port)) == 0

    deadline = time.monotonic() + 20
    while not engine.inside(opened):
        assert time.monotonic() < deadline, f"nothing listens at {port}"
        time.sleep(0.05)


def curl(engine: DockerEngine, port: int, target: str, *, outside: bool = False) -> None:
    host = engine.host_address if outside else "127.0.0.1"
    engine.on_host(["curl", "-s", "-o", "/dev/null", f"http://{host}:{port}{target}"],
                   outside=outside)  # fmt: skip


def found(nautscan: NautScanProcess, filter_text: str, count: int = 1) -> list[dict[str, Any]]:
    """The requests of a filter, once there are as many."""

    def rows() -> list[dict[str, Any]]:
        held = nautscan.requests(filter_text)
        return held if len(held) >= count else []

    answer: list[dict[str, Any]] = nautscan.wait_for(rows)
    return answer


def user_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def test_a_program_and_the_server_that_it_asks(
    nautscan: NautScanProcess, nginx: int, shared_engine: DockerEngine
) -> None:
    tag = secrets.token_hex(4)
    curl(shared_engine, NGINX_PORT, f"/{tag}")
    [row] = found(nautscan, f"target = '/{tag}' and client_command = 'curl'")
    assert (row["client_user"], row["client_process_reason"]) in {("root", None), (None, None)}
    assert row["server_command"] == "nginx"
    if row["server_process_source"] == "listener":
        assert (row["server_pid"], row["server_user"]) == (nginx, "root")
    else:
        assert (user_of(row["server_pid"]), row["server_user"]) == (65534, "nobody")


def test_processes_that_live_for_one_request_each(
    nautscan: NautScanProcess, nginx: int, shared_engine: DockerEngine
) -> None:
    tag = secrets.token_hex(4)
    one = f"curl -s -o /dev/null http://127.0.0.1:{NGINX_PORT}/{tag}"
    loop = f"for i in $(seq {SHORT}); do {one}; done"
    shared_engine.on_host(["sh", "-c", loop])
    rows = found(nautscan, f"target = '/{tag}'", SHORT)
    assert len(rows) == SHORT
    unnamed = [row["server_process_reason"] for row in rows if row["server_command"] is None]
    assert unnamed == []
    assert {row["server_command"] for row in rows} == {"nginx"}
    assert {row["client_command"] for row in rows} <= {"curl", None}
    missing = [row["client_process_reason"] for row in rows if row["client_command"] is None]
    assert None not in missing
    if nautscan.get("/api/processes")["state"]["traced"]:
        # The kernel's records are of processes that have ended: on a busy machine one may be lost.
        assert len(missing) <= SHORT // 20, missing
        named = [row["client_pid"] for row in rows if row["client_pid"] is not None]
        assert len(named) == len(set(named))


def test_containers_have_processes_too(
    nautscan: NautScanProcess, shared_engine: DockerEngine
) -> None:
    tag = secrets.token_hex(4)
    address = shared_engine.address("orders", "front")
    shared_engine.exec("web", ["wget", "-q", "-O", "-", f"http://{address}/?{tag}"])
    [row] = found(nautscan, f"target = '/?{tag}' and client_command = 'wget'")
    assert (row["client"], row["server"]) == ("web", "orders")
    assert row["server_command"] == "httpd"
    assert row["server_user"] == "root", "as the container's own passwd names it"
    assert str(row["server_pid"]) in shared_engine.docker("top", "orders", "-o", "pid").split()


def test_who_asks_from_elsewhere_is_not_looked_for_here(
    nautscan: NautScanProcess, shared_engine: DockerEngine
) -> None:
    tag = secrets.token_hex(4)
    argv = ["python3", "-m", "http.server", str(PYTHON_PORT), "--directory", "/var/empty"]
    server = shared_engine.popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_open(shared_engine, PYTHON_PORT)
        curl(shared_engine, PYTHON_PORT, f"/{tag}", outside=True)
        [row] = found(nautscan, f"target = '/{tag}' and server_command like 'python%'")
        assert (row["client_pid"], row["client_process_reason"]) == (None, "remote")
        assert row["server_pid"] == server.pid
    finally:
        server.terminate()
        server.wait(10)


def test_datagrams_are_a_process_s_as_well(
    nautscan: NautScanProcess, shared_engine: DockerEngine
) -> None:
    server = shared_engine.popen(["python3", "-c", UDP_SERVER])
    ends: list[socket.socket] = []

    def client() -> int:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ends.append(sock)
        sock.connect(("127.0.0.1", UDP_PORT))
        sock.settimeout(0.2)
        for _ in range(50):
            try:
                sock.send(b"ping")
                sock.recv(100)
                return int(sock.getsockname()[1])
            except OSError:  # It does not listen yet, or the answer is on its way.
                time.sleep(0.05)
        raise AssertionError("no answer")

    try:
        port = shared_engine.inside(client)
        nautscan.wait_for(lambda: _listens(nautscan, server.pid, UDP_PORT))

        def flow() -> Any:
            text = f"transport = 'udp' and client_port = {port}"
            return nautscan.get("/api/flows", filter=text)["flows"]

        row = nautscan.wait_for(flow)[0]
        assert row["server_pid"] in {server.pid, None}
        if row["server_pid"] is None:
            assert row["server_process_reason"] == "not_seen"
    finally:
        for sock in ends:
            sock.close()
        server.terminate()
        server.wait(10)


def _listens(nautscan: NautScanProcess, pid: int, port: int) -> bool:
    listed = nautscan.get("/api/processes")["processes"]
    return any(
        item["pid"] == pid and port in {bound["port"] for bound in item["listens"]}
        for item in listed
    )


def test_who_listens(nautscan: NautScanProcess, nginx: int, shared_engine: DockerEngine) -> None:
    nautscan.wait_for(lambda: _listens(nautscan, nginx, NGINX_PORT))
    answer = nautscan.get("/api/processes", container="orders")
    [httpd] = answer["processes"]
    assert (httpd["command"], httpd["container"]) == ("httpd", "orders")
    assert {bound["port"] for bound in httpd["listens"]} == {80}
    assert nautscan.get("/api/containers/orders/processes")["processes"] == [httpd]
    checks = {check["id"]: check for check in nautscan.get("/api/doctor")["checks"]}
    assert checks["processes.scope"]["state"] == "ok"


def test_a_container_s_user_without_a_name_is_a_number(
    nautscan: NautScanProcess, shared_engine: DockerEngine
) -> None:
    shared_engine.run(
        "numbered", networks=["front"], command=("httpd", "-f", "-p", "9000", "-h", "/www"),
        arguments=("--user", "4242"),
    )  # fmt: skip

    def users() -> set[str]:
        listed = nautscan.get("/api/processes", container="numbered")["processes"]
        return {item["user"] for item in listed}

    assert nautscan.wait_for(_once(users)) == {"4242"}


def _once(ask: Callable[[], set[str]]) -> Callable[[], set[str]]:
    """An answer that comes only once the container is known."""

    def answer() -> set[str]:
        try:
            return ask()
        except AssertionError:
            return set()

    return answer
