"""Follows a container engine: who is there, and then every change, in order, without a gap.

The event stream is opened first and kept waiting while everything is listed, then applied in
order. So nothing can happen between the list and the stream that neither of them tells.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from nautscan.errors import NautScanError
from nautscan.identity.client import Document, EngineClient
from nautscan.identity.directory import ALIVE, Directory
from nautscan.identity.documents import (
    endpoint_of,
    event_time_ns,
    network_of,
    stub_of,
    workload_of,
)
from nautscan.identity.endpoint import Endpoint, find_endpoint
from nautscan.identity.hosts import local_addresses
from nautscan.identity.keeper import Keeper
from nautscan.identity.model import Workload, canonical_ip
from nautscan.identity.trouble import EngineUnavailable, NoSuchObject, Trouble

log = logging.getLogger(__name__)

MAX_WAITING_EVENTS = 10_000
"""Events that wait while containers are asked about. Over it, everything is listed anew."""

INSPECTIONS_AT_ONCE = 8
"""Enough to hide the latency of the socket; more would only queue in the engine."""

PULSE_S = 30.0
"""How often a silent engine is asked whether it is there, and the host for its addresses."""

FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 10.0

EVENT_TYPES = {"type": ["container", "network"]}

_ASK_AGAIN = frozenset({"start", "restart", "rename", "pause", "unpause", "update"})
_WITHOUT_ADDRESSES = frozenset({"host", "null", "none"})
_DIED = frozenset({"die", "died"})
_REMOVED = frozenset({"destroy", "remove"})


@dataclass(frozen=True, slots=True)
class WatcherState:
    """How it stands with the container engine, for health and for people."""

    status: str
    """connecting, connected, absent, no_permission, unreachable or misconfigured."""
    since_ns: int
    reason: str | None = None
    remedy: str | None = None
    endpoint: str | None = None
    engine_version: str | None = None
    api_version: str | None = None
    events: int = 0
    events_dropped: int = 0
    connections: int = 0
    gone_before_asked: int = 0
    """Containers that came and went before the engine could be asked for their addresses."""

    @property
    def connected(self) -> bool:
        """Whether what the directory says is current."""
        return self.status == "connected"


class DockerWatcher:
    """Keeps a directory true to one container engine, for as long as `run` runs."""

    def __init__(
        self,
        directory: Directory,
        host: str | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        host_addresses: Callable[[], frozenset[str]] = local_addresses,
        pulse_s: float = PULSE_S,
    ) -> None:
        """`host` goes before DOCKER_HOST; with neither, the usual sockets are looked for."""
        self._directory = directory
        self._keeper = Keeper(directory)
        self._host = host
        self._environment = environment
        self._own_addresses = host_addresses
        self._pulse_s = pulse_s
        self._last_event_ns: int | None = None
        self._seen_until_ns = time.time_ns()
        self._state = WatcherState("connecting", time.time_ns())

    @property
    def state(self) -> WatcherState:
        """How it stands now. Safe to read from any thread."""
        return self._state

    async def run(self) -> NoReturn:
        """Connect, follow, and connect again, until cancelled. Never raises otherwise."""
        delay = FIRST_DELAY_S
        while True:
            before = self._state.connections
            try:
                await self._connect_and_follow()
            except EngineUnavailable as trouble:
                self._troubled(trouble)
            except NoSuchObject as answer:
                self._lost(
                    "unreachable",
                    f"What listens at {self._state.endpoint} does not speak the Docker Engine "
                    f"API: {answer}",
                    "Set DOCKER_HOST to a Docker Engine, or to Podman's compatible socket.",
                )
            except NautScanError as error:
                self._lost("misconfigured", error.message, error.remedy)
            if self._state.connections > before:
                delay = FIRST_DELAY_S
            # Not for secrecy: so that many watchers do not come back at the same moment.
            await asyncio.sleep(delay * random.uniform(0.75, 1.25))  # noqa: S311
            delay = min(delay * 2, LONGEST_DELAY_S)

    async def _connect_and_follow(self) -> None:
        endpoint = find_endpoint(self._host, self._environment)
        self._note(endpoint=str(endpoint))
        async with EngineClient(endpoint) as client:
            await client.connect()
            try:
                async with asyncio.TaskGroup() as tasks:
                    inbox = _Inbox()
                    tasks.create_task(self._read(client, inbox))
                    tasks.create_task(self._work(client, endpoint, inbox))
                    tasks.create_task(self._pulse(client, endpoint))
            except* (EngineUnavailable, NoSuchObject) as group:
                raise group.exceptions[0] from None

    async def _read(self, client: EngineClient, inbox: _Inbox) -> None:
        """Move events from the stream to the inbox; the end of the stream is trouble."""
        # The engine sends its answer's head before it subscribes. Asking for the past second
        # too closes that window; what is told twice changes nothing.
        since_ns = self._last_event_ns or client.engine_time_ns
        try:
            async for event in client.events(EVENT_TYPES, since_ns):
                if not event:
                    inbox.opened.set()
                elif not inbox.put(event):
                    self._note(events_dropped=self._state.events_dropped + 1)
            trouble = client.stream_ended()
        except EngineUnavailable as broken:
            trouble = broken
        # An engine that stops tells of its containers' ends first: they count.
        await inbox.emptied()
        self._seen_until_ns = time.time_ns()
        raise trouble

    async def _work(self, client: EngineClient, endpoint: Endpoint, inbox: _Inbox) -> None:
        await inbox.opened.wait()
        self._keeper.set_host_addresses(self._addresses_of(endpoint))
        await self._take_stock(client)
        self._connected(client)
        while True:
            event = await inbox.get()
            if inbox.overflowed:
                inbox.start_afresh()
                await self._take_stock(client)
                continue
            await self._apply(client, event)
            inbox.done()
            self._last_event_ns = max(self._last_event_ns or 0, event_time_ns(event) or 0) or None
            self._seen_until_ns = time.time_ns()
            self._note(events=self._state.events + 1)

    async def _pulse(self, client: EngineClient, endpoint: Endpoint) -> None:
        """Notice an engine that hangs, and host addresses that come and go."""
        while True:
            await asyncio.sleep(self._pulse_s)
            await client.ping()
            self._seen_until_ns = time.time_ns()
            if self._keeper.set_host_addresses(self._addresses_of(endpoint)):
                self._keeper.settle_ports(time.time_ns())

    def _addresses_of(self, endpoint: Endpoint) -> frozenset[str]:
        """The addresses of the engine's host: ours, or the one it is reached at."""
        if endpoint.is_local:
            return self._own_addresses()
        remote = canonical_ip(endpoint.host or "")
        return frozenset() if remote is None else frozenset({remote})

    async def _take_stock(self, client: EngineClient) -> None:
        await self._list_networks(client)
        listed = [str(short.get("Id")) for short in await client.containers()]
        limit = asyncio.Semaphore(INSPECTIONS_AT_ONCE)

        async def ask(container_id: str) -> Workload | None:
            async with limit:
                return await self._ask(client, container_id)

        answers = await asyncio.gather(*(ask(container_id) for container_id in listed))
        self._keeper.take_stock((w for w in answers if w is not None), self._seen_until_ns)
        self._seen_until_ns = time.time_ns()

    async def _list_networks(self, client: EngineClient) -> None:
        documents = await client.networks()
        self._keeper.set_networks(n for n in map(network_of, documents) if n is not None)

    async def _ask(self, client: EngineClient, container_id: str) -> Workload | None:
        try:
            return workload_of(await client.container(container_id))
        except NoSuchObject:
            return None

    async def _apply(self, client: EngineClient, event: Document) -> None:
        time_ns = event_time_ns(event)
        actor = event.get("Actor")
        if time_ns is None or not isinstance(actor, dict) or not actor.get("ID"):
            return
        if event.get("Type") == "container":
            await self._container_event(client, event, str(actor["ID"]), time_ns)
        elif event.get("Type") == "network":
            await self._network_event(client, event, time_ns)

    async def _container_event(
        self, client: EngineClient, event: Document, container_id: str, time_ns: int
    ) -> None:
        action = event.get("Action")
        if action == "create":
            self._introduce(event, time_ns)
        elif action in _ASK_AGAIN:
            await self._refresh(client, container_id, event, time_ns)
        elif action in _DIED:
            self._keeper.died(container_id, time_ns)
        elif action in _REMOVED:
            self._keeper.removed(container_id, time_ns)

    def _introduce(self, event: Document, time_ns: int) -> None:
        # Not asked about: the engine would hold the answer back until the container has
        # started, and its addresses are asked for in the meantime.
        stub = stub_of(event)
        if stub is not None:
            self._keeper.introduce(stub, time_ns)

    async def _refresh(
        self, client: EngineClient, container_id: str, event: Document | None, time_ns: int
    ) -> None:
        workload = await self._ask(client, container_id)
        if workload is not None:
            if not self._knows_networks_of(workload):
                # Podman tells of no new network; one shows when a container joins it.
                await self._list_networks(client)
            self._keeper.settle(workload, time_ns)
        elif event is not None:
            self._introduce(event, time_ns)

    def _knows_networks_of(self, workload: Workload) -> bool:
        known = {network.name for network in self._directory.networks()}
        joined = (a.network for a in workload.networks if a.addresses)
        return all(name in known for name in joined)

    async def _network_event(self, client: EngineClient, event: Document, time_ns: int) -> None:
        action, network_id = event.get("Action"), str(event["Actor"]["ID"])
        attributes = event["Actor"].get("Attributes") or {}
        container_id = attributes.get("container")
        if action in ("create", "destroy", "remove"):
            await self._list_networks(client)
        if not container_id or attributes.get("type") in _WITHOUT_ADDRESSES:
            return
        if action == "connect":
            await self._attach(client, network_id, container_id, time_ns)
        elif action == "disconnect":
            self._keeper.detached(container_id, network_id, time_ns)
        if self._is_running(container_id):
            await self._refresh(client, container_id, None, time_ns)

    async def _attach(
        self, client: EngineClient, network_id: str, container_id: str, time_ns: int
    ) -> None:
        try:
            endpoint = endpoint_of(await client.network(network_id), container_id)
        except NoSuchObject:
            endpoint = None
        if endpoint is not None:
            self._keeper.attached(container_id, endpoint, time_ns)
        elif not self._is_running(container_id):
            self._note(gone_before_asked=self._state.gone_before_asked + 1)

    def _is_running(self, container_id: str) -> bool:
        known = self._directory.listed_by_id(container_id)
        return known is not None and known.state in ALIVE

    def _connected(self, client: EngineClient) -> None:
        self._state = replace(
            self._state,
            status="connected",
            since_ns=time.time_ns(),
            reason=None,
            remedy=None,
            engine_version=client.engine_version,
            api_version=client.api_version,
            connections=self._state.connections + 1,
        )
        log.info("Following the container engine at %s", self._state.endpoint)

    def _troubled(self, trouble: EngineUnavailable) -> None:
        if trouble.trouble is Trouble.ABSENT and self._state.connections:
            # It was here, so it is not absent: an engine that stops removes its socket.
            self._lost(
                Trouble.UNREACHABLE.value,
                f"The container engine at {self._state.endpoint} has been stopped.",
                "Start it again: systemctl start docker. NautScan reconnects by itself.",
            )
        else:
            self._lost(trouble.trouble.value, trouble.reason, trouble.remedy)

    def _lost(self, status: str, reason: str, remedy: str) -> None:
        if (status, reason) == (self._state.status, self._state.reason):
            return
        log.warning("%s %s", reason, remedy)
        self._state = replace(
            self._state, status=status, since_ns=time.time_ns(), reason=reason, remedy=remedy
        )

    def _note(self, **changes: str | int) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]


class _Inbox:
    """Events in order, waiting to be applied. Over the cap the order is given up: a new list."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Document] = asyncio.Queue(MAX_WAITING_EVENTS)
        self.opened = asyncio.Event()
        self.overflowed = False

    def put(self, event: Document) -> bool:
        """Returns false where the event had to be dropped."""
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self.overflowed = True
            return False
        return True

    async def get(self) -> Document:
        return await self._events.get()

    def done(self) -> None:
        """The event that was got last has been applied."""
        self._events.task_done()

    async def emptied(self) -> None:
        """Wait until every event has been applied."""
        await self._events.join()

    def start_afresh(self) -> None:
        """Drop what was got last and all that waits: a list that is newer is made next."""
        self.done()
        while not self._events.empty():
            self._events.get_nowait()
            self.done()
        self.overflowed = False
