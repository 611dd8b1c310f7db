"""gRPC: a server of the Python library, and h2load."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.lab import SERVER_ADDRESS, Lab, LabError
from bench.protocols.servers import ask, listening
from bench.protocols.traffic import Expected, Library, Made, Need

PORT = 50051
CALLS = 40_000
MESSAGE = b"\x0a\xfd\x03" + b"lab orders " * 46 + b"end"
"""As protobuf writes one string of 509 bytes."""
LIBRARY = Library("grpc", "grpcio", "python3-grpcio")
SERVER = Path(__file__).with_name("grpc_server.py")


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve, and call."""
    command = [LIBRARY.found, "-P", str(SERVER), f"{SERVER_ADDRESS}:{PORT}"]
    with listening(lab, command, PORT):
        yield lambda: _load(lab)


def _load(lab: Lab) -> Expected:
    body = lab.home / "message"
    body.write_bytes(struct.pack(">BI", 0, len(MESSAGE)) + MESSAGE)
    asks = ["h2load", "-n", str(CALLS), "-c", "8", "-m", "16", "-d", str(body)]
    asks += ["-H", "content-type: application/grpc", "-H", "te: trailers"]
    said = ask(lab, [*asks, f"http://{SERVER_ADDRESS}:{PORT}/lab.Orders/Echo"])
    done = re.search(r"(\d+) succeeded, 0 failed", said)
    if done is None:
        raise LabError(f"h2load: {said}")
    count = int(done[1])
    sizes = f"detail->>'request_message_bytes' = '{len(MESSAGE)}'"
    return {
        "true": count,
        f"method = 'Echo' and status = 0 and error is null and {sizes}": count,
    }


TRAFFIC = Made(
    name="grpc",
    load="grpcio, h2load: unary calls of 512 bytes each way, 8 connections of 16 streams",
    needs=(Need("h2load", "nghttp2-client"),),
    session=session,
    rows="requests where protocol = 'grpc'",
    versions=(("h2load", "--version"),),
    shown="grpc",
    fields=(
        "frame.time_epoch",
        "tcp.stream",
        "http2.streamid",
        "http2.headers.path",
        "grpc.message_length",
    ),
    libraries=(LIBRARY,),
)
