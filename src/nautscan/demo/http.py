"""HTTP/1.1 messages as bytes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

CHUNK_SIZE = 2048
BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


@dataclass(frozen=True)
class Body:
    """Content and how it travels."""

    content: bytes
    media_type: str
    compressed: bool = False
    chunked: bool = False
    trailers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Content with its coding applied: what `request_bytes` and `response_bytes` count."""
        return gzip.compress(self.content, mtime=0) if self.compressed else self.content


@dataclass(frozen=True)
class Request:
    """A request; `host` and the body's fields become headers."""

    method: str
    target: str
    host: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None

    def encode(self) -> tuple[bytes, int]:
        """The message, and how many bytes of content it has."""
        start = f"{self.method} {self.target} HTTP/1.1\r\nHost: {self.host}\r\n"
        return _message(start, self.headers, self.body)


@dataclass(frozen=True)
class Response:
    """A response; the body's fields become headers."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None

    def encode(self, method: str) -> tuple[bytes, int]:
        """The message that answers `method`, and how many bytes of content it has."""
        start = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n"
        headers = dict(self.headers)
        if self.body is None and self.status not in BODILESS:
            headers["Content-Length"] = "0"
        message, size = _message(start, headers, self.body)
        if method == "HEAD":
            return message[: message.index(b"\r\n\r\n") + 4], 0
        return message, size


def json_body(value: Any, *, compressed: bool = False) -> Body:
    """A JSON document."""
    text = json.dumps(value, separators=(",", ":"))
    return Body(text.encode(), "application/json", compressed=compressed)


def _message(start: str, headers: Mapping[str, str], body: Body | None) -> tuple[bytes, int]:
    fields = dict(headers)
    content = b""
    payload = b""
    if body is not None:
        content = body.encoded()
        payload = _chunked(content, body.trailers) if body.chunked else content
        fields |= _body_fields(body, len(content))
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{start}{lines}\r\n".encode() + payload, len(content)


def _body_fields(body: Body, size: int) -> dict[str, str]:
    fields = {"Content-Type": body.media_type}
    if body.compressed:
        fields["Content-Encoding"] = "gzip"
    if not body.chunked:
        return fields | {"Content-Length": str(size)}
    if body.trailers:
        fields["Trailer"] = ", ".join(body.trailers)
    return fields | {"Transfer-Encoding": "chunked"}


def _chunked(content: bytes, trailers: Mapping[str, str]) -> bytes:
    """The chunked coding of RFC 9112, section 7.1."""
    pieces = [content[at : at + CHUNK_SIZE] for at in range(0, len(content), CHUNK_SIZE)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    tail = "".join(f"{name}: {value}\r\n" for name, value in trailers.items())
    return chunks + b"0\r\n" + tail.encode() + b"\r\n"
