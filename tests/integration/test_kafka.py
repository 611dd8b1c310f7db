"""Kafka as a real client speaks it: what its own log says of each message is what rows say.

No broker is in Debian or PyPI. librdkafka, the C client that Confluent's is made of, has brokers
of its own for tests, which speak the protocol over TCP on the loopback address: who asks and who
answers are librdkafka, what is stored is gone when the client ends.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.sensor_lab import Lab, SensorProcess, log_of, open_folder, sensor, serving

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

SECRET = "hunter2-4711"
"""In records and passwords, and to be in no row."""

CLIENT = r"""
    import json, os, re, tempfile, time
    log = tempfile.TemporaryFile()
    os.dup2(log.fileno(), 2)
    from confluent_kafka import Consumer, Producer, TopicPartition

    quiet = {"debug": "protocol", "log_level": 7, "enable.metrics.push": False}
    first = Producer({"test.mock.num.brokers": 1, "client.id": "shop", "linger.ms": 100,
                      "compression.type": "lz4", **quiet})
    for n in range(3):
        first.produce("orders.eu", b"hunter2-4711" * 500, key=str(n), partition=0)
    assert first.flush(20) == 0
    broker = next(iter(first.list_topics("orders.eu").brokers.values()))
    known = {"bootstrap.servers": f"{broker.host}:{broker.port}", **quiet}
    silent = Producer({"client.id": "silent", "acks": 0, **known})
    silent.produce("orders.eu", b"hunter2-4711", partition=0)
    assert silent.flush(20) == 0
    reader = Consumer({"group.id": "billing", "client.id": "reader", "enable.auto.commit": False,
                       "auto.offset.reset": "earliest", **known})
    reader.subscribe(["orders.eu"])
    got, end = [], time.monotonic() + 30
    while len(got) < 4 and time.monotonic() < end:
        message = reader.poll(1)
        if message is not None and not message.error():
            got.append(message.value())
    assert len(got) == 4
    reader.commit(asynchronous=False)
    assert reader.committed([TopicPartition("orders.eu", 0)], timeout=10)[0].offset == 4
    reader.close()
    del reader, silent, first
    log.seek(0)
    told = re.findall(
        r"(Sent|Received) (\w+?)(?:Request|Response) \(v(\d+), (\d+) bytes.*?CorrId (\d+)",
        log.read().decode(),
    )
    print(json.dumps([broker.port, told]))
"""

CALLED = {"ApiVersion": "ApiVersions"}
"""What librdkafka calls otherwise than Kafka's own guide."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with open_folder() as folder, serving((), (), folder) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder: Path = tmp_path_factory.mktemp("sensor")
    async with sensor(folder, "-i", "lo", prefix=lab.command(lab.near)) as running:
        yield running


async def test_kafka(lab: Lab, running: SensorProcess) -> None:
    port, told = log_of(lab, CLIENT)
    sent = Counter(_words(*line) for kind, *line in told if kind == "Sent")
    received = Counter(_words(*line) for kind, *line in told if kind == "Received")

    def of_port() -> list[dict[str, Any]]:
        return [r for r in running.rows.get("requests", ()) if r["server_port"] == port]

    await running.row("requests", lambda _: len(of_port()) >= sent.total())
    rows = of_port()
    assert SECRET not in json.dumps(running.rows, default=str)
    # The mock broker answers even what wants no answer: which the client passes over.
    rows, unasked = ([r for r in rows if (r["method"] is None) is no] for no in (False, True))
    assert [(r["completeness"], r["status"]) for r in unasked] == [("response_only", None)]
    asked = Counter(_message(row, row["request_bytes"]) for row in rows)
    # The client does not count the head of what it received.
    answered = (row for row in rows if row["response_bytes"] is not None)
    answers = Counter(_message(row, row["response_bytes"] - 8) for row in answered)
    assert asked == sent
    # What comes while the client closes is not in its log.
    assert received <= answers
    assert (answers - received).total() <= 4

    of: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        assert (row["protocol"], row["request_body"], row["response_body"]) == ("kafka", None, None)
        of.setdefault(row["method"], []).append(row)
    topical = {"Produce", "ListOffsets", "OffsetCommit", "OffsetFetch"}
    assert {row["target"] for name in topical for row in of[name]} == {"orders.eu"}
    grouped = {"FindCoordinator", "JoinGroup", "SyncGroup", "LeaveGroup"}
    assert {row["target"] for name in grouped for row in of[name]} == {"billing"}
    # Which name an id stands for may have been said on another connection.
    known = {"orders.eu"}
    assert all(r["target"] in known or r["target"].count("-") == 4 for r in of["Fetch"])
    acknowledged, silent = sorted(of["Produce"], key=lambda row: row["time"])
    assert _detail(acknowledged) >= {"records": "3", "compression": "lz4", "acks": "all"}.items()
    assert (acknowledged["status"], acknowledged["completeness"]) == (0, "complete")
    assert acknowledged["duration_ns"] > 0
    assert _detail(silent) >= {"reply": "none wanted", "client_id": "silent"}.items()
    assert (silent["completeness"], silent["duration_ns"]) == ("request_only", None)
    fetched = [int(dict(_detail(row)).get("records", 0)) for row in of["Fetch"]]
    assert sum(fetched) >= 4
    # It writes its refusal in the layout of no version, and a byte too many behind new metadata.
    own = {("ApiVersions", 35): ["malformed_fields"], ("Metadata", 0): ["bytes_behind_fields"]}
    for row in rows:
        assert row["oddities"] == own.get((row["method"], row["status"]), []), row
        # The client ends while it waits for more records.
        unanswered = {None, "connection closed before response"}
        assert row["error"] in ({"UNSUPPORTED_VERSION"} if row["status"] == 35 else unanswered)


def _message(row: dict[str, Any], size: int) -> str:
    detail = dict(_detail(row))
    return _words(row["method"], detail["api_version"], size, detail["correlation_id"])


def _words(name: str, *numbers: object) -> str:
    return " ".join(map(str, (CALLED.get(name, name), *numbers)))


def _detail(row: dict[str, Any]) -> Any:
    return json.loads(row["detail"] or "{}").items()
