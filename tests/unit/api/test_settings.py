"""Changing what is hidden while rows come in, over a real server."""

from __future__ import annotations

import time

from tests.unit.api.conftest import Server
from tests.unit.support import rows


async def targets(server: Server) -> list[str]:
    found = (await server.http.get("/api/requests", params={"order": "asc"})).json()
    return [row["target"] for row in found["requests"]]


async def test_rules_hold_for_rows_that_come_from_then_on(server: Server) -> None:
    now = f"make_timestamp_ns({time.time_ns()})"
    sent = rows("requests", time=now, target="'/a?pin=1234&x=secret-99'")
    server.world.sensor.send("requests", sent)
    await server.world.stored(1)
    wanted = {"redact_keys": "pin", "redact_patterns": "secret-[0-9]+"}
    answer = (await server.http.patch("/api/settings", json=wanted)).json()
    assert answer["changed"] == ["redact_keys", "redact_patterns"]
    server.world.sensor.send("requests", sent)
    await server.world.stored(2)
    assert await targets(server) == [
        "/a?pin=1234&x=secret-99",
        "/a?pin=[redacted]&x=[redacted]",
    ]


async def test_a_pattern_that_is_none_is_refused_with_its_reason(server: Server) -> None:
    response = await server.http.patch("/api/settings", json={"redact_patterns": "ok\n(oh"})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "bad_request")
    assert error["detail"] == {"setting": "redact_patterns", "pattern": "(oh"}
    assert "missing )" in error["message"]
