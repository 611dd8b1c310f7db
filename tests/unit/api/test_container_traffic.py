"""What one container does: endpoints, peers, addresses, over a real server."""

from __future__ import annotations

import time

from nautscan.api import models
from nautscan.store.times import SECOND, format_time
from tests.unit.api.conftest import Server
from tests.unit.service.world import ORDERS, WEB
from tests.unit.support import START, rows


async def filled(server: Server) -> None:
    """Six requests from web to orders: four of a list, two that fail."""
    now = time.time_ns()
    server.world.sensor.send(
        "requests",
        rows(
            "requests",
            "range(6) t(n)",
            flow_id="n",
            time=f"make_timestamp_ns({now} - n * 1000000)",
            client_ip="'10.0.0.1'",
            server_ip="'10.0.0.2'",
            method="CASE WHEN n < 4 THEN 'GET' ELSE 'POST' END",
            target="CASE WHEN n < 4 THEN '/orders?page=' || n ELSE '/orders' END",
            status="CASE WHEN n < 4 THEN 200 ELSE 503 END",
            duration_ns="(n + 1) * 1000000",
        ),
    )
    await server.world.stored(6)


async def test_endpoints_are_counted_without_their_query(server: Server) -> None:
    await filled(server)
    response = await server.http.get("/api/containers/orders/traffic")
    answer = models.ContainerTrafficAnswer.model_validate_json(response.content)
    assert answer.id == ORDERS
    assert [(e.method, e.path, e.requests, e.errors) for e in answer.endpoints] == [
        ("GET", "/orders", 4, 0),
        ("POST", "/orders", 2, 2),
    ]
    assert answer.endpoints[0].p50_ns == 2_000_000
    assert answer.endpoints[0].p99_ns == 4_000_000


async def test_a_question_mark_in_a_statement_begins_no_query(server: Server) -> None:
    now = f"make_timestamp_ns({time.time_ns()})"
    sent = rows(
        "requests",
        "range(3) t(n)",
        flow_id="n",
        time=now,
        method="'SELECT'",
        target="'SELECT a FROM t WHERE b = ? ' || CASE WHEN n = 0 THEN 'AND c' ELSE 'OR c' END",
    )
    server.world.sensor.send("requests", sent)
    await server.world.stored(3)
    found = (await server.http.get("/api/containers/orders/traffic")).json()["endpoints"]
    assert [(e["path"], e["requests"]) for e in found] == [
        ("SELECT a FROM t WHERE b = ? OR c", 2),
        ("SELECT a FROM t WHERE b = ? AND c", 1),
    ]
    top = (await server.http.get("/api/top", params={"by": "endpoint"})).json()["groups"]
    assert [group["label"] for group in top] == [f"orders {e['path']}" for e in found]
    rest = {"filter": top[0]["filter"]}
    assert len((await server.http.get("/api/requests", params=rest)).json()["requests"]) == 2


async def test_peers_are_told_with_their_direction(server: Server) -> None:
    await filled(server)
    asked = (await server.http.get("/api/containers/orders/traffic")).json()["peers"]
    assert [(p["direction"], p["name"], p["container_id"], p["requests"]) for p in asked] == [
        ("in", "web", WEB, 6)
    ]
    asking = (await server.http.get("/api/containers/web/traffic")).json()
    assert [(p["direction"], p["name"], p["errors"]) for p in asking["peers"]] == [
        ("out", "orders", 2)
    ]
    assert asking["endpoints"] == []


async def test_a_filter_narrows_what_a_container_shows(server: Server) -> None:
    await filled(server)
    failed = {"filter": "status >= 500"}
    listed = (await server.http.get("/api/containers", params=failed)).json()["containers"]
    shown = {c["service"]: (c["requests"], c["errors"], c["requests_out"]) for c in listed}
    assert shown == {"orders": (2, 2, 0), "web": (0, 0, 2)}
    one = (await server.http.get("/api/containers/orders", params=failed)).json()["container"]
    assert (one["requests"], one["p50_ns"]) == (2, 5_000_000)
    traffic = (await server.http.get("/api/containers/orders/traffic", params=failed)).json()
    assert [(e["method"], e["requests"]) for e in traffic["endpoints"]] == [("POST", 2)]
    assert [(p["name"], p["requests"]) for p in traffic["peers"]] == [("web", 2)]
    for name in ("orders", "web"):
        last = (await server.http.get(f"/api/containers/{name}/requests", params=failed)).json()
        assert [row["status"] for row in last["requests"]] == [503, 503]
    other = {"filter": "status = 404"}
    assert (await server.http.get("/api/containers/web/requests", params=other)).json()[
        "requests"
    ] == []


async def test_a_wrong_filter_is_named_in_every_question_about_containers(server: Server) -> None:
    for path in ("", "/web", "/web/traffic", "/web/requests"):
        response = await server.http.get(f"/api/containers{path}", params={"filter": "staus = 1"})
        assert (response.status_code, response.json()["error"]["code"]) == (422, "bad_query"), path


async def test_addresses_are_told_since_when(server: Server) -> None:
    answer = (await server.http.get("/api/containers/orders/traffic")).json()
    assert [(a["ip"], a["network"], a["until"]) for a in answer["addresses"]] == [
        ("10.0.0.2", "shop_default", None)
    ]


async def test_a_container_that_nobody_knows_has_no_traffic(server: Server) -> None:
    response = await server.http.get("/api/containers/nobody/traffic")
    assert response.status_code == 404


async def test_a_window_in_the_past_tells_of_that_time(server: Server) -> None:
    """All of it follows `from` and `to`: containers, figures, endpoints, requests, addresses."""
    await filled(server)
    before = {"from": format_time(START + SECOND), "to": format_time(START + 61 * SECOND)}
    answer = (await server.http.get("/api/containers", params=before)).json()
    models.ContainerList.model_validate(answer)
    assert (answer["from"], answer["to"], answer["seconds"]) == (*before.values(), 60)
    assert {c["service"]: c["requests"] for c in answer["containers"]} == {"orders": 0, "web": 0}
    traffic = (await server.http.get("/api/containers/orders/traffic", params=before)).json()
    assert (traffic["endpoints"], traffic["peers"]) == ([], [])
    assert [a["ip"] for a in traffic["addresses"]] == ["10.0.0.2"]
    last = (await server.http.get("/api/containers/orders/requests", params=before)).json()
    assert last["requests"] == []

    around = {"from": "-1m", "to": "now"}
    listed = (await server.http.get("/api/containers", params=around)).json()["containers"]
    assert listed[0]["requests"] == 6
    last = (await server.http.get("/api/containers/orders/requests", params=around)).json()
    assert len(last["requests"]) == 6


async def test_before_a_container_had_an_address_it_was_not_there(server: Server) -> None:
    long_ago = {"from": format_time(START - 99 * SECOND), "to": format_time(START - 9 * SECOND)}
    answer = (await server.http.get("/api/containers", params=long_ago)).json()
    assert answer["containers"] == []
    traffic = (await server.http.get("/api/containers/web/traffic", params=long_ago)).json()
    assert traffic["addresses"] == []


async def test_a_window_is_written_in_one_way(server: Server) -> None:
    for path in ("", "/web", "/web/traffic", "/web/requests"):
        both = {"seconds": "60", "from": "-1m"}
        response = await server.http.get(f"/api/containers{path}", params=both)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")
        turned = {"from": "-1m", "to": "-2m"}
        assert (await server.http.get(f"/api/containers{path}", params=turned)).status_code == 400
