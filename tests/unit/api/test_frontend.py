"""The page on an origin of its own: it says where the API is, and only there may it ask."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from nautscan.api import frontend
from nautscan.api.page import FOLDER
from nautscan.config import Config
from nautscan.errors import BadRequest
from tests.unit.api.conftest import TOKEN, Serve, site

API = "http://localhost:8000/api"
Open = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def front() -> AsyncIterator[Open]:
    """Clients of front ends, each for the API that a test names."""
    async with AsyncExitStack() as stack:
        clients: list[httpx.AsyncClient] = []

        def at(api_url: str = API) -> httpx.AsyncClient:
            app: Any = frontend.create(site(), Config.load({}, api_url=api_url))
            transport = httpx.ASGITransport(app)
            client = httpx.AsyncClient(transport=transport, base_url="http://front.example:3000")
            clients.append(client)
            stack.push_async_callback(client.aclose)
            return client

        yield at


def stated(script: str) -> Any:
    """What config.js says."""
    found = re.fullmatch(r"window\.nautscan = (\{.*\});\n", script)
    assert found is not None, script
    return json.loads(found[1])


async def test_the_page_is_told_where_its_api_is(front: Open) -> None:
    client = front("https://nas.lan:8443/nautscan/api/")
    answer = await client.get("/config.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert stated(answer.text) == {"api": "https://nas.lan:8443/nautscan/api"}
    assert "page" in (await client.get("/")).text
    assert "page" in (await client.get("/traffic")).text


async def test_the_policy_lets_it_ask_there_and_nowhere_else(front: Open) -> None:
    policy = (await front("https://nas.lan/api").get("/")).headers["content-security-policy"]
    assert "connect-src 'self' https://nas.lan wss://nas.lan;" in policy
    beside = (await front("/api").get("/")).headers["content-security-policy"]
    assert "connect-src 'self';" in beside


async def test_who_asks_it_for_the_api_is_sent_there(front: Open) -> None:
    client = front()
    for path in ("/api/packets/recent?limit=5", "/docs", "/metrics"):
        answer = await client.get(path)
        assert answer.status_code == 307
        assert answer.headers["location"] == f"http://localhost:8000{path}"
    assert (await client.get("/nothing.js")).status_code == 404
    assert (await client.post("/api/packets/start", json={})).status_code in {404, 405}


@pytest.mark.parametrize(
    "address",
    ["localhost:8000", "ftp://a/api", "http://", "http://a/api?x=1", "//a/api", "http://a'b"],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadRequest, match="NEXT_PUBLIC_API_URL"):
        Config.load({"NEXT_PUBLIC_API_URL": address})


def test_the_built_page_asks_its_configuration_first() -> None:
    """config.js runs before the program that uses it."""
    index = FOLDER / "index.html"
    if not index.is_file():
        pytest.skip("the page is not built: make build")
    text = index.read_text()
    assert 0 < text.index('src="./config.js"') < text.index('type="module"')
    assert 'api: "/api"' in (FOLDER / "config.js").read_text()


async def test_a_page_elsewhere_uses_the_token(serve: Serve) -> None:
    """What a browser at another origin does: ask leave, then ask with the token."""
    page = "http://localhost:3000"
    server = await serve(token=TOKEN, cors_origins=(page,))
    leave = await server.http.options(
        "/api/packets/recent",
        headers={
            "Origin": page,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert leave.status_code == 204
    assert "authorization" in leave.headers["access-control-allow-headers"].lower()
    for headers, status in (({}, 401), ({"Authorization": f"Bearer {TOKEN}"}, 200)):
        answer = await server.http.get("/api/source", headers={"Origin": page, **headers})
        assert answer.status_code == status
        # The page may read a refusal too: it asks for the token then.
        assert answer.headers["access-control-allow-origin"] == page


def test_the_command_serves_and_ends() -> None:
    command = [sys.executable, "-m", "nautscan", "frontend", "--port", "0"]
    environment = os.environ | {"NEXT_PUBLIC_API_URL": "http://api.example/api"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = next(line for line in process.stdout if "The page is at" in line)
        address = told.split()[4]
        assert told.split()[-1] == "http://api.example/api"
        with urllib.request.urlopen(f"{address}/config.js", timeout=10) as answer:
            assert stated(answer.read().decode())["api"] == "http://api.example/api"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
