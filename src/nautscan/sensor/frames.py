"""The frames between sensor and server, as values: bytes in, frames out, no I/O.

A frame is one byte of kind, four bytes of little-endian payload length, and the payload:

* `J`: a JSON object: a request, a response or an event.
* `A`: one byte of name length, the table's name, and rows as an Arrow IPC stream.
* `B`: eight bytes of request id, and a piece of the binary part of that request's answer. Pieces
  come in order, all before the `J` answer they belong to.

A length above the cap of its kind is refused before any of the payload is kept, so a peer cannot
make us buffer more than one frame.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

PROTOCOL_VERSION: Final = 1
"""Sent in `hello`; peers of different versions do not talk."""

MAX_CONTROL_BYTES: Final = 4 << 20
"""JSON: the largest is a listing of interfaces or one packet's layers, far below this."""

MAX_BATCH_BYTES: Final = 64 << 20
"""Rows with bodies: 250 ms of requests at 16 KiB a body each way stays below this."""

MAX_PIECE_BYTES: Final = 1 << 20
"""Binary answers are sent in pieces of at most this, so that others get a turn."""

_HEADER: Final = struct.Struct("<cI")
_REQUEST_ID: Final = struct.Struct("<Q")
_MAX_PAYLOAD: Final = {
    b"J": MAX_CONTROL_BYTES,
    b"A": MAX_BATCH_BYTES,
    b"B": MAX_PIECE_BYTES + _REQUEST_ID.size,
}


class FrameError(Exception):
    """The peer broke the protocol; the connection cannot be used any further."""


@dataclass(frozen=True, slots=True)
class Control:
    """A JSON object."""

    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of `table` as an Arrow IPC stream."""

    table: str
    ipc: bytes

    @property
    def size(self) -> int:
        """Bytes that count against the window and the queue."""
        return len(self.ipc)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the binary part of the answer to `request_id`."""

    request_id: int
    data: bytes


Frame = Control | Batch | Piece


def encode_control(message: dict[str, Any]) -> bytes:
    """The frame of a JSON object. ValueError if it is over the cap."""
    payload = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _frame(b"J", payload.encode("utf-8", "surrogatepass"))


def encode_batch(table: str, ipc: bytes) -> bytes:
    """The frame of rows. ValueError if it is over the cap."""
    name = table.encode()
    if not 0 < len(name) <= 255:
        raise ValueError(f"the table name {table!r} does not fit a frame")
    return _frame(b"A", bytes((len(name),)) + name + ipc)


def encode_piece(request_id: int, data: bytes) -> bytes:
    """The frame of a piece of an answer. ValueError if it is over the cap."""
    return _frame(b"B", _REQUEST_ID.pack(request_id) + data)


def _frame(kind: bytes, payload: bytes) -> bytes:
    cap = _MAX_PAYLOAD[kind]
    if len(payload) > cap:
        raise ValueError(f"a frame of {len(payload)} bytes is over the cap of {cap}")
    return _HEADER.pack(kind, len(payload)) + payload


class FrameDecoder:
    """Turns received bytes into frames.

    Give it bytes with `feed`, then take frames with `next_frame` until it returns None, which
    means that more bytes are needed. After a FrameError it stays broken.
    """

    def __init__(self) -> None:
        """An empty decoder."""
        self._buffer = bytearray()
        self._broken: str | None = None

    @property
    def pending(self) -> int:
        """Bytes received that no frame has used yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Adds received bytes."""
        self._buffer += data

    def next_frame(self) -> Frame | None:
        """The next whole frame, or None if more bytes are needed. Raises FrameError."""
        if self._broken is not None:
            raise FrameError(self._broken)
        try:
            return self._next()
        except FrameError as error:
            self._broken = str(error)
            self._buffer.clear()
            raise

    def _next(self) -> Frame | None:
        if not self._buffer:
            return None
        kind = bytes(self._buffer[:1])
        cap = _MAX_PAYLOAD.get(kind)
        if cap is None:
            raise FrameError(f"the peer sent a frame of unknown kind {kind!r}")
        if len(self._buffer) < _HEADER.size:
            return None
        length = _HEADER.unpack_from(self._buffer)[1]
        if length > cap:
            raise FrameError(f"the peer announced {length} bytes, the cap for {kind!r} is {cap}")
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        payload = bytes(memoryview(self._buffer)[_HEADER.size : end])
        del self._buffer[:end]
        return _PARSERS[kind](payload)


def _parse_control(payload: bytes) -> Control:
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"the peer sent JSON that cannot be read: {error}") from error
    if not isinstance(message, dict):
        raise FrameError("the peer sent JSON that is not an object")
    return Control(message)


def _parse_batch(payload: bytes) -> Batch:
    if not payload or len(payload) < 1 + payload[0]:
        raise FrameError("the peer sent rows without a whole table name")
    end = 1 + payload[0]
    try:
        table = payload[1:end].decode()
    except UnicodeDecodeError as error:
        raise FrameError("the peer sent a table name that is not UTF-8") from error
    if not table:
        raise FrameError("the peer sent rows without a table name")
    return Batch(table, payload[end:])


def _parse_piece(payload: bytes) -> Piece:
    if len(payload) < _REQUEST_ID.size:
        raise FrameError("the peer sent a piece without a request id")
    return Piece(_REQUEST_ID.unpack_from(payload)[0], payload[_REQUEST_ID.size :])


_PARSERS: Final[dict[bytes, Callable[[bytes], Frame]]] = {
    b"J": _parse_control,
    b"A": _parse_batch,
    b"B": _parse_piece,
}
