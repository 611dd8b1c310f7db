"""The server's side of the private socket.

    client = SensorClient("/run/nautscan-x/sensor.sock")
    task = asyncio.create_task(client.run())        # connects, and reconnects for ever
    async for table, ipcs in client.batches(): ...  # rows as Arrow IPC streams
    status = await client.request("status")

What the operations answer is described in `nautscan.sensor.operations`. The binary part of an
answer stands under the key that the operation names: `recent` gives `ipc` (rows of `packets`,
Arrow IPC), `packet` gives `bytes`, `export` gives `pcapng`.

The client allows the sensor a window of bytes. A batch leaves the window when its consumer asks
for the next one, so a slow store fills the sensor's bounded and counted queue, never this
process, and answers to requests are never stuck behind rows.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nautscan.errors import NautScanError, SensorUnavailable
from nautscan.sensor import endpoint, frames

log = logging.getLogger(__name__)

WINDOW_BYTES: Final = 16 << 20
"""Rows that may be on their way or waiting for their consumer."""

TOGETHER_BYTES: Final = 4 << 20
"""Batches of one table that wait are handed over together up to this: a part of the window, so that
the sensor goes on sending meanwhile."""

MAX_GAPS: Final = 256
"""Gaps remembered; the oldest go first."""

REQUEST_TIMEOUT_S: Final = 10.0
HELLO_TIMEOUT_S: Final = 5.0
_MAX_ANSWER_BYTES: Final = 512 << 20
"""A binary answer: the sensor's packet ring (64 MiB by default) with headers, with ample room."""

_READ_BYTES: Final = 256 << 10
_BACKOFF_S: Final = (0.1, 0.2, 0.3, 0.5, 1.0)
_REMEDY: Final = "nautscan restarts it; if it does not come back, its log says why."


@dataclass(slots=True)
class Gap:
    """A time in which nothing was captured because the sensor was away. Wall clock, UTC."""

    since_ns: int
    until_ns: int | None
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"since_ns": self.since_ns, "until_ns": self.until_ns, "reason": self.reason}


@dataclass(slots=True)
class SensorState:
    """Whether the sensor is there, since when, why not, and what was missed.

    `status` is the sensor's last own report (see `nautscan.sensor.operations`), or None before
    the first. While `connected` is false it is what held before.
    """

    connected: bool
    since_ns: int
    reason: str
    gaps: deque[Gap] = field(default_factory=lambda: deque(maxlen=MAX_GAPS))
    status: dict[str, Any] | None = None


@dataclass(slots=True)
class _Pending:
    """A request that waits for its answer, and the binary pieces that came so far."""

    answer: asyncio.Future[dict[str, Any]]
    data: bytearray = field(default_factory=bytearray)


@dataclass(slots=True, eq=False)
class _Session:
    """One connection's life."""

    connection: endpoint.Connection
    pending: dict[int, _Pending] = field(default_factory=dict)
    unread: int = 0
    heard_ns: int = 0

    def send(self, message: dict[str, Any]) -> None:
        self.connection.writer.write(frames.encode_control(message))


class SensorClient:
    """Talks to one sensor, for ever."""

    def __init__(self, address: str, *, window_bytes: int = WINDOW_BYTES) -> None:
        """`address` is the path of the sensor's socket."""
        self._path = Path(address)
        self._window = window_bytes
        self._ids = itertools.count(1)
        self._session: _Session | None = None
        self._sensor_id: str | None = None
        self._batches: deque[tuple[_Session, frames.Batch]] = deque()
        self._arrived = asyncio.Event()
        self.changed = asyncio.Event()
        """Set whenever `state` changes; whoever waits for it clears it."""
        self.state = SensorState(
            connected=False, since_ns=time.time_ns(), reason="the sensor has not connected yet"
        )

    async def run(self) -> None:
        """Connects, and reconnects with growing pauses, until cancelled."""
        failures = 0
        while True:
            began = time.monotonic()
            await self._attempt()
            failures = 0 if time.monotonic() - began > _BACKOFF_S[-1] else failures + 1
            await asyncio.sleep(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])

    async def request(
        self, op: str, *, timeout_s: float = REQUEST_TIMEOUT_S, **params: Any
    ) -> dict[str, Any]:
        """What the sensor answers. Raises NautScanError with the sensor's code."""
        session = self._session
        if session is None:
            raise SensorUnavailable(
                f"the sensor is not connected: {self.state.reason}", remedy=_REMEDY
            )
        return await self._ask(session, op, timeout_s, params)

    async def batches(self) -> AsyncIterator[tuple[str, list[bytes]]]:
        """Tables' names and rows (Arrow IPC), across reconnects.

        In the sensor's order; where its consumer is behind, batches of one table that wait in a row
        come together, since a batch costs its consumer as much as some thousand rows.
        """
        while True:
            while not self._batches:
                self._arrived.clear()
                await self._arrived.wait()
            taken = self._take()
            yield taken[0][1].table, [batch.ipc for _, batch in taken]
            sizes = Counter[_Session]()
            for session, batch in taken:
                sizes[session] += batch.size
            for session, size in sizes.items():
                self._consumed(session, size)

    def _take(self) -> list[tuple[_Session, frames.Batch]]:
        """The oldest batch that waits, and those of its table right behind it."""
        taken = [self._batches.popleft()]
        table, size = taken[0][1].table, taken[0][1].size
        while self._batches and self._batches[0][1].table == table:
            size += self._batches[0][1].size
            if size > TOGETHER_BYTES:
                break
            taken.append(self._batches.popleft())
        return taken

    def _consumed(self, session: _Session, size: int) -> None:
        session.unread -= size
        if session is self._session:
            session.send({"op": "credit", "bytes": size})

    async def _attempt(self) -> None:
        """One connection, from its start to its end."""
        try:
            connection = await endpoint.connect(self._path)
        except OSError as error:
            self._absent(f"no sensor answers at {self._path}: {error.strerror or error}")
            return
        session = _Session(connection)
        reason = "the sensor ended"
        try:
            await self._converse(session)
        except (frames.FrameError, NautScanError) as error:
            reason = str(error)
        except ConnectionError:
            pass  # What it looks like when it ends with our words unread.
        except OSError as error:
            reason = f"the connection to the sensor broke: {error.strerror or error}"
        finally:
            await self._end(session)
        self._away(session, reason)

    async def _converse(self, session: _Session) -> None:
        reading = asyncio.create_task(self._read(session))
        try:
            hello = await self._introduce(session, reading)
        except BaseException:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            raise
        self._present(session, hello)
        await reading

    async def _introduce(self, session: _Session, reading: asyncio.Task[None]) -> dict[str, Any]:
        greeting = asyncio.create_task(
            self._ask(
                session,
                "hello",
                HELLO_TIMEOUT_S,
                {
                    "version": frames.PROTOCOL_VERSION,
                    "subscribe": True,
                    "window_bytes": self._window,
                    "secret": session.connection.secret,
                },
            )
        )
        await asyncio.wait({greeting, reading}, return_when=asyncio.FIRST_COMPLETED)
        if not greeting.done():
            greeting.cancel()
            reading.result()
            raise ConnectionResetError("the sensor closed the connection at once")
        return greeting.result()

    async def _ask(
        self, session: _Session, op: str, timeout_s: float, params: dict[str, Any]
    ) -> dict[str, Any]:
        request_id = next(self._ids)
        pending = _Pending(asyncio.get_running_loop().create_future())
        session.pending[request_id] = pending
        try:
            session.send({"id": request_id, "op": op, "params": params})
            async with asyncio.timeout(timeout_s):
                await session.connection.writer.drain()
                return await pending.answer
        except TimeoutError as error:
            raise SensorUnavailable(
                f"the sensor did not answer {op!r} within {timeout_s:g} s", remedy=_REMEDY
            ) from error
        except OSError as error:
            raise SensorUnavailable(f"the sensor went away: {error}", remedy=_REMEDY) from error
        finally:
            session.pending.pop(request_id, None)

    async def _read(self, session: _Session) -> None:
        decoder = frames.FrameDecoder()
        while data := await session.connection.reader.read(_READ_BYTES):
            session.heard_ns = time.time_ns()
            decoder.feed(data)
            while (frame := decoder.next_frame()) is not None:
                self._receive(session, frame)

    def _receive(self, session: _Session, frame: frames.Frame) -> None:
        match frame:
            case frames.Batch():
                self._receive_batch(session, frame)
            case frames.Piece(request_id, data):
                self._receive_piece(session, request_id, data)
            case frames.Control(message):
                self._receive_control(session, message)

    def _receive_batch(self, session: _Session, batch: frames.Batch) -> None:
        # One batch may stick out of the window, since a batch is not divided.
        if session.unread > self._window:
            raise frames.FrameError("the sensor sent more rows than it was allowed to")
        session.unread += batch.size
        self._batches.append((session, batch))
        self._arrived.set()

    def _receive_piece(self, session: _Session, request_id: int, data: bytes) -> None:
        pending = session.pending.get(request_id)
        if pending is None:
            return
        if len(pending.data) + len(data) > _MAX_ANSWER_BYTES:
            raise frames.FrameError("the sensor's answer is over the cap")
        pending.data += data

    def _receive_control(self, session: _Session, message: dict[str, Any]) -> None:
        if "event" in message:
            self._receive_event(message)
            return
        pending = session.pending.get(message.get("id", 0))
        if pending is None or pending.answer.done():
            return
        error = message.get("error")
        if isinstance(error, dict):
            pending.answer.set_exception(NautScanError.from_dict(error))
            return
        result = message.get("ok")
        if not isinstance(result, dict):
            raise frames.FrameError("the sensor sent an answer that is neither ok nor error")
        key = message.get("binary")
        if isinstance(key, str):
            result[key] = bytes(pending.data)
        pending.answer.set_result(result)

    def _receive_event(self, message: dict[str, Any]) -> None:
        status = message.get("status")
        if message["event"] == "status" and isinstance(status, dict):
            self.state.status = status
            self._end_gap(status)
            self.changed.set()

    def _present(self, session: _Session, hello: dict[str, Any]) -> None:
        """The sensor is there."""
        now = time.time_ns()
        sensor_id, status = hello.get("sensor_id"), hello.get("status")
        status = status if isinstance(status, dict) else {}
        gaps = self.state.gaps
        if sensor_id == self._sensor_id and gaps and gaps[-1].until_ns is None:
            gaps.pop()  # The same process went on capturing; its queue kept the rows.
        self._end_gap(status)
        self._sensor_id = sensor_id if isinstance(sensor_id, str) else None
        self._session = session
        self.state.connected, self.state.since_ns, self.state.reason = True, now, ""
        self.state.status = status
        self.changed.set()
        log.info("connected to the sensor (process %s)", hello.get("pid"))

    def _end_gap(self, status: dict[str, Any]) -> None:
        """A gap ends where the new capture began; a sensor that does not capture says why."""
        gaps = self.state.gaps
        if gaps and gaps[-1].until_ns is None and status.get("state") != "starting":
            gaps[-1].until_ns = status.get("running_since_ns") or time.time_ns()

    def _away(self, session: _Session, reason: str) -> None:
        """The connection ended. What the sensor saw since its last word is lost: a gap begins."""
        state = self.state
        if state.connected:
            state.connected, state.since_ns = False, time.time_ns()
            state.gaps.append(Gap(session.heard_ns, None, reason))
            log.warning("the sensor is away: %s", reason)
        self._absent(reason)

    def _absent(self, reason: str) -> None:
        if self.state.reason != reason:
            self.state.reason = reason
            self.changed.set()

    async def _end(self, session: _Session) -> None:
        if self._session is session:
            self._session = None
        for pending in session.pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(
                    SensorUnavailable("the sensor went away before it answered", remedy=_REMEDY)
                )
        session.connection.writer.close()
        with contextlib.suppress(OSError):
            await session.connection.writer.wait_closed()
