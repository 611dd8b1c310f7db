"""The page in a place of its own: another origin than its API, which asks for a token."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running

pytestmark = [pytest.mark.browser]

TOKEN = "a-token-of-this-test-alone-0123456789"


@pytest.fixture(scope="module")
def apart() -> Iterator[tuple[Running, Running]]:
    """The page and its API, as docker-compose.yml puts them apart."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    origin = f"http://127.0.0.1:{port}"
    with (
        Running("demo", NAUTSCAN_TOKEN=TOKEN, NAUTSCAN_CORS_ORIGINS=origin) as api,
        Running("frontend", "--port", port, NEXT_PUBLIC_API_URL=f"{api.url}/api") as page,
    ):
        assert page.url == origin
        yield page, api


@pytest.mark.parametrize("scenario", scenarios("frontend"))
def test_frontend(scenario: str, apart: tuple[Running, Running], tmp_path: Path) -> None:
    """Each scenario of page/frontend.mjs."""
    page, api = apart
    play("frontend", scenario, tmp_path, URL=page.url, API=api.url, TOKEN=TOKEN)
