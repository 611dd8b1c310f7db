"""The generator's own account of what it put on the wire.

It is written where the messages are made, not read back from the packets, so that it can be
held against what the engine reports.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Exchange:
    """One request with its response, under the names of the `requests` table."""

    time: int
    protocol: str
    transport: str
    client_ip: str
    client_port: int
    server_ip: str
    server_port: int
    method: str
    host: str | None
    target: str
    status: int | None
    ttfb_ns: int | None
    duration_ns: int | None
    request_bytes: int
    response_bytes: int | None
    completeness: str

    def as_json(self) -> str:
        """One line; the time stays a number of nanoseconds."""
        return json.dumps(asdict(self))
