"""The sensor process: binds its socket, gives up its other rights, captures, and answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from nautscan._engine import Schemas
from nautscan.config import Config
from nautscan.errors import Unauthorized
from nautscan.sensor import endpoint, enginefacts, installation, naming, privileges, schemas
from nautscan.sensor.capture import CaptureController, CaptureOptions, EngineOptions
from nautscan.sensor.children import watch_lifeline
from nautscan.sensor.conntrack import Conntrack
from nautscan.sensor.frames import PROTOCOL_VERSION, FrameError
from nautscan.sensor.operations import Operations
from nautscan.sensor.outbox import Outbox
from nautscan.sensor.session import Session
from nautscan.sensor.streams import StreamSource
from nautscan.sensor.users import Identity, is_root

log = logging.getLogger(__name__)

STATS_S: Final = 1.0
"""How often the counters of the queue are reported."""

MAX_SESSIONS: Final = 16
"""Callers at once; the server is one."""

_FLUSH_S: Final = 1.5
"""At the end the server gets this long to take the last rows."""


@dataclass(frozen=True, slots=True)
class SensorOptions:
    """How one sensor runs."""

    socket: Path
    config: Config
    stream: StreamSource | None = None
    identity: Identity | None = None
    """Who it becomes after binding, if it is root; the socket belongs to that user too."""
    supervised: bool = False
    """Standard input is a lifeline: its end means that the supervisor has gone."""
    examine: Callable[[Config, tuple[str, ...]], list[dict[str, Any]]] | None = None
    """The doctor, handed in: it stands above the sensor and is not known here."""


def run(options: SensorOptions) -> None:
    """Runs until told to end. Raises OSError where the socket cannot be bound."""
    owner = options.identity
    listener = endpoint.bind(
        options.socket, owner=None if owner is None else (owner.uid, owner.gid)
    )
    try:
        conntrack = Conntrack()
        # With the rights it was started with: the files may be for the caller's eyes alone.
        protobuf = schemas.load(options.config.protobuf)
        give_up_rights(owner, enter=options.config.enters_containers)
        asyncio.run(_Sensor(options, listener, conntrack, protobuf).run())
    finally:
        listener.close()


def give_up_rights(identity: Identity | None, *, enter: bool = False) -> None:
    """Keeps what capture needs, as `identity` if we are root; with `enter`, inside containers.

    Before any thread exists: capabilities belong to threads.
    """
    if identity is not None and is_root():
        installation.prepare(identity, installation.SENSOR_MODULES)
    else:
        identity = None
    reserve = privileges.ENTER_CAPABILITIES if enter else ()
    privileges.become(identity, keep=privileges.CAPTURE_CAPABILITIES, reserve=reserve)
    held = privileges.rights()
    names = ", ".join(held.capabilities or ()) or "none"
    if held.reserve:
        names += f"; in reserve, to enter containers: {', '.join(held.reserve)}"
    log.info("sensor runs as user id %s with capabilities: %s", held.uid, names)


class _Sensor:
    """What lives as long as the process."""

    def __init__(
        self,
        options: SensorOptions,
        listener: endpoint.Listener,
        conntrack: Conntrack,
        protobuf: Schemas | None,
    ) -> None:
        self._options = options
        self._protobuf = protobuf
        self._conntrack = conntrack
        self._listener = listener
        self._id = secrets.token_hex(8)
        self._sessions: dict[Session, asyncio.Task[Any] | None] = {}
        self._subscriber: Session | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._ending = asyncio.Event()
        self._outbox = Outbox(on_put=_from_thread(loop, self._arrived))
        self._controller = self._new_controller()
        examine = self._options.examine
        self._operations = Operations(
            self._controller,
            self._outbox,
            None if examine is None else partial(examine, self._options.config),
        )
        _end_on_signals(loop, self._ending)
        if self._options.supervised:
            watch_lifeline(_from_thread(loop, self._ending))
        server = await self._listener.serve(self._handle)
        log.info("sensor %s listens at %s", self._id, self._listener.path)
        tasks = [asyncio.create_task(self._capture()), asyncio.create_task(self._report_queue())]
        ended = asyncio.create_task(self._ending.wait())
        try:
            done, _ = await asyncio.wait({ended, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._shut_down(server, [ended, *tasks])

    def _new_controller(self) -> CaptureController:
        config = self._options.config
        return CaptureController(
            EngineOptions(
                stream=self._options.stream,
                sensor=config.sensor_name,
                ring_bytes=config.ring_bytes,
                workers=config.workers,
                body_limit=config.body_limit,
                headers=config.headers,
                redact=config.redact,
                conntrack=self._conntrack,
                schemas=self._protobuf,
            ),
            CaptureOptions(
                filter=config.filter,
                promiscuous=config.promiscuous,
                snaplen=config.snaplen,
                buffer_bytes=config.buffer_bytes,
            ),
            naming.wanted(config.interfaces, config.containers),
            self._outbox,
            self._changed,
        )

    async def _capture(self) -> None:
        await asyncio.to_thread(enginefacts.log_interfaces)
        if self._options.config.capture:
            await self._controller.begin()
        else:
            await self._controller.stop()
        await self._controller.watch()

    async def _report_queue(self) -> None:
        """Counters of the queue once a second, while there is something to count."""
        sensor, before = self._options.config.sensor_name, None
        while True:
            await asyncio.sleep(STATS_S)
            now = self._outbox.counters()
            drops = (now.batches_dropped, now.rows_dropped)
            if self._controller.state == "running" or drops != before:
                self._outbox.put("stats", *enginefacts.queue_stats(sensor, now))
            before = drops

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = endpoint.peer_uid(writer)
        if not endpoint.admitted(uid, self._allowed_uids()) or len(self._sessions) >= MAX_SESSIONS:
            log.warning("a caller with user id %s was refused", uid)
            writer.close()
            return
        session = Session(reader, writer, self._operations, self._hello)
        self._sessions[session] = asyncio.current_task()
        sending = asyncio.create_task(self._send_rows(session))
        try:
            await session.run()
        except FrameError as error:
            log.warning("a caller broke the protocol: %s", error)
        except OSError as error:
            log.info("a caller went away: %s", error)
        finally:
            self._sessions.pop(session, None)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await session.close()

    def _allowed_uids(self) -> set[int]:
        if sys.platform == "win32":
            return set()
        owner = self._options.identity
        return {0, os.geteuid()} | (set() if owner is None else {owner.uid})

    def _hello(self, params: dict[str, Any]) -> dict[str, Any]:
        if not self._listener.admits(params.get("secret")):
            raise Unauthorized("The caller does not know the sensor's secret")
        return {
            "version": PROTOCOL_VERSION,
            "sensor_id": self._id,
            "sensor": self._options.config.sensor_name,
            "pid": os.getpid(),
            "status": self._operations.status(),
        }

    async def _send_rows(self, session: Session) -> None:
        """Rows go to the caller that subscribed last: a new server takes over from a dead one."""
        await session.subscribed.wait()
        previous, self._subscriber = self._subscriber, session
        if previous is not None:
            await previous.close()
        try:
            with contextlib.suppress(OSError):
                await session.send_rows(self._outbox, self._arrived)
        finally:
            if self._subscriber is session:
                self._subscriber = None

    def _changed(self) -> None:
        if self._sessions:
            status = self._operations.status()
            for session in self._sessions:
                session.tell("status", {"status": status})

    async def _shut_down(self, server: asyncio.Server, tasks: list[asyncio.Task[Any]]) -> None:
        """Ends the capture, lets the server take what is left, and goes."""
        log.info("sensor ends")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.close()
        await self._controller.stop()
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(_FLUSH_S):
                await self._drain()
        handlers = [task for task in self._sessions.values() if task is not None]
        for session in list(self._sessions):
            session.hang_up()
        if handlers:
            await asyncio.wait(handlers, timeout=_FLUSH_S)

    async def _drain(self) -> None:
        while self._subscriber is not None and self._outbox.counters().batches:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        if self._subscriber is not None:
            await self._subscriber.flush()


def _from_thread(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> Callable[[], None]:
    """Sets the event from any thread."""

    def notify() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)

    return notify


def _end_on_signals(loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, ending.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(ending.set))
