"""Rules that hold for every route, whoever adds one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route, WebSocketRoute

from nautscan.api.app import create_app
from nautscan.api.models import ErrorAnswer
from nautscan.errors import CLASS_OF_CODE, STATUS_OF_CODE, NautScanError
from tests.unit.api.conftest import TOKEN, Serve, Server

DOCUMENTED = {
    ("GET", "/api/packets/interfaces"),
    ("POST", "/api/packets/start"),
    ("POST", "/api/packets/stop"),
    ("GET", "/api/packets/status"),
    ("GET", "/api/packets/recent"),
    ("GET", "/api/packets/export"),
    ("POST", "/api/packets/check-filter"),
    ("GET", "/api/packets/{packet_id}"),
    ("POST", "/api/captures"),
    ("GET", "/api/captures"),
    ("GET", "/api/captures/{capture_id}"),
    ("DELETE", "/api/captures/{capture_id}"),
    ("GET", "/api/flows/{flow_id}/stream"),
    ("GET", "/api/flows/{flow_id}/stream/{side}"),
    ("GET", "/api/containers"),
    ("GET", "/api/names"),
    ("GET", "/api/containers/{container}"),
    ("GET", "/api/containers/{container}/requests"),
    ("GET", "/api/containers/{container}/processes"),
    ("GET", "/api/processes"),
    ("GET", "/api/containers/{container}/traffic"),
    ("GET", "/api/requests"),
    ("GET", "/api/requests/{request_id}"),
    ("GET", "/api/flows"),
    ("GET", "/api/timeseries"),
    ("GET", "/api/map"),
    ("GET", "/api/top"),
    ("GET", "/api/compare"),
    ("GET", "/api/coverage"),
    ("GET", "/api/settings"),
    ("PATCH", "/api/settings"),
    ("GET", "/api/columns"),
    ("GET", "/api/filter/check"),
    ("GET", "/api/filter/values"),
    ("GET", "/api/health"),
    ("GET", "/api/doctor"),
    ("GET", "/api/source"),
    ("GET", "/metrics"),
}


def routes(app: Any) -> list[tuple[str, str]]:
    """Every (method, path) of the application, the page's and the documentation's included."""
    found = []
    for route in _flat(app.routes):
        if isinstance(route, Route) or hasattr(route, "methods"):
            path = re.sub(r"\{[^}]*\}", "1", route.path)
            found += [(method, path) for method in sorted(route.methods or {"GET"})]
    return found


def _flat(items: Any) -> list[Any]:
    result = []
    for item in items:
        nested = getattr(item, "routes", None)
        included = getattr(item, "original_router", None)
        if included is not None:
            result += _flat(included.routes)
        elif nested is not None:
            result += _flat(nested)
        else:
            result.append(item)
    return result


def assert_shape(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/json"
    error = ErrorAnswer.model_validate(response.json()).error
    assert error.code in STATUS_OF_CODE
    assert error.message
    assert error.remedy
    return dict(error)


async def test_no_route_answers_without_the_token(serve: Serve) -> None:
    server = await serve(token=TOKEN)
    everything = routes(server.app)
    assert len(everything) > 25
    for method, path in everything:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "nautscan_token=wrong"}):
            response = await server.http.request(method, path, headers=headers)
            assert response.status_code == 401, (method, path)
            if method != "HEAD":
                assert_shape(response)
            assert "www-authenticate" in response.headers
        query = await server.http.request(method, path, params={"token": "wrong"})
        assert query.status_code == 401


async def test_every_route_answers_with_the_token_and_never_with_500(serve: Serve) -> None:
    server = await serve(token=TOKEN)
    for method, path in routes(server.app):
        response = await server.http.request(
            method, path, headers={"Authorization": f"Bearer {TOKEN}"}, follow_redirects=False
        )
        assert response.status_code < 500, (method, path, response.text)
        if response.status_code >= 400 and method != "HEAD":
            assert_shape(response)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_every_websocket_asks_for_the_token(serve: Serve) -> None:
    server = await serve(token=TOKEN)
    sockets = [route for route in _flat(server.app.routes) if _is_websocket(route)]
    assert [route.path for route in sockets] == ["/api/live"]
    for route in sockets:
        response = await server.http.get(
            route.path,
            headers={
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            },
        )
        assert response.status_code == 401
        assert_shape(response)


def _is_websocket(route: Any) -> bool:
    return isinstance(route, WebSocketRoute) or type(route).__name__ == "APIWebSocketRoute"


async def test_errors_of_the_framework_have_the_shape(server: Server) -> None:
    cases = [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/missing.js", 404, "not_found"),
        ("DELETE", "/api/requests", 405, "method_not_allowed"),
        ("GET", "/api/packets/start", 400, "bad_request"),
        ("GET", "/api/requests?limit=0", 400, "bad_request"),
        ("GET", "/api/requests?limit=x", 400, "bad_request"),
        ("GET", "/api/requests/abc", 400, "bad_request"),
        ("GET", "/api/requests/99999999999999999999999", 404, "not_found"),
        ("GET", "/api/requests?order=sideways", 400, "bad_request"),
        ("GET", "/api/timeseries?table=passwords", 400, "bad_request"),
        ("GET", "/api/requests?filter=statsu>3", 422, "bad_query"),
        ("GET", "/api/containers/nobody", 404, "not_found"),
        ("GET", "/api/packets/99", 404, "not_found"),
        ("GET", "/api/packets/export?ids=1,x", 400, "bad_request"),
    ]
    for method, path, status, code in cases:
        response = await server.http.request(method, path)
        assert (response.status_code, assert_shape(response)["code"]) == (status, code), path
    for body in ("not json", "[]", '{"interface": 3}', '{"interfcae": "eth0"}', '{"snaplen": -1}'):
        response = await server.http.post(
            "/api/packets/start", content=body, headers={"Content-Type": "application/json"}
        )
        assert (response.status_code, assert_shape(response)["code"]) == (400, "bad_request"), body


async def test_a_fault_of_ours_is_logged_under_an_id_and_says_nothing_more(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("a secret of the inside")

    server.world.service.history.columns = broken  # type: ignore[assignment, method-assign]
    response = await server.http.get("/api/columns")
    assert response.status_code == 500
    error = assert_shape(response)
    assert error["code"] == "internal"
    assert "secret" not in response.text
    assert error["detail"]["id"] in caplog.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert (await server.http.get("/api/source")).status_code == 200


def test_the_document_is_complete_and_has_no_other_error_shape() -> None:
    document = create_app().openapi()
    found = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert found == DOCUMENTED
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    for references in re.findall(r'"#/components/schemas/(\w+)"', text):
        assert references in document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["responses"]["4XX"]["content"]["application/json"]["schema"] == {
                "$ref": "#/components/schemas/ErrorAnswer"
            }, path
            assert operation["description"], path
    assert {"LiveHello", "LiveRequests", "LiveSubscribe"} <= set(document["components"]["schemas"])


async def test_the_document_and_its_viewer_are_served_from_here(server: Server) -> None:
    assert (await server.http.get("/openapi.json")).json()["info"]["title"] == "NautScan"
    page = (await server.http.get("/docs")).text
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith("/docs/")
        asset = await server.http.get(address)
        assert asset.status_code == 200
        assert len(asset.content) > 50
    assert "http://" not in page
    assert "https://" not in page


def test_every_error_class_is_known_by_its_code() -> None:
    for code, kind in CLASS_OF_CODE.items():
        error = kind("what", remedy="do", detail={"a": 1})
        again = NautScanError.from_dict(error.as_dict())
        assert type(again) is kind
        assert (again.code, again.status, again.message) == (code, STATUS_OF_CODE[code], "what")
        assert (again.remedy, again.detail) == ("do", {"a": 1})


def test_sources_do_not_name_a_cdn() -> None:
    folder = Path(__file__).parents[3] / "src" / "nautscan" / "api"
    for path in folder.glob("*.py"):
        assert not re.search(r"cdn|unpkg|jsdelivr\.", path.read_text().replace("a CDN", "")), path
