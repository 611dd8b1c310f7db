"""The private socket: who can reach it, and what is left of an earlier one."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from nautscan.sensor import endpoint
from nautscan.sensor.endpoint import admitted


def test_the_socket_is_private(tmp_path: Path) -> None:
    listener = endpoint.bind(tmp_path / "s")
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600
    listener.close()
    assert not (tmp_path / "s").exists()


def test_the_secret_of_a_loopback_sensor_is_private(tmp_path: Path) -> None:
    listener = endpoint.bind(tmp_path / "s", kind="loopback")
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600
    assert listener.sock.getsockname()[0] == "127.0.0.1"
    listener.close()


@pytest.mark.parametrize("kind", ["unix", "loopback"])
def test_what_a_dead_sensor_left_is_replaced(tmp_path: Path, kind: endpoint.Kind) -> None:
    dead = endpoint.bind(tmp_path / "s", kind=kind)
    dead.sock.close()
    endpoint.bind(tmp_path / "s", kind=kind).close()


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("precious")
    with pytest.raises(FileExistsError, match="not a sensor's socket"):
        endpoint.bind(tmp_path / "s")
    assert (tmp_path / "s").read_text() == "precious"


@pytest.mark.parametrize("offered", [None, 7, "", "guess", "\ud800"])
def test_only_the_secret_admits(tmp_path: Path, offered: object) -> None:
    listener = endpoint.bind(tmp_path / "s", kind="loopback")
    assert not listener.admits(offered)
    assert listener.admits(listener.secret)
    listener.close()


async def test_the_kernel_says_who_calls(tmp_path: Path) -> None:
    seen: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def handle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.set_result(endpoint.peer_uid(writer))
        writer.close()

    listener = endpoint.bind(tmp_path / "s")
    server = await listener.serve(handle)
    connection = await endpoint.connect(tmp_path / "s")
    assert await asyncio.wait_for(seen, 5) == os.geteuid()
    connection.writer.close()
    server.close()
    listener.close()


@pytest.mark.parametrize(
    ("uid", "allowed", "expected"),
    [(1000, {0, 1000}, True), (1001, {0, 1000}, False), (None, set(), True)],
)
def test_only_the_allowed_are_admitted(uid: int | None, allowed: set[int], expected: bool) -> None:  # noqa: FBT001
    assert admitted(uid, allowed) is expected
