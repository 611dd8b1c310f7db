"""The application: routes, errors, security, documentation and page, put together."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI

from nautscan import __version__
from nautscan.api import (
    analysis,
    captures,
    containers,
    docs,
    failures,
    filters,
    history,
    live,
    names,
    openapi,
    packets,
    page,
    processes,
    settings,
    state,
)
from nautscan.service.core import Service

DESCRIPTION = """What containers, hosts and networks say to each other.

A value is observed, or it is null. Times are UTC nanoseconds of the packets. Integers beyond
2^53 - 1 are written as strings, so that no digit is lost in JavaScript. Every error has one
shape: code, message, remedy, detail. Live rows come over the WebSocket `/api/live`.
"""


def create_app(service: Service | None = None, site: page.Site | None = None) -> FastAPI:
    """The application over a running service; without one it can only describe itself.

    It must not be served bare: `nautscan.api.security.GateKeeper` goes around it.
    """
    app = _with_routes()
    app.state.service = service
    failures.install(app)
    docs.install(app, _document())
    page.install(app, site or page.Site.missing())
    return app


def _with_routes() -> FastAPI:
    app = FastAPI(
        title="NautScan",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: f"{(route.tags or ['root'])[0]}_{route.name}",
    )
    for module in (
        packets,
        captures,
        containers,
        processes,
        history,
        analysis,
        filters,
        names,
        settings,
        state,
        live,
    ):
        app.include_router(module.router)
    return app


@cache
def _document() -> dict[str, Any]:
    """The same for every application of the process; making it takes a second."""
    return openapi.document(_with_routes())
