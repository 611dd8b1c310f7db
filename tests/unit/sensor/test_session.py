"""The sensor's side of a connection, over a real socket, with a sensor that captures nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from nautscan.errors import Unauthorized
from nautscan.sensor import endpoint, frames, session
from nautscan.sensor.capture import CaptureController, CaptureOptions, EngineOptions
from nautscan.sensor.frames import Batch, Control, Frame, FrameDecoder
from nautscan.sensor.operations import Operations
from nautscan.sensor.outbox import Outbox
from nautscan.sensor.session import Session

WAIT_S = 10.0


class Caller:
    """A connection that speaks frames."""

    def __init__(self, connection: endpoint.Connection) -> None:
        self._connection = connection
        self._decoder = FrameDecoder()

    def send(self, message: dict[str, Any]) -> None:
        self.send_bytes(frames.encode_control(message))

    def send_bytes(self, data: bytes) -> None:
        self._connection.writer.write(data)

    def hello(self, **params: Any) -> None:
        params = {"version": frames.PROTOCOL_VERSION, "secret": "right"} | params
        self.send({"id": 1, "op": "hello", "params": params})

    async def frame(self) -> Frame | None:
        """The next frame; None once the sensor has hung up."""
        async with asyncio.timeout(WAIT_S):
            while True:
                found = self._decoder.next_frame()
                if found is not None:
                    return found
                try:
                    data = await self._connection.reader.read(65536)
                except ConnectionResetError:
                    return None
                if not data:
                    return None
                self._decoder.feed(data)

    async def answer(self) -> dict[str, Any]:
        frame = await self.frame()
        assert isinstance(frame, Control)
        return frame.message


class Sensor:
    """What a session needs around it."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.outbox = Outbox(on_put=self.arrived.set)
        controller = CaptureController(
            EngineOptions(
                stream=None, sensor="test", ring_bytes=0, body_limit=0, headers=False, redact=True
            ),
            CaptureOptions(filter=None, promiscuous=True, snaplen=65536, buffer_bytes=1 << 20),
            None,
            self.outbox,
            lambda: None,
        )
        self.operations = Operations(controller, self.outbox)
        self.failures: list[str] = []

    def hello(self, params: dict[str, Any]) -> dict[str, Any]:
        if params.get("secret") != "right":
            raise Unauthorized("The caller does not know the sensor's secret")
        return {"sensor_id": "test"}

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = Session(reader, writer, self.operations, self.hello)
        sending = asyncio.create_task(self._send(caller))
        try:
            await caller.run()
        except frames.FrameError as error:
            self.failures.append(str(error))
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await caller.close()

    async def _send(self, caller: Session) -> None:
        await caller.subscribed.wait()
        await caller.send_rows(self.outbox, self.arrived)


@contextlib.asynccontextmanager
async def calling(folder: Path) -> AsyncIterator[tuple[Caller, Sensor]]:
    sensor = Sensor()
    listener = endpoint.bind(folder / "s")
    server = await listener.serve(sensor.handle)
    connection = await endpoint.connect(folder / "s")
    try:
        yield Caller(connection), sensor
    finally:
        connection.writer.close()
        server.close()
        listener.close()


async def test_a_caller_is_greeted_and_answered(tmp_path: Path) -> None:
    async with calling(tmp_path) as (caller, _):
        caller.hello()
        assert await caller.answer() == {"id": 1, "ok": {"sensor_id": "test"}}
        caller.send({"id": 2, "op": "status"})
        answer = await caller.answer()
        assert (answer["id"], answer["ok"]["state"]) == (2, "starting")


async def test_a_param_cannot_pass_for_the_requests_number(tmp_path: Path) -> None:
    async with calling(tmp_path) as (caller, _):
        caller.hello()
        await caller.answer()
        caller.send({"id": 2, "op": "packet", "params": {"id": 7, "op": "stop", "packet": 7}})
        answer = await caller.answer()
        assert (answer["id"], answer["error"]["code"]) == (2, "conflict")


@pytest.mark.parametrize(
    ("op", "params"),
    [
        ("nosuch", {}),
        ("start", {"snaplen": "big"}),
        ("start", {"snaplen": True}),
        ("start", {"interfaces": "lo"}),
        ("start", {"interfaces": [""]}),
        ("start", {"interfaces": []}),
        ("start", {"promiscuous": 1}),
        ("start", {"filter": 7}),
        ("recent", {"limit": 0}),
        ("recent", {}),
        ("packet", {"packet": -1}),
        ("export", {"ids": ["1"]}),
        ("check_filter", {"filter": "x" * 10_000}),
    ],
)
async def test_params_that_make_no_sense_are_refused(
    tmp_path: Path, op: str, params: dict[str, Any]
) -> None:
    async with calling(tmp_path) as (caller, _):
        caller.hello()
        await caller.answer()
        caller.send({"id": 2, "op": op, "params": params})
        assert (await caller.answer())["error"]["code"] == "bad_request"


async def test_who_does_not_know_the_secret_is_told_and_left(tmp_path: Path) -> None:
    async with calling(tmp_path) as (caller, sensor):
        caller.hello(secret="wrong")
        assert (await caller.answer())["error"]["code"] == "unauthorized"
        assert await caller.frame() is None
        assert "secret" in sensor.failures[0]


async def test_another_version_is_told(tmp_path: Path) -> None:
    async with calling(tmp_path) as (caller, _):
        caller.hello(version=99)
        error = (await caller.answer())["error"]
        assert "version" in error["message"]
        assert error["remedy"]


@pytest.mark.parametrize(
    "send",
    [
        lambda caller: caller.send({"id": 1, "op": "status"}),  # before hello
        lambda caller: caller.send({"op": "hello"}),
        lambda caller: caller.send({"id": True, "op": "hello"}),
        lambda caller: caller.send({"id": 1, "op": "hello", "params": []}),
        lambda caller: caller.send({"op": "credit", "bytes": -1}),
        lambda caller: caller.send_bytes(frames.encode_batch("requests", b"rows")),
        lambda caller: caller.send_bytes(b"GET / HTTP/1.1\r\n\r\n"),
    ],
)
async def test_who_breaks_the_protocol_is_left(
    tmp_path: Path, send: Callable[[Caller], None]
) -> None:
    async with calling(tmp_path) as (caller, sensor):
        send(caller)
        assert await caller.frame() is None
        assert sensor.failures


async def test_who_says_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "HELLO_S", 0.05)
    async with calling(tmp_path) as (caller, _):
        assert await caller.frame() is None


async def test_rows_stop_at_the_window_and_go_on_with_credit(tmp_path: Path) -> None:
    async with calling(tmp_path) as (caller, sensor):
        for number in range(3):
            sensor.outbox.put("requests", bytes([number]) * 10, 1)
        caller.hello(subscribe=True, window_bytes=15)
        await caller.answer()
        assert await caller.frame() == Batch("requests", b"\x00" * 10)
        assert await caller.frame() == Batch("requests", b"\x01" * 10)
        # 20 bytes are under way, 5 more than allowed: the third waits.
        caller.send({"id": 2, "op": "status"})
        assert (await caller.answer())["ok"]["queue"]["batches"] == 1
        caller.send({"op": "credit", "bytes": 10})
        assert await caller.frame() == Batch("requests", b"\x02" * 10)
        sensor.outbox.put("flows", b"later", 1)
        caller.send({"op": "credit", "bytes": 10})
        assert await caller.frame() == Batch("flows", b"later")
