"""What the cache (RESP2) and the database (PostgreSQL 3.0) say, as bytes."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

TEXT_OID = 25


def redis_command(*words: str) -> bytes:
    """A command as an array of bulk strings."""
    return b"*%d\r\n" % len(words) + b"".join(redis_bulk(word.encode()) for word in words)


def redis_bulk(value: bytes | None) -> bytes:
    """A bulk string, or the null that says there is no such key."""
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


def key_form(key: str) -> str:
    """The grouping form of the keys that the demo has: their numbers are `*`."""
    return re.sub(r"\d+", "*", key)


def statement_form(sql: str) -> str:
    """The grouping form of the statements that the demo has: literals and parameters are `?`."""
    return re.sub(r"'[^']*'|\$\d+|(?<!\w)\d+", "?", sql)


def postgres_query(sql: str) -> bytes:
    """A simple query."""
    return _postgres(b"Q", sql.encode() + b"\0")


def postgres_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Column descriptions, rows of text, completion, ready for the next query."""
    described = b"".join(
        name.encode() + struct.pack("!BIHIhIH", 0, 0, 0, TEXT_OID, -1, 0xFFFFFFFF, 0)
        for name in columns
    )
    messages = [_postgres(b"T", struct.pack("!H", len(columns)) + described)]
    messages += [_postgres(b"D", _row(row)) for row in rows]
    messages.append(_postgres(b"C", b"SELECT %d\0" % len(rows)))
    messages.append(_postgres(b"Z", b"I"))
    return b"".join(messages)


def _row(values: Sequence[str]) -> bytes:
    cells = b"".join(struct.pack("!I", len(v.encode())) + v.encode() for v in values)
    return struct.pack("!H", len(values)) + cells


def _postgres(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("!I", len(payload) + 4) + payload
