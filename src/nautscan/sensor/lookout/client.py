"""The server's side: connects to the lookout, and hands on what it tells."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nautscan.sensor import endpoint, frames
from nautscan.sensor.lookout.model import Entry, entry_of

log = logging.getLogger(__name__)

LOOK_S: Final = 0.25
"""A look that was asked for is waited for this long at most."""

_RETRY_S: Final = 1.0
_READ_BYTES: Final = 256 << 10


@dataclass(slots=True)
class LookoutState:
    """How it stands with the lookout."""

    connected: bool = False
    since_ns: int = field(default_factory=time.time_ns)
    reason: str = "the lookout has not connected yet"
    status: dict[str, Any] | None = None
    """What it said of itself last: see `Reach`, with `look_s`, `traces_lost` and `error`."""


class LookoutClient:
    """Talks to one lookout, for ever."""

    def __init__(
        self,
        address: str,
        told: Callable[[list[Entry]], None],
        began: Callable[[], None],
        placed: Callable[[dict[str, int], int | None], None],
    ) -> None:
        """`address` is its socket.

        `told` gets entries, `began` is called before the first of a connection, `placed` gets the
        network namespaces of containers and of the host.
        """
        self._path = Path(address)
        self._told = told
        self._began = began
        self._placed = placed
        self._writer: asyncio.StreamWriter | None = None
        self._heard = asyncio.Event()
        self.state = LookoutState()

    async def run(self) -> None:
        """Connects, and reconnects, until cancelled."""
        while True:
            try:
                await self._attempt()
                self._away("the lookout closed the connection")
            except (OSError, frames.FrameError, ValueError, TypeError, KeyError) as error:
                self._away(f"the lookout cannot be heard: {error}")
            await asyncio.sleep(_RETRY_S)

    async def look(self) -> bool:
        """Asks for a look now, and waits a little for news; whether any came."""
        writer = self._writer
        if writer is None or not self.state.connected:
            return False
        self._heard.clear()
        writer.write(frames.encode_control({"op": "look"}))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._heard.wait()
                return True
        return False

    async def _attempt(self) -> None:
        connection = await endpoint.connect(self._path)
        self._writer = connection.writer
        try:
            hello = {"op": "hello", "version": frames.PROTOCOL_VERSION, "secret": connection.secret}
            connection.writer.write(frames.encode_control(hello))
            decoder = frames.FrameDecoder()
            while data := await connection.reader.read(_READ_BYTES):
                decoder.feed(data)
                while (frame := decoder.next_frame()) is not None:
                    if not isinstance(frame, frames.Control):
                        raise frames.FrameError("the lookout sent rows")
                    self._receive(frame.message)
        finally:
            self._writer = None
            connection.writer.close()

    def _receive(self, message: dict[str, Any]) -> None:
        event = message.get("event")
        if event == "hello":
            self._began()
            self.state.connected, self.state.since_ns = True, time.time_ns()
            self.state.reason = ""
            log.info("connected to the lookout (process %s)", message.get("pid"))
        elif event == "sockets":
            self._told([entry_of(fields) for fields in message["entries"]])
        elif event == "state":
            self.state.status = dict(message["status"])
            containers = {str(key): int(value) for key, value in message["containers"].items()}
            self._placed(containers, self.state.status.get("netns"))
            self._heard.set()

    def _away(self, reason: str) -> None:
        if self.state.connected:
            self.state.connected, self.state.since_ns = False, time.time_ns()
            log.warning("%s", reason)
        self.state.reason = reason
