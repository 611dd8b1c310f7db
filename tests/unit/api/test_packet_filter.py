"""A display filter over the packets of the ring, which no store holds."""

from __future__ import annotations

from typing import Any

import pytest

from nautscan.service import packets
from tests.unit.api.conftest import Server
from tests.unit.support import START, rows

EVERYTHING = "/api/packets/recent"


@pytest.fixture
def ring(server: Server) -> Server:
    """Packets 1 to 12: every third is DNS, every other to port 443."""
    server.world.sensor.packets = rows(
        "packets",
        "range(12) t(n)",
        id="n + 1",
        time=f"make_timestamp_ns({START} + n * 1000000)",
        flow_id="n // 4",
        protocol="CASE WHEN (n + 1) % 3 = 0 THEN 'dns' ELSE 'tcp' END",
        destination_port="CASE WHEN (n + 1) % 2 = 0 THEN 443 ELSE 53 END",
        info="'packet ' || (n + 1)",
        length="100 * (n + 1)",
    )
    return server


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("protocol = 'dns'", [12, 9, 6, 3]),
        ("protocol = 'dns' and destination_port = 443", [12, 6]),
        ("length >= 1kb", [12, 11, 10]),
        ("dns", [12, 9, 6, 3]),
        ("flow_id = 1 or length = 100", [8, 7, 6, 5, 1]),
        ("error is not null", []),
    ],
)
async def test_only_packets_that_match_are_listed(ring: Server, text: str, ids: list[int]) -> None:
    answer = (await ring.http.get(EVERYTHING, params={"filter": text})).json()
    assert [packet["id"] for packet in answer["packets"]] == ids
    assert (answer["looked_at"], answer["newest"], answer["next"]) == (12, 12, None)
    assert answer["since"] == "2023-11-14T22:13:20.000000000Z"


async def test_what_came_later_is_asked_for_by_the_newest_that_was_looked_at(ring: Server) -> None:
    asked: dict[str, Any] = {"filter": "protocol = 'dns'", "after": 6}
    answer = (await ring.http.get(EVERYTHING, params=asked)).json()
    assert [packet["id"] for packet in answer["packets"]] == [12, 9]
    assert answer["looked_at"] == 6
    later = (await ring.http.get(EVERYTHING, params=asked | {"after": 12})).json()
    assert (later["packets"], later["newest"], later["looked_at"]) == ([], 12, 0)


async def test_a_page_says_where_the_next_begins(ring: Server) -> None:
    asked: dict[str, Any] = {"filter": "protocol = 'dns'", "limit": 2}
    answer = (await ring.http.get(EVERYTHING, params=asked)).json()
    assert [packet["id"] for packet in answer["packets"]] == [12, 9]
    assert answer["next"] == "9"
    both: dict[str, Any] = {"filter": "protocol = 'dns'", "flow_id": 1}
    answer = (await ring.http.get(EVERYTHING, params=both)).json()
    assert [packet["id"] for packet in answer["packets"]] == [6]


async def test_looking_ends_where_nothing_is_found(
    ring: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packets, "LOOK_PACKETS", 12)
    monkeypatch.setattr(packets, "MAX_LOOKS", 3)
    answer = (await ring.http.get(EVERYTHING, params={"filter": "nowhere"})).json()
    assert (answer["packets"], answer["looked_at"], answer["next"]) == ([], 36, "1")


async def test_a_ring_that_began_anew_is_told_and_not_mixed_with_the_one_before(
    ring: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packets, "LOOK_PACKETS", 12)
    sensor = ring.world.sensor
    sensor.rings = [5, 6]
    answer = (await ring.http.get(EVERYTHING, params={"filter": "protocol = 'dns'"})).json()
    assert (answer["ring"], answer["looked_at"]) == (5, 12)
    again = (await ring.http.get(EVERYTHING)).json()
    assert again["ring"] == 6


async def test_a_wrong_filter_is_named_with_its_place(ring: Server) -> None:
    response = await ring.http.get(EVERYTHING, params={"filter": "length > 1 and staus = 3"})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["detail"]["position"]) == (
        422,
        "bad_query",
        15,
    )
    for text in ("staus = 3", "regexp_matches(info, '(')"):
        asked = {"table": "packets", "filter": text}
        checked = (await ring.http.get("/api/filter/check", params=asked)).json()
        assert checked["ok"] is False, text
        assert checked["error"]["code"] == "bad_query"
    good = {"table": "packets", "filter": "vlan is null and info like '%SYN%'"}
    assert (await ring.http.get("/api/filter/check", params=good)).json()["ok"] is True


async def test_columns_and_values_are_told(ring: Server) -> None:
    columns = (await ring.http.get("/api/columns?table=packets")).json()["columns"]
    assert {"source_ip", "info", "vlan"} <= {column["name"] for column in columns}
    asked = {"table": "packets", "column": "protocol"}
    values = (await ring.http.get("/api/filter/values", params=asked)).json()
    assert [(each["value"], each["count"]) for each in values["values"]] == [("tcp", 8), ("dns", 4)]
    assert values["rows"] == 12
    asked |= {"part": "D", "filter": "destination_port = 443"}
    values = (await ring.http.get("/api/filter/values", params=asked)).json()
    assert [(each["value"], each["count"]) for each in values["values"]] == [("dns", 2)]


async def test_the_file_has_what_the_filter_shows(ring: Server) -> None:
    response = await ring.http.get("/api/packets/export", params={"filter": "protocol = 'dns'"})
    assert response.content == b"\x0a\x0d\x0d\x0a"
    assert response.headers["content-disposition"] == (
        'attachment; filename="nautscan-filtered.pcapng"'
    )
    assert ring.world.sensor.asked[-1] == ("export", {"ids": [3, 6, 9, 12]})
    nothing = await ring.http.get("/api/packets/export", params={"filter": "nowhere"})
    assert nothing.status_code == 404
