"""Where a sink writes to: a partial file that gets its name when it is whole, or stdout."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from nautscan.errors import BadRequest

if TYPE_CHECKING:
    from typing_extensions import Buffer


def standard_output() -> BinaryIO:
    """Standard output as a buffered binary file.

    `sys.stdout.buffer` is none where PYTHONUNBUFFERED is set, as container images do: a write
    to it that a signal interrupts is cut short, and the rest is lost without an error.
    """
    sys.stdout.flush()
    return open(sys.stdout.fileno(), "wb", closefd=False)


class Output(io.RawIOBase):
    """A binary file for writing whose errors wait to be asked for.

    Writers of the Arrow libraries panic when a write fails. So a write here never does: the first
    error is kept, what comes after it is thrown away, and `check` raises.
    """

    def __init__(self, target: Path | None) -> None:
        """Without a `target`, standard output."""
        self.target = target
        self._partial = target and target.with_name(f".{target.name}.partial")
        self._error: OSError | None = None
        try:
            self._file: IO[bytes] = self._partial.open("wb") if self._partial else standard_output()
        except OSError as error:
            raise self._told(error) from error

    def as_file(self) -> IO[bytes]:
        """Itself, under the type that libraries ask for."""
        return cast("IO[bytes]", self)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Write, or note why not."""
        size = memoryview(data).nbytes
        if self._error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self._error = error
        return size

    def flush(self) -> None:
        """Hand what is buffered to the system, or note why not."""
        if self._error is None:
            try:
                self._file.flush()
            except OSError as error:
                self._error = error

    def check(self) -> None:
        """Raise the first error there was."""
        if isinstance(self._error, BrokenPipeError):
            raise self._error
        if self._error is not None:
            raise self._told(self._error) from self._error

    def finish(self) -> None:
        """Give the file its name. Raises if anything went wrong before."""
        self.flush()
        self.check()
        if self._partial is None or self.target is None:
            return
        try:
            self._file.close()
            self._partial.replace(self.target)
        except OSError as error:
            raise self._told(error) from error

    def abandon(self) -> None:
        """Leave no file behind."""
        if self._partial is not None:
            with suppress(OSError):
                self._file.close()
            self._partial.unlink(missing_ok=True)

    def _told(self, error: OSError) -> BadRequest:
        return BadRequest(
            f"{self.target or 'Standard output'} cannot be written: {error.strerror or error}",
            remedy="Choose a place that you can write to, with room.",
        )
