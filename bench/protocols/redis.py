"""Redis: redis-benchmark, with pipelines and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.lab import SERVER_ADDRESS, Lab
from bench.protocols.servers import ask, ask_server, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 6379
REQUESTS = 60_000
"""Of each command, once by itself and twice as many in pipelines."""
COMMANDS = ("SET", "GET", "INCR", "LPUSH", "HSET")


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve, ask, and let the server say how often each command was called."""
    command = ["redis-server", "--port", str(PORT), "--bind", SERVER_ADDRESS, "--save", ""]
    command += ["--protected-mode", "no"]
    with listening(lab, [*command, "--dir", str(lab.home)], PORT):
        yield lambda: _load(lab)


def _load(lab: Lab) -> Expected:
    asks = ["redis-benchmark", "-h", SERVER_ADDRESS, "-p", str(PORT), "-q", "-r", "100000"]
    asks += ["-d", "64", "-t", ",".join(COMMANDS).lower()]
    ask(lab, [*asks, "-n", str(REQUESTS), "-c", "50"])
    ask(lab, [*asks, "-n", str(2 * REQUESTS), "-c", "20", "-P", "16"])
    said = ask_server(lab, PORT, b"INFO commandstats\r\nQUIT\r\n", b"+OK\r\n")
    calls = {name.upper(): int(n) for name, n in re.findall(r"cmdstat_(\w+):calls=(\d+)", said)}
    return {f"method = '{name}' and error is null": calls[name] for name in COMMANDS}


TRAFFIC = Made(
    name="redis",
    load="redis-benchmark: 5 commands, 50 connections; then pipelines of 16 on 20",
    needs=(Need("redis-server", "redis-server"), Need("redis-benchmark", "redis-tools")),
    session=session,
    rows="requests where protocol = 'redis'",
    versions=(("redis-server", "--version"), ("redis-benchmark", "--version")),
    shown="resp",
    fields=("frame.time_epoch", "tcp.stream", "resp.bulk_string.value", "resp.string"),
)
