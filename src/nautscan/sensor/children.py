"""A child process of the supervisor: started by exec, its words forwarded, sure to end.

The child's standard input is its lifeline: a pipe that nobody writes to. It closes when the
supervisor wants the child to end, and also when the supervisor itself dies, however it dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

log = logging.getLogger(__name__)

MAX_LINE: Final = 64 << 10
"""A longer line of a child's output is forwarded in parts."""

LAST_RESORT_S: Final = 15.0
"""A child that has not ended by itself this long after its lifeline closed, ends at once."""

RESTART_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses before a child is started again, growing while it keeps dying."""

_STEADY_S: Final = 60.0
"""A child that lived this long starts with the first pause again."""

Lines = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """How to start a child."""

    name: str
    arguments: Sequence[str]
    """After `python -P -m`."""
    environment: Mapping[str, str]
    descriptors: Sequence[int] = ()


class Child:
    """One running child."""

    def __init__(self, spec: ChildSpec, process: asyncio.subprocess.Process, lines: Lines) -> None:
        """Use `start`."""
        self.name = spec.name
        self.process = process
        self.began = time.monotonic()
        self._forwarding = [
            asyncio.create_task(_forward(stream, lines))
            for stream in (process.stdout, process.stderr)
            if stream is not None
        ]

    @classmethod
    async def start(cls, spec: ChildSpec, lines: Lines) -> Child:
        """Starts it; `lines` gets each line of its output. Raises OSError."""
        # -P: the folder from which the supervisor was started, perhaps by root, is no place to
        # import from. A session of its own: Ctrl-C reaches the supervisor only.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            *spec.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(spec.environment),
            pass_fds=tuple(spec.descriptors),
            start_new_session=True,
            limit=MAX_LINE,
        )
        return cls(spec, process, lines)

    async def wait(self) -> int:
        """Its exit code, once it has ended and its last words are forwarded."""
        code = await self.process.wait()
        # A grandchild might hold the pipes open: its words are not worth waiting for.
        await asyncio.wait(self._forwarding, timeout=1.0)
        for task in self._forwarding:
            task.cancel()
        return code

    async def stop(self, grace_s: float) -> int:
        """Lets it end by itself, and kills it if it has not after `grace_s`."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            async with asyncio.timeout(grace_s):
                await self.process.wait()
        except TimeoutError:
            log.warning("%s did not end within %g s and is killed", self.name, grace_s)
            self.kill()
        return await self.wait()

    def kill(self) -> None:
        """Ends it at once."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()


async def _forward(stream: asyncio.StreamReader, lines: Lines) -> None:
    while True:
        try:
            line = await stream.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                lines(_text(error.partial))
            return
        except asyncio.LimitOverrunError as error:
            line = await stream.readexactly(error.consumed)
        lines(_text(line))


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r\n")


class Backoff:
    """The pause before the next start."""

    def __init__(self, pauses: Sequence[float] = RESTART_S) -> None:
        """Starts with the first of `pauses`."""
        self._pauses = pauses
        self._next = 0

    def after(self, lived_s: float) -> float:
        """The pause after a child that lived this long."""
        if lived_s >= _STEADY_S:
            self._next = 0
        pause = self._pauses[min(self._next, len(self._pauses) - 1)]
        self._next += 1
        return pause


def ended_how(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def watch_lifeline(on_end: Callable[[], None], descriptor: int = 0) -> None:
    """In the child: calls `on_end`, in a thread, once the lifeline closes; then makes sure."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(descriptor, 1024):
                pass
        on_end()
        time.sleep(LAST_RESORT_S)
        os._exit(1)

    threading.Thread(target=wait, name="nautscan-lifeline", daemon=True).start()
