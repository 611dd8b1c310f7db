"""Who may ask: host, origin, token, size; and the headers that every answer carries.

One ASGI layer around the whole application, so that no route can be added outside it.
"""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nautscan.api.failures import answer, unexpected
from nautscan.config import Config
from nautscan.errors import BadRequest, Forbidden, NautScanError, TooLarge, Unauthorized

COOKIE: Final = "nautscan_token"
COOKIE_SECONDS: Final = 30 * 86_400
BODY_SECONDS: Final = 30.0
"""A body that takes longer to arrive is refused: a slow sender must not hold a task for ever."""

STREAMED: Final = frozenset({("POST", "/api/captures")})
"""Routes that take their body piece by piece, and cap it themselves."""

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def content_policy(api_origin: str | None = None) -> str:
    """What the page may load and ask: itself, and `api_origin` where its API is elsewhere."""
    asked = "'self'"
    if api_origin is not None:
        # Policies know WebSockets as an origin of their own.
        asked += f" {api_origin} {api_origin.replace('http', 'ws', 1)}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data:; font-src 'self'; connect-src {asked}; manifest-src 'self'; "
        "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_SIGN_IN: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>NautScan</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>
<h1>NautScan asks for its token</h1>
<p>It was printed when the server started, and is in the file <code>token</code> of its data
folder.</p>
<form><label>Token <input name="token" type="password" autofocus required></label>
<button>Open</button></form>
</body></html>
"""


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules. `token` None: whoever reaches the loopback address may ask."""

    token: str | None
    hosts: frozenset[str]
    origins: frozenset[str]
    max_body: int

    @classmethod
    def of(cls, config: Config, token: str | None) -> Gate:
        """The rules that the settings ask for."""
        hosts = {_host_name(name) for name in (*config.allowed_hosts, *config.hosts)}
        return cls(
            token=token,
            hosts=frozenset(hosts | _LOOPBACK_NAMES),
            origins=frozenset(origin.rstrip("/").lower() for origin in config.cors_origins),
            max_body=config.max_request_bytes,
        )

    def check_host(self, host: str | None) -> None:
        """Refuse names that are not ours: a page elsewhere may have rebound its own name to us."""
        name = _host_name(host or "")
        if "*" in self.hosts or (name and name in self.hosts):
            return
        # Rebinding needs a name. An address is fine where a token is asked for anyway.
        if self.token is not None and _is_address(name):
            return
        raise Forbidden(
            f"This server is not known as {host or '(no Host header)'}",
            remedy="Use a listed name, or add this one to NAUTSCAN_ALLOWED_HOSTS.",
            detail={"host": host},
        )

    def origin_allowed(self, origin: str, host: str | None) -> bool:
        """Whether a page of that origin may make changes: our own, or one that is configured."""
        lowered = origin.rstrip("/").lower()
        return lowered in self.origins or (
            host is not None and urlsplit(lowered).netloc == host.lower()
        )

    def check_origin(self, headers: Headers) -> None:
        """Refuse requests that a foreign page made the browser send."""
        origin = headers.get("origin")
        if origin is None:
            if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
                raise _foreign("another site")
            return
        if not self.origin_allowed(origin, headers.get("host")):
            raise _foreign(origin)

    def token_fits(self, given: str | None) -> bool:
        """Compare in constant time."""
        if self.token is None:
            return True
        return given is not None and hmac.compare_digest(given.encode(), self.token.encode())


def _host_name(host: str) -> str:
    """The name in a Host header, without port, in lower case; IPv6 in brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    if host.count(":") > 1:
        return f"[{host}]"
    return host.partition(":")[0].rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _foreign(origin: str) -> Forbidden:
    return Forbidden(
        f"A page of {origin} may not do this",
        remedy="Use the page that this server serves, or add the origin to NAUTSCAN_CORS_ORIGINS.",
        detail={"origin": origin},
    )


class GateKeeper:
    """The ASGI layer that applies the rules of a `Gate` to everything inside it."""

    def __init__(
        self, app: ASGIApp, gate: Gate, source: str = "live", policy: str | None = None
    ) -> None:
        """`source` is told in a header of every answer, unless it is live."""
        self._app = app
        self._gate = gate
        self._source = source
        self._always = {"Content-Security-Policy": policy or content_policy(), **_HEADERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        send = self._dressed(scope, headers, send)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            early = self._admit(scope, headers)
            if early is None:
                receive = await self._whole_body(scope, headers, receive)
        except NautScanError as error:
            early = answer(error)
        if early is not None:
            await early(scope, receive, send)
            return
        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 (the last resort: answer in the one shape)
            # With an answer begun, the application has logged and answered it already.
            if not started:
                await answer(unexpected(error))(scope, receive, send)

    def _admit(self, scope: Scope, headers: Headers) -> Response | None:
        """None to go on; a response that ends it here; or an error."""
        self._gate.check_host(headers.get("host"))
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            return self._preflight(headers)
        if scope["method"] not in _SAFE_METHODS:
            self._gate.check_origin(headers)
        if self._gate.token is None:
            return None
        in_query = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token")
        if in_query is not None and self._gate.token_fits(in_query):
            return self._remember(scope, headers)
        if self._gate.token_fits(_bearer(headers)) or self._gate.token_fits(_cookie(headers)):
            return None
        if scope["method"] == "GET" and _is_page(scope, headers):
            return HTMLResponse(_SIGN_IN, status_code=401)
        raise Unauthorized(
            "This server asks for a token",
            remedy="Send Authorization: Bearer with the token printed at start, "
            "or open the page with ?token= once.",
        )

    def _preflight(self, headers: Headers) -> Response:
        origin = headers.get("origin", "")
        if origin.rstrip("/").lower() not in self._gate.origins:
            raise _foreign(origin or "another site")
        allowed = {
            "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": "600",
        }
        return Response(status_code=204, headers=allowed)

    def _remember(self, scope: Scope, headers: Headers) -> Response | None:
        """Move a token from the address to a cookie, so that it is not bookmarked or shared."""
        if not _is_page(scope, headers):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        # One leading slash only: "//host" would leave this server.
        path = "/" + scope["path"].lstrip("/")
        response = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
        response.set_cookie(
            COOKIE,
            self._gate.token or "",
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="strict",
            secure=scope["scheme"] == "https",
        )
        return response

    async def _whole_body(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """Take in the body up to the cap, before anything looks at it."""
        if scope["method"] in _SAFE_METHODS or (scope["method"], scope["path"]) in STREAMED:
            return receive
        stated = headers.get("content-length", "0")
        if stated.isdigit() and int(stated) > self._gate.max_body:
            raise self._too_large()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._collected(receive)
        except TimeoutError as error:
            raise BadRequest(
                f"The body did not arrive within {BODY_SECONDS:.0f} seconds",
                remedy="Send it again.",
            ) from error
        delivered = False

        async def replay() -> Message:
            nonlocal delivered
            if delivered:
                return await receive()
            delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        return replay

    async def _collected(self, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BadRequest("The connection ended within the body", remedy="Send it again.")
            body += message.get("body", b"")
            if len(body) > self._gate.max_body:
                raise self._too_large()
            if not message.get("more_body", False):
                return bytes(body)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The body is larger than {self._gate.max_body} bytes",
            remedy="Send less, or raise NAUTSCAN_MAX_REQUEST_BYTES.",
        )

    def _dressed(self, scope: Scope, request: Headers, send: Send) -> Send:
        """Add the headers that every answer carries."""
        path = scope["path"]
        # Where a route has asked another source than the server's own, it says so here.
        state = scope.setdefault("state", {})
        origin = request.get("origin", "")
        shared = origin.rstrip("/").lower() in self._gate.origins

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._always.items():
                    headers.setdefault(name, value)
                if path.startswith("/api"):
                    headers.setdefault("Cache-Control", "no-store")
                source = state.get("nautscan_source", self._source)
                if source != "live":
                    headers["X-NautScan-Source"] = source
                if self._gate.origins:
                    headers.add_vary_header("Origin")
                if shared:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Allow-Credentials"] = "true"
                    headers["Access-Control-Expose-Headers"] = "X-NautScan-Source"
                headers.setdefault(
                    "Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin"
                )
            await send(message)

        return dressed

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            self._gate.check_host(headers.get("host"))
            self._gate.check_origin(headers)
            in_query = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token")
            if not any(
                self._gate.token_fits(given)
                for given in (_bearer(headers), _cookie(headers), in_query)
            ):
                raise Unauthorized(
                    "This server asks for a token",
                    remedy="Send it as bearer, cookie, or ?token=.",
                )
        except NautScanError as error:
            await receive()  # websocket.connect
            await answer(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _bearer(headers: Headers) -> str | None:
    kind, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" and value else None


def _cookie(headers: Headers) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None else None


def _is_page(scope: Scope, headers: Headers) -> bool:
    """Whether a person looks at the answer in a browser."""
    path = scope["path"]
    return not path.startswith("/api") and "text/html" in headers.get("accept", "")
