"""NATS: nats-server, and a client of its own, since Debian has none."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.lab import SERVER_ADDRESS, Lab
from bench.protocols.servers import ask, ask_server, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 4222
STATISTICS = 8222
MESSAGES = 300_000
CLIENT = Path(__file__).with_name("nats_load.py")


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve, with the server's own statistics on another port."""
    where = ["-a", SERVER_ADDRESS, "-p", str(PORT), "-m", str(STATISTICS)]
    with listening(lab, ["nats-server", *where], PORT):
        yield lambda: _load(lab)


def _load(lab: Lab) -> Expected:
    ask(lab, [sys.executable, "-P", str(CLIENT), SERVER_ADDRESS, str(PORT), str(MESSAGES)])
    request = b"GET /varz HTTP/1.0\r\n\r\n"
    said = json.loads(ask_server(lab, STATISTICS, request, b"\0").split("\n\n", 1)[1])
    return {"method = 'PUB'": said["in_msgs"], "method = 'MSG'": said["out_msgs"]}


TRAFFIC = Made(
    name="nats",
    load="nats-server, a socket that publishes in pipelines to one that subscribes",
    needs=(Need("nats-server", "nats-server"),),
    session=session,
    rows="requests where protocol = 'nats'",
    versions=(("nats-server", "--version"),),
    shown=None,
    fields=(),
)
