"""The lookout's life: binds its socket, opens what takes rights, gives them up, looks and tells."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from nautscan.sensor import endpoint, frames, installation, privileges
from nautscan.sensor.children import watch_lifeline
from nautscan.sensor.lookout import machine
from nautscan.sensor.lookout.book import Book
from nautscan.sensor.lookout.confine import confine
from nautscan.sensor.lookout.model import Entry
from nautscan.sensor.lookout.rights import LOOKOUT_CAPABILITIES, Reach, reach
from nautscan.sensor.lookout.users import UserNames
from nautscan.sensor.users import Identity, is_root

log = logging.getLogger(__name__)

PERIOD_S: Final = 0.5
"""Between two looks, at least."""

EASE: Final = 20
"""A look of one second is followed by 20 of rest: at most a twentieth of one core."""

TRACE_PAUSE_S: Final = 0.002
"""Between two readings of the traces: a program that was begun meanwhile has not connected yet."""

NEWS_S: Final = 0.02
"""News is collected this long before it is sent."""

MAX_VIEWERS: Final = 4
MAX_UNREAD: Final = 16 << 20
"""A viewer that leaves more than this unread is sent away; when it comes back it gets the book."""

ENTRIES_A_MESSAGE: Final = 2000
LOOKOUT_MODULES: Final = ("concurrent.futures.thread", "encodings.*", "pwd", "traceback")


@dataclass(frozen=True, slots=True)
class LookoutOptions:
    """How one lookout runs."""

    socket: Path
    identity: Identity | None = None
    """Who it becomes after binding, if it is root; the socket belongs to that user too."""
    supervised: bool = False


def run(options: LookoutOptions) -> None:
    """Runs until told to end. Raises OSError where the socket cannot be bound."""
    owner = options.identity
    listener = endpoint.bind(
        options.socket, owner=None if owner is None else (owner.uid, owner.gid)
    )
    try:
        rings, why = machine.open_rings()
        confined = give_up_rights(owner)
        view = replace(reach(), traced=bool(rings), untraced_because=why, confined=confined)
        log.info("processes that can be named: %s; traced: %s; confined: %s",
                 view.scope, view.traced, view.confined)  # fmt: skip
        asyncio.run(_Lookout(options, listener, view, machine.traces(rings)).run())
    finally:
        listener.close()


def give_up_rights(identity: Identity | None) -> bool:
    """Keeps what looking takes, as `identity` if we are root; whether system calls are limited.

    Before any thread exists.
    """
    if identity is not None and is_root():
        installation.prepare(identity, LOOKOUT_MODULES)
    else:
        identity = None
    privileges.become(identity, keep=LOOKOUT_CAPABILITIES)
    return confine()


class _Lookout:
    """What lives as long as the process."""

    def __init__(
        self,
        options: LookoutOptions,
        listener: endpoint.Listener,
        view: Reach,
        tracing: machine.Traces | None,
    ) -> None:
        self._options = options
        self._listener = listener
        self._view = view
        self._book = Book(view, UserNames())
        self._looking = machine.looking(view)
        self._tracing = tracing
        self._viewers: dict[asyncio.StreamWriter, bool] = {}
        self._containers: dict[str, int] = {}
        self._look_s = 0.0
        self._beyond_cap = 0
        self._error: str | None = None
        self._looked = False
        """The state has changed since it was told."""

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self._ending, self._wanted, self._news = asyncio.Event(), asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, self._ending.set)
        if self._options.supervised:
            watch_lifeline(_from_thread(loop, self._ending))
        server = await self._listener.serve(self._handle)
        self._watch_traces(loop)
        tasks = [asyncio.create_task(work()) for work in (self._keep_looking, self._keep_telling)]
        ended = asyncio.create_task(self._ending.wait())
        try:
            done, _ = await asyncio.wait({ended, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in [ended, *tasks]:
                task.cancel()
            await asyncio.gather(ended, *tasks, return_exceptions=True)
            server.close()
            for writer in list(self._viewers):
                writer.close()

    def status(self) -> dict[str, Any]:
        """How it stands, for the server."""
        tracing = self._tracing
        return {
            **self._view.as_dict(),
            "look_s": self._look_s,
            "beyond_cap": self._beyond_cap + self._book.dropped,
            "traces_lost": 0 if tracing is None else tracing.lost,
            "error": self._error,
        }

    async def _keep_looking(self) -> None:
        """Looks for ever: soon when it is wanted, and never more than a twentieth of the time."""
        while True:
            self._wanted.clear()
            began = time.monotonic()
            try:
                look = await asyncio.to_thread(
                    self._looking.look, self._book.known(), self._book.named()
                )
            except OSError as error:
                self._note_error(f"sockets cannot be listed: {error.strerror or error}")
            else:
                self._take_traces()
                self._book.take_look(look)
                self._containers, self._beyond_cap = look.containers, look.beyond_cap
                self._note_error(None)
            self._look_s = time.monotonic() - began
            self._looked = True
            self._news.set()
            await asyncio.sleep(EASE * self._look_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(PERIOD_S - EASE * self._look_s, 0)):
                    await self._wanted.wait()

    def _note_error(self, text: str | None) -> None:
        if text is not None and text != self._error:
            log.warning("%s", text)
        self._error = text

    def _watch_traces(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._tracing is None:
            return
        descriptors = self._tracing.descriptors

        def readable() -> None:
            for descriptor in descriptors:
                loop.remove_reader(descriptor)
            self._take_traces()
            loop.call_later(TRACE_PAUSE_S, listen)

        def listen() -> None:
            for descriptor in descriptors:
                loop.add_reader(descriptor, readable)

        listen()

    def _take_traces(self) -> None:
        if self._tracing is not None:
            traced = self._tracing.read()
            if traced:
                self._book.take_traced(traced)
                self._news.set()

    async def _keep_telling(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            news, state = self._book.take_news(), self._looked
            self._looked = False
            for writer, greeted in list(self._viewers.items()):
                if writer.transport.get_write_buffer_size() > MAX_UNREAD:
                    log.warning("a viewer does not read and is sent away")
                    writer.transport.abort()
                elif greeted:
                    self._tell(writer, news, state=state)
            await asyncio.sleep(NEWS_S)

    def _tell(self, writer: asyncio.StreamWriter, entries: list[Entry], *, state: bool) -> None:
        for at in range(0, len(entries), ENTRIES_A_MESSAGE):
            part = [entry.as_list() for entry in entries[at : at + ENTRIES_A_MESSAGE]]
            writer.write(frames.encode_control({"event": "sockets", "entries": part}))
        if state:
            facts = {"event": "state", "status": self.status(), "containers": self._containers}
            writer.write(frames.encode_control(facts))

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = endpoint.peer_uid(writer)
        if not endpoint.admitted(uid, self._allowed_uids()) or len(self._viewers) >= MAX_VIEWERS:
            log.warning("a caller with user id %s was refused", uid)
            writer.close()
            return
        decoder = frames.FrameDecoder()
        self._viewers[writer] = False
        try:
            while data := await reader.read(4096):
                decoder.feed(data)
                while (frame := decoder.next_frame()) is not None:
                    self._asked(frame, writer)
        except (frames.FrameError, OSError) as error:
            log.info("a caller went away: %s", error)
        finally:
            self._viewers.pop(writer, None)
            writer.close()

    def _asked(self, frame: frames.Frame, writer: asyncio.StreamWriter) -> None:
        message = frame.message if isinstance(frame, frames.Control) else {}
        if message.get("op") == "hello" and self._listener.admits(message.get("secret")):
            if message.get("version") != frames.PROTOCOL_VERSION:
                raise frames.FrameError("the caller is of another version")
            writer.write(frames.encode_control({"event": "hello", "pid": os.getpid()}))
            self._tell(writer, self._book.entries(), state=True)
            self._viewers[writer] = True
        elif message.get("op") == "look" and self._viewers.get(writer):
            self._wanted.set()
        else:
            raise frames.FrameError("the caller did not introduce itself")

    def _allowed_uids(self) -> set[int]:
        if sys.platform == "win32":
            return set()
        owner = self._options.identity
        return {0, os.geteuid()} | (set() if owner is None else {owner.uid})


def _from_thread(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> Callable[[], None]:
    def notify() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)

    return notify
