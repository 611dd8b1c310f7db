"""Live rows: filtered, bounded, and honest about what was skipped."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import pairwise
from typing import Any

import pytest

from nautscan.errors import BadQuery, Conflict
from nautscan.service.history import PageQuery
from nautscan.service.live import ROWS_A_MESSAGE, LiveHub, Pace, Subscription
from nautscan.service.spans import Window
from tests.unit.service.world import WEB, World
from tests.unit.support import rows


async def message(subscription: Subscription) -> dict[str, Any]:
    text = await subscription.next(10)
    assert text is not None
    found: dict[str, Any] = json.loads(text)
    return found


async def test_rows_reach_those_who_asked_for_them(world: World) -> None:
    everything = await world.service.live.subscribe("requests", "")
    failures = await world.service.live.subscribe("requests", "status >= 500 and server = 'orders'")
    flows = await world.service.live.subscribe("flows", "")
    assert (await message(failures))["filter"] == "status >= 500 and server = 'orders'"
    await message(everything)
    await message(flows)

    batch = rows("requests", "range(4) t(n)", flow_id="n", status="200 + n * 100")
    world.sensor.send("requests", batch)
    found = await message(failures)
    assert found["type"] == "rows"
    assert [row["status"] for row in found["rows"]] == [500]
    assert found["skipped"] == 0
    assert "request_headers" not in found["rows"][0]
    seen = (await message(everything))["rows"]
    assert [row["flow_id"] for row in seen] == [0, 1, 2, 3]
    assert await flows.next(0.05) is None

    # What was seen live is found in the store under the same number.
    await world.stored(4)
    stored = json.loads(await world.service.history.request(seen[3]["id"]))
    assert stored["status"] == 500


async def test_a_request_that_lasts_is_one_row_wherever_it_is_told(world: World) -> None:
    viewer = await world.service.live.subscribe("requests", "")
    ended = await world.service.live.subscribe("requests", "completeness = 'complete'")
    await message(viewer)
    await message(ended)
    first, begun = None, time.time_ns()
    for size, state in ((10, "open"), (20, "open"), (30, "complete")):
        batch = rows(
            "requests",
            "(VALUES (1), (NULL)) t(number)",
            flow_id="7",
            time=f"make_timestamp_ns({begun})",
            exchange_id="number",
            response_bytes=str(size),
            completeness=f"CASE WHEN number = 1 THEN '{state}' ELSE 'gap' END",
        )
        world.sensor.send("requests", batch)
        told = [row for row in (await message(viewer))["rows"] if row["exchange_id"] == 1]
        first = first or told[0]["id"]
        assert [(row["id"], row["response_bytes"]) for row in told] == [(first, size)]
        recent = await world.service.containers.requests(WEB, 10)
        shown = [json.loads(line) for line in recent]
        assert [row["response_bytes"] for row in shown if row["id"] == first] == [size]
    assert [row["id"] for row in (await message(ended))["rows"]] == [first]
    # Three others came with it.
    await world.service.history._settled()
    page = await world.service.history.page("requests", PageQuery())
    assert len(page.rows) == len(await world.service.containers.requests(WEB, 10)) == 4
    busiest = await world.service.containers.busiest(Window(50))
    assert [item["requests"] for item in busiest["containers"]] == [4, 0]


async def test_after_hello_the_history_has_all_that_was_live_before(world: World) -> None:
    first = await world.service.live.subscribe("requests", "")
    await message(first)
    for turn in range(5):
        world.sensor.send("requests", rows("requests", "range(3) t(n)", flow_id=f"n + {turn * 3}"))
        await message(first)
        # The rows are out, and nothing has waited for the commit yet.
        later = await world.service.live.subscribe("requests", "")
        assert (await message(later))["type"] == "hello"
        page = await world.service.history.page("requests", PageQuery())
        assert len(page.rows) == 3 * (turn + 1)
        world.service.live.unsubscribe(later)


async def test_rows_that_come_before_hello_follow_it() -> None:
    settled = asyncio.Event()

    async def wait() -> None:
        await settled.wait()

    hub = LiveHub(8, 10, "live", wait)
    joining = asyncio.create_task(hub.subscribe("requests", ""))
    await asyncio.sleep(0)
    hub.deliver(hub.watches("requests")[0], ['{"n":1}'], 0)
    settled.set()
    viewer = await joining
    assert (await message(viewer))["type"] == "hello"
    assert (await message(viewer))["rows"] == [{"n": 1}]


async def test_a_cap_that_changes_holds_for_viewers_that_are_there() -> None:
    hub = LiveHub(8, 10, "live")
    viewer = await hub.subscribe("requests", "")
    await message(viewer)
    hub.keep(8, 3)
    hub.deliver(hub.watches("requests")[0], [f'{{"n":{n}}}' for n in range(8)], 0)
    found = await message(viewer)
    assert found["skipped"] == 5
    assert [row["n"] for row in found["rows"]] == [5, 6, 7]


async def test_a_slow_viewer_misses_the_oldest_and_is_told() -> None:
    hub = LiveHub(8, 10, "live")
    viewer = await hub.subscribe("requests", "")
    await message(viewer)
    watch = hub.watches("requests")[0]
    hub.deliver(watch, [f'{{"n":{n}}}' for n in range(8)], 0)
    hub.deliver(watch, [f'{{"n":{n}}}' for n in range(8, 16)], 100)
    found = await message(viewer)
    assert found["skipped"] == 106
    assert [row["n"] for row in found["rows"]] == list(range(6, 16))
    assert hub.counters() == {"subscribers": 1, "rows_sent": 10, "rows_skipped": 106}
    hub.unsubscribe(viewer)
    assert hub.counters() == {"subscribers": 0, "rows_sent": 10, "rows_skipped": 106}


async def test_over_the_pace_viewers_get_an_even_sample_and_are_told(world: World) -> None:
    viewer = await world.service.live.subscribe("requests", "status = 200")
    await message(viewer)
    world.service.live._pace = 10
    world.sensor.send(
        "requests", rows("requests", "range(200) t(n)", flow_id="n", status="200 + n % 2")
    )
    found = await message(viewer)
    flows = [row["flow_id"] for row in found["rows"]]
    assert len(flows) == 10
    assert found["skipped"] == 90
    # Every tenth of the hundred that match: none is preferred, and the order holds.
    assert {later - earlier for earlier, later in pairwise(flows)} == {20}


def test_a_pace_is_saved_up_for_a_second_at_most() -> None:
    pace = Pace(100, now=0.0)
    assert pace.allows(0.0) == 100
    pace.spend(100)
    assert pace.allows(0.0) == 0
    assert pace.allows(0.25) == 25
    pace.spend(25)
    assert pace.allows(3600.0) == 100


async def test_messages_are_of_bounded_size() -> None:
    hub = LiveHub(8, 5000, "live")
    viewer = await hub.subscribe("requests", "")
    await message(viewer)
    hub.deliver(hub.watches("requests")[0], ["{}"] * (ROWS_A_MESSAGE + 1), 0)
    assert len((await message(viewer))["rows"]) == ROWS_A_MESSAGE
    assert len((await message(viewer))["rows"]) == 1


async def test_a_viewer_can_change_its_mind() -> None:
    hub = LiveHub(8, 100, "live")
    viewer = await hub.subscribe("requests", "old")
    await message(viewer)
    hub.deliver(hub.watches("requests")[0], ['{"old":1}'], 0)
    with pytest.raises(BadQuery):
        await hub.resubscribe(viewer, "requests", "nonsense >")
    assert viewer.watch.text == "old"
    await hub.resubscribe(viewer, "flows", "new")
    assert (await message(viewer))["table"] == "flows"
    # Rows of the old filter do not follow the answer to the new one.
    assert await viewer.next(0.01) is None
    assert hub.watches("requests") == []


async def test_viewers_are_limited() -> None:
    hub = LiveHub(1, 10, "live")
    first = await hub.subscribe("requests", "")
    with pytest.raises(Conflict):
        await hub.subscribe("requests", "")
    hub.unsubscribe(first)
    await hub.subscribe("requests", "")


async def test_a_condition_that_fails_on_rows_is_told_and_others_go_on(world: World) -> None:
    failing = await world.service.live.subscribe("requests", "flow_id * 9000000000000000000 > 1")
    fine = await world.service.live.subscribe("requests", "")
    await message(failing)
    await message(fine)
    world.sensor.send("requests", rows("requests", "range(2) t(n)", flow_id="n + 5"))
    assert (await message(failing))["error"]["code"] == "bad_query"
    assert len((await message(fine))["rows"]) == 2
