"""The read-only client against real HTTP servers: versions, refusals, streams that break, TLS."""

from __future__ import annotations

import contextlib
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from nautscan.identity.client import EngineClient, agree_on_version
from nautscan.identity.endpoint import Endpoint, find_endpoint
from nautscan.identity.trouble import EngineUnavailable, NoSuchObject, Trouble

Handler = Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]


async def version(_: web.Request) -> web.Response:
    return web.json_response({"Version": "28.0", "ApiVersion": "1.48", "MinAPIVersion": "1.24"})


@contextlib.asynccontextmanager
async def engine_that(
    tmp_path: Path, routes: Mapping[str, Handler], tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """A server with these routes, on a Unix socket, or on TCP with TLS; yields DOCKER_HOST."""
    app = web.Application()
    for path, handler in routes.items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app)
    await runner.setup()
    socket = tmp_path / "d.sock"
    site: web.BaseSite
    if tls is None:
        site = web.UnixSite(runner, str(socket))
    else:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"unix://{socket}" if tls is None else f"tcp://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def client_of(host: str, **environment: str) -> AsyncIterator[EngineClient]:
    async with EngineClient(find_endpoint(host, environment)) as client:
        yield client


@pytest.mark.parametrize(
    ("newest", "oldest", "spoken"),
    [
        ("1.41", "1.12", "1.41"),
        ("1.51", "1.24", "1.51"),
        ("1.99", "1.44", "1.51"),
        ("1.99", "1.60", "1.60"),
        ("1.9", "1.1", "1.9"),
        ("", "", "1.51"),
    ],
)
def test_the_newest_version_that_both_know(newest: str, oldest: str, spoken: str) -> None:
    assert agree_on_version(newest, oldest) == spoken


async def test_requests_after_connecting_carry_the_agreed_version(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    async def containers(request: web.Request) -> web.Response:
        asked.append((request.method, request.path_qs))
        return web.json_response([{"Id": "x"}, "odd"])

    routes = {"/version": version, "/v1.48/containers/json": containers}
    async with engine_that(tmp_path, routes) as host, client_of(host) as client:
        await client.connect()
        assert (client.engine_version, client.api_version) == ("28.0", "1.48")
        assert await client.containers() == [{"Id": "x"}]
    assert asked == [("GET", "/v1.48/containers/json?all=true")]


async def test_a_missing_object_is_an_answer(tmp_path: Path) -> None:
    async def missing(_: web.Request) -> web.Response:
        return web.json_response({"message": "No such container: x"}, status=404)

    async with (
        engine_that(tmp_path, {"/containers/x/json": missing}) as host,
        client_of(host) as client,
    ):
        with pytest.raises(NoSuchObject, match="No such container: x"):
            await client.container("x")


@pytest.mark.parametrize(
    ("status", "trouble"), [(403, Trouble.NO_PERMISSION), (500, Trouble.UNREACHABLE)]
)
async def test_a_refusal_tells_what_the_engine_said(
    status: int, trouble: Trouble, tmp_path: Path
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"message": "not today"}, status=status)

    async with engine_that(tmp_path, {"/version": refuse}) as host, client_of(host) as client:
        with pytest.raises(EngineUnavailable, match="not today") as refused:
            await client.connect()
    assert refused.value.trouble is trouble
    assert refused.value.remedy


@pytest.mark.parametrize("body", ["<html>", "[1]", ""])
async def test_an_answer_that_is_no_document_is_trouble(body: str, tmp_path: Path) -> None:
    async def chatter(_: web.Request) -> web.Response:
        return web.Response(text=body)

    async with engine_that(tmp_path, {"/version": chatter}) as host, client_of(host) as client:
        if body == "[1]":
            await client.connect()
            assert client.engine_version is None
            return
        with pytest.raises(EngineUnavailable, match="not JSON"):
            await client.connect()


async def test_events_arrive_whole_after_the_news_that_the_stream_is_open(tmp_path: Path) -> None:
    async def two_events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        assert request.query["since"] == "12.000000034"
        await response.write(b'{"Type":"container","Ac')
        await response.write(b'tion":"start"}\n{"Type":"network"}\n\n')
        return response

    async with engine_that(tmp_path, {"/events": two_events}) as host, client_of(host) as client:
        stream = client.events({"type": ["container"]}, 12_000_000_034)
        seen = [event async for event in stream]
    assert seen == [{}, {"Type": "container", "Action": "start"}, {"Type": "network"}]


@pytest.mark.parametrize("rest", [b"not json\n", b"[]\n", b'{"a":"' + b"x" * (3 << 20) + b'"}\n'])
async def test_an_event_that_cannot_be_read_is_trouble_not_a_crash(
    rest: bytes, tmp_path: Path
) -> None:
    async def nonsense(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(rest)
        return response

    async with engine_that(tmp_path, {"/events": nonsense}) as host, client_of(host) as client:
        with pytest.raises(EngineUnavailable):
            _ = [event async for event in client.events({})]


async def test_tls_with_the_right_authority_and_without(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates of this test")
    server, trusted = make_certificates(tmp_path)
    async with engine_that(tmp_path, {"/version": version}, server) as host:
        environment = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(trusted)}
        async with client_of(host, **environment) as client:
            await client.connect()
            assert client.engine_version == "28.0"
        (tmp_path / "empty").mkdir()
        environment["DOCKER_CERT_PATH"] = str(tmp_path / "empty")
        async with client_of(host, **environment) as client:
            with pytest.raises(EngineUnavailable, match="TLS with the container engine") as refused:
                await client.connect()
    assert "DOCKER_CERT_PATH" in refused.value.remedy


def make_certificates(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server context that demands a client certificate, and the client's DOCKER_CERT_PATH."""
    certificates = folder / "certificates"
    certificates.mkdir()
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        "-keyout", "key.pem", "-out", "cert.pem",
    ]  # fmt: skip
    subprocess.run(command, cwd=certificates, check=True, capture_output=True)
    shutil.copy(certificates / "cert.pem", certificates / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context, certificates


def test_a_client_outside_its_context_is_our_own_mistake() -> None:
    with pytest.raises(RuntimeError, match="outside of its context"):
        EngineClient(Endpoint("unix", "/x"))._get("/version", {})
