"""HTTP/1.1: nginx and wrk, as in the large capture."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.http_capture import load_until
from bench.lab import Lab, nginx, served
from bench.programs import TSHARK_FIELDS
from bench.protocols.traffic import Expected, Made, Need

PACKETS = 120_000
LOG_SECONDS = 2.0
"""nginx writes what it has to log once a second."""


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve, and ask until there are enough packets."""
    with nginx(lab):

        def load() -> Expected:
            load_until(lab, PACKETS)
            time.sleep(LOG_SECONDS)
            truth = served(lab)
            by_status = {f"status = {status}": n for status, n in truth.by_status.items()}
            return {"true": truth.total, **by_status}

        yield load


TRAFFIC = Made(
    name="http",
    load="nginx, wrk: 64 connections, JSON of 200 bytes and, one in 25, of 80 kB",
    needs=(Need("nginx", "nginx-light"), Need("wrk", "wrk")),
    session=session,
    rows="requests where protocol = 'http' and version = '1.1'",
    versions=(("nginx", "-v"), ("wrk", "-v")),
    shown="http",
    fields=TSHARK_FIELDS,
)
