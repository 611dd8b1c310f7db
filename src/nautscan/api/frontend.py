"""The page alone, on an origin of its own, told at start where its API is.

For deployments that keep page and API apart. It shows nothing and knows nothing: what it serves is
the same for everybody, so it asks for no token. The API does.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp

from nautscan.api import failures, page
from nautscan.api.security import Gate, GateKeeper, content_policy
from nautscan.api.server import Server, address_of, bind_all, import_late, uvicorn_config
from nautscan.config import Config

CONFIG_FILE: Final = "config.js"
"""The file of the page that says where the API is; `web/public` has the default."""

_TO_THE_API: Final = ("/api/{path:path}", "/docs", "/metrics")


def run(config: Config, *, before_listen: Callable[[], None], ready: Callable[[str], None]) -> None:
    """Serve the page until a signal ends it.

    `before_listen` gives up rights: everything is read and imported before it.
    """
    os.umask(0o077)
    app = create(page.Site.load(), config)
    import_late()
    before_listen()
    asyncio.run(_serve(app, config, ready))


def create(site: page.Site, config: Config) -> ASGIApp:
    """The application that serves `site` with the address of the API in it."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    failures.install(app)
    origin = origin_of(config.api_url)
    if origin is not None:
        for path in _TO_THE_API:
            app.add_route(path, _elsewhere(config.api_url), methods=["GET", "HEAD"])
    page.install(app, with_address(site, config.api_url))
    # There is nothing here that a name rebound by another page could read.
    gate = Gate(None, frozenset({"*"}), frozenset(), config.max_request_bytes)
    return GateKeeper(app, gate, policy=content_policy(origin))


def with_address(site: page.Site, api_url: str) -> page.Site:
    """The page with `api_url` in its configuration file."""
    script = f"window.nautscan = {json.dumps({'api': api_url})};\n"
    return replace(site, files=site.files | {CONFIG_FILE: page.file(CONFIG_FILE, script.encode())})


def origin_of(api_url: str) -> str | None:
    """The origin of the API; None where it is beside the page."""
    parts = urlsplit(api_url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else None


def _elsewhere(api_url: str) -> Callable[[Request], Response]:
    """Send who asks the page's server for the API to where it is."""
    root = api_url.removesuffix("/api")

    def redirect(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{root}/{request.url.path.lstrip('/')}{query}")

    return redirect


async def _serve(app: ASGIApp, config: Config, ready: Callable[[str], None]) -> None:
    listeners = bind_all(config.hosts, config.port)
    server = Server(uvicorn_config(app, config))
    server.end_on_signals()
    try:
        ready(address_of(listeners[0], config.hosts[0]))
        await server.serve(sockets=listeners)
    finally:
        for listener in listeners:
            listener.close()
