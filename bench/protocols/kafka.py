"""Kafka: librdkafka's own broker for tests and its client, since Debian has no broker.

That broker listens on the loopback address alone and tells its clients so: socat carries the bytes
from the one namespace's to the other's, as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.lab import SERVER_ADDRESS, Lab
from bench.protocols.servers import ask, listening
from bench.protocols.traffic import Expected, Library, Made, Need

PORT = 9092
MESSAGES = 30_000
"""Each in a request of its own."""
LIBRARY = Library("confluent_kafka", "confluent-kafka", "python3-confluent-kafka")
SERVER = Path(__file__).with_name("kafka_server.py")
CLIENT = Path(__file__).with_name("kafka_load.py")


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve, and reach it where it says that it is."""
    told = lab.home / "kafka.port"
    command = [LIBRARY.found, "-P", str(SERVER), SERVER_ADDRESS, str(PORT), str(told)]
    with listening(lab, command, PORT):
        port = int(told.read_text())
        listens = f"TCP-LISTEN:{port},bind=127.0.0.1,fork,nodelay"
        reach = ["socat", listens, f"TCP:{SERVER_ADDRESS}:{PORT},nodelay"]
        opposite = replace(lab, client=lab.server, server=lab.client)
        with listening(opposite, reach, port):
            yield lambda: _load(lab, port)


def _load(lab: Lab, port: int) -> Expected:
    log = lab.home / "client.log"
    said = ask(lab, [LIBRARY.found, "-P", str(CLIENT), str(port), str(MESSAGES), str(log)])
    sent: dict[str, int] = json.loads(said)
    assert sent["Produce"] == MESSAGES
    answered = "completeness = 'complete' and status = 0 and target = 'lab.orders'"
    return {f"method = '{name}'": count for name, count in sent.items()} | {
        "true": sum(sent.values()),
        f"method = 'Produce' and {answered}": MESSAGES,
    }


TRAFFIC = Made(
    name="kafka",
    load="confluent-kafka, librdkafka's broker for tests: a request a record, then read as a group",
    needs=(Need("socat", "socat"),),
    session=session,
    rows="requests where protocol = 'kafka'",
    versions=(("socat", "-V"),),
    shown="kafka",
    fields=("frame.time_epoch", "tcp.stream", "kafka.api_key", "kafka.correlation_id"),
    libraries=(LIBRARY,),
)
