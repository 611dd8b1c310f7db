"""Frames: whole, byte by byte, with trailing data, and from a hostile peer."""

from __future__ import annotations

import struct

import pytest

from nautscan.sensor import frames
from nautscan.sensor.frames import Batch, Control, Frame, FrameDecoder, FrameError, Piece

ROWS = b"\xff\xff\xff\xff rows"

CASES: list[tuple[bytes, Frame]] = [
    (frames.encode_control({"id": 1, "op": "status"}), Control({"id": 1, "op": "status"})),
    (frames.encode_control({}), Control({})),
    (frames.encode_control({"text": "naïve \ud800"}), Control({"text": "naïve \ud800"})),
    (frames.encode_batch("requests", ROWS), Batch("requests", ROWS)),
    (frames.encode_batch("t" * 255, b""), Batch("t" * 255, b"")),
    (frames.encode_piece(7, b"data"), Piece(7, b"data")),
    (frames.encode_piece(2**53, b""), Piece(2**53, b"")),
]


def decode_all(decoder: FrameDecoder) -> list[Frame]:
    found = []
    while (frame := decoder.next_frame()) is not None:
        found.append(frame)
    return found


@pytest.mark.parametrize(("encoded", "frame"), CASES)
def test_whole(encoded: bytes, frame: Frame) -> None:
    decoder = FrameDecoder()
    decoder.feed(encoded)
    assert decoder.next_frame() == frame
    assert decoder.next_frame() is None
    assert decoder.pending == 0


@pytest.mark.parametrize(("encoded", "frame"), CASES)
def test_byte_by_byte(encoded: bytes, frame: Frame) -> None:
    decoder = FrameDecoder()
    for position in range(len(encoded) - 1):
        decoder.feed(encoded[position : position + 1])
        assert decoder.next_frame() is None
    decoder.feed(encoded[-1:])
    assert decoder.next_frame() == frame


@pytest.mark.parametrize(("encoded", "frame"), CASES)
def test_trailing_data_stays(encoded: bytes, frame: Frame) -> None:
    decoder = FrameDecoder()
    decoder.feed(encoded + b"J\x02\x00")
    assert decoder.next_frame() == frame
    assert decoder.next_frame() is None
    assert decoder.pending == 3


def test_all_together_in_order() -> None:
    decoder = FrameDecoder()
    decoder.feed(b"".join(encoded for encoded, _ in CASES))
    assert decode_all(decoder) == [frame for _, frame in CASES]


@pytest.mark.parametrize("kind", [b"J", b"A", b"B"])
def test_a_length_over_the_cap_is_refused_before_the_payload(kind: bytes) -> None:
    decoder = FrameDecoder()
    decoder.feed(kind + struct.pack("<I", 0xFFFFFFFF))
    with pytest.raises(FrameError, match="cap"):
        decoder.next_frame()


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"X\x00\x00\x00\x00", "unknown kind"),
        (b"P", "unknown kind"),
        (b"J\x00\x00\x00\x00", "cannot be read"),
        (b"J\x02\x00\x00\x00[]", "not an object"),
        (b"J\x02\x00\x00\x00\xff\xfe", "cannot be read"),
        (b"J" + struct.pack("<I", 200_000) + b"[" * 200_000, "cannot be read"),
        (b'J\x0e\x00\x00\x00{"a":1e,"b":2}', "cannot be read"),
        (b"A\x00\x00\x00\x00", "whole table name"),
        (b"A\x02\x00\x00\x00\x05a", "whole table name"),
        (b"A\x01\x00\x00\x00\x00", "without a table name"),
        (b"A\x02\x00\x00\x00\x01\xff", "UTF-8"),
        (b"B\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "request id"),
    ],
)
def test_hostile_frames_are_named(data: bytes, complaint: str) -> None:
    decoder = FrameDecoder()
    decoder.feed(data)
    with pytest.raises(FrameError, match=complaint):
        decoder.next_frame()


def test_a_broken_decoder_stays_broken_and_keeps_nothing() -> None:
    decoder = FrameDecoder()
    decoder.feed(b"X" + frames.encode_control({}))
    with pytest.raises(FrameError):
        decoder.next_frame()
    assert decoder.pending == 0
    decoder.feed(frames.encode_control({}))
    with pytest.raises(FrameError, match="unknown kind"):
        decoder.next_frame()


def test_nothing_over_the_cap_is_sent() -> None:
    with pytest.raises(ValueError, match="cap"):
        frames.encode_piece(1, bytes(frames.MAX_PIECE_BYTES + 1))
    with pytest.raises(ValueError, match="cap"):
        frames.encode_batch("requests", bytes(frames.MAX_BATCH_BYTES))


@pytest.mark.parametrize("name", ["", "t" * 256])
def test_table_names_that_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        frames.encode_batch(name, b"")


def test_numbers_that_json_does_not_know_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        frames.encode_control({"value": float("nan")})
