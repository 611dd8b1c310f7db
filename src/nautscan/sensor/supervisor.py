"""`nautscan serve`: starts sensor and server, keeps them alive, and ends them.

It captures nothing, serves nothing and records nothing. It keeps the rights it was started with
for one purpose: to start a sensor again that has died.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from nautscan.config import Config
from nautscan.sensor import schemas
from nautscan.sensor.children import Backoff, Child, ChildSpec, ended_how
from nautscan.sensor.folders import RuntimeFolder, prepare_data_folder, runtime_folder
from nautscan.sensor.streams import StreamGiver, StreamSpec
from nautscan.sensor.users import Identity, server_identity

log = logging.getLogger(__name__)

READY: Final = "NAUTSCAN-READY "
"""The server prints a line of this and its address once it really listens."""

SENSOR_GRACE_S: Final = 8.0
SERVER_GRACE_S: Final = 10.0
LOOKOUT_GRACE_S: Final = 3.0

MAX_FAILED_STARTS: Final = 5
"""A server that dies this often in a row before it listens will not listen."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve."""

    config: Config
    stream: StreamSpec | None = None
    docker_group: bool = True
    default_data_dir: bool = True
    """The data folder is ours by name, not one that the user chose."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where the supervisor speaks: `say` to the person, `line` for the processes' logs."""

    say: Callable[[str], None]
    line: Callable[[str, str], None]

    @staticmethod
    def standard() -> Console:
        """Standard output and standard error."""
        return Console(say=_say, line=_log_line)


def serve(options: ServeOptions, console: Console | None = None) -> int:
    """Serves until told to end; the exit code. Raises NautScanError if it cannot start."""
    config = options.config
    # What is wrong with them is said now, not by a sensor that ends.
    schemas.described(config.protobuf)
    identity = server_identity(config.user, os.environ, docker_group=options.docker_group)
    data_dir = prepare_data_folder(config.data_dir, identity, default=options.default_data_dir)
    folder = runtime_folder(config.runtime_dir, identity)
    # A stream is some other machine's packets: whose sockets are here says nothing about them.
    looks = config.processes == "auto" and config.source == "live" and options.stream is None
    config = config.replace(
        data_dir=data_dir,
        sensor_address=str(folder.socket),
        lookout_address=str(folder.lookout) if looks else None,
    )
    run = _Run(config, folder, identity, options.stream, console or Console.standard())
    try:
        return asyncio.run(run.run())
    finally:
        folder.remove()


class _Run:
    """One run of the supervisor."""

    def __init__(
        self,
        config: Config,
        folder: RuntimeFolder,
        identity: Identity | None,
        stream: StreamSpec | None,
        console: Console,
    ) -> None:
        self._config = config
        self._folder = folder
        self._identity = identity
        self._stream = stream
        self._console = console
        self._children: dict[str, Child] = {}
        self._told_address: str | None = None

    async def run(self) -> int:
        self._ending = asyncio.Event()
        self._killed = asyncio.Event()
        self._listening = asyncio.Event()
        self._install_signals()
        self._giver = None if self._stream is None else StreamGiver(self._stream)
        if self._identity is not None:
            log.info(
                "the server runs as %s (user id %d)", self._identity.described, self._identity.uid
            )
        server = asyncio.create_task(self._keep_server())
        others = [asyncio.create_task(self._keep(self._sensor_spec))]
        if self._config.lookout_address is not None:
            others.append(asyncio.create_task(self._keep(self._lookout_spec)))
        if self._giver is not None:
            others.append(asyncio.create_task(self._giver.run()))
        others.append(asyncio.create_task(self._until_told()))
        try:
            done, _ = await asyncio.wait({server, *others}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {server}:
                task.result()
            return server.result() if server in done else 0
        finally:
            await self._shut_down([server, *others])

    def _install_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is None or signal.getsignal(number) is signal.SIG_IGN:  # nohup
                continue
            try:
                loop.add_signal_handler(number, self._interrupt)
            except NotImplementedError:  # Windows
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._interrupt))

    async def _until_told(self) -> None:
        await self._ending.wait()

    def _interrupt(self) -> None:
        if self._ending.is_set():
            self._console.say("Ending at once.")
            self._killed.set()
            for child in self._children.values():
                child.kill()
        else:
            self._console.say("Ending. Once more to end at once.")
            self._ending.set()

    async def _keep(self, spec: Callable[[], ChildSpec]) -> None:
        """Starts a child again whenever it ends."""
        backoff = Backoff()
        while True:
            child = spec()
            code, lived = await self._live(child)
            pause = backoff.after(lived)
            self._console.line(
                "serve", f"the {child.name} {ended_how(code)}; it is started again in {pause:g} s"
            )
            await asyncio.sleep(pause)

    async def _keep_server(self) -> int:
        """Starts the server again if it dies while it listens; gives up if it never does."""
        backoff, failed = Backoff(), 0
        while True:
            self._listening.clear()
            code, lived = await self._live(self._server_spec())
            failed = 0 if self._listening.is_set() else failed + 1
            if self._told_address is None or failed >= MAX_FAILED_STARTS:
                self._console.say(
                    f"The server {ended_how(code)} before it listened. Its words above say why."
                )
                return code if code > 0 else 1
            pause = backoff.after(lived)
            self._console.line(
                "serve", f"the server {ended_how(code)}; it is started again in {pause:g} s"
            )
            await asyncio.sleep(pause)

    async def _live(self, spec: ChildSpec) -> tuple[int, float]:
        """A child's life: its exit code, and how long it lived."""
        child = await Child.start(spec, lambda text: self._line(spec.name, text))
        self._children[spec.name] = child
        code = await child.wait()
        self._children.pop(spec.name, None)
        return code, time.monotonic() - child.began

    def _line(self, name: str, text: str) -> None:
        if name == "server" and text.startswith(READY):
            self._ready(text.removeprefix(READY))
        else:
            self._console.line(name, text)

    def _ready(self, address: str) -> None:
        self._listening.set()
        if self._told_address is None:
            what = "a demo, made-up traffic" if self._config.source == "demo" else "live"
            self._console.say(f"\nNautScan ({what}) is at  {address}\nCtrl-C ends it.\n")
            # A server that is started again must be found where the page expects it.
            self._config = self._config.replace(port=urlsplit(address).port)
        self._told_address = address

    def _environment(self) -> dict[str, str]:
        return os.environ | self._config.environment() | {"PYTHONUNBUFFERED": "1"}

    def _sensor_spec(self) -> ChildSpec:
        arguments = ["nautscan", "sensor", "--socket", str(self._folder.socket), "--supervised"]
        if self._identity is not None:
            # The sensor has no business with Docker: the supplementary groups are the server's.
            plain = Identity(self._identity.uid, self._identity.gid)
            arguments += ["--drop-user", str(plain)]
        descriptors = []
        if self._giver is not None and self._stream is not None:
            number = self._giver.sensor_end.fileno()
            arguments += ["--stream-socket", str(number), "--stream-name", self._stream.name]
            descriptors.append(number)
        return ChildSpec("sensor", arguments, self._environment(), descriptors)

    def _lookout_spec(self) -> ChildSpec:
        arguments = ["nautscan.cli._lookout", "--socket", str(self._folder.lookout)]
        if self._identity is not None:
            plain = Identity(self._identity.uid, self._identity.gid)
            arguments += ["--drop-user", str(plain)]
        return ChildSpec("lookout", arguments, self._environment())

    def _server_spec(self) -> ChildSpec:
        arguments = ["nautscan.cli._server", "--socket", str(self._folder.socket)]
        if self._identity is not None:
            arguments += ["--drop-user", str(self._identity)]
        return ChildSpec("server", arguments, self._environment())

    async def _shut_down(self, keepers: Sequence[asyncio.Task[Any]]) -> None:
        """The sensor first, so that its last rows still reach the server."""
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        graces = (
            ("sensor", SENSOR_GRACE_S),
            ("server", SERVER_GRACE_S),
            ("lookout", LOOKOUT_GRACE_S),
        )
        for name, grace_s in graces:
            child = self._children.get(name)
            if child is not None:
                await child.stop(0.0 if self._killed.is_set() else grace_s)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _log_line(name: str, text: str) -> None:
    stamp = time.strftime("%H:%M:%S")
    with contextlib.suppress(OSError):
        print(f"{stamp} {name:6} | {text}", file=sys.stderr, flush=True)
