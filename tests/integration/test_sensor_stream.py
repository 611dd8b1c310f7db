"""The sensor on a stream: no rights, the same engine, an honest end."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nautscan.api.models import Interface
from nautscan.errors import Conflict
from tests.integration.sensor_lab import PYTHON, WAIT_S, sensor


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated capture, with the account of what is in it beside it."""
    folder = tmp_path_factory.mktemp("shop")
    subprocess.run(
        [
            *(*PYTHON, "-m", "nautscan", "demo", "--seconds", "3"),
            *("--write", str(folder / "shop.pcap"), "--ledger", str(folder / "ledger.jsonl")),
        ],
        check=True,
        capture_output=True,
        timeout=WAIT_S,
    )
    return folder / "shop.pcap"


def requests_in(ledger: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ledger.read_text().splitlines()]


async def test_every_request_of_the_stream_arrives(shop: Path, tmp_path: Path) -> None:
    expected = requests_in(shop.parent / "ledger.jsonl")
    assert expected
    with shop.open("rb") as stream:
        async with sensor(tmp_path, "--stdin", stdin=stream) as running:
            status = await running.state("ended")
            assert status["error"] is None
            assert status["running"] is False
            last = max(expected, key=lambda row: str(row["time"]))
            await running.row("requests", lambda row: row["target"] == last["target"])
            assert len(running.rows["requests"]) == len(expected)


async def test_a_stream_cannot_be_read_twice(shop: Path, tmp_path: Path) -> None:
    with shop.open("rb") as stream:
        async with sensor(tmp_path, "--stdin", stdin=stream) as running:
            await running.state("ended")
            with pytest.raises(Conflict, match="cannot be read again"):
                await running.client.request("start")
            with pytest.raises(Conflict, match="cannot be read again"):
                await running.client.request("start", interfaces=["stdin"])
            with pytest.raises(Conflict, match="not from interfaces"):
                await running.client.request("start", interfaces=["lo"])


async def test_a_stream_that_is_no_capture_is_said(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("GET / HTTP/1.1\r\n\r\n" * 10)
    with (tmp_path / "text").open("rb") as stream:
        async with sensor(tmp_path, "--stdin", stdin=stream) as running:
            status = await running.state("failed")
            assert status["error"]["code"] == "bad_file"
            assert status["error"]["message"]


async def test_the_stream_is_listed_as_what_is_captured(shop: Path, tmp_path: Path) -> None:
    with shop.open("rb") as stream:
        async with sensor(tmp_path, "--stdin", stdin=stream) as running:
            await running.state("ended")
            first, *_ = (await running.client.request("interfaces"))["interfaces"]
            assert (first["name"], first["kind"]) == ("stdin", "stream")
            assert Interface.model_validate(first).selected is False


async def test_packets_stay_after_the_end(shop: Path, tmp_path: Path) -> None:
    with shop.open("rb") as stream:
        async with sensor(tmp_path, "--stdin", stdin=stream) as running:
            await running.state("ended")
            answer = await running.client.request("recent", limit=5)
            assert answer["ipc"]
