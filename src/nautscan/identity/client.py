"""The Docker Engine API, read only: every request is a GET.

aiohttp rather than a Docker library: five GETs and one stream of JSON lines are needed, and
aiohttp speaks Unix sockets, named pipes and TLS by itself. aiodocker would add a dependency
that pins the API version and covers writing, which must not happen here.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401  (needed by name resolution; must be loaded before rights drop)
import json
from collections.abc import AsyncIterator, Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.http import HttpProcessingError

from nautscan.identity.endpoint import Endpoint
from nautscan.identity.trouble import EngineUnavailable, NoSuchObject, Trouble, explain, refusal

NEWEST_KNOWN_API = (1, 51)
"""The newest version whose documents were checked against the parsers here."""

ANSWER_TIMEOUT_S = 10.0
"""An engine that takes longer to answer a GET counts as unreachable."""

MAX_DOCUMENT = 16 << 20
"""Bytes of one answer. A list of 1,000 containers is about 1.5 MB."""

MAX_EVENT = 1 << 20
"""Bytes of one event line; labels are the bulk of it."""

Document = dict[str, Any]

_FAILURES = (aiohttp.ClientError, OSError, TimeoutError)


class EngineClient:
    """Asks one engine. Use as an async context manager; `connect` negotiates the version."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._session: aiohttp.ClientSession | None = None
        self._prefix = ""
        self.engine_version: str | None = None
        self.api_version: str | None = None
        self.engine_time_ns: int | None = None
        """The engine's own clock when it answered first, rounded down to a second."""

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)
        self._session = aiohttp.ClientSession(
            connector=_connector(self._endpoint), timeout=timeout, read_bufsize=MAX_EVENT
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def connect(self) -> None:
        """Ask for the engine's version and agree on one of the API."""
        version = await self._document("/version")
        self.engine_version = str(version.get("Version", "")) or None
        self.api_version = agree_on_version(
            str(version.get("ApiVersion", "")), str(version.get("MinAPIVersion", ""))
        )
        self._prefix = f"/v{self.api_version}"

    async def ping(self) -> None:
        """Raise `EngineUnavailable` where the engine does not answer."""
        try:
            async with self._get("/_ping", {}) as response:
                await self._check(response)
        except _FAILURES as error:
            raise explain(self._endpoint, error) from error

    async def containers(self) -> list[Document]:
        """Every container, those that do not run included, in short form."""
        return await self._list("/containers/json", {"all": "true"})

    async def container(self, container_id: str) -> Document:
        """Everything about one container. Raises `NoSuchObject`."""
        return await self._document(f"/containers/{container_id}/json")

    async def networks(self) -> list[Document]:
        """Every network."""
        return await self._list("/networks", {})

    async def network(self, network_id: str) -> Document:
        """One network with the endpoints on it. Raises `NoSuchObject`."""
        return await self._document(f"/networks/{network_id}")

    async def events(
        self, filters: Mapping[str, list[str]], since_ns: int | None = None
    ) -> AsyncIterator[Document]:
        """The engine's events from now on, or from `since_ns` as far as it remembers.

        The first item comes when the stream is open: an empty document. So a caller knows
        when it may list without missing anything.
        """
        parameters = {"filters": json.dumps(filters)}
        if since_ns is not None:
            seconds, nanoseconds = divmod(since_ns, 1_000_000_000)
            parameters["since"] = f"{seconds}.{nanoseconds:09d}"
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=ANSWER_TIMEOUT_S)
        try:
            async with self._get("/events", parameters, timeout=timeout) as response:
                await self._check(response)
                yield {}
                async for line in response.content:
                    if line.strip():
                        yield _parse(line)
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError) as error:
            raise self.stream_ended() from error
        except (*_FAILURES, HttpProcessingError) as error:  # the latter: a line over the cap
            raise explain(self._endpoint, error) from error

    def stream_ended(self) -> EngineUnavailable:
        """What it means when the engine ends the event stream by itself."""
        return EngineUnavailable(
            Trouble.UNREACHABLE,
            f"The container engine at {self._endpoint} closed the connection.",
            "It is probably being stopped or restarted. NautScan reconnects by itself.",
        )

    async def _list(self, path: str, parameters: Mapping[str, str]) -> list[Document]:
        answer = await self._answer(path, parameters)
        return [item for item in answer or () if isinstance(item, dict)]

    async def _document(self, path: str) -> Document:
        answer = await self._answer(path, {})
        return answer if isinstance(answer, dict) else {}

    async def _answer(self, path: str, parameters: Mapping[str, str]) -> Any:
        try:
            async with self._get(path, parameters) as response:
                await self._check(response)
                self.engine_time_ns = self.engine_time_ns or _date_ns(response)
                return _parse_any(await _read_capped(response))
        except _FAILURES as error:
            raise explain(self._endpoint, error) from error

    def _get(
        self, path: str, parameters: Mapping[str, str], **options: Any
    ) -> aiohttp.client._RequestContextManager:
        if self._session is None:
            raise RuntimeError("EngineClient is used outside of its context")
        url = f"{self._endpoint.base_url}{self._prefix}{path}"
        return self._session.get(url, params=parameters, allow_redirects=False, **options)

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        if response.status == 200:
            return
        answer = await _read_capped(response)
        said = _parse_or_nothing(answer)
        message = str(said.get("message") or response.reason or "no explanation")
        if response.status == 404:
            raise NoSuchObject(message)
        raise refusal(self._endpoint, response.status, message)


def agree_on_version(newest: str, oldest: str) -> str:
    """The API version to speak with an engine that speaks `oldest` to `newest`.

    The newest both sides know. An engine whose oldest is newer than ours is asked in its oldest:
    the fields read here have been stable since 1.24, and each is checked when it is read.
    """
    engine_newest = _version(newest) or NEWEST_KNOWN_API
    engine_oldest = _version(oldest) or (0, 0)
    major, minor = max(min(engine_newest, NEWEST_KNOWN_API), engine_oldest)
    return f"{major}.{minor}"


def _date_ns(response: aiohttp.ClientResponse) -> int | None:
    try:
        return int(parsedate_to_datetime(response.headers["Date"]).timestamp()) * 1_000_000_000
    except (KeyError, ValueError):
        return None


def _version(text: str) -> tuple[int, int] | None:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None


def _connector(endpoint: Endpoint) -> aiohttp.BaseConnector:
    if endpoint.scheme == "unix":
        return aiohttp.UnixConnector(endpoint.address)
    if endpoint.scheme == "npipe":
        return aiohttp.NamedPipeConnector(endpoint.address)
    return aiohttp.TCPConnector(ssl=endpoint.tls or True)


async def _read_capped(response: aiohttp.ClientResponse) -> bytes:
    pieces, size = [], 0
    async for piece in response.content.iter_chunked(1 << 16):
        size += len(piece)
        if size > MAX_DOCUMENT:
            raise aiohttp.ClientPayloadError(f"an answer of more than {MAX_DOCUMENT} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _parse(text: bytes) -> Document:
    document = _parse_any(text)
    if not isinstance(document, dict):
        raise aiohttp.ClientPayloadError("an answer that is not a JSON object")
    return document


def _parse_any(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise aiohttp.ClientPayloadError(f"an answer that is not JSON: {error}") from error


def _parse_or_nothing(text: bytes) -> Document:
    try:
        return _parse(text)
    except aiohttp.ClientPayloadError:
        return {}
