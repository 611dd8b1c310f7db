"""The Docker socket proxy before a real engine: what NautScan asks for passes, and nothing else."""

from __future__ import annotations

import asyncio
import http.client
import re
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautscan.identity import Directory, DockerWatcher
from nautscan.identity.hosts import local_addresses
from tests.integration.docker_engine import DockerEngine
from tests.integration.nautscan_image import PROXY_IMAGE, import_proxy
from tests.integration.watching import docker, running, until

pytestmark = [pytest.mark.root, pytest.mark.docker]

REFUSED = 403
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def prepared(shared_engine: DockerEngine) -> DockerEngine:
    """An engine that has the proxy's image."""
    if shutil.which("haproxy") is None:
        pytest.skip("not installed: haproxy (apt-get install haproxy)")
    import_proxy(shared_engine)
    return shared_engine


@pytest.fixture
def proxy(prepared: DockerEngine, engine: DockerEngine) -> Iterator[Path]:
    """The socket of a proxy that runs as docker-compose.host.yml runs it."""
    folder = prepared.run_folder / "docker-api"
    folder.mkdir(exist_ok=True)
    engine.docker(
        *("run", "--detach", "--name", "socket-proxy", "--network", "none", "--read-only"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"),
        *("--volume", f"{engine.socket}:/var/run/docker.sock"),
        *("--volume", f"{folder}:/var/lib/docker-api", PROXY_IMAGE),
    )
    path = folder / "docker.sock"
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert time.monotonic() < deadline, engine.docker("logs", "socket-proxy")
        time.sleep(0.05)
    yield path
    shutil.rmtree(folder, ignore_errors=True)


class _OnSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("docker", timeout=10)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def status(path: Path, method: str, target: str) -> int:
    """What is answered to one request, which is sent as it stands."""
    connection = _OnSocket(path)
    try:
        connection.request(method, target)
        return connection.getresponse().status
    finally:
        connection.close()


async def test_the_directory_is_kept_true_through_the_proxy(
    engine: DockerEngine, proxy: Path
) -> None:
    engine.network("front")
    engine.run("early", networks=["front"])
    directory = Directory()
    watcher = DockerWatcher(
        directory, f"unix://{proxy}", host_addresses=lambda: engine.inside(local_addresses)
    )
    async with running(watcher):
        await until(lambda: watcher.state.connected)
        assert directory.workload("early") is not None
        # Events come through as they happen.
        await asyncio.to_thread(engine.run, "late", networks=["front"])
        at = engine.address("late", "front")
        await until(lambda: any(b.ip == at and b.until_ns is None for b in directory.bindings()))
        await docker(engine, "rm", "-f", "late")
        await until(lambda: all(b.ip != at or b.until_ns for b in directory.bindings()))
        assert watcher.state.connections == 1


def test_nothing_else_passes(engine: DockerEngine, proxy: Path) -> None:
    engine.run("web")
    for target in ("/_ping", "/version", "/containers/json?all=true", "/v1.41/containers/web/json",
                   "/networks", "/v1.41/networks/bridge"):  # fmt: skip
        assert status(proxy, "GET", target) == 200, target
    refused = [
        ("POST", "/containers/create"),
        ("POST", "/v1.41/containers/web/stop"),
        ("POST", "/containers/web/exec"),
        ("POST", "/containers/json"),
        ("PUT", "/containers/web/archive?path=/"),
        ("DELETE", "/v1.41/containers/web"),
        ("DELETE", "/networks/bridge"),
        ("GET", "/containers/web/archive?path=/etc/passwd"),
        ("GET", "/v1.41/containers/web/export"),
        ("GET", "/containers/web/logs?stdout=1"),
        ("GET", "/containers/web/top"),
        ("GET", "/images/json"),
        ("GET", "/secrets"),
        ("GET", "/info"),
        ("GET", "/containers/../images/json"),
        ("GET", "/containers/..%2f..%2fimages/json"),
        ("GET", "//containers/web/archive"),
        ("GET", "/v1.41/containers/web/json/../archive"),
        ("CONNECT", "/session"),
    ]
    for method, target in refused:
        assert status(proxy, method, target) in {REFUSED, 400}, (method, target)
    assert engine.inspect("web")["State"]["Running"]


def test_the_proxy_has_no_network_and_no_rights(engine: DockerEngine, proxy: Path) -> None:
    assert proxy.parent.is_dir()
    pid = engine.inspect("socket-proxy")["State"]["Pid"]
    found = re.search(r"^CapEff:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    assert int(found[1], 16) == 0
    devices = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in devices] == ["lo"]
