"""The built page, served from memory.

Everything is read at start: the installation may be unreadable once the server has dropped its
rights, and nothing outside the folder can be asked for, since no path from a request ever reaches
the file system.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request, Response

from nautscan.errors import NotFound

FOLDER: Final = Path(__file__).resolve().parent.parent / "web"
MAX_SITE_BYTES: Final = 64 << 20
"""The page is a few hundred kilobytes; a folder beyond this is not the page."""

_MISSING: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>NautScan</title></head><body>
<h1>The page is not built</h1>
<p>The server works: <a href="/docs">/docs</a> has the API.</p>
<p>To build the page, run <code>make build</code> in the source folder and start again.</p>
</body></html>
"""

# Endings that Python's table lacks or that differ between systems.
_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".map": "application/json",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of the page."""

    content: bytes
    kind: str
    etag: str
    immutable: bool


@dataclass(frozen=True, slots=True)
class Site:
    """The files of the page by their path."""

    files: dict[str, File] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Site:
        """All files of the folder; the notice that it is not built, if there is no index.html."""
        if not (folder / "index.html").is_file():
            return cls.missing()
        files: dict[str, File] = {}
        total = 0
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            content = path.read_bytes()
            total += len(content)
            if total > MAX_SITE_BYTES:
                raise ValueError(f"{folder} holds more than {MAX_SITE_BYTES} bytes")
            name = path.relative_to(folder).as_posix()
            files[name] = file(name, content)
        return cls(files)

    @classmethod
    def missing(cls) -> Site:
        """What is served when the page was not built."""
        return cls({"index.html": file("index.html", _MISSING.encode())})


def file(name: str, content: bytes) -> File:
    """A file of the page, as it is served."""
    suffix = Path(name).suffix.lower()
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    etag = f'"{hashlib.blake2s(content, digest_size=12).hexdigest()}"'
    # The build puts a hash of the content into every name below assets/.
    return File(content, kind, etag, immutable=name.startswith("assets/"))


def install(app: FastAPI, site: Site) -> None:
    """Serve the page at / and its files beside it. Must be the last routes."""

    async def serve(request: Request) -> Response:
        path = request.path_params.get("path", "")
        file = site.files.get(path or "index.html")
        if file is None:
            file = _fallback(site, path)
        return _response(file, request)

    app.add_route("/", serve, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_route("/{path:path}", serve, methods=["GET", "HEAD"], include_in_schema=False)


def _fallback(site: Site, path: str) -> File:
    """Addresses of views inside the page get the page; missing files and API paths do not."""
    last = path.rsplit("/", 1)[-1]
    if path.split("/", 1)[0] in {"api", "docs", "metrics"} or "." in last:
        raise NotFound(f"There is nothing at /{path}", remedy="/docs lists what there is.")
    return site.files["index.html"]


def _response(file: File, request: Request) -> Response:
    cache = "public, max-age=31536000, immutable" if file.immutable else "no-cache"
    headers = {"ETag": file.etag, "Cache-Control": cache}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.kind, headers=headers)
