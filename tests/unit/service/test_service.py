"""The use-cases over a real store, fed by a sensor of the test's own."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from arro3.core import Table

from nautscan.errors import BadRequest, NotFound, UnknownInterface
from nautscan.identity import Workload
from nautscan.sensor.client import Gap
from nautscan.service.analysis import Asked
from nautscan.service.counters import StageCounters
from nautscan.service.gaps import Gaps
from nautscan.service.history import PageQuery
from nautscan.service.packets import PacketsWanted
from nautscan.service.recent import RecentRequests
from nautscan.service.spans import Window
from nautscan.store.growing import Growing
from tests.unit.service.world import ORDERS, WEB, Sensor, World
from tests.unit.support import ipc, rows

SECOND = 10**9


def now_sql(ago: str = "0") -> str:
    """SQL for a time `ago` seconds before now."""
    return f"make_timestamp_ns({time.time_ns()} - CAST(round(({ago}) * 1e9) AS BIGINT))"


async def test_containers_with_rate_errors_and_latency(world: World) -> None:
    batch = rows(
        "requests",
        "range(100) t(n)",
        flow_id="n",
        time=now_sql("n * 0.01"),
        status="CASE WHEN n < 10 THEN 503 ELSE 200 END",
        duration_ns="(n + 1) * 1000000",
        response_bytes="10",
    )
    world.sensor.send("requests", batch)
    await world.stored(100)
    orders, web = (await world.service.containers.busiest(Window(50)))["containers"]
    assert (orders["name"], orders["requests"], orders["errors"]) == ("shop-orders-1", 100, 10)
    assert orders["rate"] == 2.0
    assert orders["error_rate"] == 0.1
    assert (orders["p50_ns"], orders["p95_ns"], orders["p99_ns"]) == (
        50_000_000,
        95_000_000,
        99_000_000,
    )
    assert orders["bytes"] == 1000
    assert orders["networks"] == [{"name": "shop_default", "ip": "10.0.0.2"}]
    assert orders["ports"] == ["0.0.0.0:8080->80/tcp"]
    assert (web["name"], web["requests"], web["requests_out"]) == ("shop-web-1", 0, 100)
    assert web["error_rate"] is None
    assert web["p50_ns"] is None

    by_prefix = await world.service.containers.one(ORDERS[:12], Window(50))
    by_name = await world.service.containers.one("shop-orders-1", Window(50))
    assert by_prefix["container"]["id"] == by_name["container"]["id"] == ORDERS
    with pytest.raises(NotFound):
        await world.service.containers.one("nobody", Window(50))


async def test_a_container_that_is_gone_keeps_its_traffic(world: World) -> None:
    gone = "c" * 64
    world.directory.put_workload(Workload(gone, "gone"))
    batch = rows("requests", time=now_sql())
    world.sensor.send("requests", batch)
    await world.stored(1)
    # The directory may forget; the rows do not.
    world.directory._workloads.clear()
    world.directory._changed = True
    world.directory._publish()
    found = {
        item["id"]: item
        for item in (await world.service.containers.busiest(Window(60)))["containers"]
    }
    assert found[ORDERS]["name"] == "shop-orders-1"
    assert found[ORDERS]["state"] is None


async def test_the_last_requests_of_a_container_come_from_memory(world: World) -> None:
    world.sensor.send("requests", rows("requests", "range(1500) t(n)", flow_id="n"))
    world.sensor.send("requests", rows("requests", "range(10) t(n)", flow_id="1500 + n"))
    await world.stored(1510)
    found = await world.service.containers.requests("orders", 1000)
    assert [json.loads(line)["flow_id"] for line in found] == list(range(1509, 509, -1))
    # Both ends have it.
    assert len(await world.service.containers.requests(WEB, 5)) == 5
    with pytest.raises(NotFound):
        await world.service.containers.requests("nobody", 5)


async def test_memory_for_requests_is_bounded_in_containers_too() -> None:
    recent = RecentRequests(per_container=3, containers=2)
    recent.add([("a", [(1, "1"), (2, "2"), (3, "3"), (4, "4")]), ("b", [(5, "5")])])
    recent.add([("a", [(6, "6")]), ("c", [(7, "7")])])
    assert await recent.newest("a", 10) == ["6", "4", "3"]
    assert await recent.newest("b", 10) is None
    assert await recent.newest("c", 10) == ["7"]
    assert recent.forgotten == 1


async def test_a_request_that_is_told_again_takes_its_own_place_in_memory() -> None:
    recent = RecentRequests(per_container=3, containers=2)
    recent.add([("a", [(1, "1"), (2, "2 open"), (3, "3")])])
    recent.add([("a", [(2, "2 closed"), (4, "4")])])
    assert await recent.newest("a", 10) == ["4", "3", "2 closed"]
    # One that has made room for newer ones does not come back.
    recent.add([("a", [(1, "1 closed")])])
    assert await recent.newest("a", 10) == ["4", "3", "2 closed"]


async def test_history_pages_by_cursor(world: World) -> None:
    world.sensor.send("requests", rows("requests", "range(30) t(n)", flow_id="n"))
    await world.stored(30)
    seen: list[int] = []
    cursor = None
    for _ in range(4):
        page = await world.service.history.page("requests", PageQuery(limit=10, cursor=cursor))
        seen += [json.loads(line)["flow_id"] for line in page.rows]
        cursor = page.next
        if cursor is None:
            break
    assert seen == list(range(29, -1, -1))


@pytest.mark.parametrize(
    "cursor", ["x", "e30", "W10", "WzEsMl0", "WyJhIiwxLDJd", "WzEsMiwtNV0", "é"]
)
async def test_made_up_cursors_are_refused(world: World, cursor: str) -> None:
    with pytest.raises(BadRequest, match="cursor"):
        await world.service.history.page("requests", PageQuery(cursor=cursor))


@pytest.mark.parametrize(
    ("from_", "to"),
    [("soon", None), ("-5parsecs", None), ("-1m", "-2m"), ("2099-01-01T00:00:00Z", None),
     ("99999999999", None), (None, "yesterday")],
)  # fmt: skip
async def test_spans_that_make_no_sense(world: World, from_: str | None, to: str | None) -> None:
    with pytest.raises(BadRequest) as caught:
        await world.service.history.page("requests", PageQuery(from_=from_, to=to))
    assert caught.value.remedy


async def test_timeseries_has_every_bucket_and_the_gaps(world: World) -> None:
    batch = rows(
        "requests", "range(10) t(n)", time=now_sql("30"), status="500", duration_ns="1000 * n"
    )
    world.sensor.send("requests", batch)
    await world.stored(10)
    found = await world.service.analysis.timeseries(Asked(from_="-60s"), "10s", None, 5)
    assert len(found["points"]) in {6, 7}
    assert sum(point["requests"] for point in found["points"]) == 10
    busy = next(point for point in found["points"] if point["requests"])
    assert (busy["errors"], busy["p50_ns"]) == (10, 4000)
    quiet = next(point for point in found["points"] if not point["requests"])
    assert quiet["p50_ns"] is None
    with pytest.raises(BadRequest, match="2000 buckets"):
        await world.service.analysis.timeseries(Asked(from_="-7d"), "1s", None, 5)


async def test_the_map_joins_requests_and_flows(world: World) -> None:
    world.sensor.send("requests", rows("requests", "range(4) t(n)", time=now_sql(), status="500"))
    for update in range(2):
        flows = rows(
            "flows",
            "range(3) t(n)",
            flow_id="n",
            time=now_sql(),
            last_time=now_sql(),
            protocol="CASE WHEN n < 2 THEN 'http' END",
            server_ip="CASE WHEN n < 2 THEN '10.0.0.2' ELSE '8.8.8.8' END",
            transport="CASE WHEN n < 2 THEN 'tcp' ELSE 'udp' END",
            client_bytes=f"100 * {update + 1}",
            server_bytes="50",
        )
        world.sensor.send("flows", flows)
    await world.stored(10)
    found = await world.service.analysis.map(Asked(from_="-60s"))
    http, dns = found["edges"]
    shop = ("service:shop/web", "service:shop/orders")
    assert (http["client"], http["server"], http["protocol"]) == (*shop, "http")
    assert (http["requests"], http["errors"], http["flows"], http["bytes"]) == (4, 4, 2, 500)
    assert (dns["server"], dns["protocol"], dns["requests"]) == ("address:8.8.8.8", "udp", 0)
    assert dns["p50_ns"] is None
    nodes = {node["id"]: node for node in found["nodes"]}
    assert (nodes[shop[0]]["name"], nodes[shop[0]]["project"]) == ("web", "shop")
    assert nodes[shop[0]]["container_ids"] == [WEB]
    assert nodes[shop[1]]["container_ids"] == [ORDERS]
    outside = nodes["address:8.8.8.8"]
    assert (outside["kind"], outside["scope"], outside["container_ids"]) == (
        "address",
        "internet",
        [],
    )
    assert found["truncated"] == 0


async def test_packets(world: World) -> None:
    page = await world.service.packets.recent(3, PacketsWanted())
    assert [json.loads(line)["id"] for line in page.rows] == [3, 2, 1]
    assert page.next == "1"
    packet = await world.service.packets.packet(1)
    assert packet["hex"] == "0102ff"
    assert packet["time"] == "2023-11-14T22:13:20.000000000Z"
    with pytest.raises(UnknownInterface) as caught:
        await world.service.packets.start(["eth9"], {})
    assert "br-1" in caught.value.remedy
    assert not any(op == "start" for op, _ in world.sensor.asked)


async def test_a_batch_that_is_damaged_is_counted_and_the_next_one_is_taken(world: World) -> None:
    world.sensor.sent.put_nowait(("requests", b"not arrow"))
    world.sensor.sent.put_nowait(("requests", b""))
    world.sensor.send("requests", rows("requests"))
    await world.stored(1)
    health = await world.service.health.snapshot()
    rejected = [drop for drop in health["drops"] if drop["name"] == "batches_rejected"]
    assert rejected[0]["value"] == 2
    assert health["status"] == "degraded"


async def test_of_batches_that_come_together_a_damaged_one_alone_is_lost(world: World) -> None:
    whole = ipc(rows("requests"))
    world.sensor.sent.put_nowait(("requests", whole, b"not arrow", whole))
    await world.stored(2)
    health = await world.service.health.snapshot()
    rejected = [drop for drop in health["drops"] if drop["name"] == "batches_rejected"]
    assert rejected[0]["value"] == 1


async def test_batches_that_were_taken_are_not_taken_again_when_they_fail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ipc(rows("requests"))
    taken: list[int] = []
    take = Growing.take

    def failing(growing: Growing, batch: Table) -> Table:
        taken.append(batch.num_rows)
        if len(taken) == 1:
            raise RuntimeError("it cannot be taken")
        return take(growing, batch)

    monkeypatch.setattr(Growing, "take", failing)
    world.sensor.sent.put_nowait(("requests", whole, whole))
    world.sensor.send("requests", rows("requests"))
    await world.stored(1)
    assert taken == [2, 1]
    health = await world.service.health.snapshot()
    rejected = [drop for drop in health["drops"] if drop["name"] == "batches_rejected"]
    assert rejected[0]["value"] == 2


async def test_health_follows_the_sensor(world: World) -> None:
    health = await world.service.health.snapshot()
    assert health["status"] == "ok"
    assert health["docker"]["state"] == "off"
    world.sensor.leave("it was killed")
    await asyncio.sleep(0.6)
    health = await world.service.health.snapshot()
    assert health["status"] == "no_capture"
    assert "it was killed" in health["reasons"][0]["message"]
    assert health["sensor"]["gaps"][-1]["until"] is None
    assert health["capture"] is None


async def test_loss_shows(world: World) -> None:
    def stats(second: int, drops: int) -> Any:
        return rows(
            "stats",
            time=f"make_timestamp_ns({second * SECOND})",
            interface="'br-1'",
            stage="'capture'",
            name="'kernel_drops'",
            value=str(drops),
        )

    for second, drops in ((1000, 5), (1001, 5), (1002, 12)):
        world.sensor.send("stats", stats(second, drops))
    await world.stored(3)
    await asyncio.sleep(0.6)
    health = await world.service.health.snapshot()
    (drop,) = health["drops"]
    assert (drop["value"], drop["recent"], drop["interface"]) == (12, 7, "br-1")
    assert health["status"] == "degraded"


def test_counters_that_start_anew_or_go_silent() -> None:
    counters = StageCounters()

    def tell(second: int, value: int, interface: str = "a") -> None:
        counters.add([(second * SECOND, "local", interface, "capture", "received", value)])

    tell(1, 100)
    tell(2, 140)
    assert counters.all()[0]["recent"] == 40
    tell(3, 7)  # The sensor was restarted.
    assert (counters.all()[0]["value"], counters.all()[0]["recent"]) == (7, 7)
    tell(20, 9, "b")
    assert len(counters.all()) == 2
    tell(40, 10, "b")
    assert [counter["interface"] for counter in counters.all()] == ["b"]


def test_gaps_of_every_cause() -> None:
    sensor = Sensor()
    sensor.state.connected = False
    sensor.state.status = None
    gaps = Gaps(0, watched_before=True)
    assert gaps.look(sensor.state, SECOND // 2) == []
    (starting,) = gaps.look(sensor.state, 3 * SECOND)
    assert (starting.since_ns, starting.until_ns) == (0, None)

    sensor.state.connected = True
    sensor.state.status = {"running": True, "running_since_ns": 5 * SECOND}
    (started,) = gaps.look(sensor.state, 6 * SECOND)
    assert started.until_ns == 5 * SECOND
    assert gaps.look(sensor.state, 7 * SECOND) == []

    sensor.state.status = {"running": False, "error": {"message": "br-1 is gone"}}
    gaps.look(sensor.state, 10 * SECOND)
    (stopped,) = gaps.look(sensor.state, 12 * SECOND)
    assert (stopped.since_ns, stopped.until_ns) == (10 * SECOND, None)
    assert "br-1 is gone" in stopped.reason

    # The sensor leaves: its own gap begins where this one ends.
    sensor.state.connected = False
    sensor.state.gaps.append(Gap(14 * SECOND, None, "killed"))
    changed = gaps.look(sensor.state, 14 * SECOND)
    assert [(gap.since_ns, gap.until_ns) for gap in changed] == [
        (10 * SECOND, 14 * SECOND),
        (14 * SECOND, None),
    ]


@pytest.mark.parametrize(("watched_before", "shortest"), [(True, 1), (False, 5)])
def test_the_first_start_may_take_its_time(*, watched_before: bool, shortest: int) -> None:
    def started(after_ns: int) -> list[tuple[int, int | None]]:
        """What is told before the capture has begun, and after."""
        sensor = Sensor()
        sensor.state.status = {"running": False, "state": "starting"}
        gaps = Gaps(0, watched_before=watched_before)
        told = gaps.look(sensor.state, after_ns - 1) + gaps.look(sensor.state, after_ns)
        sensor.state.status = {"running": True, "state": "running", "running_since_ns": after_ns}
        told += gaps.look(sensor.state, after_ns + SECOND)
        assert {gap.reason for gap in told} <= {"NautScan was starting"}
        return [(gap.since_ns, gap.until_ns) for gap in told]

    assert started(shortest * SECOND - 1) == []
    assert started(shortest * SECOND) == [(0, None), (0, shortest * SECOND)]


def test_what_keeps_a_first_start_from_watching_is_told_at_once() -> None:
    sensor = Sensor()
    sensor.state.status = {"running": False, "state": "failed", "error": {"message": "no rights"}}
    gaps = Gaps(0, watched_before=False)
    assert gaps.look(sensor.state, SECOND - 1) == []
    (untold,) = gaps.look(sensor.state, SECOND)
    assert (untold.since_ns, "no rights" in untold.reason) == (0, True)


async def test_gaps_are_stored(world: World) -> None:
    world.sensor.leave("killed by a test")
    async with asyncio.timeout(10):
        while not any(  # noqa: ASYNC110 (a test waits)
            gap["reason"] == "killed by a test"
            for gap in (await world.service.analysis.map(Asked(from_="-60s")))["gaps"]
        ):
            await asyncio.sleep(0.1)


async def test_a_task_that_fails_is_begun_anew(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("nautscan.service.core.RESTART_SECONDS", 0.01)

    class Poison:
        """An item that cannot be taken apart into table and rows."""

    world.sensor.sent.put_nowait(Poison())  # type: ignore[arg-type]
    world.sensor.send("requests", rows("requests"))
    await world.stored(1)
    assert "ingest failed" in caplog.text
