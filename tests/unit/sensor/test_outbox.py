"""The outbox drops the oldest when full, and counts batches and rows."""

from __future__ import annotations

import threading

from nautscan.sensor.frames import MAX_BATCH_BYTES, Batch
from nautscan.sensor.outbox import Outbox


def test_first_in_first_out() -> None:
    outbox = Outbox()
    outbox.put("requests", b"1", 1)
    outbox.put("flows", b"2", 1)
    assert [outbox.take(), outbox.take(), outbox.take()] == [
        Batch("requests", b"1"),
        Batch("flows", b"2"),
        None,
    ]


def test_the_oldest_go_when_the_bytes_are_too_many() -> None:
    outbox = Outbox(max_bytes=10)
    for number in range(4):
        outbox.put("requests", bytes([number]) * 4, 3)
    counters = outbox.counters()
    assert (counters.batches, counters.bytes) == (2, 8)
    assert (counters.batches_dropped, counters.rows_dropped) == (2, 6)
    assert outbox.take() == Batch("requests", b"\x02" * 4)


def test_the_oldest_go_when_the_batches_are_too_many() -> None:
    outbox = Outbox(max_batches=2)
    for _ in range(5):
        outbox.put("stats", b"", 1)
    counters = outbox.counters()
    assert (counters.batches, counters.batches_dropped, counters.rows_dropped) == (2, 3, 3)


def test_a_batch_that_no_frame_can_carry_is_counted_and_pushes_out_nothing() -> None:
    outbox = Outbox(max_bytes=2 * MAX_BATCH_BYTES)
    outbox.put("requests", b"small", 1)
    outbox.put("requests", bytes(MAX_BATCH_BYTES), 100)
    counters = outbox.counters()
    assert (counters.batches, counters.batches_dropped, counters.rows_dropped) == (1, 1, 100)


def test_threads_lose_and_invent_nothing() -> None:
    outbox = Outbox(max_batches=50)

    def put_many() -> None:
        for _ in range(500):
            outbox.put("requests", b"x", 1)

    threads = [threading.Thread(target=put_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counters = outbox.counters()
    assert counters.batches + counters.batches_dropped == 2000
    assert counters.bytes == counters.batches


def test_who_waits_is_told() -> None:
    told: list[int] = []
    outbox = Outbox(on_put=lambda: told.append(outbox.counters().batches))
    outbox.put("requests", b"", 1)
    assert told == [1]
