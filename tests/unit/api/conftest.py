"""A real server on a free port of loopback, for the tests of the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from nautscan.api.app import create_app
from nautscan.api.page import Site, file
from nautscan.api.security import Gate, GateKeeper
from nautscan.api.server import bind, uvicorn_config
from tests.unit.service.world import World

TOKEN = "t" * 43

Serve = Callable[..., Coroutine[Any, Any, "Server"]]


class Server:
    """A server that listens, with a client for it."""

    def __init__(self, world: World, port: int) -> None:
        self.world = world
        self.port = port
        self.app = create_app(world.service, site())
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.AsyncClient(base_url=self.url, timeout=10)


def site() -> Site:
    """A built page of two files."""
    return Site(
        {
            "index.html": file("index.html", b"<!doctype html><title>page</title>"),
            "assets/app-1a2b.js": file("assets/app-1a2b.js", b"export {}"),
        }
    )


@asynccontextmanager
async def serving(
    folder: Path, token: str | None, settings: dict[str, Any]
) -> AsyncIterator[Server]:
    world = World(folder, **settings)
    listener = bind("127.0.0.1", 0)
    server = Server(world, listener.getsockname()[1])
    gated = GateKeeper(server.app, Gate.of(world.config, token), world.config.source)
    runner = uvicorn.Server(uvicorn_config(gated, world.config))
    await world.service.start()
    running = asyncio.create_task(runner.serve(sockets=[listener]))
    try:
        async with server.http:
            yield server
    finally:
        runner.should_exit = True
        await running
        await world.service.stop()


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Starts servers, each with a token or settings as the test needs them."""
    async with AsyncExitStack() as stack:

        async def start(token: str | None = None, **settings: Any) -> Server:
            return await stack.enter_async_context(serving(tmp_path, token, settings))

        yield start


@pytest.fixture
async def server(serve: Serve) -> Server:
    """A server on loopback without a token."""
    return await serve()
