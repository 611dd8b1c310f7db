"""Help while a filter is written, over a real server."""

from __future__ import annotations

from typing import Any

import pytest

from nautscan.api import models
from nautscan.store import suggestions
from tests.unit.api.conftest import Server
from tests.unit.support import at, rows


async def filled(server: Server) -> None:
    """Twelve requests: a third fail; two hosts; one target that is too long to be picked."""
    server.world.sensor.send(
        "requests",
        rows(
            "requests",
            "range(12) t(n)",
            flow_id="n",
            time=at("n"),
            method="'GET'",
            status="CASE WHEN n % 3 = 0 THEN 503 ELSE 200 END",
            host="CASE WHEN n < 8 THEN 'shop.example' ELSE 'O''Neill.shop' END",
            target="CASE WHEN n = 0 THEN repeat('x', 300) ELSE '/a' END",
            oddities="CASE WHEN n = 4 THEN ['folded_header', 'conflicting_length'] ELSE [] END",
        ),
    )
    await server.world.stored(12)


async def values(server: Server, **query: Any) -> dict[str, Any]:
    response = await server.http.get("/api/filter/values", params=query)
    assert response.status_code == 200, response.text
    models.FilterValues.model_validate_json(response.content)
    answer: dict[str, Any] = response.json()
    return answer


def pairs(answer: dict[str, Any]) -> list[tuple[Any, int]]:
    return [(entry["value"], entry["count"]) for entry in answer["values"]]


async def test_values_come_with_their_counts_the_most_frequent_first(server: Server) -> None:
    await filled(server)
    answer = await values(server, column="status")
    assert pairs(answer) == [(200, 8), (503, 4)]
    assert answer["rows"] == 12
    assert answer["since"] == "2023-11-14T22:13:20.000000000Z"
    assert pairs(await values(server, column="status", limit=1)) == [(200, 8)]


async def test_a_part_selects_values_and_its_beginning_comes_first(server: Server) -> None:
    await filled(server)
    assert pairs(await values(server, column="host", part="SHOP")) == [
        ("shop.example", 8),
        ("O'Neill.shop", 4),
    ]
    assert pairs(await values(server, column="host", part="o'n")) == [("O'Neill.shop", 4)]
    assert pairs(await values(server, column="status", part="5")) == [(503, 4)]


async def test_a_filter_narrows_the_values(server: Server) -> None:
    await filled(server)
    answer = await values(server, column="host", filter="status = 503")
    assert pairs(answer) == [("shop.example", 3), ("O'Neill.shop", 1)]


async def test_a_filter_that_is_half_written_gives_no_values_and_is_named(server: Server) -> None:
    await filled(server)
    answer = await values(server, column="host", filter="status = ")
    assert answer["values"] == []
    assert answer["error"]["code"] == "bad_query"


async def test_lists_are_taken_apart_and_long_texts_left_out(server: Server) -> None:
    await filled(server)
    assert pairs(await values(server, column="oddities")) == [
        ("conflicting_length", 1),
        ("folded_header", 1),
    ]
    assert pairs(await values(server, column="target")) == [("/a", 11)]


async def test_a_flow_counts_once_though_it_was_reported_twice(server: Server) -> None:
    for _ in range(2):
        server.world.sensor.send(
            "flows", rows("flows", "range(2) t(n)", flow_id="n", protocol="'http'")
        )
    await server.world.stored(4)
    assert pairs(await values(server, table="flows", column="protocol")) == [("http", 2)]


async def test_only_the_newest_rows_are_looked_at(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "MAX_ROWS", 5)
    await filled(server)
    answer = await values(server, column="host")
    assert answer["rows"] == 5
    assert pairs(answer) == [("O'Neill.shop", 4), ("shop.example", 1)]


@pytest.mark.parametrize("column", ["time", "request_headers", "nothing", "detail"])
async def test_columns_without_values_to_list_are_refused(server: Server, column: str) -> None:
    response = await server.http.get("/api/filter/values", params={"column": column})
    assert response.status_code == 400
    assert column in response.json()["error"]["message"]


async def test_a_wrong_filter_is_named_with_its_position_and_is_no_failure(server: Server) -> None:
    text = "status >= 500 and colour = 'red'"
    response = await server.http.get("/api/filter/check", params={"filter": text})
    assert response.status_code == 200
    found = models.FilterCheck.model_validate_json(response.content)
    assert not found.ok
    assert found.error is not None
    assert found.error.detail["position"] == text.index("colour")


@pytest.mark.parametrize("text", ["", "checkout", "status >= 500", "regexp_matches(target, '^/a')"])
async def test_a_right_filter_is_right(server: Server, text: str) -> None:
    found = (await server.http.get("/api/filter/check", params={"filter": text})).json()
    assert (found["ok"], found["error"]) == (True, None)


async def test_what_only_the_database_refuses_is_found_too(server: Server) -> None:
    await filled(server)
    text = "regexp_matches(target, '(')"
    found = (await server.http.get("/api/filter/check", params={"filter": text})).json()
    assert not found["ok"]
