"""The watcher where a real engine cannot be brought on purpose: floods, hangs, wrong servers.

Everything ordinary is tested against a real engine in tests/integration. Here a server replays
what was recorded from one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from nautscan.identity import Directory, DockerWatcher, client, docker

RECORDED = Path(__file__).parent / "documents"
RUNNING = json.loads((RECORDED / "container-running.json").read_text())
NETWORKS = json.loads((RECORDED / "networks.json").read_text())
EVENTS = (RECORDED / "events.jsonl").read_bytes().splitlines(keepends=True)
END_NS = 2_000_000_000_000_000_000


class Replay:
    """A server that answers as recorded, and can be made to misbehave."""

    def __init__(self) -> None:
        self.listed = 0
        self.streams: list[str | None] = []
        self.events: list[bytes] = []
        self.list_may_answer = asyncio.Event()
        self.list_may_answer.set()
        self.hang_on_ping = False
        self.over = asyncio.Event()

    async def close(self, _: web.Application) -> None:
        self.over.set()

    async def version(self, _: web.Request) -> web.Response:
        return web.json_response({"Version": "20.10.24", "ApiVersion": "1.41"})

    async def containers(self, _: web.Request) -> web.Response:
        await self.list_may_answer.wait()
        self.listed += 1
        return web.json_response([{"Id": RUNNING["Id"]}])

    async def container(self, request: web.Request) -> web.Response:
        if request.match_info["id"] != RUNNING["Id"]:
            return web.json_response({"message": "No such container"}, status=404)
        return web.json_response(RUNNING)

    async def networks(self, _: web.Request) -> web.Response:
        return web.json_response(NETWORKS)

    async def network(self, _: web.Request) -> web.Response:
        return web.json_response({"message": "network not found"}, status=404)

    async def ping(self, _: web.Request) -> web.Response:
        if self.hang_on_ping:
            await self.over.wait()
        return web.Response(text="OK")

    async def event_stream(self, request: web.Request) -> web.StreamResponse:
        self.streams.append(request.query.get("since"))
        response = web.StreamResponse()
        await response.prepare(request)
        for event in self.events:
            await response.write(event)
        await self.over.wait()
        return response

    def app(self) -> web.Application:
        app = web.Application()
        app.on_shutdown.append(self.close)
        app.router.add_get("/version", self.version)
        for path, handler in (
            ("/_ping", self.ping),
            ("/containers/json", self.containers),
            ("/containers/{id}/json", self.container),
            ("/networks", self.networks),
            ("/networks/{id}", self.network),
            ("/events", self.event_stream),
        ):
            app.router.add_get(f"/v1.41{path}", handler)
        return app


@contextlib.asynccontextmanager
async def serving(app: web.Application, tmp_path: Path) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "d.sock")).start()
    try:
        yield f"unix://{tmp_path}/d.sock"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def running(watcher: DockerWatcher) -> AsyncIterator[None]:
    task = asyncio.create_task(watcher.run())
    try:
        yield
    finally:
        assert not task.done()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not fact():  # noqa: ASYNC110 (the fact has no event of its own)
            await asyncio.sleep(0.01)


async def test_the_recorded_day_of_a_container_from_birth_to_removal(tmp_path: Path) -> None:
    replay, directory = Replay(), Directory()
    replay.events = EVENTS
    async with serving(replay.app(), tmp_path) as host:
        watcher = DockerWatcher(directory, host)
        async with running(watcher):
            await until(lambda: watcher.state.events == len(EVENTS))
    orders = directory.workload("orders")
    assert orders is not None
    assert (orders.state, orders.name) == ("removed", "shop-orders-1")
    died = next(json.loads(e) for e in EVENTS if b'"Action":"die"' in e and orders.id.encode() in e)
    left = [b for b in directory.bindings() if b.network == "shop_front"]
    assert left
    assert all(b.until_ns is not None and b.until_ns <= died["timeNano"] for b in left)
    edge = directory.workload("edge") or directory.workload("proxy")
    assert edge is not None
    # Asked about when only events knew them, the others were gone: counted, not hidden.
    assert watcher.state.gone_before_asked > 0


async def test_a_flood_that_cannot_be_kept_leads_to_a_new_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker, "MAX_WAITING_EVENTS", 2)
    replay, directory = Replay(), Directory()
    replay.list_may_answer.clear()
    replay.events = EVENTS[:8]
    async with serving(replay.app(), tmp_path) as host:
        watcher = DockerWatcher(directory, host)
        async with running(watcher):
            await until(lambda: watcher.state.events_dropped == 6)
            replay.list_may_answer.set()
            await until(lambda: replay.listed == 2)
            await until(lambda: directory.workload("orders"))
            assert watcher.state.connected


async def test_an_engine_that_hangs_is_noticed_and_followed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_TIMEOUT_S", 0.2)
    replay, directory = Replay(), Directory()
    replay.events = EVENTS[:1]
    async with serving(replay.app(), tmp_path) as host:
        watcher = DockerWatcher(directory, host, pulse_s=0.05)
        async with running(watcher):
            await until(lambda: watcher.state.events == 1)
            replay.hang_on_ping = True
            await until(lambda: watcher.state.status == "unreachable")
            assert "does not answer in time" in str(watcher.state.reason)
            replay.hang_on_ping = False
            await until(lambda: watcher.state.connected)
    # Taken up again where it broke off: after the last event that was applied.
    last_ns = json.loads(EVENTS[0])["timeNano"]
    assert replay.streams[-1] == f"{last_ns // 10**9}.{last_ns % 10**9:09d}"


async def test_host_addresses_that_come_later_lead_to_published_ports(tmp_path: Path) -> None:
    replay, directory = Replay(), Directory()
    addresses = {"127.0.0.1"}
    async with serving(replay.app(), tmp_path) as host:
        watcher = DockerWatcher(
            directory, host, host_addresses=lambda: frozenset(addresses), pulse_s=0.05
        )
        async with running(watcher):
            await until(lambda: watcher.state.connected)
            addresses.add("203.0.113.5")
            await until(lambda: any(b.ip == "203.0.113.5" for b in directory.bindings()))
    assert {b.port for b in directory.bindings() if b.ip == "203.0.113.5"} == {8080, 5353}


async def test_a_server_that_is_no_engine_is_told_from_one(tmp_path: Path) -> None:
    async with serving(web.Application(), tmp_path) as host:
        watcher = DockerWatcher(Directory(), host)
        async with running(watcher):
            await until(lambda: watcher.state.status == "unreachable")
    assert "does not speak the Docker Engine API" in str(watcher.state.reason)
    assert "DOCKER_HOST" in str(watcher.state.remedy)


async def test_ends_told_just_before_the_engine_stops_count(tmp_path: Path) -> None:
    """The stream ends while events still wait for the list: they are applied all the same."""
    replay, directory = Replay(), Directory()
    replay.list_may_answer.clear()
    replay.events = [
        json.dumps(
            {
                "Type": "container",
                "Action": "die",
                "Actor": {"ID": RUNNING["Id"], "Attributes": {}},
                "timeNano": END_NS,
            }
        ).encode()
        + b"\n"
    ]
    replay.over.set()
    async with serving(replay.app(), tmp_path) as host:
        watcher = DockerWatcher(directory, host)
        async with running(watcher):
            await until(lambda: replay.streams)
            replay.list_may_answer.set()
            await until(lambda: watcher.state.status == "unreachable")
            orders = directory.workload("orders")
            assert orders is not None
            assert (orders.state, orders.finished_ns) == ("exited", END_NS)
            assert {b.until_ns for b in directory.bindings()} == {END_NS}
