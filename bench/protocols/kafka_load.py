"""Produce, then read it all as a group: `kafka_load.py PORT MESSAGES LOG`.

Prints how many requests of each name the client's own log says that it sent.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path

from confluent_kafka import Consumer, Producer

RECORD = b'{"order": 4711, "state": "shipped", "lines": [{"sku": "KL-2210", "quantity": 2}]}'
TOPIC = "lab.orders"
QUIET_SECONDS = 60
SENT = re.compile(r"Sent (\w+)Request \(v")
CALLED = {"ApiVersion": "ApiVersions"}
"""What it calls otherwise than Kafka's own guide."""


def main() -> int:
    """Each record goes in a request of its own, five of which are on the way at once."""
    port, count, log = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    with log.open("wb") as words:
        os.dup2(words.fileno(), sys.stderr.fileno())
    known = {
        "bootstrap.servers": f"127.0.0.1:{port}",
        "broker.address.family": "v4",
        "enable.metrics.push": False,
        "debug": "protocol",
        "log_level": 7,
    }
    produce(known, count)
    consume(known, count)
    sent = Counter(CALLED.get(name, name) for name in SENT.findall(log.read_text()))
    print(json.dumps(sent))
    return 0


def produce(known: dict[str, object], count: int) -> None:
    """Wait for the last to be acknowledged."""
    alone = {"linger.ms": 0, "batch.num.messages": 1, "acks": "all"}
    producer = Producer({"client.id": "shop", **alone, **known})
    for number in range(count):
        producer.produce(TOPIC, RECORD, key=str(number), partition=0)
        if number % 1000 == 999:
            producer.flush(QUIET_SECONDS)
    if producer.flush(QUIET_SECONDS):
        raise TimeoutError("not all was acknowledged")


def consume(known: dict[str, object], count: int) -> None:
    """Read from the beginning, commit once, and leave."""
    begin = {"auto.offset.reset": "earliest", "enable.auto.commit": False}
    reader = Consumer({"client.id": "reader", "group.id": "billing", **begin, **known})
    reader.subscribe([TOPIC])
    came, end = 0, time.monotonic() + QUIET_SECONDS
    while came < count and time.monotonic() < end:
        messages = reader.consume(1000, timeout=1)
        came += sum(message.error() is None for message in messages)
    if came != count:
        raise TimeoutError(f"{came} of {count} records came")
    reader.commit(asynchronous=False)
    reader.close()


if __name__ == "__main__":
    sys.exit(main())
