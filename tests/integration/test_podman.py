"""Podman's Docker-compatible socket, with the same client: containers, addresses, ports, ends."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import nautscan
from nautscan.identity import Directory, DockerWatcher
from nautscan.sensor.lookout.facts import Processes
from tests.integration.docker_engine import root_file_system
from tests.integration.watching import running, until

pytestmark = [pytest.mark.root, pytest.mark.docker]

IMAGE = "localhost/nautscan-test:1"
START_S = 30.0
LITTLE = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--pids-limit", "0")
"""Limits that a container of a container may set too."""


class Podman:
    """A Podman of one's own: its storage in a folder, its networks in a network namespace."""

    def __init__(self, folder: Path, netns: str) -> None:
        self.socket = folder / "podman.sock"
        self.netns = netns
        self._enter = ["nsenter", f"--net=/run/netns/{netns}"]
        self._command = [
            *("podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run"),
            *("--tmpdir", f"{folder}/tmp", "--network-config-dir", f"{folder}/networks"),
            *("--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"),
            *("--events-backend", "file"),
        ]
        self._log = (folder / "log").open("wb")
        serve = ["system", "service", "--time", "0", f"unix://{self.socket}"]
        self._service = subprocess.Popen(
            [*self._enter, *self._command, *serve], stdout=self._log, stderr=self._log
        )
        deadline = time.monotonic() + START_S
        while not self.socket.exists():
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)

    def __call__(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run the `podman` command and return what it printed."""
        done = subprocess.run(
            [*self._enter, *self._command, *arguments],
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode().strip()

    def stop(self) -> None:
        """Take everything away."""
        self("rm", "--all", "--force", "--time", "0")
        self._service.terminate()
        self._service.wait(START_S)
        self._log.close()


@pytest.fixture
def podman() -> Iterator[Podman]:
    if os.geteuid() != 0 or shutil.which("podman") is None:
        pytest.skip("needs root and podman (apt-get install podman)")
    folder = Path(tempfile.mkdtemp(prefix="nspod-", dir="/tmp"))
    netns = folder.name
    subprocess.run(["ip", "netns", "add", netns], check=True)
    subprocess.run(["ip", "-n", netns, "link", "set", "lo", "up"], check=True)
    try:
        started = Podman(folder, netns)
        try:
            started("import", "-", IMAGE, stdin=root_file_system())
            yield started
        finally:
            started.stop()
    finally:
        for mount in _mounts_below(folder):
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", netns], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _mounts_below(folder: Path) -> list[str]:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return sorted((mount for mount in mounts if mount.startswith(str(folder))), reverse=True)


async def test_a_container_of_podman_is_known_while_it_runs(podman: Podman) -> None:
    directory = Directory()
    watcher = DockerWatcher(directory, f"unix://{podman.socket}", host_addresses=frozenset)
    async with running(watcher):
        await until(lambda: watcher.state.connected)
        await asyncio.to_thread(podman, "network", "create", "front")
        arguments = ("run", "--detach", *LITTLE, "--name", "web", "--network", "front")
        await asyncio.to_thread(podman, *arguments, IMAGE, "sleep", "600")
        template = "{{.NetworkSettings.Networks.front.IPAddress}}"
        address = await asyncio.to_thread(podman, "inspect", "--format", template, "web")

        def owner() -> str | None:
            workload = directory.lookup(address, None, None, time.time_ns())
            return workload.name if workload is not None else None

        await until(lambda: owner() == "web")
        web = directory.workload("web")
        assert web is not None
        assert (web.state, web.image) == ("running", IMAGE)
        await asyncio.to_thread(podman, "rm", "--force", "--time", "0", "web")
        await until(lambda: owner() is None)


OWNERS = """
import asyncio, json, os, sys
from nautscan.identity import Directory, DockerWatcher, InterfaceOwners

async def main():
    directory = Directory()
    watcher = DockerWatcher(directory, sys.argv[1], host_addresses=frozenset)
    task = asyncio.create_task(watcher.run())
    while not watcher.state.connected:
        await asyncio.sleep(0.05)
    found = InterfaceOwners(directory).owners(os.listdir("/sys/class/net"))
    task.cancel()
    print(json.dumps({name: [owner.kind, owner.name, owner.network]
                      for name, owner in found.items()}))

asyncio.run(main())
"""


async def test_a_network_made_while_we_watch_is_known_once_a_container_joins(
    podman: Podman,
) -> None:
    """Podman's events tell of no network."""
    directory = Directory()
    watcher = DockerWatcher(directory, f"unix://{podman.socket}", host_addresses=frozenset)
    async with running(watcher):
        await until(lambda: watcher.state.connected)
        await asyncio.to_thread(podman, "network", "create", "later")
        assert "later" not in {network.name for network in directory.networks()}
        arguments = ("run", "--detach", *LITTLE, "--name", "web", "--network", "later")
        await asyncio.to_thread(podman, *arguments, IMAGE, "sleep", "600")
        await until(lambda: "later" in {network.name for network in directory.networks()})
        network = next(n for n in directory.networks() if n.name == "later")
        assert network.subnets
        assert network.gateways


async def test_bridges_are_known_by_their_gateway(podman: Podman) -> None:
    """Podman's Docker-compatible answer does not name them.

    The default network's is podman0 with netavark, cni-podman0 with CNI.
    """
    await asyncio.to_thread(podman, "network", "create", "front")
    for name, network in (("web", "front"), ("other", "podman")):
        arguments = ("run", "--detach", *LITTLE, "--name", name, "--network", network)
        await asyncio.to_thread(podman, *arguments, IMAGE, "sleep", "600")
    command = [sys.executable, "-c", OWNERS, f"unix://{podman.socket}"]
    done = await asyncio.to_thread(
        subprocess.run,
        ["ip", "netns", "exec", podman.netns, *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(nautscan.__file__).parents[1])},
    )
    assert done.returncode == 0, done.stderr
    owners = {name: tuple(facts) for name, facts in json.loads(done.stdout).items()}
    default = {name: facts for name, facts in owners.items() if name.endswith("podman0")}
    # Podman itself calls it `podman`; to clients of Docker `bridge`, as Docker does.
    assert list(default.values()) == [("network", "bridge", "bridge")], owners
    assert ("network", "front", "front") in owners.values()
    containers = {facts[1:] for facts in owners.values() if facts[0] == "container"}
    assert containers == {("web", "front"), ("other", "bridge")}


async def test_processes_are_put_down_to_their_container(podman: Podman) -> None:
    arguments = ("run", "--detach", *LITTLE, "--name", "web", IMAGE, "sleep", "600")
    container_id = await asyncio.to_thread(podman, *arguments)
    pid = int(await asyncio.to_thread(podman, "inspect", "--format", "{{.State.Pid}}", "web"))
    process = Processes().read(pid)
    assert process is not None
    assert process.containers[-1] == container_id
    assert (process.command, process.user) == ("sleep", "root")
