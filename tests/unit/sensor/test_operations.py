"""Operations that need no capture."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from nautscan.errors import BadRequest, NotFound
from nautscan.sensor.capture import CaptureController, CaptureOptions, EngineOptions
from nautscan.sensor.operations import Examine, Operations
from nautscan.sensor.outbox import Outbox


def operations(examine: Examine | None) -> Operations:
    outbox = Outbox(on_put=lambda: None)
    controller = CaptureController(
        EngineOptions(
            stream=None, sensor="test", ring_bytes=0, body_limit=0, headers=False, redact=True
        ),
        CaptureOptions(filter=None, promiscuous=True, snaplen=65536, buffer_bytes=1 << 20),
        None,
        outbox,
        lambda: None,
    )
    return Operations(controller, outbox, examine)


async def test_the_doctor_is_handed_in_and_its_checks_are_passed_on() -> None:
    found = [{"id": "a.b", "state": "ok"}]
    answer = await operations(lambda captured: [*found, {"captured": captured}]).run("doctor", {})
    assert answer.result == {"checks": [*found, {"captured": ()}]}


async def test_a_sensor_without_a_doctor_says_so() -> None:
    with pytest.raises(NotFound, match="no doctor"):
        await operations(None).run("doctor", {})


async def test_the_doctor_blocks_nobody_and_is_never_there_twice() -> None:
    """While it looks, other operations answer; a second one waits for the first."""
    inside, at_most, release = 0, 0, threading.Event()

    def examine(_: tuple[str, ...]) -> list[dict[str, Any]]:
        nonlocal inside, at_most
        inside += 1
        at_most = max(at_most, inside)
        release.wait(10)
        inside -= 1
        return []

    sensor = operations(examine)
    looking = [asyncio.create_task(sensor.run("doctor", {})) for _ in range(3)]
    status = await sensor.run("status", {})
    assert status.result["state"] == "starting"
    assert not any(task.done() for task in looking)
    release.set()
    await asyncio.gather(*looking)
    assert at_most == 1


async def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(BadRequest, match="no operation 'fly'"):
        await operations(None).run("fly", {})
