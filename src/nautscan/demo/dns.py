"""DNS questions and answers (RFC 1035) for A records."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

TYPE_A = 1
CLASS_IN = 1
QUERY_FLAGS = 0x0100
ANSWER_FLAGS = 0x8180
NAME_ERROR = 3
POINTER_TO_QUESTION = 0xC00C


def query(ident: int, name: str) -> bytes:
    """Ask for the address of `name`."""
    return struct.pack("!HHHHHH", ident, QUERY_FLAGS, 1, 0, 0, 0) + _question(name)


def answer(ident: int, name: str, address: IPv4Address | None, ttl: int = 30) -> bytes:
    """Tell the address of `name`, or that there is no such name."""
    if address is None:
        head = struct.pack("!HHHHHH", ident, ANSWER_FLAGS | NAME_ERROR, 1, 0, 0, 0)
        return head + _question(name)
    head = struct.pack("!HHHHHH", ident, ANSWER_FLAGS, 1, 1, 0, 0)
    fixed = struct.pack("!HHHIH", POINTER_TO_QUESTION, TYPE_A, CLASS_IN, ttl, 4)
    return head + _question(name) + fixed + address.packed


def _question(name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return labels + b"\0" + struct.pack("!HH", TYPE_A, CLASS_IN)
