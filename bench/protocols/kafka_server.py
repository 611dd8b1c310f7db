"""A broker of librdkafka's, reachable from outside: `kafka_server.py ADDRESS PORT FILE`.

Writes to FILE at which port of the loopback address it tells its clients to find it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from confluent_kafka import Producer


def main() -> int:
    """Serve until told to end."""
    address, outside, file = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    brokers = Producer({"test.mock.num.brokers": 1, "enable.metrics.push": False})
    broker = next(iter(brokers.list_topics(timeout=30).brokers.values()))
    Path(file).write_text(str(broker.port))
    listens = f"TCP-LISTEN:{outside},bind={address},fork,nodelay"
    forwarder = subprocess.Popen(["socat", listens, f"TCP:{broker.host}:{broker.port},nodelay"])
    try:
        return forwarder.wait()
    finally:
        forwarder.terminate()


if __name__ == "__main__":
    sys.exit(main())
