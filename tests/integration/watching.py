"""Following an engine in a test: start, wait for a fact, stop. No test waits for a clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from nautscan.identity import Directory, DockerWatcher
from nautscan.identity.hosts import local_addresses
from tests.integration.docker_engine import DockerEngine

PATIENCE_S = 30.0
"""Only ever spent by a test that fails."""


@contextlib.asynccontextmanager
async def following(engine: DockerEngine, directory: Directory) -> AsyncIterator[DockerWatcher]:
    """A watcher that follows the engine, seen from the engine's own host."""
    watcher = DockerWatcher(
        directory, engine.host, host_addresses=lambda: engine.inside(local_addresses)
    )
    async with running(watcher):
        await until(lambda: watcher.state.connected)
        yield watcher


@contextlib.asynccontextmanager
async def running(watcher: DockerWatcher) -> AsyncIterator[None]:
    """Run the watcher; fail if it ends by itself."""
    task = asyncio.create_task(watcher.run())
    try:
        yield
    finally:
        assert not task.done(), "a watcher runs until it is cancelled"
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(fact: Callable[[], object]) -> None:
    """Wait until `fact` is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not fact():  # noqa: ASYNC110 (the fact is in another process)
            await asyncio.sleep(0.02)


async def docker(engine: DockerEngine, *arguments: str) -> str:
    """Run the `docker` command without stopping the watcher."""
    return await asyncio.to_thread(engine.docker, *arguments)
