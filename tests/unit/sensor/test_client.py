"""The client against a peer that speaks the protocol: answers, rows, windows, gaps."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from nautscan.errors import BadFilter, SensorUnavailable
from nautscan.sensor import endpoint, frames
from nautscan.sensor.client import SensorClient
from nautscan.sensor.frames import Control, FrameDecoder

WAIT_S = 10.0


class Peer:
    """A scripted sensor: what it was asked, and what it shall do next."""

    def __init__(self, sensor_id: str = "one", *, kind: endpoint.Kind = "unix") -> None:
        self.sensor_id = sensor_id
        self.kind = kind
        self.asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.greeted = asyncio.Event()
        self.running_since_ns: int | None = 1_000
        self.state = "running"
        self.writer: asyncio.StreamWriter

    @contextlib.asynccontextmanager
    async def listening(self, path: Path) -> AsyncIterator[Peer]:
        self.listener = endpoint.bind(path, kind=self.kind)
        server = await self.listener.serve(self._serve)
        try:
            yield self
        finally:
            server.close()
            with contextlib.suppress(AttributeError):
                self.writer.close()
            self.listener.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        decoder = FrameDecoder()
        while data := await reader.read(65536):
            decoder.feed(data)
            while (frame := decoder.next_frame()) is not None:
                assert isinstance(frame, Control)
                self._take(frame.message)

    def _take(self, message: dict[str, Any]) -> None:
        if message["op"] != "hello":
            self.asked.put_nowait(message)
            return
        assert self.listener.admits(message["params"]["secret"])
        status = {"state": self.state, "running_since_ns": self.running_since_ns}
        self.answer(message, {"version": 1, "sensor_id": self.sensor_id, "status": status})
        self.greeted.set()

    def answer(self, message: dict[str, Any], result: dict[str, Any], **more: Any) -> None:
        self.send(frames.encode_control({"id": message["id"], "ok": result, **more}))

    def send(self, data: bytes) -> None:
        self.writer.write(data)


@contextlib.asynccontextmanager
async def connected(path: Path, peer: Peer, **options: Any) -> AsyncIterator[SensorClient]:
    async with peer.listening(path):
        client = SensorClient(str(path), **options)
        running = asyncio.create_task(client.run())
        try:
            await until(lambda: client.state.connected, client)
            yield client
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def until(condition: Callable[[], bool], client: SensorClient) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():
            client.changed.clear()
            await client.changed.wait()


async def soon(awaitable: Awaitable[Any]) -> Any:
    async with asyncio.timeout(WAIT_S):
        return await awaitable


@pytest.mark.parametrize("kind", ["unix", "loopback"])
async def test_a_request_is_answered(tmp_path: Path, kind: endpoint.Kind) -> None:
    peer = Peer(kind=kind)
    async with connected(tmp_path / "s", peer) as client:
        asking = asyncio.create_task(client.request("check_filter", filter="tcp"))
        message = await soon(peer.asked.get())
        assert message["op"] == "check_filter"
        assert message["params"] == {"filter": "tcp"}
        peer.answer(message, {"ok": True})
        assert await soon(asking) == {"ok": True}


async def test_answers_may_come_in_any_order(tmp_path: Path) -> None:
    peer = Peer()
    async with connected(tmp_path / "s", peer) as client:
        first = asyncio.create_task(client.request("status"))
        second = asyncio.create_task(client.request("stats"))
        messages = {m["op"]: m for m in [await soon(peer.asked.get()) for _ in range(2)]}
        peer.answer(messages["stats"], {"n": 2})
        peer.answer(messages["status"], {"n": 1})
        assert await soon(first) == {"n": 1}
        assert await soon(second) == {"n": 2}


async def test_binary_pieces_are_put_together(tmp_path: Path) -> None:
    peer = Peer()
    async with connected(tmp_path / "s", peer) as client:
        asking = asyncio.create_task(client.request("export"))
        message = await soon(peer.asked.get())
        for piece in (b"\x0a\x0d", b"\x0d\x0a"):
            peer.send(frames.encode_piece(message["id"], piece))
        peer.answer(message, {}, binary="pcapng")
        assert await soon(asking) == {"pcapng": b"\x0a\x0d\x0d\x0a"}


async def test_the_sensors_error_arrives_as_its_class(tmp_path: Path) -> None:
    peer = Peer()
    async with connected(tmp_path / "s", peer) as client:
        asking = asyncio.create_task(client.request("check_filter", filter="tpc"))
        message = await soon(peer.asked.get())
        error = {"code": "bad_filter", "message": "syntax error", "remedy": "mend", "detail": {}}
        peer.send(frames.encode_control({"id": message["id"], "error": error}))
        with pytest.raises(BadFilter, match="syntax error") as caught:
            await soon(asking)
        assert caught.value.remedy == "mend"


async def test_without_a_sensor_a_request_fails_at_once(tmp_path: Path) -> None:
    client = SensorClient(str(tmp_path / "nothing"))
    with pytest.raises(SensorUnavailable) as caught:
        await client.request("status")
    assert caught.value.status == 503


async def test_a_silent_sensor_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async with connected(tmp_path / "s", Peer()) as client:
        with pytest.raises(SensorUnavailable, match="did not answer"):
            await client.request("status", timeout_s=0.05)


async def test_who_waits_is_told_when_the_sensor_goes(tmp_path: Path) -> None:
    peer = Peer()
    async with connected(tmp_path / "s", peer) as client:
        asking = asyncio.create_task(client.request("status"))
        await soon(peer.asked.get())
        peer.writer.close()
        with pytest.raises(SensorUnavailable, match="went away"):
            await soon(asking)


async def test_rows_arrive_in_order_and_open_the_window_once_they_are_used(tmp_path: Path) -> None:
    peer = Peer()
    async with connected(tmp_path / "s", peer, window_bytes=100) as client:
        peer.send(frames.encode_batch("requests", b"one"))
        peer.send(frames.encode_batch("flows", b"three"))
        rows = client.batches()
        assert await soon(anext(rows)) == ("requests", [b"one"])
        assert peer.asked.empty()
        assert await soon(anext(rows)) == ("flows", [b"three"])
        assert await soon(peer.asked.get()) == {"op": "credit", "bytes": 3}


async def test_batches_of_a_table_that_wait_come_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nautscan.sensor.client.TOGETHER_BYTES", 10)
    peer = Peer()
    async with connected(tmp_path / "s", peer) as client:
        sent = [("flows", b"1"), ("flows", b"22"), ("names", b"333"), ("flows", b"4")]
        sent += [("flows", b"55555"), ("flows", b"666666"), ("flows", b"x" * 20)]
        for table, ipc in sent:
            peer.send(frames.encode_batch(table, ipc))
        asking = asyncio.create_task(client.request("status"))
        peer.answer(await soon(peer.asked.get()), {})
        await soon(asking)  # What was sent before the answer is there.
        rows, taken = client.batches(), list[tuple[str, list[bytes]]]()
        while sum(len(ipcs) for _, ipcs in taken) < len(sent):
            taken.append(await soon(anext(rows)))
        assert taken == [
            ("flows", [b"1", b"22"]),
            ("names", [b"333"]),
            ("flows", [b"4", b"55555"]),
            ("flows", [b"666666"]),
            ("flows", [b"x" * 20]),
        ]
        credit = [(await soon(peer.asked.get()))["bytes"] for _ in taken[:-1]]
        assert credit == [sum(map(len, ipcs)) for _, ipcs in taken[:-1]]


async def test_a_sensor_that_ignores_the_window_is_left(tmp_path: Path) -> None:
    peer = Peer()
    async with connected(tmp_path / "s", peer, window_bytes=10) as client:
        for _ in range(3):
            peer.send(frames.encode_batch("requests", b"eleven bytes"))
        await until(lambda: not client.state.connected, client)
        assert "more rows than it was allowed" in client.state.reason


async def test_an_event_updates_the_status(tmp_path: Path) -> None:
    peer = Peer()
    async with connected(tmp_path / "s", peer) as client:
        status = {"state": "stopped"}
        peer.send(frames.encode_control({"event": "status", "status": status}))
        await until(lambda: client.state.status == status, client)


async def test_a_new_sensor_leaves_a_gap_until_it_captures(tmp_path: Path) -> None:
    path = tmp_path / "s"
    client = SensorClient(str(path))
    running = asyncio.create_task(client.run())
    try:
        async with Peer("one").listening(path):
            await until(lambda: client.state.connected, client)
        await until(lambda: not client.state.connected, client)
        (gap,) = client.state.gaps
        assert gap.until_ns is None
        assert gap.reason
        later = Peer("two")
        later.running_since_ns = gap.since_ns + 5
        async with later.listening(path):
            await until(lambda: client.state.connected, client)
            assert [g.until_ns for g in client.state.gaps] == [gap.since_ns + 5]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_gap_lasts_until_a_starting_sensor_captures(tmp_path: Path) -> None:
    path = tmp_path / "s"
    client = SensorClient(str(path))
    running = asyncio.create_task(client.run())
    try:
        async with Peer("one").listening(path):
            await until(lambda: client.state.connected, client)
        later = Peer("two")
        later.state, later.running_since_ns = "starting", None
        async with later.listening(path):
            await until(lambda: len(client.state.gaps) == 1 and client.state.connected, client)
            assert client.state.gaps[0].until_ns is None
            status = {"state": "running", "running_since_ns": 77}
            later.send(frames.encode_control({"event": "status", "status": status}))
            await until(lambda: client.state.gaps[0].until_ns == 77, client)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_same_sensor_leaves_no_gap(tmp_path: Path) -> None:
    peer = Peer("one")
    async with connected(tmp_path / "s", peer) as client:
        peer.greeted.clear()
        peer.writer.close()
        await until(lambda: not client.state.connected, client)
        assert len(client.state.gaps) == 1
        await until(lambda: client.state.connected, client)
        assert not client.state.gaps


async def test_rubbish_ends_the_connection_with_its_reason(tmp_path: Path) -> None:
    peer = Peer()
    async with connected(tmp_path / "s", peer) as client:
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        await until(lambda: not client.state.connected, client)
        assert "unknown kind" in client.state.reason
