"""The uploads that are kept: received, read one after the other, opened, deleted.

Each has a folder: the capture as it came, its rows, and what is known of it. The folder is whole
once the facts are in it; what a client abandoned, or a crash cut off, has none and is removed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from nautscan.config import Config
from nautscan.errors import BadFile, Conflict, NautScanError, NotFound, StoreUnavailable, TooLarge
from nautscan.service.uploads.model import (
    CAPTURE,
    FACTS,
    ID,
    ROWS,
    Upload,
    checked_summary,
    plain_name,
)
from nautscan.service.uploads.opened import OpenedFiles
from nautscan.service.uploads.reading import Readers, read_rows
from nautscan.service.uploads.receiving import Chunks, Space, save
from nautscan.service.views import View
from nautscan.store.filestore import FileWriter, stored_bytes

log = logging.getLogger("nautscan.uploads")

MAX_RECEIVING: Final = 2
"""Files that may come at once."""
WRITE_MEMORY: Final = 128 << 20
TICK_S: Final = 30.0
LEAST_SPACE: Final = 16 << 20
"""Room for rows that must be left when a file is begun to be read."""


class Uploads:
    """Every uploaded capture. Used by the event loop only."""

    def __init__(self, config: Config, readers: Readers | None) -> None:
        """Nothing is known until `load`. `readers` None: files cannot be read here."""
        self.config = config
        self._readers = readers
        self._folder = config.uploads_path
        self._uploads: dict[str, Upload] = {}
        self._receiving: dict[str, int] = {}
        self._opened = OpenedFiles(config, readers)
        self._news = asyncio.Event()
        self._reading: tuple[str, asyncio.Task[dict[str, Any]]] | None = None

    def load(self) -> None:
        """Take up what an earlier run has left; blocks for a moment. What is not whole goes.

        Before anything is received: that is not whole either.
        """
        for folder in sorted(self._folder.glob("*")):
            if ID.fullmatch(folder.name) is None or not folder.is_dir():
                continue
            if not (folder / FACTS).exists():
                shutil.rmtree(folder, ignore_errors=True)
                continue
            upload = Upload.load(folder)
            if upload is None:
                # Perhaps of a newer NautScan: it is not ours to throw away.
                log.warning("the upload in %s is left as it is: its facts cannot be read", folder)
                continue
            if upload.state in {"waiting", "reading"}:
                upload.state, upload.bytes_read = "waiting", 0
            self._uploads[upload.id] = upload
        self._news.set()

    def follow(self, config: Config) -> None:
        """Keep to these settings from now on; what is open keeps those it was opened with."""
        self.config = config
        self._opened.config = config

    async def run(self) -> None:
        """Read what waits, one file after the other, for ever."""
        while True:
            waiting = [upload for upload in self._uploads.values() if upload.state == "waiting"]
            if waiting:
                await self._read(min(waiting, key=lambda upload: upload.uploaded_ns))
                continue
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._news.wait()
            await self._opened.close_idle()

    async def close(self) -> None:
        """Close every database. `run` has ended before."""
        await self._opened.close()

    def listed(self) -> list[dict[str, Any]]:
        """Every upload, the newest first."""
        found = sorted(self._uploads.values(), key=lambda upload: -upload.uploaded_ns)
        return [upload.described(self._folder / upload.id) for upload in found]

    def one(self, upload_id: str) -> dict[str, Any]:
        """One upload. Raises `NotFound`."""
        return self._known(upload_id).described(self._folder / upload_id)

    def limits(self) -> dict[str, Any]:
        """What can be uploaded, and what is taken of it."""
        return {
            "possible": self._readers is not None and self.config.uploads > 0,
            "max_bytes": self.config.upload_bytes,
            "max_captures": max(0, self.config.uploads),
            "max_total_bytes": self.config.uploads_bytes,
            "total_bytes": self._taken(),
        }

    async def receive(self, name: str, stated: int | None, chunks: Chunks) -> dict[str, Any]:
        """Take a file in and have it read; the upload. `stated` is the size, if it is known.

        Raises `BadFile`, `TooLarge`, `Conflict` where no more are kept, `StoreUnavailable`.
        """
        self._check_place(stated or 0)
        upload_id = secrets.token_hex(6)
        folder = self._folder / upload_id
        self._receiving[upload_id] = stated or 0
        try:
            folder.mkdir(mode=0o700, parents=True)
            name = plain_name(name)
            size = await save(folder / CAPTURE, name, chunks, self._space(upload_id))
            upload = Upload(upload_id, name, size, time.time_ns())
            upload.save(folder)
        except OSError as error:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise StoreUnavailable(
                f"The file cannot be kept in {self._folder}: {error.strerror or error}",
                remedy="See that the disk has room and the folder belongs to this user.",
            ) from error
        except BaseException:
            # Also where the client went away: nothing is left of what was not whole.
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            self._receiving.pop(upload_id, None)
        self._uploads[upload_id] = upload
        self._news.set()
        return upload.described(folder)

    async def delete(self, upload_id: str) -> None:
        """Remove an upload, also while it is read. Raises `NotFound`."""
        self._known(upload_id)
        del self._uploads[upload_id]
        if self._reading is not None and self._reading[0] == upload_id:
            self._reading[1].cancel()
            await asyncio.wait([self._reading[1]])
        await self._opened.forget(upload_id)
        await asyncio.to_thread(shutil.rmtree, self._folder / upload_id, ignore_errors=True)

    @asynccontextmanager
    async def opened(self, upload_id: str) -> AsyncIterator[View]:
        """The questions to an upload. Raises `NotFound`, `Conflict`, `StoreUnavailable`."""
        upload = self._known(upload_id)
        if upload.state != "ready":
            raise _not_ready(upload)
        async with self._opened.use(upload, self._folder / upload_id) as view:
            yield view

    def _known(self, upload_id: str) -> Upload:
        upload = self._uploads.get(upload_id)
        if upload is None:
            raise NotFound(
                f"There is no uploaded capture {upload_id!r}",
                remedy="GET /api/captures lists them.",
            )
        return upload

    def _check_place(self, stated: int) -> None:
        if self._readers is None or self.config.uploads <= 0:
            raise Conflict(
                "Captures cannot be uploaded to this server",
                remedy="Set NAUTSCAN_UPLOADS to more than 0, or read the file with nautscan read.",
            )
        if len(self._uploads) + len(self._receiving) >= self.config.uploads:
            raise Conflict(
                f"{len(self._uploads)} uploads are kept, which is as many as may be",
                remedy="Delete one, or raise NAUTSCAN_UPLOADS.",
            )
        if len(self._receiving) >= MAX_RECEIVING:
            raise Conflict(
                f"{MAX_RECEIVING} files are being uploaded", remedy="Wait until one is here."
            )
        if stated > self.config.upload_bytes:
            raise self._too_large()
        space = self._space("")
        space.check(stated)
        space.check_disk(stated)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The file is larger than {self.config.upload_bytes} bytes",
            remedy="Cut it, e.g. with editcap, raise NAUTSCAN_UPLOAD_SIZE, or read it with "
            "nautscan read.",
        )

    def _space(self, upload_id: str) -> Space:
        """What a file that comes now may take."""
        others = sum(size for key, size in self._receiving.items() if key != upload_id)
        return Space(
            folder=self._folder,
            most=self.config.upload_bytes,
            too_large=self._too_large(),
            left=self.config.uploads_bytes - self._taken() - others,
            min_free=self.config.min_free_bytes,
        )

    def _taken(self) -> int:
        return sum(
            upload.bytes + stored_bytes(self._folder / upload.id / ROWS)
            for upload in self._uploads.values()
        )

    async def _read(self, upload: Upload) -> None:
        """Read one file; whatever comes of it, the upload says so."""
        folder = self._folder / upload.id
        upload.state = "reading"
        task = asyncio.create_task(self._rows_of(upload, folder))
        self._reading = (upload.id, task)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        finally:
            self._reading = None
        if task.cancelled() or upload.id not in self._uploads:
            return
        error = task.exception()
        if error is None:
            upload.summary, upload.state = task.result(), "ready"
        else:
            told = _told(error, folder / CAPTURE, upload.name)
            log.warning("an upload could not be read: %s", told["message"])
            left = (folder / ROWS, folder / f"{ROWS}.wal", folder / CAPTURE)
            await asyncio.to_thread(_remove, *left)
            upload.state, upload.error = "failed", told
        with contextlib.suppress(OSError):  # It is read again after a restart, then.
            upload.save(folder)

    async def _rows_of(self, upload: Upload, folder: Path) -> dict[str, Any]:
        if self._readers is None:
            raise Conflict("Captures cannot be read by this server")
        await asyncio.to_thread(_remove, folder / ROWS, folder / f"{ROWS}.wal")
        space = max(LEAST_SPACE, self.config.uploads_bytes - self._taken())

        def progress(read: int) -> None:
            upload.bytes_read = min(read, upload.bytes)

        summary = await read_rows(
            self._readers,
            folder / CAPTURE,
            self.config,
            lambda: FileWriter(
                folder / ROWS,
                memory_bytes=WRITE_MEMORY,
                most_bytes=space,
                min_free_bytes=self.config.min_free_bytes,
            ),
            progress,
        )
        return checked_summary(summary, str(folder / CAPTURE), upload.name)


def _remove(*paths: Path) -> None:
    """Remove files that may be there; of gigabytes that takes a moment."""
    for path in paths:
        path.unlink(missing_ok=True)


def _told(error: BaseException, path: Path, name: str) -> dict[str, Any]:
    """The error in the one shape, with the file called as the person calls it."""
    if not isinstance(error, NautScanError):
        log.error("reading an upload failed", exc_info=error)
        error = BadFile(
            "The file could not be read: an internal error occurred",
            remedy="The server's log has the particulars. Please report it.",
        )
    facts = error.as_dict()
    for part in ("message", "remedy"):
        facts[part] = str(facts[part]).replace(str(path), name)
    return facts


def _not_ready(upload: Upload) -> Conflict:
    if upload.state == "failed":
        return Conflict(
            f"{upload.name} could not be read",
            remedy="GET /api/captures says why. Delete it, and upload another file.",
        )
    return Conflict(
        f"{upload.name} is still being read",
        remedy="GET /api/captures says how far it is. Ask again when it is ready.",
    )
