"""Who may ask: other hosts, other pages, other people, and too much of it."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from nautscan.api import server as server_module
from nautscan.api.security import Gate
from nautscan.config import Config
from nautscan.errors import BadRequest, Forbidden
from tests.unit.api.conftest import TOKEN, Serve, Server

PAGE = "http://front.example:3000"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::2]", "", "8.8.8.8"]
)
async def test_names_that_are_not_ours_are_refused(server: Server, host: str) -> None:
    for path in ("/api/source", "/", "/docs", "/metrics"):
        response = await server.http.get(path, headers={"Host": host})
        assert response.status_code in {400, 403}
        assert b"<title>" not in response.content


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9", "127.0.0.1:1", "[::1]:8000", "nas.lan"]
)
async def test_our_names(serve: Serve, host: str) -> None:
    server = await serve(allowed_hosts=("nas.lan",))
    assert (await server.http.get("/api/source", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_foreign_pages_change_nothing(server: Server, headers: dict[str, str]) -> None:
    response = await server.http.post("/api/packets/stop", headers=headers)
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "forbidden"
    assert not any(op == "stop" for op, _ in server.world.sensor.asked)
    assert "access-control-allow-origin" not in response.headers


async def test_our_own_page_and_programs_may(server: Server) -> None:
    for headers in ({}, {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}):
        response = await server.http.post("/api/packets/stop", headers=headers)
        assert response.status_code == 200


async def test_a_configured_page_may_and_no_other(serve: Serve) -> None:
    server = await serve(cors_origins=(PAGE,))
    preflight = {"Access-Control-Request-Method": "POST"}
    allowed = await server.http.options("/api/packets/stop", headers={**preflight, "Origin": PAGE})
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == PAGE
    other = await server.http.options(
        "/api/packets/stop", headers={**preflight, "Origin": "http://evil.example"}
    )
    assert other.status_code == 403
    assert "access-control-allow-origin" not in other.headers
    response = await server.http.post("/api/packets/stop", headers={"Origin": PAGE})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == PAGE
    assert "origin" in response.headers["vary"].lower()
    reading = await server.http.get("/api/source", headers={"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in reading.headers
    assert reading.headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_token_in_the_address_becomes_a_cookie(serve: Serve) -> None:
    server = await serve(token=TOKEN)
    browser = {"Accept": "text/html"}
    asked = await server.http.get("/", headers=browser)
    assert asked.status_code == 401
    assert "token" in asked.text

    first = await server.http.get("/", params={"token": TOKEN, "view": "map"}, headers=browser)
    assert first.status_code == 303
    assert first.headers["location"] == "/?view=map"
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    second = await server.http.get("/", headers=browser)
    assert second.status_code == 200

    elsewhere = await server.http.get("//evil.example/", params={"token": TOKEN}, headers=browser)
    assert not elsewhere.headers.get("location", "").startswith("//")

    fresh = httpx.AsyncClient(base_url=server.url)
    async with fresh:
        assert (await fresh.get("/api/source", params={"token": TOKEN})).status_code == 200
        odd = await fresh.get("/api/source", headers=[(b"Authorization", "Bearer \u00e9".encode())])
        assert odd.status_code == 401


async def test_too_large_bodies(serve: Serve) -> None:
    server = await serve(max_request_bytes=1000)
    stated = await server.http.post("/api/packets/start", content=b"x" * 2000)
    assert stated.status_code == 413

    async def endless() -> object:
        for _ in range(50):
            yield b"x" * 100

    chunked = await server.http.post("/api/packets/start", content=endless())  # type: ignore[arg-type]
    assert chunked.status_code == 413
    assert chunked.json()["error"]["code"] == "too_large"


async def test_a_request_that_breaks_off_leaves_the_server_well(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"POST /api/packets/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{"
    )
    await writer.drain()
    writer.close()
    await reader.read()
    assert (await server.http.get("/api/source")).status_code == 200


async def test_a_demo_says_so_in_every_answer(serve: Serve) -> None:
    server = await serve(source="demo")
    for path in ("/api/requests", "/api/nothing", "/", "/metrics", "/docs"):
        assert (await server.http.get(path)).headers["x-nautscan-source"] == "demo"
    assert (await server.http.get("/api/requests")).json()["source"] == "demo"


def test_the_token_is_made_once_and_only_readable_by_us(tmp_path: Path) -> None:
    config = Config.load({}, host="0.0.0.0", data_dir=tmp_path / "data")
    token = server_module.access_token(config)
    assert token is not None
    assert len(token) >= 32
    path = tmp_path / "data" / "token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server_module.access_token(config) == token
    assert server_module.access_token(config.replace(token="given")) == "given"
    assert server_module.access_token(config.replace(host="127.0.0.1")) is None
    assert server_module.access_token(config.replace(host="::1")) is None


def test_a_port_in_use_is_said_plainly() -> None:
    with server_module.bind("127.0.0.1", 0) as taken:
        with pytest.raises(BadRequest) as caught:
            server_module.bind("127.0.0.1", taken.getsockname()[1])
        assert "--port" in caught.value.remedy


def test_names_and_addresses_by_which_it_may_be_reached() -> None:
    gate = Gate.of(Config.load({}, host="0.0.0.0"), TOKEN)
    gate.check_host("192.168.1.7:8000")
    gate.check_host("[2001:db8::7]:8000")
    with pytest.raises(Forbidden) as caught:
        gate.check_host("rebound.example:8000")
    assert "NAUTSCAN_ALLOWED_HOSTS" in caught.value.remedy
    Gate.of(Config.load({}, allowed_hosts=("*",)), TOKEN).check_host("rebound.example")
    with pytest.raises(Forbidden):
        Gate.of(Config.load({}), None).check_host("192.168.1.7:8000")


_RUN = """
import sys
from nautscan.api import server
from nautscan.config import Config
server.run(
    Config.load(),
    before_listen=lambda: print("rights", flush=True),
    ready=lambda address: print(address, flush=True),
)
"""


def test_the_process_from_start_to_a_signal(tmp_path: Path) -> None:
    """It gives up rights before it listens, serves without a sensor, and ends in order."""
    data = tmp_path / "data"
    settings = {
        "NAUTSCAN_PORT": "0",
        "NAUTSCAN_DATA_DIR": str(data),
        "NAUTSCAN_DOCKER": "false",
        "NAUTSCAN_SENSOR_ADDRESS": str(tmp_path / "nobody.sock"),
        "PYTHONPATH": str(Path(server_module.__file__).parents[2]),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN], env=os.environ | settings, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "rights\n"
        address = process.stdout.readline().strip()
        health = httpx.get(f"{address}/api/health", timeout=10).json()
        assert health["status"] == "no_capture"
        assert health["sensor"]["connected"] is False
        assert httpx.get(address, timeout=10).status_code == 200
        assert stat.S_IMODE((data / "nautscan.duckdb").stat().st_mode) == 0o600
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=20)
    assert code == 0
    # The log was folded in: it ended in order.
    assert [path.name for path in data.iterdir()] == ["nautscan.duckdb"]


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"source": "demo"}, True),
        ({"source": "demo", "demo_open": True}, False),
        ({"source": "demo", "demo_open": True, "token": TOKEN}, True),
        ({"source": "live", "demo_open": True}, True),
    ],
)
def test_only_a_demo_can_be_left_open(
    tmp_path: Path, settings: dict[str, object], *, asked: bool
) -> None:
    config = Config.load({}, host="0.0.0.0", data_dir=tmp_path, **settings)
    assert (server_module.access_token(config) is not None) == asked


def test_several_addresses_have_one_port_and_the_strictest_rule(tmp_path: Path) -> None:
    listeners = server_module.bind_all(("127.0.0.1", "127.0.0.2"), 0)
    try:
        assert len({listener.getsockname()[1] for listener in listeners}) == 1
        port = listeners[0].getsockname()[1]
        with pytest.raises(BadRequest, match="cannot listen"):
            server_module.bind_all(("127.0.0.3", "127.0.0.1"), port)
        # The first of the two was let go again.
        server_module.bind("127.0.0.3", port).close()
    finally:
        for listener in listeners:
            listener.close()
    config = Config.load({}, host="127.0.0.1, 172.17.0.1", data_dir=tmp_path)
    assert not config.loopback
    assert server_module.access_token(config) is not None
    assert {"127.0.0.1", "172.17.0.1"} <= Gate.of(config, "t").hosts
