"""Every way to reach a container, one after the other: who is named, and that it is one flow.

A real Docker Engine, once with its userland proxy (the default) and once without, NautScan on its
host capturing on every interface there is: a connection passes up to five of them, before and after
the translation of its addresses. A case says who asks whom, and the connections that are truly
made: each must be one row of `requests` and one of `flows`, between these ends, under these other
addresses. Where the userland proxy stands between, there are two connections, and both are told.
"""

from __future__ import annotations

import http.client
import http.server
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.docker_engine import DockerEngine
from tests.integration.nautscan_process import NautScanProcess

pytestmark = [pytest.mark.root, pytest.mark.docker]

PUBLISHED = 8080
PUBLISHED_UDP = 5353
OUTSIDE_PORT = 8900
HOST_PORT = 8901
LAN_ADDRESS = "198.18.0.77"

HOST, OUTSIDE = "the host", "outside"
"""Callers that are no container."""


@dataclass(frozen=True)
class Connection:
    """A connection that is made.

    The containers at its ends (None: no container), and whether a translation was seen of the
    client's and of the server's address.
    """

    client: str | None
    server: str | None
    nat_client: bool = False
    nat_server: bool = False


@dataclass(frozen=True)
class Case:
    """Who asks at which place, and the connections that this makes.

    With the userland proxy and without it; None where it cannot be reached so.
    """

    caller: str
    place: str
    proxied: tuple[Connection, ...] | None
    translated: tuple[Connection, ...] | None

    @property
    def name(self) -> str:
        """For the test's id."""
        return f"{self.caller}-to-{self.place}".replace(" ", "-")


def always(*connections: Connection) -> dict[str, tuple[Connection, ...]]:
    """The same with the proxy and without."""
    return {"proxied": connections, "translated": connections}


C = Connection
PROXY_TO_WEB = C(None, "web")
"""What the proxy asks in turn, from the host."""

CASES = (
    # Without any translation.
    Case("near", "web", **always(C("near", "web"))),
    Case("both", "api", **always(C("both", "api"))),
    Case("both", "api over IPv6", **always(C("both", "api"))),
    Case("both", "web", **always(C("both", "web"))),
    Case(HOST, "web", **always(C(None, "web"))),
    Case("edge", "web", **always(C(None, "web"))),
    Case(OUTSIDE, "edge", **always(C(None, None))),
    # In another container's network: the address is that one's.
    Case("sidecar", "near", **always(C("web", "near"))),
    # On the physical network itself.
    Case(OUTSIDE, "lan", **always(C(None, "lan"))),
    Case("lan", "outside", **always(C("lan", None))),
    # Out into the world, under the host's address.
    Case("near", "outside", **always(C("near", None, nat_client=True))),
    # A published port, from outside: always translated.
    Case(OUTSIDE, "published", **always(C(None, "web", nat_server=True))),
    # From the host: translated before any interface sees it, or through the proxy.
    Case(HOST, "published", **always(C(None, "web"))),
    Case(HOST, "published at 127.0.0.1", (C(None, "web"), PROXY_TO_WEB), (C(None, "web"),)),
    Case(HOST, "published at ::1", (C(None, "web"), PROXY_TO_WEB), None),
    Case("edge", "published", **always(C(None, "web"))),
    # From a container by the host's address.
    Case(
        "near",
        "published",
        (C("near", "web"), PROXY_TO_WEB),
        (C("near", "web", nat_server=True),),
    ),
    Case(
        "web",
        "published",
        (C("web", "web"), PROXY_TO_WEB),
        (C("web", "web", nat_client=True, nat_server=True),),
    ),
    # Without the proxy the engine's rules keep networks apart here too.
    Case("other", "published", (C("other", "web"), PROXY_TO_WEB), None),
    # A container without a network talks to itself alone: nobody else can see that.
    Case("lonely", "itself", (), ()),
)


class World:
    """An engine with a container of every kind, and NautScan on all of its interfaces."""

    def __init__(self, engine: DockerEngine) -> None:
        self.engine = engine
        engine.network("front")
        engine.network("back", ipv6="fd00:77::/64")
        engine.network(
            "street",
            driver="macvlan",
            options={"parent": "eth0"},
            arguments=("--subnet", "198.18.0.0/24", "--gateway", engine.outside_address),
        )
        engine.serve_http("web", networks=["front"], publish=[f"{PUBLISHED}:80"])
        engine.serve_http("near", networks=["front"])
        engine.serve_http("api", networks=["back"])
        engine.run("both", networks=["front", "back"])
        engine.run("other", networks=["back"])
        engine.run("sidecar", network_mode="container:web")
        engine.serve_http("edge", network_mode="host", port=HOST_PORT)
        engine.serve_http("lan", networks=["street"], arguments=("--ip", LAN_ADDRESS))
        engine.serve_http("lonely", network_mode="none")
        self._outside = engine.inside(
            lambda: _Server((engine.outside_address, OUTSIDE_PORT)), outside=True
        )

    def close(self) -> None:
        """Stop what is not the engine's."""
        self._outside.close()

    def address(self, place: str) -> tuple[str, int]:
        """Where a place of the cases is reached."""
        engine = self.engine
        places: dict[str, Callable[[], tuple[str, int]]] = {
            "web": lambda: (engine.address("web", "front"), 80),
            "near": lambda: (engine.address("near", "front"), 80),
            "api": lambda: (engine.address("api", "back"), 80),
            "api over IPv6": lambda: (engine.address("api", "back", ipv6=True), 80),
            "lan": lambda: (LAN_ADDRESS, 80),
            "edge": lambda: (engine.host_address, HOST_PORT),
            "outside": lambda: (engine.outside_address, OUTSIDE_PORT),
            "published": lambda: (engine.host_address, PUBLISHED),
            "published at 127.0.0.1": lambda: ("127.0.0.1", PUBLISHED),
            "published at ::1": lambda: ("::1", PUBLISHED),
            "itself": lambda: ("127.0.0.1", 80),
        }
        return places[place]()

    def ask(self, caller: str, place: str, target: str) -> bool:
        """Let the caller make the request; whether it was answered."""
        host, port = self.address(place)
        if caller in {HOST, OUTSIDE}:
            outside = caller == OUTSIDE
            return self.engine.inside(lambda: _answers(host, port, target), outside=outside)
        name = f"[{host}]" if ":" in host else host
        url = f"http://{name}:{port}{target}"
        said = self.engine.exec(caller, ["timeout", "5", "wget", "-q", "-O-", url], check=False)
        return "hello" in said

    def interfaces(self) -> list[str]:
        """Every interface of the host that can be captured on."""
        names = self.engine.inside(lambda: [name for _, name in socket.if_nameindex()])
        return [name for name in names if name.startswith(("br-", "docker", "eth", "lo", "veth"))]


class _Server:
    """A small web server, in the network namespace of the thread that makes it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._server = http.server.ThreadingHTTPServer(address, _Hello)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<p>hello</p>\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _answers(host: str, port: int, target: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", target)
        return b"hello" in connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture(scope="module", params=[True, False], ids=["userland-proxy", "nat-only"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("engine")
    with DockerEngine.start(folder, userland_proxy=request.param) as engine:
        world = World(engine)
        try:
            yield world
        finally:
            world.close()


OPENED_BEFORE = """
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=60)
connection.connect()
print("open", flush=True)
connection.request("GET", sys.stdin.readline().strip())
connection.getresponse().read()
"""


@dataclass(frozen=True)
class OpenedBefore:
    """Connections that were there before NautScan: from outside in, and from `near` out."""

    inward: http.client.HTTPConnection
    outward: subprocess.Popen[str]


@pytest.fixture(scope="module")
def opened_before(world: World) -> Iterator[OpenedBefore]:
    engine = world.engine
    inward = http.client.HTTPConnection(engine.host_address, PUBLISHED, timeout=60)
    engine.inside(inward.connect, outside=True)
    pid = str(engine.inspect("near")["State"]["Pid"])
    with subprocess.Popen(
        ["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-c", OPENED_BEFORE,
         engine.outside_address, str(OUTSIDE_PORT)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as outward:  # fmt: skip
        assert outward.stdout is not None
        assert outward.stdout.readline() == "open\n"
        yield OpenedBefore(inward, outward)
    inward.close()


@pytest.fixture(scope="module")
def nautscan(world: World, opened_before: OpenedBefore) -> Iterator[NautScanProcess]:
    with NautScanProcess.start(world.engine) as process:
        process.post("/api/packets/start", {"interfaces": world.interfaces()})
        yield process


def settled(nautscan: NautScanProcess, target: str, least: int) -> list[dict[str, Any]]:
    """The requests for a target, once there are enough and a later request shows that no more come.

    By the beginning of the target: NautScan sees this test's own questions too, which contain it.
    """
    found = f"target like '{target}%'"
    nautscan.wait_for(lambda: len(nautscan.requests(found)) >= least)
    return nautscan.requests(found)


def flow_of(nautscan: NautScanProcess, row: dict[str, Any]) -> dict[str, Any]:
    """The flow of a request."""

    def ask() -> list[dict[str, Any]]:
        return nautscan.flows(f"flow_id = {row['flow_id']}")

    (flow,) = nautscan.wait_for(ask)
    return flow


def as_connection(row: dict[str, Any], flow: dict[str, Any]) -> Connection:
    """What was found, as the cases say it; the flow must say what the request says."""
    ends = ("client_ip", "client_port", "server_ip", "server_port")
    assert [row[end] for end in ends] == [flow[end] for end in ends]
    for side in ("client_container", "server_container"):
        assert row[side] == flow[side]
    return Connection(
        row["client_container"],
        row["server_container"],
        flow["nat_client_ip"] is not None,
        flow["nat_server_ip"] is not None,
    )


def test_connections_that_were_there_before_are_one_flow(
    nautscan: NautScanProcess, opened_before: OpenedBefore
) -> None:
    """The kernel's connection tracking tells what nobody saw begin. The first test of all."""
    told = nautscan.get("/api/packets/status")["conntrack"]
    assert told["reason"] is None
    assert told["connections"] >= 2
    tag = secrets.token_hex(6)
    opened_before.outward.communicate(f"/index.html?out-{tag}\n")
    opened_before.inward.request("GET", f"/index.html?in-{tag}")
    assert b"hello" in opened_before.inward.getresponse().read()
    opened_before.inward.close()
    for way, expected in (
        ("in", Connection(None, "web", nat_server=True)),
        ("out", Connection("near", None, nat_client=True)),
    ):
        (row,) = settled(nautscan, f"/index.html?{way}-{tag}", 1)
        assert as_connection(row, flow_of(nautscan, row)) == expected


@dataclass(frozen=True)
class Asked:
    """The request of a case: what for, and whether it was answered."""

    target: str
    reached: bool


@pytest.fixture(scope="module")
def asked(world: World, nautscan: NautScanProcess) -> dict[str, Asked]:
    """Every case's request, by the case's name: one after the other, and waited for together."""
    made = {}
    for case in CASES:
        target = f"/index.html?{secrets.token_hex(6)}"
        made[case.name] = Asked(target, world.ask(case.caller, case.place, target))
    # What is seen after them is stored after them.
    last = f"/index.html?after-{secrets.token_hex(6)}"
    assert world.ask(HOST, "web", last)
    settled(nautscan, last, 1)
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_connection_is_one_flow_between_its_true_ends(
    case: Case, world: World, nautscan: NautScanProcess, asked: dict[str, Asked]
) -> None:
    expected = case.proxied if world.engine.userland_proxy else case.translated
    reached = asked[case.name].reached
    assert reached == (expected is not None), "the case says whether it can be reached"
    rows = settled(nautscan, asked[case.name].target, len(expected or ()))
    flows = [flow_of(nautscan, row) for row in rows]
    found = Counter(as_connection(row, flow) for row, flow in zip(rows, flows, strict=True))
    assert found == Counter(expected or ()), f"{rows}\n{flows}"
    for row in rows:
        assert (row["status"], row["completeness"]) == (200, "complete")
    assert len({flow["flow_id"] for flow in flows}) == len(flows)
    for flow in flows:
        assert flow["requests"] == 1
        # Where a bridge translates, the copy that a promiscuous capture gets is routed as well, and
        # the kernel delivers it: the SYN comes twice in truth, and is answered twice.
        is_bridged = flow["nat_server_ip"] is not None and flow["client_container"] is not None
        assert flow["retransmissions"] <= int(is_bridged), "two interfaces are not twice sent"


def test_the_other_addresses_are_the_hosts(world: World, nautscan: NautScanProcess) -> None:
    """`nat_*`: the published port as the client asked for it, the host as the server saw it."""
    tag = secrets.token_hex(6)
    assert world.ask(OUTSIDE, "published", f"/index.html?in-{tag}")
    assert world.ask("near", "outside", f"/index.html?out-{tag}")
    (row,) = settled(nautscan, f"/index.html?in-{tag}", 1)
    flow = flow_of(nautscan, row)
    assert (flow["client_ip"], flow["server_ip"]) == (
        world.engine.outside_address,
        world.engine.address("web", "front"),
    )
    assert (flow["nat_server_ip"], flow["nat_server_port"]) == (
        world.engine.host_address,
        PUBLISHED,
    )
    assert flow["duplicates"] >= 6, "it was seen on eth0, on the bridge and on the veth"
    (row,) = settled(nautscan, f"/index.html?out-{tag}", 1)
    flow = flow_of(nautscan, row)
    assert flow["client_ip"] == world.engine.address("near", "front")
    assert flow["nat_client_ip"] == world.engine.host_address
    # The container's own, not that of the host's interface.
    inspected = world.engine.inspect("near")["NetworkSettings"]["Networks"]["front"]
    assert flow["client_mac"] == inspected["MacAddress"]


def test_a_published_port_that_passes_to_another_container(
    world: World, nautscan: NautScanProcess
) -> None:
    """Each request stays with the container that held the port and the address at its time."""
    tag = secrets.token_hex(6)
    engine = world.engine
    for name in ("blue", "green"):
        engine.serve_http(name, networks=["front"], publish=["8085:80"])
        captured = {"interfaces": world.interfaces()}
        nautscan.post("/api/packets/start", captured)

        def ask(name: str = name) -> bool:
            host = engine.host_address
            return engine.inside(
                lambda: _answers(host, 8085, f"/index.html?{tag}-{name}"), outside=True
            )

        deadline = time.monotonic() + 20
        while not ask():
            assert time.monotonic() < deadline, f"{name} does not serve"
        engine.docker("rm", "-f", name)
    for name in ("blue", "green"):
        rows = settled(nautscan, f"/index.html?{tag}-{name}", 1)
        assert {row["server_container"] for row in rows} == {name}


DATAGRAMS = """
import socket, sys
host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
    asking.settimeout(5)
    asking.connect((host, port))
    asking.send(text)
    print(asking.recv(100) == text.upper(), asking.getsockname()[1])
"""


class _Echo:
    """Answers each datagram with its capitals, in the network of the thread that makes it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            asked, sender = self._socket.recvfrom(100)
            if not asked:
                return
            self._socket.sendto(asked.upper(), sender)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()


def test_datagrams_behind_a_masquerade_are_one_flow(
    world: World, nautscan: NautScanProcess
) -> None:
    engine = world.engine
    port = 7000 + secrets.randbelow(1000)
    echo = engine.inside(lambda: _Echo((engine.outside_address, port)), outside=True)
    try:
        pid = str(engine.inspect("near")["State"]["Pid"])
        # The tester's Python in the container's network: its socket is a connected one, as most.
        said = subprocess.run(
            ["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-c", DATAGRAMS,
             engine.outside_address, str(port), "hello there"],
            capture_output=True, check=True, text=True,
        )  # fmt: skip
    finally:
        engine.inside(echo.close, outside=True)
    answered, client_port = said.stdout.split()
    assert answered == "True"
    question = f"transport = 'udp' and server_port = {port}"
    (flow,) = nautscan.wait_for(lambda: nautscan.flows(question))
    assert (flow["client_container"], flow["client_port"]) == ("near", int(client_port))
    assert flow["nat_client_ip"] == engine.host_address
    assert (flow["client_packets"], flow["server_packets"]) == (1, 1)
