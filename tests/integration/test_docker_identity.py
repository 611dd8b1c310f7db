"""Identity against a real Docker Engine: who owned which address when, through every change."""

from __future__ import annotations

import asyncio
import socket
import time
import urllib.request
from itertools import pairwise

import pytest

from nautscan.identity import Binding, Directory
from nautscan.identity.documents import time_ns
from tests.integration.docker_engine import IMAGE, DockerEngine
from tests.integration.watching import docker, following, until

pytestmark = [pytest.mark.root, pytest.mark.docker]

COMPOSE = {"com.docker.compose.project": "shop", "com.docker.compose.service": "orders"}


def addresses_of(directory: Directory, name: str) -> list[Binding]:
    """The container's own addresses, past and present, in order of time."""
    workload = directory.workload(name)
    assert workload is not None, f"{name} is not in the directory"
    own = [b for b in directory.bindings() if b.workload_id == workload.id and b.port is None]
    return sorted(own, key=lambda binding: binding.since_ns)


def holds(directory: Directory, name: str) -> set[str]:
    """The addresses the container has now."""
    if directory.workload(name) is None:
        return set()
    return {b.ip for b in addresses_of(directory, name) if b.until_ns is None}


def state_of(directory: Directory, container: str) -> str | None:
    workload = directory.workload(container)
    return workload.state if workload is not None else None


def owner_now(directory: Directory, ip: str, port: int | None = None) -> str | None:
    workload = directory.lookup(ip, port, "tcp", time.time_ns())
    return workload.name if workload is not None else None


async def test_containers_that_ran_before_us(engine: DockerEngine) -> None:
    engine.network("front")
    engine.network("back", ipv6="fd00:77::/64")
    engine.run("shop-orders-1", networks=["front", "back"], labels={**COMPOSE, "team": "checkout"})
    engine.run("web", networks=["front"])
    # Events of the past second are asked for, and would tell when each network was joined.
    await asyncio.sleep(1.1)
    directory = Directory()
    async with following(engine, directory):
        orders = directory.workload("orders")
        assert orders is not None
        assert (orders.name, orders.display_name) == ("shop-orders-1", "orders")
        assert (orders.project, orders.image) == ("shop", IMAGE)
        assert orders.labels["team"] == "checkout"
        assert holds(directory, "orders") == {
            engine.address("shop-orders-1", "front"),
            engine.address("shop-orders-1", "back"),
            engine.address("shop-orders-1", "back", ipv6=True),
        }
        started = time_ns(engine.inspect("shop-orders-1")["State"]["StartedAt"])
        assert {b.since_ns for b in addresses_of(directory, "orders")} == {started}
        assert {b.network for b in addresses_of(directory, "orders")} == {"front", "back"}
        assert owner_now(directory, engine.address("web", "front")) == "web"


async def test_start_and_stop_bound_the_time_of_an_address(engine: DockerEngine) -> None:
    engine.network("front")
    directory = Directory()
    async with following(engine, directory):
        before_ns = time.time_ns()
        await asyncio.to_thread(engine.run, "web", networks=["front"])
        await until(lambda: holds(directory, "web"))
        while_running_ns = time.time_ns()
        ip = engine.address("web", "front")
        await docker(engine, "stop", "web")
        await until(lambda: not holds(directory, "web"))
        after_ns = time.time_ns()

        def who(at_ns: int) -> str | None:
            workload = directory.lookup(ip, 80, "tcp", at_ns)
            return workload.name if workload else None

        assert [who(t) for t in (before_ns, while_running_ns, after_ns)] == [None, "web", None]
        stopped = directory.workload("web")
        assert stopped is not None
        assert stopped.state == "exited"


async def test_a_restart_leaves_a_gap_between_two_bindings(engine: DockerEngine) -> None:
    engine.network("front")
    engine.run("web", networks=["front"])
    directory = Directory()
    async with following(engine, directory):
        await docker(engine, "restart", "-t", "0", "web")
        await until(lambda: len(addresses_of(directory, "web")) == 2)
        first, second = addresses_of(directory, "web")
        assert first.until_ns is not None
        assert first.until_ns < second.since_ns
        assert second.until_ns is None
        await until(lambda: directory.workloads()[0].state == "running")


async def test_a_new_name_and_a_pause_show(engine: DockerEngine) -> None:
    engine.network("front")
    container = engine.run("web", networks=["front"])
    directory = Directory()
    async with following(engine, directory):
        ip = engine.address("web", "front")
        await docker(engine, "rename", "web", "shopfront")
        await until(lambda: owner_now(directory, ip) == "shopfront")
        # By id: the engine may still have told us of the end of an earlier test's "web".
        assert [w.name for w in directory.workloads() if w.id == container] == ["shopfront"]
        await docker(engine, "pause", "shopfront")
        await until(lambda: state_of(directory, container) == "paused")
        assert owner_now(directory, ip) == "shopfront"
        await docker(engine, "unpause", "shopfront")
        await until(lambda: state_of(directory, container) == "running")
        assert len(addresses_of(directory, "shopfront")) == 1


async def test_an_address_taken_over_within_seconds(engine: DockerEngine) -> None:
    engine.network("front")
    directory = Directory()
    async with following(engine, directory):
        moments: list[tuple[str, str, int]] = []
        for name in ("first", "second", "third"):
            await asyncio.to_thread(engine.run, name, networks=["front"])
            await until(lambda name=name: holds(directory, name))  # type: ignore[misc]
            moments.append((name, engine.address(name, "front"), time.time_ns()))
            await docker(engine, "rm", "-f", name)
        assert len({ip for _, ip, _ in moments}) == 1, "the engine gives a free address again"
        for name, ip, at_ns in moments:
            owner = directory.lookup(ip, None, None, at_ns)
            assert owner is not None
            assert owner.name == name
        await until(lambda: all(b.until_ns is not None for b in directory.bindings()))
        for earlier, later in pairwise(directory.bindings()):
            assert earlier.until_ns is not None
            assert earlier.until_ns <= later.since_ns


async def test_networks_joined_and_left_while_running(engine: DockerEngine) -> None:
    engine.network("front")
    engine.network("back")
    engine.run("web", networks=["front"])
    directory = Directory()
    async with following(engine, directory):
        (front_ip,) = holds(directory, "web")
        joined_after_ns = time.time_ns()
        await docker(engine, "network", "connect", "back", "web")
        await until(lambda: len(holds(directory, "web")) == 2)
        back_ip = engine.address("web", "back")
        (back,) = [b for b in addresses_of(directory, "web") if b.ip == back_ip]
        assert back.since_ns > joined_after_ns
        await docker(engine, "network", "disconnect", "front", "web")
        await until(lambda: holds(directory, "web") == {back_ip})
        assert owner_now(directory, front_ip) is None
        assert owner_now(directory, back_ip) == "web"


async def test_a_container_that_lives_for_an_instant_is_known(engine: DockerEngine) -> None:
    engine.network("front")
    directory = Directory()
    async with following(engine, directory) as watcher:
        await docker(engine, "run", "--rm", "--network", "front", "--name", "flash", IMAGE, "true")

        def is_over() -> bool:
            flash = directory.workload("flash")
            return flash is not None and flash.state == "removed"

        await until(is_over)
        (binding,) = addresses_of(directory, "flash")
        assert binding.until_ns is not None
        assert binding.since_ns < binding.until_ns
        # On a slow machine it may be gone before it could be asked: then the events told all.
        assert watcher.state.gone_before_asked <= 1


def get_body(host: str, port: int) -> str:
    with urllib.request.urlopen(f"http://{host}:{port}/cgi-bin/reply", timeout=10) as response:
        body: bytes = response.read()
    return body.decode()


async def test_a_published_port_is_the_containers_at_every_address_of_the_host(
    engine: DockerEngine,
) -> None:
    engine.network("front")
    engine.serve_http("web", networks=["front"], publish=["8080:80", "127.0.0.1:8081:80"])
    engine.serve_http("other", networks=["front"], publish=["8090:80"])
    hostname = engine.exec("web", ["hostname"])
    directory = Directory()
    async with following(engine, directory):
        gateway = engine.inspect("web")["NetworkSettings"]["Networks"]["front"]["Gateway"]
        for address in ("127.0.0.1", engine.host_address, gateway, "::1"):
            assert owner_now(directory, address, 8080) == "web", address
            assert owner_now(directory, address, 8090) == "other", address
            assert owner_now(directory, address, 8082) is None
        assert owner_now(directory, "127.0.0.1", 8081) == "web"
        assert owner_now(directory, engine.host_address, 8081) is None
        # Behind the translation it is the container under its own address.
        assert owner_now(directory, engine.address("web", "front"), 80) == "web"
        # And it is true: the same container answers there.
        assert hostname in engine.inside(lambda: get_body("127.0.0.1", 8080))
        outside = engine.inside(lambda: get_body(engine.host_address, 8080), outside=True)
        assert hostname in outside
        await docker(engine, "rm", "-f", "web")
        await until(lambda: owner_now(directory, engine.host_address, 8080) is None)
        assert owner_now(directory, engine.host_address, 8090) == "other"


async def test_a_container_on_the_hosts_network_is_not_guessed_at(engine: DockerEngine) -> None:
    engine.run("edge", network_mode="host")
    directory = Directory()
    async with following(engine, directory) as watcher:
        edge = directory.workload("edge")
        assert edge is not None
        assert edge.uses_host_network
        assert addresses_of(directory, "edge") == []
        found = directory.attribute(engine.host_address, 443, "tcp", time.time_ns())
        assert found.workload is None
        assert found.reason is not None
        assert "edge" in found.reason
        await docker(engine, "restart", "-t", "0", "edge")
        await until(lambda: watcher.state.events >= 4)
        # On a slow machine it may be gone before it could be asked: then the events told all.
        assert watcher.state.gone_before_asked <= 1


async def test_a_container_in_anothers_network_says_whose(engine: DockerEngine) -> None:
    engine.network("front")
    web_id = engine.run("web", networks=["front"])
    engine.run("sidecar", network_mode="container:web")
    directory = Directory()
    async with following(engine, directory):
        sidecar = directory.workload("sidecar")
        assert sidecar is not None
        assert sidecar.shares_network_of == web_id
        assert addresses_of(directory, "sidecar") == []
        assert owner_now(directory, engine.address("web", "front")) == "web"


async def test_networks_come_and_go(engine: DockerEngine) -> None:
    directory = Directory()
    async with following(engine, directory):
        network_id = await asyncio.to_thread(engine.network, "fresh")
        await until(lambda: any(n.name == "fresh" for n in directory.networks()))
        (fresh,) = [n for n in directory.networks() if n.name == "fresh"]
        assert (fresh.id, fresh.interface) == (network_id, f"br-{network_id[:12]}")
        interfaces = engine.inside(lambda: {name for _, name in socket.if_nameindex()})
        assert fresh.interface in interfaces
        assert set(fresh.gateways) <= directory.snapshot.host_addresses
        await docker(engine, "network", "rm", "fresh")
        await until(lambda: all(n.name != "fresh" for n in directory.networks()))


async def test_many_changes_at_once_end_in_the_engines_own_state(engine: DockerEngine) -> None:
    """The window between listing and following: containers start all the while."""
    engine.network("front")
    names = [f"c{at}" for at in range(8)]
    starting = asyncio.gather(
        *(asyncio.to_thread(engine.run, name, networks=["front"]) for name in names)
    )
    directory = Directory()
    async with following(engine, directory):
        await starting
        await docker(engine, "rm", "-f", *names[:4])
        await until(lambda: all(holds(directory, name) for name in names[4:]))
        await until(lambda: not any(holds(directory, name) for name in names[:4]))
        for name in names[4:]:
            assert holds(directory, name) == {engine.address(name, "front")}
