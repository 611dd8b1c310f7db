"""The process that reads one file: what it gives up, and how the server starts it.

Where there is fork, a helper forked from the server before that has any thread makes these
processes: to run Python anew may be impossible then, since its installation may be out of reach of
the user that the server has become. Elsewhere, and in tests, Python is run.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import BinaryIO, Final, Protocol

from nautscan.config import Config
from nautscan.errors import NautScanError
from nautscan.offline.uploaded.job import Job, run

MAX_JOB_BYTES: Final = 16_384
"""A job as JSON: a path, a few switches, paths of GeoIP files."""
START_S: Final = 10.0
PIPE_BYTES: Final = 1 << 20
NICENESS: Final = 10
"""Live capture goes first."""


class Rows(Protocol):
    """What a reading process sends."""

    async def read(self, count: int) -> bytes:
        """Some bytes of its frames; none at the end."""
        ...

    def close(self) -> None:
        """Want no more: the process ends."""
        ...


class Readers(Protocol):
    """Makes processes that read."""

    async def start(self, path: str, config: Config) -> Rows:
        """A process that reads a file. Raises `NautScanError`."""
        ...


def job_of(text: bytes) -> Job:
    """The job that `as_text` wrote."""
    facts = json.loads(text)
    return Job(**facts | {"geoip": tuple(facts["geoip"])})


def as_text(job: Job) -> bytes:
    """The job as JSON."""
    text = json.dumps(asdict(job)).encode()
    if len(text) > MAX_JOB_BYTES:
        raise NautScanError("the paths of this server are too long to read an upload")
    return text


def work(text: bytes, out: BinaryIO) -> None:
    """The life of the process: give up what can be given up, read, send."""
    preload()
    give_up()

    def send(frame: bytes) -> None:
        out.write(frame)
        out.flush()

    with contextlib.suppress(BrokenPipeError):  # Nobody wants the rows any more.
        run(job_of(text), send)


def preload() -> None:
    """Import what reading needs, before rights are given up."""
    import nautscan._engine
    import nautscan.export.summary
    import nautscan.identity.geoip
    import nautscan.identity.vendors
    import nautscan.offline.naming
    import nautscan.store.fresh  # noqa: F401


def give_up() -> None:
    """Every right, and every system call that reading a file does not need."""
    from nautscan.sensor import privileges
    from nautscan.sensor.lookout.confine import confine

    privileges.become(None)
    if sys.platform != "win32":
        import resource

        os.nice(NICENESS)
        for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            resource.setrlimit(limit, (0, 0))
    confine(alone=True)


class _PipeRows:
    """Frames from a pipe."""

    def __init__(self, reader: asyncio.StreamReader, close: Callable[[], None]) -> None:
        self._reader = reader
        self.close = close

    async def read(self, count: int) -> bytes:
        return await self._reader.read(count)


class SpawnedReaders:
    """Runs Python for each file."""

    async def start(self, path: str, config: Config) -> Rows:
        """A process that reads a file. Raises `NautScanError`."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "nautscan.offline.uploaded.process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=PIPE_BYTES,
            )
        except OSError as error:
            raise _cannot_start(error) from error
        if process.stdin is None or process.stdout is None:
            raise NautScanError("a process was started without its pipes")
        process.stdin.write(as_text(Job.of(path, config)))
        process.stdin.close()

        def close() -> None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

        return _PipeRows(process.stdout, close)


class ForkedReaders:
    """Asks the helper that `fork_helper` left behind."""

    def __init__(self, sock: socket.socket) -> None:
        """`sock` is the server's end; closing it ends the helper."""
        self._sock = sock
        self._lock = threading.Lock()

    async def start(self, path: str, config: Config) -> Rows:
        """A process that reads a file. Raises `NautScanError`."""
        reading, writing = os.pipe()
        try:
            await asyncio.to_thread(self._ask, as_text(Job.of(path, config)), writing)
        except OSError as error:
            os.close(reading)
            raise _cannot_start(error) from error
        finally:
            os.close(writing)
        reader = asyncio.StreamReader(limit=PIPE_BYTES)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", 0)
        )
        return _PipeRows(reader, transport.close)

    def _ask(self, text: bytes, writing: int) -> None:
        with self._lock:
            self._sock.settimeout(START_S)
            socket.send_fds(self._sock, [text], [writing])
            if not self._sock.recv(1):
                raise BrokenPipeError("the helper has ended")


def fork_helper() -> Readers:
    """Leave a helper behind that makes reading processes. While this process has one thread."""
    if sys.platform == "win32":
        return SpawnedReaders()
    own, other = socket.socketpair()
    if os.fork() == 0:
        own.close()
        _help(other)
    other.close()
    return ForkedReaders(own)


def _help(sock: socket.socket) -> None:
    """The helper's life: one child a job, until the server has gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # What is there stays shared with the server. What reads is imported by who reads.
    while True:
        try:
            text, descriptors, _, _ = socket.recv_fds(sock, MAX_JOB_BYTES, 1)
        except OSError:
            text, descriptors = b"", []
        if not text:
            os._exit(0)
        if os.fork() == 0:
            sock.close()
            _child(text, descriptors[0])
        os.close(descriptors[0])
        sock.send(b"+")


def _child(text: bytes, descriptor: int) -> None:
    code = 1
    try:
        with os.fdopen(descriptor, "wb") as out:
            work(text, out)
        code = 0
    finally:
        # Not by returning: what the server would do at its end is no business of this process.
        os._exit(code)


def _cannot_start(error: OSError) -> NautScanError:
    return NautScanError(
        f"No process could be started to read the file: {error.strerror or error}",
        remedy="Start NautScan again, then upload the file again.",
    )


def main() -> None:
    """Run as a program: the job on standard input, frames on standard output."""
    work(sys.stdin.buffer.read(), sys.stdout.buffer)


if __name__ == "__main__":
    main()
