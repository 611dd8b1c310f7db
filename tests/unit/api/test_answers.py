"""What the answers hold, over a real server."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
import websockets
from pydantic import BaseModel
from websockets.asyncio.client import ClientConnection, connect

from nautscan.api import models, models_analysis, settings
from nautscan.api.page import Site
from tests.unit.api.conftest import TOKEN, Serve, Server
from tests.unit.service.world import ORDERS
from tests.unit.support import rows


def now_rows(count: int = 5, **values: str) -> Any:
    moment = f"make_timestamp_ns({time.time_ns()} - n * 1000000)"
    return rows("requests", f"range({count}) t(n)", flow_id="n", time=moment, **values)


async def filled(server: Server, count: int = 5, **values: str) -> None:
    server.world.sensor.send("requests", now_rows(count, **values))
    await server.world.stored(count)


async def test_answers_have_the_documented_shapes(server: Server) -> None:
    await filled(
        server, status="500", duration_ns="n * 1000", request_headers="[{'name':'a','value':'b'}]"
    )
    server.world.sensor.send("flows", rows("flows", "range(2) t(n)", flow_id="n"))
    stats = rows("stats", stage="'capture'", name="'received'", value="7")
    server.world.sensor.send("stats", stats)
    await server.world.stored(8)
    first = (await server.http.get("/api/requests?limit=1")).json()["requests"][0]["id"]
    cases: list[tuple[str, type[BaseModel]]] = [
        ("/api/requests", models.RequestList),
        (f"/api/requests/{first}", models.RequestDetail),
        ("/api/flows", models.FlowList),
        ("/api/containers", models.ContainerList),
        (f"/api/containers/{ORDERS}", models.ContainerAnswer),
        ("/api/containers/orders/requests?limit=3", models.RequestList),
        ("/api/map", models_analysis.WorkloadMap),
        ("/api/timeseries?from=-60s&bucket=5s", models_analysis.TimeSeries),
        ("/api/timeseries?from=-60s&by=server&top=3", models_analysis.TimeSeries),
        ("/api/top?by=endpoint", models_analysis.TopList),
        ("/api/top?by=outside&table=flows", models_analysis.TopList),
        ("/api/compare?from=-60s", models_analysis.Comparison),
        ("/api/coverage?from=-60s", models_analysis.Coverage),
        ("/api/settings", settings.SettingList),
        ("/api/health", models.Health),
        ("/api/columns?table=flows", models.ColumnList),
        ("/api/filter/check?filter=x", models.FilterCheck),
        ("/api/filter/values?column=status", models.FilterValues),
        ("/api/source", models.SourceFacts),
        ("/api/packets/interfaces", models.InterfaceList),
        ("/api/packets/status", models.CaptureStatus),
        ("/api/packets/recent?limit=2", models.PacketList),
        ("/api/packets/1", models.PacketDetail),
    ]
    for path, model in cases:
        response = await server.http.get(path)
        assert response.status_code == 200, (path, response.text)
        model.model_validate_json(response.content)
        assert response.headers["cache-control"] == "no-store"
    assert len((await server.http.get("/api/requests")).json()["requests"]) == 5


async def test_every_page_of_a_filtered_list(server: Server) -> None:
    await filled(server, 25, status="200 + n % 2", host="'shop'")
    seen: list[int] = []
    cursor = ""
    for _ in range(10):
        params = {"filter": "status = 201 shop", "limit": "5"}
        if cursor:
            params["cursor"] = cursor
        answer = (await server.http.get("/api/requests", params=params)).json()
        seen += [row["flow_id"] for row in answer["requests"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert seen == list(range(1, 25, 2))


async def test_spans_as_people_write_them(server: Server) -> None:
    await filled(server)
    for from_ in (
        "-15m",
        str(int(time.time()) - 60),
        "2020-01-01T00:00:00.000000001+02:00",
        "2020-01-01",
    ):
        answer = (await server.http.get("/api/requests", params={"from": from_})).json()
        assert len(answer["requests"]) == 5
    answer = (await server.http.get("/api/requests", params={"to": "-1h"})).json()
    assert answer["requests"] == []


async def test_capture_control(server: Server) -> None:
    started = await server.http.post(
        "/api/packets/start",
        json={"interface": "br-1", "filter": "tcp port 80", "promiscuous": True},
    )
    assert started.status_code == 200, started.text
    assert started.json()["running"] is True
    op, params = server.world.sensor.asked[-1]
    assert op == "start"
    assert params == {
        "interfaces": ["br-1"],
        "places": {},
        "filter": "tcp port 80",
        "promiscuous": True,
    }
    stopped = await server.http.post("/api/packets/stop")
    assert stopped.json()["running"] is False

    unknown = await server.http.post("/api/packets/start", json={"interface": "eth99"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_interface")
    both = await server.http.post(
        "/api/packets/start", json={"interface": "a", "interfaces": ["b"]}
    )
    assert both.status_code == 400
    bad = await server.http.post("/api/packets/check-filter", json={"filter": "nonsense"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (422, "bad_filter")


async def test_packets_as_a_file(server: Server) -> None:
    response = await server.http.get("/api/packets/export?ids=1,2")
    assert response.headers["content-type"] == "application/x-pcapng"
    assert response.content.startswith(b"\x0a\x0d\x0d\x0a")
    assert server.world.sensor.asked[-1] == ("export", {"ids": [1, 2]})


async def test_metrics_are_prometheus_text(server: Server) -> None:
    stats = rows("stats", interface="'br\"1'", stage="'capture'", name="'received'", value="7")
    server.world.sensor.send("stats", stats)
    await server.world.stored(1)
    text = (await server.http.get("/metrics")).text
    line = (
        'nautscan_stage_total{sensor="local",interface="br\\"1",stage="capture",name="received"} 7'
    )
    assert line in text.splitlines()
    declared = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    used = {line.split("{")[0].split()[0] for line in text.splitlines() if line[:1] not in "#"}
    assert used <= declared


async def test_the_page(server: Server) -> None:
    page = await server.http.get("/")
    assert "<title>page</title>" in page.text
    assert page.headers["cache-control"] == "no-cache"
    again = await server.http.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    assert "<title>page</title>" in (await server.http.get("/containers/orders")).text
    asset = await server.http.get("/assets/app-1a2b.js")
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-type"].startswith("text/javascript")
    for path in ("/assets/other.js", "/api/x", "/..%2f..%2fetc/shadow.bak"):
        assert (await server.http.get(path)).status_code == 404
    for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"):
        assert "root:" not in (await server.http.get(path)).text


def test_a_page_that_is_not_built_says_how(tmp_path: Any) -> None:
    assert b"make build" in Site.load(tmp_path).files["index.html"].content
    (tmp_path / "index.html").write_text("built")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.css").write_text("a{}")
    built = Site.load(tmp_path)
    assert sorted(built.files) == ["assets/a.css", "index.html"]
    assert built.files["assets/a.css"].immutable


def live(server: Server, query: str = "", **options: Any) -> connect:
    return connect(f"ws://127.0.0.1:{server.port}/api/live{query}", **options)


async def received(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of a kind."""
    async with asyncio.timeout(10):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] == kind:
                return message


async def test_live_rows_with_a_filter(server: Server) -> None:
    async with live(server, "?table=requests&filter=status+%3E%3D+500") as socket:
        hello = json.loads(await socket.recv())
        models.LiveHello.model_validate(hello)
        assert hello["filter"] == "status >= 500"
        await filled(server, 4, status="CASE WHEN n = 2 THEN 503 ELSE 200 END")
        found = await received(socket, "rows")
        models.LiveRequests.model_validate(found)
        assert [row["status"] for row in found["rows"]] == [503]
        models.LiveHealthMessage.model_validate(await received(socket, "health"))

        await socket.send(
            json.dumps({"type": "subscribe", "table": "flows", "filter": "nonsense >"})
        )
        assert (await received(socket, "error"))["error"]["code"] == "bad_query"
        await socket.send("{")
        assert (await received(socket, "error"))["error"]["code"] == "bad_request"
        await socket.send(json.dumps({"type": "subscribe", "table": "flows"}))
        assert (await received(socket, "hello"))["table"] == "flows"
        server.world.sensor.send("flows", rows("flows"))
        models.LiveFlows.model_validate(await received(socket, "rows"))
    async with asyncio.timeout(10):
        while server.world.service.live.counters()["subscribers"]:  # noqa: ASYNC110 (a test waits)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("query", ["?filter=statsu%3E1", "?table=passwords"])
async def test_a_live_filter_that_is_wrong_is_said_and_the_socket_closed(
    server: Server, query: str
) -> None:
    async with live(server, query) as socket:
        message = json.loads(await socket.recv())
        models.LiveError.model_validate(message)
        with pytest.raises(websockets.ConnectionClosed) as caught:
            await socket.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1008


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_a_foreign_page_gets_no_live_rows(server: Server, headers: dict[str, str]) -> None:
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with live(server, additional_headers=headers):
            pass
    assert caught.value.response.status_code == 403
    assert server.world.service.live.counters()["subscribers"] == 0


async def test_live_with_a_token(serve: Serve) -> None:
    server = await serve(token=TOKEN, cors_origins=("http://front.example:3000",))
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with live(server, "?token=wrong"):
            pass
    assert caught.value.response.status_code == 401
    ways: list[tuple[str, dict[str, str]]] = [
        (f"?token={TOKEN}", {"Origin": "http://front.example:3000"}),
        ("", {"Authorization": f"Bearer {TOKEN}"}),
        ("", {"Cookie": f"nautscan_token={TOKEN}"}),
    ]
    for query, headers in ways:
        async with live(server, query, additional_headers=headers) as socket:
            assert json.loads(await socket.recv())["type"] == "hello"


async def test_without_a_sensor_everything_else_answers(server: Server) -> None:
    server.world.sensor.leave("not there")
    await filled(server)
    assert len((await server.http.get("/api/requests")).json()["requests"]) == 5
    await asyncio.sleep(0.6)
    health = (await server.http.get("/api/health")).json()
    assert health["status"] == "no_capture"
    assert health["reasons"][0]["remedy"]
