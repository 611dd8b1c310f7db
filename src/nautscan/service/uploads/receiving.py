"""A file as it comes, piece by piece, to the disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nautscan.errors import BadRequest, Conflict, StoreUnavailable, TooLarge
from nautscan.service.uploads.model import check_beginning
from nautscan.store.writer import free_bytes

Chunks = AsyncIterable[bytes]

WRITE_BYTES: Final = 1 << 20
"""Written at once: this much of a file is in memory at most."""
IDLE_S: Final = 30.0
"""A sender that sends nothing for so long has gone."""


@dataclass(frozen=True, slots=True)
class Space:
    """What one file may take."""

    folder: Path
    most: int
    too_large: TooLarge
    left: int
    """Of the space for all uploads."""
    min_free: int

    def check(self, size: int) -> None:
        """Refuse a file that has come to `size` bytes, or will. Raises `TooLarge` and others."""
        if size > self.most:
            raise self.too_large
        if size > self.left:
            raise Conflict(
                f"Uploads may take {max(0, self.left) // 1_000_000} MB more, and this file takes "
                f"{size // 1_000_000} MB or more",
                remedy="Delete uploads that are not needed, or raise NAUTSCAN_UPLOADS_SIZE.",
            )

    def check_disk(self, coming: int) -> None:
        """Refuse what would leave too little of the disk. Raises `StoreUnavailable`."""
        folder = self.folder if self.folder.is_dir() else self.folder.parent
        free = free_bytes(folder / "file")
        if free is not None and free - coming < self.min_free:
            raise StoreUnavailable(
                f"The disk has {free // 1_000_000} MB free; {self.min_free // 1_000_000} MB are "
                "kept free",
                remedy="Free some space, or lower NAUTSCAN_MIN_FREE.",
            )


async def save(path: Path, name: str, chunks: Chunks, space: Space) -> int:
    """Write the pieces to a new file; its size. Raises what `Space` raises, `BadFile`, OSError.

    Refused at the first byte that is too much; what has been written is for the caller to remove.
    """
    size, waiting, begun = 0, bytearray(), False
    with path.open("xb") as file:
        async for chunk in _lively(chunks):
            size += len(chunk)
            waiting += chunk
            space.check(size)
            if not begun and len(waiting) >= 4:
                check_beginning(name, bytes(waiting[:4]))
                begun = True
            if len(waiting) >= WRITE_BYTES:
                space.check_disk(len(waiting))
                await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
        if not begun:
            check_beginning(name, bytes(waiting))
        space.check_disk(len(waiting))
        await asyncio.to_thread(file.write, bytes(waiting))
    return size


async def _lively(chunks: Chunks) -> AsyncIterable[bytes]:
    """The pieces, as long as they keep coming."""
    pieces = aiter(chunks)
    while True:
        try:
            async with asyncio.timeout(IDLE_S):
                piece = await anext(pieces, None)
        except TimeoutError as error:
            raise BadRequest(
                f"Nothing more of the file came for {IDLE_S:.0f} seconds",
                remedy="Upload it again.",
            ) from error
        if piece is None:
            return
        yield piece
