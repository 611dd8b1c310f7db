"""Questions about the packets of an upload: to a process that holds them, begun when asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from nautscan.errors import Conflict, NautScanError, SensorUnavailable
from nautscan.sensor import frames
from nautscan.service.uploads.reading import CHUNK_BYTES, Channel

FILL_S: Final = 120.0
"""A file that takes longer to be read into memory is not waited for."""
MAX_ANSWER_BYTES: Final = 512 << 20
"""An export of all that is held, with its headers, stays below this."""
IDLE_S: Final = 120.0

Start = Callable[[], Awaitable[Channel]]


class PacketDesk:
    """The process of one file. Answers what the sensor answers about packets.

    One question at a time: each is a fraction of a second.
    """

    def __init__(self, start: Start, name: str) -> None:
        """Nothing is started yet."""
        self._start = start
        self._name = name
        self._channel: Channel | None = None
        self._decoder = frames.FrameDecoder()
        self._turn = asyncio.Lock()
        self._next = 0
        self._used = 0.0
        self.cut = False
        """The file has more packets than are held: those at its end are."""

    async def request(self, op: str, *, timeout_s: float = FILL_S, **params: Any) -> dict[str, Any]:
        """The answer to an operation. Raises NautScanError."""
        del timeout_s  # Beginning is what takes long, and its time is ours to know.
        async with self._turn:
            self._used = time.monotonic()
            try:
                async with asyncio.timeout(FILL_S):
                    return await self._asked(op, params)
            except _Refused as refused:
                raise refused.error from None
            except BaseException as error:
                self.close()  # Whatever was still to come would answer the next question.
                raise _told(error, self._name) from error

    async def _asked(self, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if self._channel is None:
            await self._begin()
        channel = self._channel
        if channel is None:
            raise _ended()
        self._next += 1
        await channel.write(frames.encode_control({"id": self._next, "op": op, "params": params}))
        data = bytearray()
        while True:
            frame = await self._frame(channel)
            if isinstance(frame, frames.Piece) and frame.request_id == self._next:
                data += frame.data
                if len(data) > MAX_ANSWER_BYTES:
                    raise frames.FrameError("an answer is over the cap")
                continue
            message = frame.message if isinstance(frame, frames.Control) else {}
            if message.get("id") != self._next:
                raise frames.FrameError("an answer is to no question")
            return _answer(message, bytes(data))

    async def _begin(self) -> None:
        channel = await self._start()
        self._channel, self._decoder = channel, frames.FrameDecoder()
        frame = await self._frame(channel)
        message = frame.message if isinstance(frame, frames.Control) else {}
        if isinstance(message.get("error"), dict):
            raise NautScanError.from_dict(message["error"])
        if message.get("event") != "ready":
            raise frames.FrameError("it did not say that it is ready")
        self.cut = message.get("cut") is True

    async def _frame(self, channel: Channel) -> frames.Frame:
        while (frame := self._decoder.next_frame()) is None:
            data = await channel.read(CHUNK_BYTES)
            if not data:
                raise _ended()
            self._decoder.feed(data)
        return frame

    @property
    def is_idle(self) -> bool:
        """Whether it is open and nobody has asked for a while."""
        return (
            self._channel is not None
            and not self._turn.locked()
            and time.monotonic() - self._used > IDLE_S
        )

    def close(self) -> None:
        """End the process; the next question begins another one."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()


def _answer(message: dict[str, Any], data: bytes) -> dict[str, Any]:
    error, result = message.get("error"), message.get("ok")
    if isinstance(error, dict):
        raise _Refused(NautScanError.from_dict(error))
    if not isinstance(result, dict):
        raise frames.FrameError("an answer is none")
    key = message.get("binary")
    return {**result, key: data} if isinstance(key, str) else result


class _Refused(Exception):
    """An error that is an answer: the process goes on."""

    def __init__(self, error: NautScanError) -> None:
        super().__init__(error.message)
        self.error = error


def _ended() -> SensorUnavailable:
    return SensorUnavailable(
        "The process that held the packets has ended", remedy="Ask again: it is started anew."
    )


def _told(error: BaseException, name: str) -> BaseException:
    if isinstance(error, TimeoutError):
        return Conflict(
            f"The packets of {name} could not be read within {FILL_S:.0f} seconds",
            remedy="Use a smaller file, or nautscan read --table packets.",
        )
    if isinstance(error, (frames.FrameError, OSError)):
        return _ended()
    return error
