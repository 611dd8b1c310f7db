"""The doctor's report as the server puts it together."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nautscan.doctor.model import Check, State
from nautscan.errors import NotFound
from nautscan.service import doctor
from tests.unit.service.world import World

SEEN = Check("capture.loopback", "A test packet is seen", State.OK, "found", "why", where="sensor")


def by_id(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["id"]: check for check in report["checks"]}


async def test_both_processes_are_in_the_report(world: World) -> None:
    world.sensor.found = [SEEN.as_dict()]
    report = await world.service.doctor.report()
    found = by_id(report)
    assert found["sensor.process"]["state"] == "ok"
    assert found["capture.loopback"]["where"] == "sensor"
    for name in ("engine.docker", "storage.disk", "storage.database", "memory.free",
                 "clock.synchronised", "port.page"):  # fmt: skip
        assert found[name]["where"] == "server"
    assert found["storage.database"]["facts"]["state"] == "ok"
    assert report["source"] == "live"
    assert sum(report["counts"].values()) == len(report["checks"])


async def test_however_many_ask_it_looks_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = await asyncio.gather(*(world.service.doctor.report() for _ in range(20)))
    assert all(report is reports[0] for report in reports)
    assert [op for op, _ in world.sensor.asked] == ["doctor"]
    monkeypatch.setattr(doctor, "FRESH_SECONDS", 0.0)
    assert await world.service.doctor.report() is not reports[0]


async def test_a_sensor_that_is_away_is_the_failure(world: World) -> None:
    world.sensor.leave("it ended")
    report = await world.service.doctor.report()
    assert report["state"] == "failed"
    sensor = by_id(report)["sensor.process"]
    assert "it ended" in sensor["found"]
    assert "    sudo nautscan doctor" in sensor["remedy"].splitlines()
    assert world.sensor.asked == type(world.sensor.asked)(maxlen=100)


async def test_a_sensor_that_has_no_doctor_is_unknown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:

    async def refuse(*_: object, **__: object) -> dict[str, Any]:
        raise NotFound("This sensor has no doctor", remedy="Run it beside.")

    monkeypatch.setattr(world.sensor, "request", refuse)
    sensor = by_id(await world.service.doctor.report())["sensor.process"]
    assert (sensor["state"], sensor["remedy"]) == ("unknown", "Run it beside.")


@pytest.mark.parametrize("found", [None, [{}], [{"id": 1}], "text"])
async def test_a_sensor_that_answers_nonsense_is_unknown(world: World, found: Any) -> None:
    world.sensor.found = found
    assert by_id(await world.service.doctor.report())["sensor.process"]["state"] == "unknown"
