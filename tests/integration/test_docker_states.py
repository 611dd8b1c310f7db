"""Docker absent, stopped, restarted, forbidden: ordinary states with reason and remedy."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import threading
from pathlib import Path

import pytest

from nautscan.identity import Directory, DockerWatcher, WatcherState
from tests.integration.docker_engine import DockerEngine
from tests.integration.watching import docker, following, running, until

NOBODY = 65534


async def settled_state(host: str) -> WatcherState:
    """The first state other than connecting, for a host where nobody can be reached."""
    watcher = DockerWatcher(Directory(), host, environment={})
    async with running(watcher):
        await until(lambda: watcher.state.status != "connecting")
        return watcher.state


async def test_no_engine_is_absent(tmp_path: Path) -> None:
    state = await settled_state(f"unix://{tmp_path}/docker.sock")
    assert state.status == "absent"
    assert str(state.reason).startswith("There is no container engine at unix:///")
    assert "systemctl start docker" in str(state.remedy)


async def test_a_socket_nobody_listens_at_is_a_stopped_engine(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    state = await settled_state(f"unix://{path}")
    assert state.status == "unreachable"
    assert "stopped" in str(state.reason)


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ("ssh://me@example.com", "ssh -nNT -L"),
        ("npipe:////./pipe/docker_engine", "unix:///"),
        ("docker.example.com", "tcp://HOST:2376"),
        ("tcp://", "tcp://HOST:2376"),
    ],
)
async def test_a_setting_that_cannot_work_says_what_to_write(host: str, word: str) -> None:
    state = await settled_state(host)
    assert state.status == "misconfigured"
    assert host in str(state.reason)
    assert word in str(state.remedy)


@pytest.mark.root
@pytest.mark.docker
async def test_a_socket_without_permission_says_who_may(engine: DockerEngine) -> None:
    state = await asyncio.to_thread(_as_nobody, engine.host)
    assert state.status == "no_permission"
    assert "may not be asked" in str(state.reason)
    assert "usermod -aG docker" in str(state.remedy)


def _as_nobody(host: str) -> WatcherState:
    """Follow the engine in a thread whose file system rights are those of nobody."""
    states: list[WatcherState] = []

    def give_up_rights_and_follow() -> None:
        # These change the calling thread only. The kernel takes the rights to override file
        # modes with them.
        libc = ctypes.CDLL(None, use_errno=True)
        libc.setfsgid(NOBODY)
        libc.setfsuid(NOBODY)
        states.append(asyncio.run(settled_state(host)))

    thread = threading.Thread(target=give_up_rights_and_follow)
    thread.start()
    thread.join()
    return states[0]


@pytest.mark.root
@pytest.mark.docker
async def test_docker_restarted_under_the_watcher(engine: DockerEngine) -> None:
    engine.network("front")
    engine.run("lasting", networks=["front"], arguments=["--restart", "always"])
    engine.run("ending", networks=["front"])
    directory = Directory()
    async with following(engine, directory) as watcher:
        await asyncio.to_thread(engine.stop_daemon)
        await until(lambda: watcher.state.status == "unreachable")
        assert watcher.state.reason is not None
        assert watcher.state.remedy is not None
        assert "reconnects by itself" in watcher.state.remedy
        await asyncio.to_thread(engine.start_daemon)
        await until(lambda: watcher.state.connected and watcher.state.connections == 2)

        def present(name: str) -> list[str]:
            workload = directory.workload(name)
            assert workload is not None
            own = (b for b in directory.bindings() if b.workload_id == workload.id)
            return [b.ip for b in own if b.until_ns is None]

        await until(lambda: present("lasting"))
        assert present("lasting") == [engine.address("lasting", "front")]
        assert present("ending") == []
        # And it follows again: what happens now is seen.
        await docker(engine, "rm", "-f", "lasting")
        await until(lambda: present("lasting") == [])
