"""The server process: opens everything, drops its rights, listens, serves, ends in order."""

from __future__ import annotations

import asyncio
import encodings.idna  # noqa: F401 (looked up by name when a host name is resolved)
import importlib
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn

from nautscan.api.app import create_app
from nautscan.api.page import Site
from nautscan.api.security import Gate, GateKeeper
from nautscan.config import Config
from nautscan.errors import BadRequest, StoreUnavailable
from nautscan.identity import Directory
from nautscan.identity.docker import DockerWatcher
from nautscan.sensor.client import SensorClient
from nautscan.sensor.lookout.client import LookoutClient
from nautscan.service.core import Service
from nautscan.service.names import Names
from nautscan.service.uploads import Readers
from nautscan.store.duck import DuckStore
from nautscan.store.hiding import check_patterns
from nautscan.store.writer import Limits

log = logging.getLogger("nautscan.api")

DEMO_BEGAN_NS: Final = 60 * 10**9
"""How long before the server the demo's containers are said to have started."""

BACKLOG: Final = 128
SHUTDOWN_SECONDS: Final = 3
MAX_CONNECTIONS: Final = 1024
TOKEN_FILE: Final = "token"  # noqa: S105 (a file name)

# Imported by uvicorn and others only when first used, which would be after rights were dropped.
_LATE_IMPORTS: Final = (
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.websockets.auto",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "websockets.legacy.server",
    "multiprocessing.resource_tracker",
)


def run(
    config: Config,
    *,
    before_listen: Callable[[], None],
    ready: Callable[[str], None],
    readers: Readers | None = None,
) -> None:
    """Serve until a signal ends it.

    `before_listen` gives up rights: before it, everything is imported and read that may be out of
    reach afterwards, and no thread is started; after it, the store is opened and the socket bound.
    `ready` is told the address when the server really listens. `readers` make the processes that
    read uploaded captures.
    """
    os.umask(0o077)  # What is written here is other people's traffic.
    site = Site.load()
    import_late()
    create_app(None, site)  # Once, so that all it imports and reads is there.
    before_listen()
    asyncio.run(_serve(config, site, ready, readers))


def import_late() -> None:
    """Import what libraries would import only once it is needed."""
    for name in _LATE_IMPORTS:
        try:
            importlib.import_module(name)
        except ImportError:
            log.debug("%s is not installed", name)


async def _serve(
    config: Config, site: Site, ready: Callable[[str], None], readers: Readers | None
) -> None:
    token = access_token(config)
    listeners = bind_all(config.hosts, config.port)
    service = build_service(config, readers)
    app = create_app(service, site)
    gated = GateKeeper(app, Gate.of(config, token), config.source)
    server = Server(uvicorn_config(gated, config))
    server.end_on_signals()
    await service.start()
    try:
        address = address_of(listeners[0], config.hosts[0])
        ready(f"{address}/?token={token}" if token is not None else address)
        await server.serve(sockets=listeners)
    finally:
        await service.stop()
        for listener in listeners:
            listener.close()


class Server(uvicorn.Server):
    """Ends by a flag when a signal comes.

    uvicorn's own way raises the signal anew once it has ended, which would end the process before
    the store has written what waits.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `end_on_signals`."""
        yield

    def end_on_signals(self) -> None:
        """Let SIGTERM and SIGINT end the server in order."""

        def end(*_: object) -> None:
            # A second signal does not wait for open connections.
            self.force_exit = self.should_exit
            self.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                asyncio.get_running_loop().add_signal_handler(number, end)
            except NotImplementedError:  # Windows
                signal.signal(number, end)


def build_service(config: Config, readers: Readers | None = None) -> Service:
    """The service with its store, sensor client and directory.

    Raises `StoreUnavailable`, and `BadRequest` for a GeoIP file or a pattern that cannot be used.
    """
    # Before the database is opened: what is wrong with these is said alone.
    names = Names(config)
    check_patterns(config.redact_patterns, "redact_patterns")
    directory = Directory()
    docker = None
    if config.source == "demo":
        from nautscan.demo.identity import fill

        # The shop is there when its traffic begins, which the sensor may have begun to make.
        fill(directory, time.time_ns() - DEMO_BEGAN_NS)
    elif config.docker:
        docker = DockerWatcher(directory, config.docker_host)
    if config.sensor_address is None:
        raise BadRequest(
            "No sensor is named", remedy="Start `nautscan serve`, which starts both processes."
        )
    service = Service(
        config,
        open_store(config),
        SensorClient(config.sensor_address),
        directory,
        docker,
        names,
        readers,
    )
    if config.lookout_address is not None and service.processes.wanted:
        told = service.processes
        lookout = LookoutClient(
            config.lookout_address, told.history.told, told.history.begin, told.placed
        )
        told.follow(lookout)
    return service


def open_store(config: Config) -> DuckStore:
    """The store that the settings ask for. Raises `StoreUnavailable`."""
    limits = Limits(
        queue_bytes=config.store_queue_bytes,
        min_free_bytes=config.min_free_bytes,
        keep_seconds=config.retention_age,
        keep_bytes=config.retention_bytes,
    )
    return DuckStore(
        config.database_path,
        limits,
        memory_bytes=config.store_memory,
        query_seconds=config.query_timeout,
    )


def uvicorn_config(app: Any, config: Config) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="off",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ws_max_size=65_536,
        ws_max_queue=16,
        h11_max_incomplete_event_size=65_536,
        timeout_keep_alive=30,
    )


def bind_all(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Sockets that listen on each address, all on one port. Raises `BadRequest`."""
    if not hosts:
        raise BadRequest(
            "No address to listen on is given", remedy="Name one with --host, e.g. 127.0.0.1."
        )
    listeners: list[socket.socket] = []
    try:
        for host in hosts:
            listeners.append(bind(host, port))
            port = listeners[0].getsockname()[1]  # 0 is any free one: the same for all.
    except BadRequest:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `BadRequest` where that is not possible."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        raise BadRequest(
            f"The server cannot listen on {host}, port {port}: {error.strerror or error}",
            remedy="Choose another port with --port (0: any free one), or end what uses it.",
            code="conflict",
        ) from error
    listener.setblocking(False)  # noqa: FBT003 (its only form)
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """The address of the page, as a browser on this machine reaches it."""
    port = listener.getsockname()[1]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 (a comparison)
    if ":" in name and not name.startswith("["):
        name = f"[{name}]"
    return f"http://{name}:{port}"


def access_token(config: Config) -> str | None:
    """The token that must be shown; None on loopback or for an open demo, unless one was given.

    One that had to be made is kept in the data folder, readable by this user only, so that it
    stays the same over restarts.
    """
    if config.token:
        return config.token
    if config.loopback or (config.demo_open and config.source == "demo"):
        return None
    path = config.data_dir / TOKEN_FILE
    try:
        kept = path.read_text().strip() if path.exists() else ""
        return kept if len(kept) >= 32 else _new_token(path)
    except OSError as error:
        raise StoreUnavailable(
            f"The access token cannot be kept in {path}: {error.strerror or error}",
            remedy="Give a data folder that this user can write to, or set NAUTSCAN_TOKEN.",
        ) from error


def _new_token(path: Path) -> str:
    token = secrets.token_urlsafe(32)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")
    return token
