"""The packets of an uploaded file, held in memory by a process without rights, and asked about.

The file passes through the engine as a live stream does, into a ring: what can be asked of the
sensor's packets can be asked of these.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from nautscan.errors import BadRequest, NautScanError
from nautscan.sensor import frames
from nautscan.sensor.packetops import Answer, Operation, PacketOperations, Params

if TYPE_CHECKING:
    from nautscan._engine import Capture
    from nautscan.offline.uploaded.job import Job

RING_BYTES: Final = 256 << 20
"""Of a larger file the packets at its end are held."""
MAX_FLOWS: Final = 250_000
NO_INTERFACE: Final = "capture file"
"""How the engine calls an interface that the file does not name; no interface can be called so."""
READ_BYTES: Final = 65_536
_POLL_MS: Final = 200

Send = Callable[[bytes], None]


def serve(job: Job, requests: BinaryIO, send: Send) -> None:
    """Read the file, tell `ready` with whether packets were left out, and answer until the end.

    A request is {id, op, params}; its answer pieces of bytes, if any, and {id, ok} or {id, error},
    as between sensor and server.
    """
    from nautscan._engine import EngineError
    from nautscan.sensor.enginefacts import as_dict

    try:
        capture = _filled(job)
    except EngineError as error:
        send(frames.encode_control({"event": "error", "error": as_dict(error)}))
        return
    # Packets are numbered from 1.
    facts = {"event": "ready", "cut": capture.packet(1) is None}
    send(frames.encode_control(facts))
    # However often it is read, its packets have the same numbers.
    operations = PacketOperations(lambda: capture, lambda: 0).table
    with asyncio.Runner() as runner:
        for message in _messages(requests):
            request_id, operation = message.get("id"), operations.get(str(message.get("op")))
            if type(request_id) is not int or operation is None:
                raise frames.FrameError("a request is none")
            params = message.get("params")
            work = _answered(operation, params if isinstance(params, dict) else {})
            _reply(send, request_id, partial(runner.run, work))


async def _answered(operation: Operation, params: Params) -> Answer:
    answer = await operation(params)
    if answer.key == "ipc":
        return replace(answer, data=_without_name(answer.data))
    if answer.result.get("interface") == NO_INTERFACE:
        return replace(answer, result=answer.result | {"interface": None})
    return answer


def _without_name(ipc: bytes) -> bytes:
    """Rows of `packets`, with null where the file names no interface."""
    from arro3.core import Array, DataType
    from arro3.io import read_ipc_stream, write_ipc_stream

    rows = read_ipc_stream(ipc).read_all()
    names = rows["interface"].to_pylist()
    if NO_INTERFACE not in names:
        return ipc
    known = [None if name == NO_INTERFACE else name for name in names]
    place = rows.column_names.index("interface")
    column = Array(known, type=DataType.utf8())
    out = BytesIO()
    write_ipc_stream(
        rows.set_column(place, rows.schema.field(place), column), out, compression=None
    )
    return out.getvalue()


def _filled(job: Job) -> Capture:
    """The whole file in the ring, as far as it fits. Raises `EngineError`."""
    from nautscan import _engine

    descriptor = os.open(job.path, os.O_RDONLY)
    capture = _engine.Capture(
        [],
        stream=descriptor,
        stream_name=NO_INTERFACE,
        sensor="file",
        ring_bytes=RING_BYTES,
        body_limit=0,
        headers=False,
        redact=job.redact,
        max_flows=MAX_FLOWS,
    )
    # Its rows are not wanted, but it stops where nobody takes them.
    while capture.next(_POLL_MS) is not None or not capture.status()["ended"]:
        pass
    return capture


def _messages(requests: BinaryIO) -> Any:
    decoder = frames.FrameDecoder()
    while data := os.read(requests.fileno(), READ_BYTES):
        decoder.feed(data)
        while (frame := decoder.next_frame()) is not None:
            if not isinstance(frame, frames.Control):
                raise frames.FrameError("rows came; only requests may")
            yield frame.message


def _reply(send: Send, request_id: int, work: Callable[[], Answer]) -> None:
    from nautscan._engine import EngineError
    from nautscan.sensor.enginefacts import as_dict

    try:
        answer = work()
    except NautScanError as error:
        send(frames.encode_control({"id": request_id, "error": error.as_dict()}))
        return
    except EngineError as error:
        send(frames.encode_control({"id": request_id, "error": as_dict(error)}))
        return
    for start in range(0, len(answer.data), frames.MAX_PIECE_BYTES):
        piece = answer.data[start : start + frames.MAX_PIECE_BYTES]
        send(frames.encode_piece(request_id, piece))
    message: dict[str, Any] = {"id": request_id, "ok": answer.result}
    if answer.key is not None:
        message["binary"] = answer.key
    try:
        send(frames.encode_control(message))
    except ValueError as error:
        refused = BadRequest(f"the answer is too long: {error}", remedy="Ask for less.")
        send(frames.encode_control({"id": request_id, "error": refused.as_dict()}))
