"""Packets of one flow: found among those of the ring, and handed out as a file."""

from __future__ import annotations

import pytest

from nautscan.service import packets
from tests.unit.api.conftest import Server
from tests.unit.support import rows


def ring(server: Server, count: int) -> None:
    """Packets 1 to `count`, every third of flow 7."""
    server.world.sensor.packets = rows(
        "packets",
        f"range({count}) t(n)",
        id="n + 1",
        flow_id="CASE WHEN (n + 1) % 3 = 0 THEN 7 ELSE 8 END",
        protocol="'tcp'",
    )


async def test_only_packets_of_the_flow_are_listed(server: Server) -> None:
    ring(server, 10)
    answer = (await server.http.get("/api/packets/recent", params={"flow_id": 7})).json()
    assert [packet["id"] for packet in answer["packets"]] == [9, 6, 3]
    assert answer["next"] is None
    page = (await server.http.get("/api/packets/recent?flow_id=7&limit=2")).json()
    assert [packet["id"] for packet in page["packets"]] == [9, 6]
    assert page["next"] == "6"


async def test_looking_ends_and_says_where_it_goes_on(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packets, "LOOK_PACKETS", 10)
    monkeypatch.setattr(packets, "MAX_LOOKS", 2)
    ring(server, 10)
    answer = (await server.http.get("/api/packets/recent?flow_id=99")).json()
    assert answer["packets"] == []
    assert answer["next"] == "1"
    asked = [params["before"] for op, params in server.world.sensor.asked if op == "recent"]
    assert asked == [None, 1]


async def test_the_file_of_a_flow_has_its_packets_alone(server: Server) -> None:
    ring(server, 10)
    response = await server.http.get("/api/packets/export", params={"flow_id": 7})
    assert response.content == b"\x0a\x0d\x0d\x0a"
    assert response.headers["content-disposition"] == (
        'attachment; filename="nautscan-flow-7.pcapng"'
    )
    assert server.world.sensor.asked[-1] == ("export", {"ids": [3, 6, 9]})


async def test_a_flow_that_has_left_the_ring_has_no_file(server: Server) -> None:
    ring(server, 10)
    response = await server.http.get("/api/packets/export", params={"flow_id": 5})
    assert response.status_code == 404
    assert "flow 5" in response.json()["error"]["message"]
