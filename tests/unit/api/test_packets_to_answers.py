"""From packets to answers: the real engine, join, store and API, held against the generator."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from pathlib import Path

import httpx

from nautscan import _engine
from nautscan.api import models
from nautscan.demo import generate
from nautscan.demo.identity import fill
from nautscan.demo.ledger import Exchange
from nautscan.identity import Directory
from nautscan.store.times import parse_time
from tests.unit.api.conftest import serving

SECONDS = 20.0


def read_into(sent: asyncio.Queue[tuple[str, *tuple[bytes, ...]]], capture: Path) -> Counter[str]:
    """Send every batch that the engine makes of a capture, as the sensor would; rows by table."""
    reader = _engine.Reader([str(capture)], body_limit=4096)
    rows = Counter[str]()
    while (item := reader.next()) is not None:
        table, batch = item
        sent.put_nowait((table, batch.to_ipc()))
        rows[table] += batch.num_rows
    return rows


async def every_request(http: httpx.AsyncClient) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    cursor = ""
    while True:
        answer = (
            await http.get(f"/api/requests?limit=100&from=-1h{cursor and '&cursor=' + cursor}")
        ).json()
        found += answer["requests"]
        if answer["next"] is None:
            return found
        cursor = answer["next"]


async def test_every_request_is_found_under_its_containers(tmp_path: Path) -> None:
    capture, account = tmp_path / "demo.pcap", list[Exchange]()
    start = time.time_ns() - int((SECONDS + 60) * 1e9)
    with capture.open("wb") as stream:
        generate.write(stream, 7, SECONDS, start, account.append)
    shop = Directory()
    fill(shop)
    owner = {ip: w.service for w in shop.workloads() for a in w.networks for ip in a.addresses}

    async with serving(tmp_path, None, {"source": "demo", "known": shop}) as server:
        sent = read_into(server.world.sensor.sent, capture)
        assert sent["requests"] == len(account) > 50
        await server.world.stored(sent.total())

        found = await every_request(server.http)
        assert Counter(
            (parse_time(str(row["time"]), 0), row["client_ip"], row["target"], row["status"],
             row["duration_ns"], row["client"], row["server"])
            for row in found
        ) == Counter(
            (e.time, e.client_ip, e.target, e.status, e.duration_ns,
             owner.get(e.client_ip), owner.get(e.server_ip))
            for e in account
        )  # fmt: skip

        answer = (await server.http.get("/api/containers?seconds=3600")).json()
        served = Counter(owner[e.server_ip] for e in account if e.server_ip in owner)
        assert {
            c["service"]: c["requests"] for c in answer["containers"] if c["requests"]
        } == served

        failed = sum(e.status is not None and e.status >= 500 for e in account)
        matching = await server.http.get("/api/requests?filter=status+>=+500&limit=1000")
        assert len(matching.json()["requests"]) == failed

        detail = await server.http.get(f"/api/requests/{found[0]['id']}")
        models.RequestDetail.model_validate_json(detail.content)
        assert json.loads(detail.content)["request_headers"]
        shown = (await server.http.get("/api/flows?limit=1000&from=-1h")).json()["flows"]
        numbers = [row["flow_id"] for row in shown]
        assert len(numbers) == len(set(numbers)) > 0
        workload_map = (await server.http.get("/api/map?from=-1h")).json()
        assert sum(edge["requests"] for edge in workload_map["edges"]) == len(account)
