"""Messages of gRPC by their schema: what rows hold is what the client's library says."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration import grpc_lab
from tests.integration.sensor_lab import (
    SERVER,
    WAIT_S,
    Lab,
    SensorProcess,
    open_folder,
    sensor,
    serving,
    started,
)

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

GRPC, WEB = 15052, 15053


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield grpc_lab.compiled(folder)


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    servers = (
        partial(_serve, grpc_lab.SERVER, GRPC),
        partial(_serve, grpc_lab.WEB_SERVER, WEB),
    )
    with serving(servers, (GRPC, WEB), folder) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    place = tmp_path_factory.mktemp("sensor")
    schema = {"NAUTSCAN_PROTOBUF": str(folder / "lab.proto")}
    prefix = lab.command(lab.near)
    async with sensor(place, "-i", "lab0", prefix=prefix, environment=schema) as running:
        yield running


def _script(script: str, folder: Path, address: str) -> tuple[str, ...]:
    code = f"import sys\nsys.path.insert(0, {str(folder)!r})\n" + textwrap.dedent(script)
    return (sys.executable, "-P", "-c", code, address)


def _serve(script: str, port: int, lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    command = _script(script, folder, f"{SERVER}:{port}")
    return started(lab.command(lab.far, *command), folder / f"{port}.log")


def _log(lab: Lab, script: str, folder: Path, port: int) -> list[list[Any]]:
    command = _script(script, folder, f"{SERVER}:{port}")
    done = subprocess.run(
        lab.command(lab.near, *command),
        capture_output=True, text=True, timeout=3 * WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log: list[list[Any]] = json.loads(done.stdout)
    return log


async def _rows(running: SensorProcess, port: int, count: int) -> list[dict[str, Any]]:
    def of_port() -> list[dict[str, Any]]:
        return [row for row in running.rows.get("requests", ()) if row["server_port"] == port]

    await running.row("requests", lambda _: len(of_port()) >= count)
    rows = sorted(of_port(), key=lambda row: row["time"])
    assert all(row["oddities"] == [] and row["protocol"] == "grpc" for row in rows)
    return rows


def _messages(row: dict[str, Any], side: str) -> list[Any]:
    text = json.loads(row["detail"]).get(f"{side}_protobuf", "")
    return [json.loads(line) for line in text.split("\n") if line]


async def test_values_of_all_four_shapes(lab: Lab, running: SensorProcess, folder: Path) -> None:
    log = _log(lab, grpc_lab.CLIENT, folder, GRPC)
    rows = await _rows(running, GRPC, len(log))
    told = [
        [
            row["method"],
            row["error"] or "OK",
            _messages(row, "request"),
            _messages(row, "response"),
        ]
        for row in rows
    ]
    assert told == log
    assert [len(row[3]) for row in log] == [1, 0, 3, 1, 3]
    detail = json.loads(rows[0]["detail"])
    assert detail["request_message_type"] == "lab.Item"
    assert detail["response_message_type"] == "lab.Order"


async def test_calls_over_the_web(lab: Lab, running: SensorProcess, folder: Path) -> None:
    log = _log(lab, grpc_lab.WEB_CLIENT, folder, WEB)
    rows = await _rows(running, WEB, len(log))
    told = [
        [row["method"], row["status"], _messages(row, "request"), _messages(row, "response")]
        for row in rows
    ]
    assert told == log
    details = [json.loads(row["detail"]) for row in rows]
    assert [detail["grpc_web"] for detail in details] == ["binary"] * 3 + ["text"] * 3
    assert [detail["response_messages"] for detail in details] == ["1", "3", "0"] * 2
    assert details[2]["grpc_message"] == "no item"
    assert {row["error"] for row in rows} == {None, "NOT_FOUND"}
