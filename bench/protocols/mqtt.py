"""MQTT: mosquitto, a publisher and a subscriber, with each quality of service."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.lab import SERVER_ADDRESS, Lab, LabError, run
from bench.protocols.servers import LOAD_SECONDS, ask, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 1883
MESSAGES = {0: 120_000, 1: 40_000, 2: 20_000}
"""By quality of service."""
CONFIGURATION = """\
listener {port} {address}
allow_anonymous true
max_queued_messages 0
max_inflight_messages 100
log_dest stdout
"""
LINE = '{{"sensor": {number}, "temperature": 21.5, "unit": "C"}}\n'


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve; publish lines, and receive each."""
    file = lab.home / "mosquitto.conf"
    file.write_text(CONFIGURATION.format(port=PORT, address=SERVER_ADDRESS))
    lab.home.chmod(0o711)
    file.chmod(0o644)
    with listening(lab, ["mosquitto", "-c", str(file)], PORT):
        yield lambda: _load(lab)


def _load(lab: Lab) -> Expected:
    expected: dict[str, int] = {}
    of = "method = 'PUBLISH' and detail->>'qos' = '{}' and request_bytes is {}null"
    for quality, count in MESSAGES.items():
        where = ["-h", SERVER_ADDRESS, "-p", str(PORT), "-q", str(quality), "-t", "lab/sensors"]
        listener = ["mosquitto_sub", *where, "-C", str(count), "-W", str(LOAD_SECONDS)]
        receiver = subprocess.Popen(
            lab.in_client(listener), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        _until_connected(lab)
        lines = "".join(LINE.format(number=number) for number in range(count))
        ask(lab, ["mosquitto_pub", *where, "-l"], lines)
        received = receiver.communicate(timeout=LOAD_SECONDS)[0].count("\n")
        if received != count:
            raise LabError(f"of {count} messages {received} were received")
        expected[of.format(quality, "not ")] = count
        expected[of.format(quality, "")] = received
    return expected


def _until_connected(lab: Lab) -> None:
    """Wait for the subscriber: what is published before it, it does not get."""
    probe = lab.in_server(["ss", "-Htn", f"sport = :{PORT}"])
    while "ESTAB" not in run(probe):
        time.sleep(0.05)
    time.sleep(0.5)


TRAFFIC = Made(
    name="mqtt",
    load="mosquitto, mosquitto_pub to mosquitto_sub: QoS 0, 1 and 2",
    needs=(Need("mosquitto", "mosquitto"), Need("mosquitto_pub", "mosquitto-clients")),
    session=session,
    rows="requests where protocol = 'mqtt'",
    versions=(("mosquitto", "-h"), ("mosquitto_pub", "--help")),
    shown="mqtt",
    fields=("frame.time_epoch", "tcp.stream", "mqtt.msgtype", "mqtt.topic", "mqtt.qos"),
)
