"""Frames of the shop in order of time, for a while or for ever."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import BinaryIO

from nautscan.demo.actions import EXPORT_EVERY_NS, SCRAPE_EVERY_NS, VISITS_PER_SECOND, Shop
from nautscan.demo.ledger import Exchange
from nautscan.demo.network import SECOND, Network
from nautscan.demo.pcap import Frame, file_header, record

FIXED_START = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00Z: a written demo begins then, so that one seed gives one file."""

Record = Callable[[Exchange], None]


def ignore(exchange: Exchange) -> None:
    """Keep no account."""


def frames(
    seed: int, start: int, seconds: float | None = None, account: Record = ignore
) -> Iterator[Frame]:
    """Frames from `start` (ns) on, in order of time. Without `seconds` there is no end.

    Every action's frames are at or after the action's own start, so all frames before the next
    action are final: memory holds only those of actions still going on.
    """
    random = Random(seed)  # noqa: S311 (a demo must be repeatable, not unpredictable)
    waiting: list[Frame] = []
    network = Network(random, lambda frame: heapq.heappush(waiting, frame), account)
    shop = Shop(network, random)
    for at, action in _agenda(random, shop, start):
        while waiting and waiting[0].time < at:
            yield heapq.heappop(waiting)
        if seconds is not None and at >= start + int(seconds * SECOND):
            network.close_all(at)
            break
        network.close_idle(at)
        action(at)
    while waiting:
        yield heapq.heappop(waiting)


def _agenda(random: Random, shop: Shop, start: int) -> Iterator[tuple[int, Callable[[int], None]]]:
    """What starts when: visits at random, the monitor and the export by the clock."""
    visit = start
    due: list[tuple[int, int, int, Callable[[int], None]]] = [
        (start + SECOND // 2, 0, SCRAPE_EVERY_NS, shop.scrape),
        (start + 2 * SECOND, 1, EXPORT_EVERY_NS, shop.export_orders),
    ]
    heapq.heapify(due)
    while True:
        visit += int(random.expovariate(VISITS_PER_SECOND) * SECOND)
        while due[0][0] <= visit:
            at, order, every, action = heapq.heappop(due)
            yield at, action
            heapq.heappush(due, (at + every, order, every, action))
        yield visit, shop.visit


def write(
    stream: BinaryIO, seed: int, seconds: float, start: int = FIXED_START, account: Record = ignore
) -> int:
    """Write a capture of `seconds`; gives the number of packets."""
    stream.write(file_header())
    count = 0
    for frame in frames(seed, start, seconds, account):
        stream.write(record(frame))
        count += 1
    return count


def stream_live(stream: BinaryIO, seed: int) -> None:
    """Write frames when their time has come, until the reader goes away."""
    stream.write(file_header())
    stream.flush()
    for frame in frames(seed, time.time_ns()):
        wait = frame.time - time.time_ns()
        if wait > 0:
            stream.flush()
            time.sleep(wait / SECOND)
        stream.write(record(frame))
