"""Where sensor and server meet: a private Unix socket, or loopback with a secret.

The address is always a path. Where the system has Unix sockets the path is the socket, and the
kernel says who is calling. Elsewhere (Windows) the sensor listens on a free loopback port and
writes port and secret into a file at that path, which only its owner can read; a caller proves
with the secret that it can.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import socket
import stat
import struct
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Kind = Literal["unix", "loopback"]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

STREAM_LIMIT: Final = 1 << 20
"""Bytes that asyncio buffers of a connection before it stops reading."""

_BACKLOG: Final = 8
_PEER_CREDENTIALS: Final = struct.Struct("3i")


def default_kind() -> Kind:
    """Unix sockets wherever asyncio has them."""
    return "unix" if hasattr(asyncio, "start_unix_server") else "loopback"


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound address. Binding takes rights that serving does not, so it comes first."""

    sock: socket.socket
    path: Path
    kind: Kind
    secret: str | None

    async def serve(self, handler: Handler) -> asyncio.Server:
        """Answers callers from now on."""
        if self.kind == "unix":
            return await asyncio.start_unix_server(handler, sock=self.sock, limit=STREAM_LIMIT)
        return await asyncio.start_server(handler, sock=self.sock, limit=STREAM_LIMIT)

    def admits(self, offered: object) -> bool:
        """Whether `offered` is the secret; always so where the kernel vouches for the caller."""
        if self.secret is None:
            return True
        return isinstance(offered, str) and hmac.compare_digest(
            self.secret.encode(), offered.encode("utf-8", "replace")
        )

    def close(self) -> None:
        """Stops listening and removes the socket or file, where we may."""
        self.sock.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


def bind(path: Path, *, owner: tuple[int, int] | None = None, kind: Kind | None = None) -> Listener:
    """Binds `path`, which only `owner` (uid, gid; default: this user) can reach."""
    _remove_stale(path)
    if (kind or default_kind()) == "unix":
        return _bind_unix(path, owner)
    return _bind_loopback(path)


def _remove_stale(path: Path) -> None:
    """Removes what an earlier sensor left; anything that is not its own is left alone."""
    with contextlib.suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if not stat.S_ISSOCK(mode) and not _describes_sensor(path):
            raise FileExistsError(f"{path} exists and is not a sensor's socket")
        path.unlink()


def _describes_sensor(path: Path) -> bool:
    try:
        _read_description(path)
    except (OSError, ValueError):
        return False
    return True


def _bind_unix(path: Path, owner: tuple[int, int] | None) -> Listener:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # The mask makes the socket private from its first moment; only then is it handed over.
        before = os.umask(0o177)
        try:
            sock.bind(os.fspath(path))
        finally:
            os.umask(before)
        if owner is not None:
            os.chown(path, *owner)
        sock.listen(_BACKLOG)
    except BaseException:
        sock.close()
        raise
    return Listener(sock, path, "unix", None)


def _bind_loopback(path: Path) -> Listener:
    sock = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    secret = secrets.token_urlsafe(32)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"port": sock.getsockname()[1], "secret": secret}, file)
    return Listener(sock, path, "loopback", secret)


def _read_description(path: Path) -> tuple[int, str]:
    """Port and secret. ValueError if the file does not hold them."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    try:
        return int(facts["port"]), str(facts["secret"])
    except (KeyError, TypeError) as error:
        raise ValueError("no port and secret") from error


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection to a sensor, and the secret to show in `hello`, if one is asked for."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    secret: str | None


async def connect(path: Path) -> Connection:
    """Connects to the sensor at `path`. Raises OSError."""
    if _is_file(path):
        return await _connect_loopback(path)
    reader, writer = await asyncio.open_unix_connection(path, limit=STREAM_LIMIT)
    return Connection(reader, writer, None)


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(path.stat().st_mode)


async def _connect_loopback(path: Path) -> Connection:
    try:
        port, secret = _read_description(path)
    except ValueError as error:
        raise ConnectionRefusedError(f"{path} does not describe a sensor (yet)") from error
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=STREAM_LIMIT)
    return Connection(reader, writer, secret)


def peer_uid(writer: asyncio.StreamWriter) -> int | None:
    """The user id of the process at the other end; None where the system does not tell."""
    sock = writer.get_extra_info("socket")
    if sock is None or not hasattr(socket, "SO_PEERCRED"):
        return None
    if sock.family != getattr(socket, "AF_UNIX", None):
        return None
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
    return int(_PEER_CREDENTIALS.unpack(raw)[1])


def admitted(uid: int | None, allowed: Collection[int]) -> bool:
    """Whether a caller with this user id may talk to the sensor.

    None means that the system does not tell (macOS has another call, Windows none): there the
    socket's permissions and the secret stand alone.
    """
    return uid is None or uid in allowed
