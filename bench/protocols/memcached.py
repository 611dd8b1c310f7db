"""Memcached: text and binary, sets and gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.lab import SERVER_ADDRESS, Lab
from bench.protocols.servers import ask, ask_server, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 11211
CONNECTIONS = 8
REQUESTS = 1_200
"""Of each connection and each kind."""


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve, ask, and let the server say how often it was."""
    command = ["memcached", "-u", "nobody", "-l", SERVER_ADDRESS, "-p", str(PORT), "-U", "0"]
    with listening(lab, command, PORT):
        yield lambda: _load(lab)


def _load(lab: Lab) -> Expected:
    asks = ["memcslap", f"--servers={SERVER_ADDRESS}:{PORT}", f"--concurrency={CONNECTIONS}"]
    asks.append(f"--execute-number={REQUESTS}")
    for kind in ("set", "get"):
        for more in ([], ["--binary"]):
            ask(lab, [*asks, f"--test={kind}", "--initial-load=2000", *more])
    said = ask_server(lab, PORT, b"stats\r\n", b"END\r\n")
    counts = {name: int(n) for name, n in re.findall(r"STAT (\w+) (\d+)", said)}
    return {
        "lower(method) = 'set'": counts["cmd_set"],
        "lower(method) like 'get%'": counts["cmd_get"],
    }


TRAFFIC = Made(
    name="memcached",
    load="memcslap: sets and gets, text and binary, 8 connections",
    needs=(Need("memcached", "memcached"), Need("memcslap", "libmemcached-tools")),
    session=session,
    rows="requests where protocol = 'memcached'",
    versions=(("memcached", "--version"), ("memcslap", "--version")),
    shown="memcache",
    fields=("frame.time_epoch", "tcp.stream", "memcache.command", "memcache.key"),
)
