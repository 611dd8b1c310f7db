"""Top lists, map, comparison, coverage: against sums worked out here, row by row, without SQL."""

from __future__ import annotations

import json
import math
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from nautscan.errors import BadRequest
from nautscan.service.analysis import Asked
from nautscan.service.comparing import MIN_REQUESTS, verdicts_of, wilson
from nautscan.service.history import PageQuery
from nautscan.service.wording import path_filter, scope_of
from tests.unit.service.world import ORDERS, WEB, World
from tests.unit.support import rows

SECOND = 10**9
NAMES = {"10.0.0.1": "web", "10.0.0.2": "orders"}


@dataclass(frozen=True)
class Seen:
    """One request as it was sent, for sums of our own."""

    at: int
    client: str
    server: str
    method: str
    target: str
    status: int
    duration: int | None
    size: int


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.service.start()
    yield made
    await made.service.stop()


def _traffic(count: int, seed: int, until: int, length: int) -> list[Seen]:
    chance = random.Random(seed)
    pairs = [("10.0.0.1", "10.0.0.2"), ("9.9.9.9", "10.0.0.1"), ("10.0.0.2", "8.8.8.8")]
    targets = ["/", "/items/1", "/items/22?x=1", "/a/deadbeefdeadbeef/b", "/a/b", "/it's"]
    return [
        Seen(
            until - 1 - chance.randrange(length),
            *chance.choice(pairs),
            chance.choice(["GET", "POST"]),
            chance.choice(targets),
            chance.choice([200, 200, 200, 404, 500, 503]),
            chance.choice([None, *range(1_000_000, 90_000_000, 777_777)]),
            chance.randrange(10_000),
        )
        for _ in range(count)
    ]


async def _sent(world: World, seen: list[Seen], already: int = 0) -> None:
    def text(values: Iterable[Any]) -> str:
        return json.dumps(list(values)).replace("'", "''").replace('"', "'") + "[n + 1]"

    world.sensor.send(
        "requests",
        rows(
            "requests",
            f"range({len(seen)}) t(n)",
            time=f"make_timestamp_ns({text(s.at for s in seen)})",
            client_ip=text(s.client for s in seen),
            server_ip=text(s.server for s in seen),
            method=text(s.method for s in seen),
            target=text(s.target for s in seen),
            status=text(s.status for s in seen),
            duration_ns=text(s.duration for s in seen),
            request_bytes="NULL",
            response_bytes=text(s.size for s in seen),
        ),
    )
    await world.stored(already + len(seen))


def _quantile(values: list[int], share: float) -> int | None:
    """The least value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _sums(seen: Iterable[Seen]) -> dict[str, Any]:
    known = list(seen)
    timed = [s.duration for s in known if s.duration is not None]
    return {
        "requests": len(known),
        "errors": sum(s.status >= 500 for s in known),
        "bytes": sum(s.size for s in known),
        "p50_ns": _quantile(timed, 0.5),
        "p95_ns": _quantile(timed, 0.95),
        "p99_ns": _quantile(timed, 0.99),
    }


async def _found(world: World, filter_: str, table: str = "requests") -> int:
    page = await world.service.history.page(table, PageQuery(filter_, limit=1000))
    return len(page.rows)


def _stated(answer: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in expected}


async def test_the_map_against_sums_of_our_own(world: World) -> None:
    now = time.time_ns()
    seen = _traffic(600, 1, now, 60 * SECOND)
    await _sent(world, seen)
    since = now // SECOND - 61
    found = await world.service.analysis.map(Asked(from_=str(since), to=str(since + 62)))

    ids = {"10.0.0.1": "service:shop/web", "10.0.0.2": "service:shop/orders"}
    expected = defaultdict(list)
    for s in seen:
        key = tuple(ids.get(ip, f"address:{ip}") for ip in (s.client, s.server))
        expected[key].append(s)
    assert {(e["client"], e["server"]) for e in found["edges"]} == set(expected)
    for edge in found["edges"]:
        sums = _sums(expected[edge["client"], edge["server"]])
        sums["content_bytes"] = sums.pop("bytes")
        assert _stated(edge, sums) == sums
        assert edge["rate"] == pytest.approx(sums["requests"] / 62)
        assert edge["error_rate"] == sums["errors"] / sums["requests"]
        assert (edge["table"], edge["protocol"]) == ("requests", "http")
        assert await _found(world, edge["filter"]) == sums["requests"]

    nodes = {node["id"]: node for node in found["nodes"]}
    assert set(nodes) == {*ids.values(), "address:9.9.9.9", "address:8.8.8.8"}
    assert nodes["service:shop/web"]["container_ids"] == [WEB]
    assert nodes["service:shop/orders"]["container_ids"] == [ORDERS]
    assert nodes["address:8.8.8.8"]["scope"] == "internet"

    half = await world.service.analysis.map(
        Asked(filter="status >= 500", from_=str((now - 30 * SECOND) // SECOND))
    )
    since = (now - 30 * SECOND) // SECOND * SECOND
    assert sum(edge["requests"] for edge in half["edges"]) == sum(
        s.status >= 500 and s.at >= since for s in seen
    )


async def test_top_lists_against_sums_of_our_own(world: World) -> None:
    now = time.time_ns()
    seen = _traffic(500, 2, now, 60 * SECOND)
    await _sent(world, seen)
    paths = {
        "/": "/",
        "/items/1": "/items/{id}",
        "/items/22?x=1": "/items/{id}",
        "/a/deadbeefdeadbeef/b": "/a/{id}/b",
        "/a/b": "/a/b",
        "/it's": "/it's",
    }
    expected = defaultdict(list)
    for s in seen:
        server = NAMES.get(s.server, s.server)
        expected[server, s.method, paths[s.target]].append(s)
    found = await world.service.analysis.top(Asked(from_="-2m"), "endpoint", "requests", 100)
    assert found["count"] == len(found["groups"]) == len(expected)
    for group in found["groups"]:
        sums = _sums(expected[tuple(group["keys"])])
        assert _stated(group, sums) == sums
        assert sum(group["series"]) == sums["requests"]
        assert sum(group["errors_series"]) == sums["errors"]
        assert await _found(world, group["filter"]) == sums["requests"]
    counts = [group["requests"] for group in found["groups"]]
    assert counts == sorted(counts, reverse=True)

    for by, of in (
        ("container", {"shop-web-1": "10.0.0.1", "shop-orders-1": "10.0.0.2"}),
        ("outside", {"8.8.8.8": "8.8.8.8"}),
    ):
        found = await world.service.analysis.top(Asked(from_="-2m"), by, "errors", 10)
        assert {group["keys"][0] for group in found["groups"]} == set(of)
        for group in found["groups"]:
            sums = _sums(s for s in seen if s.server == of[group["keys"][0]])
            assert _stated(group, sums) == sums
            assert await _found(world, group["filter"]) == sums["requests"]


async def test_a_series_by_groups_adds_up_to_the_series(world: World) -> None:
    now = time.time_ns()
    seen = _traffic(300, 3, now, 60 * SECOND)
    await _sent(world, seen)
    found = await world.service.analysis.timeseries(Asked(from_="-2m"), "10s", "server", 5)
    expected = _sums(seen)
    assert _stated(found["total"], expected) == expected
    for name in ("requests", "errors", "bytes"):
        parts = [sum(group["points"][n][name] for group in found["groups"]) for n in range(12)]
        assert parts == [point[name] for point in found["points"]][:12]
    group = next(g for g in found["groups"] if g["label"] == "orders")
    # Asked a moment after `now`, the series may begin one point later.
    began = int(datetime.fromisoformat(found["points"][0]["time"]).timestamp()) * SECOND
    assert began % (10 * SECOND) == 0
    assert now - 130 * SECOND <= began <= time.time_ns() - 110 * SECOND
    for number, point in enumerate(group["points"]):
        start = began + number * 10 * SECOND
        within = [s for s in seen if s.server == "10.0.0.2" and 0 <= s.at - start < 10 * SECOND]
        sums = _sums(within)
        assert _stated(point, sums) == sums


async def test_grouping_by_what_a_table_lacks_says_what_there_is(world: World) -> None:
    with pytest.raises(BadRequest, match="flows cannot be grouped by endpoint") as caught:
        await world.service.analysis.top(Asked("flows"), "endpoint", "requests", 5)
    assert "interface" in caught.value.remedy


async def test_comparing_finds_what_is_new_gone_failing_and_slower(world: World) -> None:
    until = time.time_ns() // SECOND * SECOND

    def made(target: str, status: int, duration: int, count: int, back: int) -> list[Seen]:
        return [
            Seen(until - back * SECOND - n - 1, "9.9.9.9", "10.0.0.1", "GET", target, status,
                 duration, 0)
            for n in range(count)
        ]  # fmt: skip

    fast, slow = 10_000_000, 30_000_000
    now_side = [
        *made("/new", 200, fast, 5, 1), *made("/slow", 200, slow, 40, 1),
        *made("/fails", 500, fast, 30, 1), *made("/fails", 200, fast, 30, 1),
        *made("/same", 200, fast, 40, 1), *made("/rare", 200, slow, 3, 1),
    ]  # fmt: skip
    base_side = [
        *made("/gone", 200, fast, 5, 61), *made("/slow", 200, fast, 40, 61),
        *made("/fails", 200, fast, 60, 61), *made("/same", 200, fast, 40, 61),
        *made("/rare", 200, fast, 3, 61),
    ]  # fmt: skip
    await _sent(world, now_side + base_side)
    seconds = until // SECOND
    asked = Asked(from_=str(seconds - 60), to=str(seconds))
    found = await world.service.analysis.compare(asked, (None, None), "endpoint", 100)
    verdicts = {group["keys"][2]: group["verdicts"] for group in found["groups"]}
    assert verdicts == {
        "/new": ["new"],
        "/gone": ["gone"],
        "/slow": ["slower"],
        "/fails": ["failing"],
        "/same": ["same"],
        "/rare": ["few"],
    }
    assert found["counts"] | {"failing": 1, "same": 1, "few": 1} == found["counts"]
    assert [group["keys"][2] for group in found["groups"]][:2] == ["/fails", "/slow"]
    slower = next(g for g in found["groups"] if g["keys"][2] == "/slow")
    assert (slower["now"]["p95_ns"], slower["base"]["p95_ns"]) == (slow, fast)
    assert slower["now"]["rate"] == pytest.approx(40 / 60)

    other = (str(seconds - 120), str(seconds - 60))
    turned = await world.service.analysis.compare(
        Asked(from_=other[0], to=other[1]), (str(seconds - 60), str(seconds)), "endpoint", 100
    )
    verdicts = {group["keys"][2]: group["verdicts"] for group in turned["groups"]}
    assert (verdicts["/new"], verdicts["/gone"]) == (["gone"], ["new"])
    assert (verdicts["/slow"], verdicts["/fails"]) == (["faster"], ["recovering"])


def test_chance_is_no_verdict() -> None:
    side = {"requests": 40, "errors": 2, "timed": 40, "p95_ns": 1000}
    assert verdicts_of(side | {"errors": 5}, side) == ["same"]
    assert verdicts_of(side | {"errors": 15}, side) == ["failing"]
    assert verdicts_of(side | {"p95_ns": 900_000}, side) == ["same"], "not by a millisecond"
    few = side | {"requests": MIN_REQUESTS - 1, "timed": 1, "errors": 19}
    assert verdicts_of(few, side) == ["few"]


def test_the_interval_of_wilson() -> None:
    """The example of Agresti and Coull (1998): 0 of 10, and a share with its mirror."""
    low, high = wilson(0, 10)
    assert low == pytest.approx(0.0, abs=1e-12)
    assert high == pytest.approx(0.2775, abs=1e-4)
    low, high = wilson(3, 10)
    mirrored = wilson(7, 10)
    assert mirrored[0] == pytest.approx(1 - high)
    assert mirrored[1] == pytest.approx(1 - low)


async def test_coverage_counts_growth_and_not_what_was_before(world: World) -> None:
    now = time.time_ns()

    def counter(name: str, stage: str, values: list[int], interface: str = "NULL") -> None:
        world.sensor.send(
            "stats",
            rows(
                "stats",
                f"range({len(values)}) t(n)",
                time=f"make_timestamp_ns({now} - ({len(values)} - n) * {SECOND})",
                stage=f"'{stage}'",
                name=f"'{name}'",
                value=f"{values}[n + 1]",
                interface=interface,
            ),
        )

    counter("bytes", "decode", [1000, 1500, 2500, 100, 300])  # The sensor starts anew at 100.
    counter("opaque_bytes", "proto", [0, 0, 400, 0, 50])
    counter("received", "capture", [5, 9, 10, 3, 4], "'br-1'")
    counter("kernel_drops", "capture", [0, 0, 2, 0, 0], "'br-1'")
    await world.stored(20)
    found = await world.service.analysis.coverage("-30s", None, "1s")
    totals = {(total["stage"], total["name"]): total["value"] for total in found["totals"]}
    assert totals["decode", "bytes"] == 500 + 1000 + 100 + 200
    assert totals["capture", "received"] == 4 + 1 + 3 + 1
    assert totals["capture", "kernel_drops"] == 2
    assert found["opaque_share"] == pytest.approx(450 / 1800)
    assert sum(point["bytes"] or 0 for point in found["points"]) == 1800
    assert found["points"][0]["bytes"] is None, "nobody counted then"
    (interface,) = found["interfaces"]
    assert (interface["name"], interface["packets"]) == ("br-1", 9)
    empty = await world.service.analysis.coverage("-2h", "-1h", None)
    assert empty["opaque_share"] is None
    assert empty["totals"] == []


@pytest.mark.parametrize(
    ("path", "yes", "no"),
    [
        ("/a/b", ["/a/b", "/a/b?x"], ["/a/bc", "/a/b/", "/x/a/b"]),
        ("/a/{id}", ["/a/1", "/a/1?b=/2"], ["/a/x", "/a/1/2", "/a/"]),
        ("/{id}/{id}", ["/1/2"], ["/1/x"]),
        ("/a.b/{id}", ["/a.b/7"], ["/axb/7"]),
        ("/it's/{id}", ["/it's/7"], ["/its/7"]),
    ],
)
async def test_a_path_finds_its_targets(
    world: World, path: str, yes: list[str], no: list[str]
) -> None:
    now = time.time_ns()
    targets = [*yes, *no]
    await _sent(world, [Seen(now, "9.9.9.9", "10.0.0.1", "GET", t, 200, 1, 0) for t in targets])
    page = await world.service.history.page("requests", PageQuery(path_filter(path)))
    assert sorted(json.loads(line)["target"] for line in page.rows) == sorted(yes)


def test_scope_of_addresses() -> None:
    assert scope_of(["192.168.1.1", "fe80::1"]) == "local"
    assert scope_of(["10.1.1.1", "2606:4700::1"]) == "internet"
    assert scope_of(["100.64.0.1"]) == "local"
    assert scope_of(["172.32.0.1"]) == "internet"
    assert scope_of([]) is None
