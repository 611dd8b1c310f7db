"""The whole way, from containers that call each other to the API that names them.

Containers of a real engine talk HTTP; NautScan on their host must find every request once, under
the right client and server container.
"""

from __future__ import annotations

import secrets
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.docker_engine import IMAGE, DockerEngine
from tests.integration.nautscan_process import NautScanProcess

pytestmark = [pytest.mark.root, pytest.mark.docker]

PUBLISHED = 8085
STOCK_PORT = 8080


@dataclass(frozen=True)
class Call:
    """One request as it was made: what must be found."""

    client: str | None
    server: str
    method: str
    target: str
    status: int


class Shop:
    """Three services on two networks: web calls orders in front, orders calls stock behind."""

    def __init__(self, engine: DockerEngine) -> None:
        self.engine = engine
        engine.network("front")
        engine.network("back", ipv6="fd00:77::/64")
        engine.serve_http(
            "shop-orders-1",
            networks=["front", "back"],
            labels=_compose("orders"),
            publish=[f"{PUBLISHED}:80"],
        )
        engine.serve_http(
            "shop-stock-1", port=STOCK_PORT, networks=["back"], labels=_compose("stock")
        )
        engine.run("web", networks=["front"])

    def place(self, server: str, *, ipv6: bool = False) -> tuple[str, int]:
        """Where `server` answers, for a caller on its network."""
        if server == "orders":
            return self.engine.address("shop-orders-1", "front"), 80
        return self.engine.address("shop-stock-1", "back", ipv6=ipv6), STOCK_PORT

    def call(self, container: str, call: Call, body: str = "", *, ipv6: bool = False) -> None:
        """Let a container make a request and read all of the answer.

        Not with wget, which hangs up at once when the status is an error.
        """
        ip, port = self.place(call.server, ipv6=ipv6)
        lines = [f"{call.method} {call.target} HTTP/1.1", f"Host: {call.server}"]
        lines += ["Connection: close", f"Content-Length: {len(body)}", "", body]
        request = "\r\n".join(lines).encode()
        argv = ["exec", "--interactive", container, "nc", ip, str(port)]
        said = self.engine.docker(*argv, stdin=request)
        assert said.startswith(f"HTTP/1.1 {call.status} "), said


@pytest.fixture(scope="module")
def shop(shared_engine: DockerEngine) -> Iterator[Shop]:
    """The shop, for all tests here: each tells its requests from the others' by a tag."""
    yield Shop(shared_engine)
    shared_engine.remove_everything()


@pytest.fixture(scope="module")
def nautscan(shop: Shop) -> Iterator[NautScanProcess]:
    with NautScanProcess.start(shop.engine) as process:
        yield process


def _compose(service: str) -> dict[str, str]:
    return {"com.docker.compose.project": "shop", "com.docker.compose.service": service}


def as_calls(rows: list[dict[str, Any]]) -> list[Call]:
    return [
        Call(row["client"], row["server"], row["method"], row["target"], row["status"])
        for row in rows
    ]


def found_all(
    nautscan: NautScanProcess, tag: str, count: int, more: str = "true"
) -> list[dict[str, Any]]:
    """The rows with `tag` in their target, once there are `count` of them."""

    def enough() -> list[dict[str, Any]] | None:
        rows = nautscan.requests(f"target like '%{tag}%' and {more}")
        return rows if len(rows) >= count else None

    rows = nautscan.wait_for(enough)
    assert rows is not None
    return rows


def make_calls(shop: Shop, tag: str) -> list[Call]:
    """Requests of every kind between the containers; what must be found of them."""
    made = []
    for at in range(5):
        page = Call("web", "orders", "GET", f"/index.html?{tag}-page-{at}", 200)
        shop.call("web", page)
        post = Call("web", "orders", "POST", f"/cgi-bin/reply/{tag}-post-{at}?201", 201)
        shop.call("web", post, body=f"item={at}")
        made += [page, post]
        for status in (200, 404, 503):
            reply = Call("orders", "stock", "GET", f"/cgi-bin/reply/{tag}-{at}?{status}", status)
            shop.call("shop-orders-1", reply)
            made.append(reply)
    return made


def test_every_request_is_found_under_its_client_and_its_server(
    shop: Shop, nautscan: NautScanProcess
) -> None:
    tag = secrets.token_hex(6)
    made = make_calls(shop, tag)
    rows = found_all(nautscan, tag, len(made))
    assert Counter(as_calls(rows)) == Counter(made), "each request, once, and nothing else"
    for row in rows:
        assert row["server_container"] == f"shop-{row['server']}-1"
        assert row["server_project"] == "shop"
        assert row["server_image"] == IMAGE
        assert row["completeness"] == "complete"
    assert {row["client_container"] for row in rows} == {"web", "shop-orders-1"}
    for name in ("web", "shop-orders-1", "stock"):
        answer = nautscan.get(f"/api/containers/{name}/requests", limit=1000)
        of_this_test = [row for row in answer["requests"] if tag in row["target"]]
        service = name.removeprefix("shop-").removesuffix("-1")
        expected = [call for call in made if service in (call.client, call.server)]
        assert Counter(as_calls(of_this_test)) == Counter(expected), name


def test_a_request_over_ipv6_is_found_the_same_way(shop: Shop, nautscan: NautScanProcess) -> None:
    tag = secrets.token_hex(6)
    call = Call("orders", "stock", "GET", f"/cgi-bin/reply/{tag}?200", 200)
    shop.call("shop-orders-1", call, ipv6=True)
    (row,) = found_all(nautscan, tag, 1)
    assert as_calls([row]) == [call]
    assert row["server_ip"] == shop.engine.address("shop-stock-1", "back", ipv6=True)


def traffic_of(nautscan: NautScanProcess) -> dict[str, dict[str, Any]]:
    return {c["name"]: c for c in nautscan.get("/api/containers", seconds=3600)["containers"]}


def test_containers_are_listed_with_what_they_served(shop: Shop, nautscan: NautScanProcess) -> None:
    tag = secrets.token_hex(6)
    before = traffic_of(nautscan)
    made = make_calls(shop, tag)
    found_all(nautscan, tag, len(made))
    after = traffic_of(nautscan)
    assert {"web", "shop-orders-1", "shop-stock-1"} <= set(after)

    def more(container: str, figure: str) -> int:
        return int(after[container][figure] - before[container][figure])

    stock = after["shop-stock-1"]
    assert (stock["service"], stock["project"], stock["state"]) == ("stock", "shop", "running")
    assert more("shop-stock-1", "requests") == sum(call.server == "stock" for call in made)
    assert more("shop-stock-1", "errors") == sum(call.status >= 500 for call in made)
    assert {(n["name"], n["ip"]) for n in stock["networks"]} == {
        ("back", shop.engine.address("shop-stock-1", "back")),
        ("back", shop.engine.address("shop-stock-1", "back", ipv6=True)),
    }
    assert more("web", "requests") == 0
    assert more("web", "requests_out") == sum(call.client == "web" for call in made)


def test_a_container_that_lives_for_one_request_is_its_client(
    shop: Shop, nautscan: NautScanProcess
) -> None:
    tag = secrets.token_hex(6)
    orders, _ = shop.place("orders")
    for at in range(3):
        url = f"http://{orders}/index.html?{tag}-{at}"
        labels = [f"--label={key}={value}" for key, value in _compose(f"job{at}").items()]
        shop.engine.docker(
            "run", "--rm", "--network", "front", *labels, IMAGE, "wget", "-q", "-O-", url
        )
    rows = found_all(nautscan, tag, 3)
    assert [row["client"] for row in rows] == ["job0", "job1", "job2"]
    assert {row["server"] for row in rows} == {"orders"}


def get_from_host(engine: DockerEngine, host: str, path: str, *, outside: bool = False) -> int:
    """A request to the published port, made on the engine's host or outside of it."""

    def ask() -> int:
        url = f"http://{host}:{PUBLISHED}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                response.read()
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.read()
            return error.code

    return engine.inside(ask, outside=outside)


def test_requests_through_a_published_port_are_the_containers(
    shop: Shop, nautscan: NautScanProcess
) -> None:
    engine, tag = shop.engine, secrets.token_hex(6)
    assert get_from_host(engine, "127.0.0.1", f"/cgi-bin/reply/{tag}-local?200") == 200
    assert get_from_host(engine, engine.host_address, f"/cgi-bin/reply/{tag}-own?404") == 404
    outside = f"/cgi-bin/reply/{tag}-outside?503"
    assert get_from_host(engine, engine.host_address, outside, outside=True) == 503
    rows = found_all(nautscan, tag, 3)
    orders_front = engine.address("shop-orders-1", "front")
    orders_back = engine.address("shop-orders-1", "back")
    for row in rows:
        assert row["server"] == "orders", row
        assert row["server_container"] == "shop-orders-1"
        assert row["server_ip"] in (orders_front, orders_back)
        assert row["client_container"] is None, "who asks is no container"
    from_outside = [row for row in rows if row["target"] == outside]
    assert [row["client_ip"] for row in from_outside] == [engine.outside_address]


@pytest.fixture
def capture_restored(nautscan: NautScanProcess) -> Iterator[None]:
    """Puts capture back to the interfaces it was on."""
    captured = [facts["name"] for facts in nautscan.get("/api/packets/status")["interfaces"]]
    yield
    nautscan.post("/api/packets/start", {"interfaces": captured})


@pytest.mark.usefixtures("capture_restored")
@pytest.mark.parametrize("interface", ["eth0", "lo"])
def test_a_published_port_seen_before_translation_is_the_containers(
    interface: str, shop: Shop, nautscan: NautScanProcess
) -> None:
    """On eth0 and lo the packets carry the host's own address and the published port."""
    engine, tag = shop.engine, secrets.token_hex(6)
    nautscan.post("/api/packets/start", {"interfaces": [interface]})
    outside = interface == "eth0"
    host = engine.host_address if outside else "127.0.0.1"
    path = f"/cgi-bin/reply/{tag}?200"
    assert get_from_host(engine, host, path, outside=outside) == 200
    # On lo NautScan sees the questions of this test too, and these have the tag in them.
    (row,) = found_all(nautscan, tag, 1, f"server_port = {PUBLISHED}")
    assert (row["server_ip"], row["server_port"]) == (host, PUBLISHED)
    assert (row["server"], row["server_container"]) == ("orders", "shop-orders-1")


def test_interfaces_are_listed_with_their_owners(shop: Shop, nautscan: NautScanProcess) -> None:
    listed = nautscan.get("/api/packets/interfaces")["interfaces"]
    owners = {facts["name"]: facts["owner"] for facts in listed}
    networks = {name: shop.engine.docker("network", "inspect", "-f", "{{.Id}}", name)
                for name in ("front", "back")}  # fmt: skip
    for name, network_id in networks.items():
        assert owners[f"br-{network_id[:12]}"] == name
    of_veths = Counter(owner for name, owner in owners.items() if name.startswith("veth"))
    assert of_veths == {"orders": 2, "stock": 1, "web": 1}


def test_after_a_takeover_each_request_stays_with_who_held_the_address(
    shop: Shop, nautscan: NautScanProcess
) -> None:
    engine, tag = shop.engine, secrets.token_hex(6)
    taken = []
    for name in ("blue", "green"):
        engine.serve_http(name, networks=["front"])
        ip = engine.address(name, "front")
        taken.append(ip)
        url = f"http://{ip}/index.html?{tag}-{name}"
        wait_until_served(engine, ip)
        engine.exec("web", ["wget", "-q", "-O-", url])
        engine.docker("rm", "-f", name)
    assert taken[0] == taken[1], "the engine gives a free address again"
    rows = found_all(nautscan, tag, 2)
    assert [(row["server"], row["target"].rpartition("-")[2]) for row in rows] == [
        ("blue", "blue"),
        ("green", "green"),
    ]


def wait_until_served(engine: DockerEngine, ip: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if "hello" in engine.exec("web", ["wget", "-q", "-O-", f"http://{ip}/"], check=False):
            return
    raise AssertionError(f"{ip} does not serve")
