"""From the process that reads a file to the database of its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from nautscan.config import Config
from nautscan.errors import NautScanError
from nautscan.sensor.frames import Batch, FrameDecoder, FrameError
from nautscan.store.filestore import FileWriter

CHUNK_BYTES: Final = 1 << 18
SILENCE_S: Final = 120.0
"""The process tells how far it is five times a second; it has failed when it is silent so long."""


Kind = Literal["rows", "packets"]
"""What of a file is wanted: its rows, once, or its packets, for questions."""


class Channel(Protocol):
    """The way to a process: what it sends are frames, and so is what it takes."""

    async def read(self, count: int) -> bytes:
        """Some bytes of its frames; none at the end."""
        ...

    async def write(self, data: bytes) -> None:
        """Send it a frame. Raises OSError where it has ended."""
        ...

    def close(self) -> None:
        """Want no more: the process ends."""
        ...


class Readers(Protocol):
    """Makes processes that read."""

    async def start(self, path: str, config: Config, kind: Kind) -> Channel:
        """A process that reads a file. Raises `NautScanError`."""
        ...


async def read_rows(
    readers: Readers,
    path: Path,
    config: Config,
    open_writer: Callable[[], FileWriter],
    progress: Callable[[int], None],
) -> dict[str, Any]:
    """Read a file into a database; the totals. Raises `NautScanError`.

    `progress` is told how many bytes of the file are done. Cancelled or failed, the process has
    ended and the database is closed, as far as it is.
    """
    # One thread does all that is done to the database, also after a cancellation, in order.
    with ThreadPoolExecutor(1, thread_name_prefix="upload-writer") as thread:
        loop = asyncio.get_running_loop()
        writer = await loop.run_in_executor(thread, open_writer)
        rows: Channel | None = None
        try:
            rows = await readers.start(str(path), config, "rows")
            summary = await _Taking(rows, writer, thread, progress).all()
            await loop.run_in_executor(thread, writer.close)
            return summary
        except BaseException:
            thread.submit(writer.abandon)
            raise
        finally:
            if rows is not None:
                rows.close()


class _Taking:
    """Takes frames until the end."""

    def __init__(
        self,
        rows: Channel,
        writer: FileWriter,
        thread: ThreadPoolExecutor,
        progress: Callable[[int], None],
    ) -> None:
        self._rows = rows
        self._writer = writer
        self._thread = thread
        self._progress = progress
        self._summary: dict[str, Any] | None = None

    async def all(self) -> dict[str, Any]:
        """Every frame; the totals that the last one tells."""
        decoder = FrameDecoder()
        try:
            while data := await self._some():
                decoder.feed(data)
                while (frame := decoder.next_frame()) is not None:
                    await self._take(frame)
        except FrameError as error:
            raise _failed(f"it broke the protocol: {error}") from error
        if self._summary is None:
            raise _failed("it ended before the end of the file")
        return self._summary

    async def _some(self) -> bytes:
        try:
            async with asyncio.timeout(SILENCE_S):
                return await self._rows.read(CHUNK_BYTES)
        except TimeoutError as error:
            raise _failed(f"it said nothing for {SILENCE_S:.0f} seconds") from error

    async def _take(self, frame: Any) -> None:
        if isinstance(frame, Batch):
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._writer.add, frame.table, frame.ipc)
            return
        message = getattr(frame, "message", {})
        event = message.get("event")
        if event == "error" and isinstance(message.get("error"), dict):
            raise NautScanError.from_dict(message["error"])
        if event == "progress" and isinstance(message.get("read"), int):
            self._progress(message["read"])
        elif event == "done" and isinstance(message.get("summary"), dict):
            self._summary = message["summary"]


def _failed(why: str) -> NautScanError:
    return NautScanError(
        f"The process that read the file failed: {why}",
        remedy="Try `nautscan read` on the file, and please report it: no file should do that.",
    )
