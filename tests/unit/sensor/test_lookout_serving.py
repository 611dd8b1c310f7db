"""The lookout as a process of its own, and its client: with and without rights."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

import nautscan
from nautscan.sensor import endpoint, frames
from nautscan.sensor.lookout.client import LookoutClient
from nautscan.sensor.lookout.model import Entry, SocketKey

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's tables")

PATIENCE_S = 30.0
NOBODY = 65534


class Heard:
    """What the lookout told."""

    def __init__(self) -> None:
        self.entries: dict[SocketKey, Entry] = {}
        self.begun = 0
        self.host: int | None = None

    def told(self, entries: list[Entry]) -> None:
        self.entries.update({entry.key: entry for entry in entries})

    def began(self) -> None:
        self.begun += 1

    def placed(self, _containers: dict[str, int], host: int | None) -> None:
        self.host = host


UNPRIVILEGED = f"""
import sys
from nautscan.cli._lookout import main
from nautscan.sensor import installation, privileges
from nautscan.sensor.lookout import elsewhere, look, perf, proctable, serving
from nautscan.sensor.users import Identity
nobody = Identity({NOBODY}, {NOBODY})
installation.prepare(nobody, serving.LOOKOUT_MODULES)
privileges.become(nobody)
main(sys.argv[1:])
"""
"""Root's Python is often where nobody else can start it, hence not by another user's exec."""


@contextlib.asynccontextmanager
async def lookout(
    folder: Path, *arguments: str, rights: bool = True
) -> AsyncIterator[tuple[LookoutClient, Heard, subprocess.Popen[bytes]]]:
    path = folder / "lookout.sock"
    source = str(Path(nautscan.__file__).parents[1])
    how = ["-m", "nautscan.cli._lookout"] if rights else ["-c", UNPRIVILEGED]
    command = [sys.executable, *how, "--socket", str(path), *arguments]
    process = subprocess.Popen(  # noqa: ASYNC220 (it is done before the loop would notice)
        command,
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": source},
        cwd="/",
    )
    heard = Heard()
    client = LookoutClient(str(path), heard.told, heard.began, heard.placed)
    task = asyncio.create_task(client.run())
    try:
        await until(lambda: client.state.status is not None)
        yield client, heard, process
    finally:
        task.cancel()
        assert process.stdin is not None
        process.stdin.close()
        code = await asyncio.to_thread(process.wait, PATIENCE_S)
        assert code in {0, -15, -9}


async def until(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not fact():  # noqa: ASYNC110 (the fact is in another process)
            await asyncio.sleep(0.02)


async def test_our_own_socket_is_named(reachable: Path) -> None:
    async with lookout(reachable) as (client, heard, _):
        with socket.create_server(("127.0.0.1", 0)) as server:
            await until(lambda: heard.host is not None)
            key = SocketKey(heard.host or 0, "tcp", "127.0.0.1", server.getsockname()[1], "", 0)
            await client.look()
            await until(lambda: key in heard.entries)
            entry = heard.entries[key]
            assert entry.process is not None
            assert (entry.process.pid, entry.source) == (os.getpid(), "listener")
        await until(lambda: heard.entries[key].until_ns is not None)


@pytest.mark.root
async def test_without_rights_the_users_of_others_sockets_are_known(reachable: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("it takes root to become somebody else")
    reachable.chmod(0o777)  # noqa: ASYNC240 (one call)
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with lookout(reachable, rights=False) as (client, heard, _):
            assert client.state.status is not None
            assert client.state.status["scope"] == "own"
            assert not client.state.status["traced"]
            key = SocketKey(heard.host or 0, "tcp", "127.0.0.1", server.getsockname()[1], "", 0)
            await until(lambda: key in heard.entries)
            entry = heard.entries[key]
            assert (entry.process, entry.reason, entry.user) == (None, "no_rights", "root")


@pytest.mark.root
async def test_with_rights_given_up_all_are_named(reachable: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("it takes root to have rights to give up")
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with lookout(reachable, "--drop-user", f"{NOBODY}:{NOBODY}") as (
            client,
            heard,
            process,
        ):
            status = Path(f"/proc/{process.pid}/status").read_text()  # noqa: ASYNC240 (no disk)
            fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
            assert fields["Uid"].split() == [str(NOBODY)] * 4
            assert int(fields["CapEff"], 16) == 1 << 2 | 1 << 19
            assert fields["NoNewPrivs"] == "1"
            assert client.state.status is not None
            if client.state.status["confined"]:
                assert fields["Seccomp"] == "2"
            key = SocketKey(heard.host or 0, "tcp", "127.0.0.1", server.getsockname()[1], "", 0)
            await until(lambda: key in heard.entries)
            held = heard.entries[key].process
            assert held is not None
            assert held.pid == os.getpid()


async def test_one_that_does_not_introduce_itself_learns_nothing(reachable: Path) -> None:
    async with lookout(reachable):
        connection = await endpoint.connect(reachable / "lookout.sock")
        connection.writer.write(frames.encode_control({"op": "look"}))
        async with asyncio.timeout(PATIENCE_S):
            assert await connection.reader.read() == b""
        connection.writer.close()


async def test_a_lookout_that_is_killed_is_said_to_be_away(reachable: Path) -> None:
    async with lookout(reachable) as (client, heard, process):
        process.kill()
        await until(lambda: not client.state.connected)
        assert client.state.reason
        assert heard.begun == 1
