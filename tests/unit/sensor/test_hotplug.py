"""News of interfaces: what rings, and what is heard only once."""

from __future__ import annotations

import os
import socket

import pytest

from nautscan.sensor import hotplug
from nautscan.sensor.hotplug import Bell, open_link_news, present_interfaces

LONG_S = 20.0


def test_interfaces_have_numbers() -> None:
    assert present_interfaces()["lo"] == socket.if_nametoindex("lo")


def test_the_kernel_is_listened_to_without_rights() -> None:
    news = open_link_news()
    assert news is not None
    news.close()


async def test_a_descriptor_rings_once_and_then_must_be_listened_to_anew() -> None:
    reading, writing = os.pipe()
    bell = Bell()
    try:
        bell.listen([reading])
        os.write(writing, b"x")
        assert await bell.wait(LONG_S)
        # It is readable still, and is not heard: whoever looks reads it.
        assert not await bell.wait(0.05)
        bell.listen([reading])
        assert await bell.wait(LONG_S)
    finally:
        bell.close()
        os.close(reading)
        os.close(writing)


async def test_a_descriptor_that_is_closed_while_deaf_does_no_harm() -> None:
    bell = Bell()
    for _ in range(3):
        reading, writing = os.pipe()
        bell.listen([reading])
        bell.deafen()
        os.close(reading)
        os.close(writing)
    assert not await bell.wait(0.01)
    bell.close()


async def test_without_netlink_it_is_looked_at_from_time_to_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hotplug, "open_link_news", lambda: None)
    bell = Bell()
    assert not bell.hears_links
    bell.listen([])
    assert not await bell.wait(0.01)
    bell.close()
