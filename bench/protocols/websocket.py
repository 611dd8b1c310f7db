"""WebSocket: the Python library's server and client, compressed and not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.lab import SERVER_ADDRESS, Lab
from bench.protocols.servers import ask, listening
from bench.protocols.traffic import Expected, Library, Made

PORT = 8765
CONNECTIONS = 8
"""Of each kind: with permessage-deflate and without."""
MESSAGES = 5_000
"""Of each connection, each way."""
LIBRARY = Library("websockets", "websockets", "python3-websockets")
SERVER = Path(__file__).with_name("websocket_server.py")
CLIENT = Path(__file__).with_name("websocket_load.py")


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve what comes back to who sends it."""
    python = LIBRARY.found
    command = [python, "-P", str(SERVER), SERVER_ADDRESS, str(PORT)]
    with listening(lab, command, PORT):
        yield lambda: _load(lab, python)


def _load(lab: Lab, python: str) -> Expected:
    counts = [str(count) for count in (PORT, CONNECTIONS, MESSAGES)]
    said = json.loads(ask(lab, [python, "-P", str(CLIENT), SERVER_ADDRESS, *counts]))
    both = "detail->>'{0}' = '{1}'"
    kinds = {
        " and ".join(
            both.format(f"{side}_{kind}", count)
            for side in ("client", "server")
            for kind, count in (("texts", texts), ("binaries", binaries))
        )
        for _, texts, binaries in said
    }
    packed = sum(is_packed for is_packed, _, _ in said)
    deflated = "detail->>'extensions' like 'permessage-deflate%'"
    return {
        "true": len(said),
        f"completeness = 'complete' and status = 101 and {kinds.pop()}": len(said),
        f"{deflated} and detail->>'close_code' = '1000'": packed,
    }


TRAFFIC = Made(
    name="websocket",
    load="the Python library websockets: texts and binaries echoed, on connections with and "
    "without permessage-deflate",
    needs=(),
    session=session,
    rows="requests where protocol = 'websocket'",
    versions=(),
    shown="websocket",
    fields=(
        "frame.time_epoch",
        "tcp.stream",
        "websocket.opcode",
        "websocket.fin",
        "websocket.payload_length",
    ),
    libraries=(LIBRARY,),
)
