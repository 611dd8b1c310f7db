"""The shelf of uploads, with reading processes that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nautscan.config import Config
from nautscan.errors import BadRequest, Conflict, NautScanError, NotFound
from nautscan.sensor.frames import encode_batch, encode_control
from nautscan.service.uploads import Uploads
from nautscan.service.uploads import receiving as receiving_module
from nautscan.service.uploads.model import checked_summary, plain_name

PCAPNG = b"\x0a\x0d\x0d\x0a" + bytes(100)
DONE = encode_control(
    {"event": "done", "summary": {"packets": 3, "requests": 0, "flows": 0, "warnings": ["x"]}}
)


class Says:
    """A reading process that says what it is told to, and then ends, or says nothing more."""

    def __init__(self, data: bytes, *, ends: bool = True) -> None:
        self.data, self.ends = data, ends
        self.closed = False
        self.paths: list[str] = []

    async def start(self, path: str, _config: Config, _kind: str) -> Says:
        self.paths.append(path)
        return self

    async def read(self, _count: int) -> bytes:
        data, self.data = self.data, b""
        if not data and not self.ends:
            await asyncio.Event().wait()
        return data

    async def write(self, data: bytes) -> None:
        raise BrokenPipeError(data)

    def close(self) -> None:
        self.closed = True


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@contextlib.asynccontextmanager
async def shelf(folder: Path, process: Says | None, **settings: Any) -> AsyncIterator[Uploads]:
    """A shelf that reads what waits."""
    uploads = Uploads(Config.load({}, data_dir=folder, min_free_bytes=0, **settings), process)
    uploads.load()
    running = asyncio.create_task(uploads.run())
    try:
        yield uploads
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await uploads.close()


async def settled(uploads: Uploads, upload_id: str, *states: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while (  # noqa: ASYNC110 (a test waits)
            found := uploads.one(upload_id)
        )["state"] not in states:
            await asyncio.sleep(0.01)
    return found


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "it ended before the end of the file"),
        (b"?nonsense", "it broke the protocol"),
        (encode_batch("requests", b"no rows at all"), "internal error"),
        (encode_batch("meta", b""), "which no file has"),
        (encode_control({"event": "error", "error": {"message": "no good"}}), "no good"),
    ],
)
async def test_a_process_that_fails_is_told_and_leaves_no_rows(
    tmp_path: Path, said: bytes, why: str
) -> None:
    process = Says(said)
    async with shelf(tmp_path, process) as uploads:
        sent = await uploads.receive("a.pcapng", None, pieces(PCAPNG))
        found = await settled(uploads, sent["id"], "failed")
        assert why in found["error"]["message"]
        assert process.closed
        folder = tmp_path / "uploads" / sent["id"]
        assert [path.name for path in folder.iterdir()] == ["facts.json"]
        with pytest.raises(Conflict, match="could not be read"):
            async with uploads.opened(sent["id"]):
                pass


async def test_one_is_deleted_while_it_is_read_and_the_next_is_taken_up(tmp_path: Path) -> None:
    process = Says(b"", ends=False)
    async with shelf(tmp_path, process) as uploads:
        first = await uploads.receive("a", None, pieces(PCAPNG))
        second = await uploads.receive("b", None, pieces(PCAPNG))
        await settled(uploads, first["id"], "reading")
        process.ends, process.data = True, DONE
        await uploads.delete(first["id"])
        found = await settled(uploads, second["id"], "ready")
        assert (found["packets"], found["first_time"], found["warnings"]) == (3, None, ["x"])
        assert [path.name for path in (tmp_path / "uploads").iterdir()] == [second["id"]]
        with pytest.raises(NotFound):
            uploads.one(first["id"])
        async with uploads.opened(second["id"]) as view:
            with pytest.raises(NautScanError):
                await view.packets.packet(1)


async def test_what_was_being_read_is_read_again_after_a_restart(tmp_path: Path) -> None:
    async with shelf(tmp_path, Says(b"", ends=False)) as uploads:
        sent = await uploads.receive("a", None, pieces(PCAPNG))
        await settled(uploads, sent["id"], "reading")
    strange = tmp_path / "uploads" / "0123456789ab"
    strange.mkdir()
    (strange / "facts.json").write_text(json.dumps({"of": "a newer version"}))
    async with shelf(tmp_path, Says(DONE)) as uploads:
        await settled(uploads, sent["id"], "ready")
        assert strange.exists()
        assert len(uploads.listed()) == 1


async def test_who_sends_nothing_more_or_may_not_send_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield PCAPNG
        await asyncio.Event().wait()

    monkeypatch.setattr(receiving_module, "IDLE_S", 0.05)
    async with shelf(tmp_path, Says(DONE)) as uploads:
        with pytest.raises(BadRequest, match="Nothing more"):
            await uploads.receive("a", None, stuck())
    assert list((tmp_path / "uploads").iterdir()) == []
    for process, settings in ((None, {}), (Says(DONE), {"uploads": 0})):
        async with shelf(tmp_path, process, **settings) as uploads:
            assert uploads.limits()["possible"] is False
            with pytest.raises(Conflict, match="cannot be uploaded"):
                await uploads.receive("a", None, pieces(PCAPNG))


def test_names_and_totals_are_made_harmless() -> None:
    assert plain_name("..\\..\\etc/pass\x00wd\u202e.pcap") == "passwd.pcap"
    assert plain_name("/") == "capture"
    told = {"packets": -1, "flows": "many", "requests": 2, "warnings": ["/d/x is cut", 7]}
    summary = checked_summary(told, "/d/x", "a.pcap")
    assert (summary.get("packets"), summary.get("flows"), summary["requests"]) == (None, None, 2)
    assert (summary["warnings"], summary["damaged"]) == (["a.pcap is cut", "7"], False)
