"""A live capture that is fed by a pipe: the same thread, ring and queue as on an interface."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import IO, Any

import pytest
from arro3.core import Table
from arro3.io import read_ipc_stream

from nautscan import _engine

from .streams import exchange, pcap

PATIENCE_S = 20


class Piped:
    """A capture and the end of the pipe that feeds it."""

    def __init__(self, **options: Any) -> None:
        reading, writing = os.pipe()
        self.feed: IO[bytes] = os.fdopen(writing, "wb", buffering=0)
        self.capture = _engine.Capture(
            [], stream=reading, stream_name="test", flush_ms=20, flow_id_base=1000, **options
        )
        os.close(reading)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Waits for the next batch of `table` and gives its rows."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            taken = self.capture.next(100)
            if taken is not None and taken[0] == table:
                return as_rows(taken[1])
        pytest.fail(f"no rows of {table}")


def as_rows(batch: _engine.RecordBatch) -> list[dict[str, Any]]:
    """Rows of a batch by way of Arrow IPC, as between sensor and server."""
    table = Table.from_arrow(read_ipc_stream(batch.to_ipc()))
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


@pytest.fixture
def piped() -> Iterator[Piped]:
    one = Piped()
    yield one
    one.capture.stop()
    one.feed.close()


def test_rows_come_while_the_stream_is_open(piped: Piped) -> None:
    piped.feed.write(pcap(exchange("/live?token=abc")))
    (row,) = piped.rows("requests")
    assert (row["method"], row["status"], row["interface"]) == ("GET", 200, "test")
    assert row["target"] == "/live?token=[redacted]"
    assert {"name": "Authorization", "value": "[redacted]"} in row["request_headers"]
    assert row["flow_id"] == 1001
    assert bytes(row["response_body"]) == b"ok"


def test_the_ring_gives_packets_with_their_flow(piped: Piped) -> None:
    packets = exchange()
    piped.feed.write(pcap(packets))
    piped.rows("requests")
    recent = as_rows(piped.capture.recent(3))
    assert [row["id"] for row in recent] == [3, 4, 5]
    assert {row["flow_id"] for row in recent} == {1001}
    assert [row["id"] for row in as_rows(piped.capture.recent(10, before=3))] == [1, 2]
    packet = piped.capture.packet(4)
    assert packet is not None
    assert packet["bytes"] == packets[3]
    assert [layer["name"] for layer in packet["layers"]] == ["IPv4", "TCP", "Payload"]
    assert piped.capture.packet(99) is None


def test_the_ring_is_exported_as_a_capture_file(piped: Piped, tmp_path: Any) -> None:
    piped.feed.write(pcap(exchange()))
    piped.rows("requests")
    path = tmp_path / "ring.pcapng"
    path.write_bytes(piped.capture.export())
    reader = _engine.Reader([str(path)])
    while reader.next() is not None:
        pass
    assert (reader.summary()["packets"], reader.summary()["requests"]) == (5, 1)
    path.write_bytes(piped.capture.export([4]))
    reader = _engine.Reader([str(path)])
    while reader.next() is not None:
        pass
    assert reader.summary()["packets"] == 1


def test_counters_of_every_stage_come_as_rows(piped: Piped) -> None:
    piped.feed.write(pcap(exchange()))
    counters = {(row["stage"], row["name"]): row["value"] for row in piped.rows("stats")}
    assert counters["decode", "packets"] == 5
    assert counters["queue", "batches_dropped"] == 0
    stages = {stage for _, stage, _, _ in piped.capture.stats()}
    assert {"decode", "flow", "stream", "proto", "queue"} <= stages


def test_the_end_of_the_stream_ends_the_capture_and_its_flows(piped: Piped) -> None:
    piped.feed.write(pcap(exchange()))
    piped.feed.close()
    (row,) = piped.rows("flows")
    assert row["end_reason"] == "capture_end"
    until = time.monotonic() + PATIENCE_S
    while not piped.capture.status()["ended"] and time.monotonic() < until:
        time.sleep(0.02)
    assert piped.capture.status()["ended"]


def test_batches_that_nobody_takes_are_dropped_and_counted() -> None:
    piped = Piped(max_batches=1)
    piped.feed.write(pcap(exchange()))
    piped.feed.close()
    until = time.monotonic() + PATIENCE_S
    while not piped.capture.status()["ended"] and time.monotonic() < until:
        time.sleep(0.02)
    counters = {name: value for _, stage, name, value in piped.capture.stats() if stage == "queue"}
    assert counters["batches_dropped"] >= 1
    assert counters["rows_dropped"] >= 1


def test_a_stream_that_is_no_capture_says_so(piped: Piped) -> None:
    piped.feed.write(b"this is not a capture file at all, not in the least")
    piped.feed.close()
    until = time.monotonic() + PATIENCE_S
    while not piped.capture.status()["ended"] and time.monotonic() < until:
        time.sleep(0.02)
    error = piped.capture.status()["error"]
    assert error["code"] == "bad_file"
    assert "pcap" in error["remedy"]


def test_bad_filters_carry_the_compilers_words() -> None:
    with pytest.raises(_engine.EngineError) as raised:
        _engine.check_filter("tcp prot 80")
    assert raised.value.code == "bad_filter"
    _engine.check_filter("tcp port 80")


def test_an_unknown_interface_is_told_at_once() -> None:
    with pytest.raises(_engine.EngineError) as raised:
        _engine.Capture(["nosuch0"])
    assert raised.value.code in {"unknown_interface", "no_permission"}
    assert raised.value.remedy
