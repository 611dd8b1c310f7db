"""One caller on the private socket: its requests, and the rows if it subscribed to them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from nautscan.errors import BadRequest, NautScanError, Unauthorized
from nautscan.sensor import frames
from nautscan.sensor.operations import Operations
from nautscan.sensor.outbox import Outbox
from nautscan.sensor.packetops import Answer

log = logging.getLogger(__name__)

HELLO_S: Final = 5.0
"""A caller that does not introduce itself in this time is sent away."""

MAX_IN_FLIGHT: Final = 16
"""Requests of one caller that are worked on at once; beyond it we stop reading."""

MAX_WINDOW_BYTES: Final = 256 << 20
_READ_BYTES: Final = 64 << 10


class Session:
    """A connection from its hello to its end."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        operations: Operations,
        hello: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        """`hello` checks the introduction and gives the answer to it, or raises NautScanError."""
        self._reader = reader
        self._writer = writer
        self._operations = operations
        self._hello = hello
        self._greeted = False
        self._window = 0
        self._window_open = asyncio.Event()
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._working: set[asyncio.Task[None]] = set()
        self.subscribed = asyncio.Event()
        """Set once the caller has asked for rows."""

    async def run(self) -> None:
        """Serves the caller until it goes or breaks the protocol."""
        decoder = frames.FrameDecoder()
        deadline = asyncio.get_running_loop().call_later(HELLO_S, self._send_away)
        try:
            while data := await self._reader.read(_READ_BYTES):
                decoder.feed(data)
                while (frame := decoder.next_frame()) is not None:
                    await self._receive(frame)
        finally:
            deadline.cancel()
            # A change of the capture that has begun is finished, whoever has gone meanwhile.
            if self._working:
                await asyncio.wait(self._working)

    async def send_rows(self, outbox: Outbox, arrived: asyncio.Event) -> None:
        """Sends what is in the outbox, as the window allows, for ever. `arrived`: new batches."""
        while True:
            while self._window <= 0:
                self._window_open.clear()
                await self._window_open.wait()
            batch = outbox.take()
            if batch is None:
                arrived.clear()
                await arrived.wait()
                continue
            self._window -= batch.size
            self._writer.write(frames.encode_batch(batch.table, batch.ipc))
            await self._writer.drain()

    def tell(self, event: str, facts: dict[str, Any]) -> None:
        """Sends an event. One that does not read them is sent away by `close` sooner or later."""
        if self._greeted and not self._writer.is_closing():
            self._writer.write(frames.encode_control({"event": event, **facts}))

    async def flush(self) -> None:
        """Waits until the caller has taken what was written."""
        await self._writer.drain()

    def hang_up(self) -> None:
        """Ends the connection; `run` then ends too."""
        self._writer.close()

    async def close(self) -> None:
        """Ends the connection and waits until what was written is sent."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _send_away(self) -> None:
        if not self._greeted:
            log.warning("a caller did not introduce itself and was sent away")
            self._writer.transport.abort()

    async def _receive(self, frame: frames.Frame) -> None:
        if not isinstance(frame, frames.Control):
            raise frames.FrameError("the caller sent rows; it may only ask")
        message = frame.message
        op = message.get("op")
        if op == "credit":
            self._widen(message.get("bytes"))
            return
        request_id = message.get("id")
        if not isinstance(op, str) or type(request_id) is not int or not 0 <= request_id < 2**53:
            raise frames.FrameError("the caller sent a request without operation and id")
        params = message.get("params", {})
        if not isinstance(params, dict):
            raise frames.FrameError("the caller sent parameters that are no object")
        if op == "hello":
            await self._reply(request_id, self._greet, params)
            return
        if not self._greeted:
            raise frames.FrameError("the caller did not introduce itself")
        await self._slots.acquire()
        task = asyncio.create_task(self._work(request_id, op, params))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    def _widen(self, size: object) -> None:
        if not isinstance(size, int) or not 0 <= size <= MAX_WINDOW_BYTES:
            raise frames.FrameError("the caller sent a credit that is none")
        self._window = min(self._window + size, MAX_WINDOW_BYTES)
        self._window_open.set()

    async def _work(self, request_id: int, op: str, params: dict[str, Any]) -> None:
        try:
            with contextlib.suppress(OSError):  # The caller has gone; its reader sees it too.
                await self._reply(request_id, partial(self._operations.run, op), params)
        finally:
            self._slots.release()

    async def _greet(self, params: dict[str, Any]) -> Answer:
        if params.get("version") != frames.PROTOCOL_VERSION:
            raise BadRequest(
                f"The sensor speaks version {frames.PROTOCOL_VERSION}, "
                f"the caller {params.get('version')!r}",
                remedy="Run sensor and server from the same installation.",
            )
        answer = self._hello(params)
        self._greeted = True
        if params.get("subscribe") is True:
            self._widen(params.get("window_bytes"))
            self.subscribed.set()
        return Answer(answer)

    async def _reply(
        self,
        request_id: int,
        operation: Callable[[dict[str, Any]], Awaitable[Answer]],
        params: dict[str, Any],
    ) -> None:
        try:
            answer = await operation(params)
        except NautScanError as error:
            await self._send({"id": request_id, "error": error.as_dict()})
            if isinstance(error, Unauthorized):
                raise frames.FrameError(error.message) from error
        except Exception as error:
            log.exception("a request failed")
            facts = NautScanError(f"the sensor failed: {error}", remedy="See its log.").as_dict()
            await self._send({"id": request_id, "error": facts})
        else:
            await self._send_answer(request_id, answer)

    async def _send_answer(self, request_id: int, answer: Answer) -> None:
        for start in range(0, len(answer.data), frames.MAX_PIECE_BYTES):
            piece = answer.data[start : start + frames.MAX_PIECE_BYTES]
            self._writer.write(frames.encode_piece(request_id, piece))
            await self._writer.drain()
        message: dict[str, Any] = {"id": request_id, "ok": answer.result}
        if answer.key is not None:
            message["binary"] = answer.key
        await self._send(message)

    async def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(frames.encode_control(message))
        await self._writer.drain()
