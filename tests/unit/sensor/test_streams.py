"""Streams: given anew when asked, and honest when they cannot be."""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import pytest

from nautscan.errors import Conflict, NautScanError
from nautscan.sensor.streams import DescriptorStream, SocketStream, StreamGiver, StreamSpec

COMMAND = (sys.executable, "-c", "import os, sys; sys.stdout.write(f'pcap {os.getpid()}')")


def read_all(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


async def test_each_opening_runs_the_command_anew() -> None:
    giver = StreamGiver(StreamSpec("demo", COMMAND))
    running = asyncio.create_task(giver.run())
    source = SocketStream(giver.sensor_end, "demo")
    first = await asyncio.to_thread(read_all, await source.open())
    second = await asyncio.to_thread(read_all, await source.open())
    assert first.startswith(b"pcap ")
    assert second.startswith(b"pcap ")
    assert first != second
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_command_ends_with_the_giver() -> None:
    endless = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
    giver = StreamGiver(StreamSpec("demo", endless))
    running = asyncio.create_task(giver.run())
    descriptor = await SocketStream(giver.sensor_end, "demo").open()
    assert await asyncio.to_thread(os.read, descriptor, 1) == b"u"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await asyncio.to_thread(read_all, descriptor) in {b"p", b"p\n"}


async def test_a_command_that_is_not_there_is_told_to_the_sensor() -> None:
    giver = StreamGiver(StreamSpec("demo", ("/nonexistent/generator",)))
    running = asyncio.create_task(giver.run())
    with pytest.raises(NautScanError, match="/nonexistent/generator cannot be run"):
        await SocketStream(giver.sensor_end, "demo").open()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_supervisor_that_ended_is_told() -> None:
    near, far = socket.socketpair()
    near.close()
    with pytest.raises(NautScanError, match="demo"):
        await SocketStream(far, "demo").open()


async def test_a_descriptor_can_be_opened_once() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    source = DescriptorStream(reading, "stdin")
    assert read_all(await source.open()) == b""
    with pytest.raises(Conflict, match="cannot be read again"):
        await source.open()
