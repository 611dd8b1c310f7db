"""Interactive documentation, its assets served from here and never from a CDN."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final

from fastapi import FastAPI, Request, Response

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>NautScan API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>
</body></html>
"""

_START: Final = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
"""

_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}


def install(app: FastAPI, document: dict[str, Any]) -> None:
    """Serve /openapi.json and /docs.

    The assets are read here and now: after the server dropped its rights it may be unable to.
    """
    # FastAPI's own hook, so that `app.openapi()` is the document that is served.
    app.openapi = lambda: document  # type: ignore[method-assign]
    encoded = json.dumps(document).encode()
    folder = resources.files("fastapi_offline").joinpath("static")
    files = {name: (folder.joinpath(name).read_bytes(), kind) for name, kind in _ASSETS.items()}
    files["start.js"] = (_START.encode(), "text/javascript")

    async def openapi_json(_request: Request) -> Response:
        return Response(encoded, media_type="application/json")

    async def docs_page(_request: Request) -> Response:
        return Response(_PAGE, media_type="text/html")

    app.add_route("/openapi.json", openapi_json, include_in_schema=False)
    app.add_route("/docs", docs_page, include_in_schema=False)
    for name, (content, kind) in files.items():
        app.add_route(f"/docs/{name}", _asset(content, kind), include_in_schema=False)


def _asset(content: bytes, kind: str) -> Any:
    async def asset(_request: Request) -> Response:
        headers = {"Cache-Control": "private, max-age=86400"}
        return Response(content, media_type=kind, headers=headers)

    return asset
