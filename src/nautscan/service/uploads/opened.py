"""Databases of uploads that are open: few at a time, since each has memory of its own."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nautscan.config import Config
from nautscan.errors import Conflict
from nautscan.service.uploads.desk import PacketDesk
from nautscan.service.uploads.model import CAPTURE, ROWS, Upload
from nautscan.service.uploads.reading import Channel, Readers
from nautscan.service.views import View, file_view
from nautscan.store.filestore import FileStore

MAX_OPEN: Final = 3
MEMORY: Final = 256 << 20
"""Of each, at most; and no more than the live database has."""
IDLE_S: Final = 300.0


@dataclass(slots=True)
class _Opened:
    """One open database. It is closed when it is in nobody's use and not kept any more."""

    store: FileStore
    desk: PacketDesk
    view: View
    users: int = 0
    kept: bool = True
    used: float = field(default_factory=time.monotonic)

    async def close(self) -> None:
        """End what holds its packets, and close the database."""
        self.desk.close()
        await asyncio.to_thread(self._close_files)

    def _close_files(self) -> None:
        self.view.packets.close()
        self.store.close()


class OpenedFiles:
    """Opens on demand, and closes what was used longest ago."""

    def __init__(self, config: Config, readers: Readers | None) -> None:
        """None is open."""
        self.config = config
        self._readers = readers
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def use(self, upload: Upload, folder: Path) -> AsyncIterator[View]:
        """The questions to a file. Raises `StoreUnavailable`."""
        key = upload.id
        async with self._opening:
            found = self._opened.get(key)
            if found is None:
                found = self._opened[key] = await self._open(upload, folder)
            found.users += 1
        self._opened.move_to_end(key)
        found.used = time.monotonic()
        try:
            yield found.view
        finally:
            found.users -= 1
            await self._settle(found)

    async def _open(self, upload: Upload, folder: Path) -> _Opened:
        config, end_ns = self.config, upload.summary.get("last_time_ns")
        store = await asyncio.to_thread(
            FileStore,
            folder / ROWS,
            memory_bytes=min(MEMORY, config.store_memory),
            query_seconds=config.query_timeout,
        )
        desk = PacketDesk(lambda: self._hold(desk, folder / CAPTURE), upload.name)
        # The end is exclusive wherever a span is asked for.
        end = time.time_ns() if end_ns is None else end_ns + 1
        return _Opened(store, desk, file_view(store, end, desk))

    async def _hold(self, wanted: PacketDesk, capture: Path) -> Channel:
        """A process that holds the packets of a file: one at a time, since they take memory."""
        if self._readers is None:
            raise Conflict("Captures cannot be read by this server")
        for opened in self._opened.values():
            if opened.desk is not wanted:
                opened.desk.close()
        return await self._readers.start(str(capture), self.config, "packets")

    async def _settle(self, found: _Opened) -> None:
        if found.users == 0 and not found.kept:
            await found.close()
        while len(self._opened) > MAX_OPEN and await self._close_one(lambda _: True):
            pass

    async def _close_one(self, is_wanted: Callable[[_Opened], bool]) -> bool:
        """Close one that nobody uses; false if there is none.

        One at a time: while it closes, another may be taken into use.
        """
        for key, opened in self._opened.items():
            if opened.users == 0 and is_wanted(opened):
                del self._opened[key]
                await opened.close()
                return True
        return False

    async def forget(self, key: str) -> None:
        """Keep it no longer: it is closed when nobody uses it."""
        found = self._opened.pop(key, None)
        if found is not None:
            found.kept = False
            if found.users == 0:
                await found.close()

    async def close_idle(self) -> None:
        """Close what nobody has used for long."""
        for opened in self._opened.values():
            if opened.desk.is_idle:
                opened.desk.close()
        before = time.monotonic() - IDLE_S
        while await self._close_one(lambda opened: opened.used < before):
            pass

    async def close(self) -> None:
        """Close all."""
        while self._opened:
            _, opened = self._opened.popitem()
            await opened.close()
