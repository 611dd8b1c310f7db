"""The folders of a run: a private one for the socket, and the one that holds the data.

Under root both are made by root and used by the server's user. The socket's folder stays root's
(nobody but root may replace the socket); the data folder becomes the server's.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nautscan.errors import NautScanError
from nautscan.sensor.installation import can_reach
from nautscan.sensor.users import Identity

SOCKET_NAME: Final = "sensor.sock"
LOOKOUT_NAME: Final = "lookout.sock"

_PREFIX: Final = "nautscan-"
_NEW_S: Final = 60.0
"""A folder younger than this may belong to a sensor that does not listen yet."""

_MAX_SOCKET_PATH: Final = 100
"""Addresses of Unix sockets end at 108 bytes on Linux, 104 on macOS and the BSDs."""


@dataclass(frozen=True, slots=True)
class RuntimeFolder:
    """Where the socket of one run is."""

    path: Path
    made: bool

    @property
    def socket(self) -> Path:
        """The sensor's socket."""
        return self.path / SOCKET_NAME

    @property
    def lookout(self) -> Path:
        """The lookout's socket."""
        return self.path / LOOKOUT_NAME

    def remove(self) -> None:
        """Removes the sockets, and the folder if this run made it."""
        for path in (self.socket, self.lookout):
            with contextlib.suppress(OSError):
                path.unlink()
        if self.made:
            with contextlib.suppress(OSError):
                self.path.rmdir()


def runtime_folder(named: Path | None, identity: Identity | None) -> RuntimeFolder:
    """Makes the folder, or uses the one that was named. Raises NautScanError."""
    try:
        if named is None:
            folder = RuntimeFolder(_temporary_folder(), made=True)
        else:
            made = not named.is_dir()
            named.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = RuntimeFolder(named.absolute(), made=made)
        if folder.made and identity is not None:
            os.chown(folder.path, 0, identity.gid)
            folder.path.chmod(0o710)
    except OSError as error:
        raise _unusable(
            named or Path(tempfile.gettempdir()), error, "NAUTSCAN_RUNTIME_DIR"
        ) from error
    if len(os.fsencode(folder.lookout)) > _MAX_SOCKET_PATH:
        folder.remove()
        raise NautScanError(
            f"The path of the socket is too long: {folder.socket}",
            remedy=f"Set NAUTSCAN_RUNTIME_DIR to a folder of less than {_MAX_SOCKET_PATH} bytes.",
        )
    return folder


def _temporary_folder() -> Path:
    for candidate in (os.environ.get("XDG_RUNTIME_DIR"), "/run"):
        if candidate and _is_own(Path(candidate)):
            _sweep(Path(candidate))
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=candidate))
    return Path(tempfile.mkdtemp(prefix=_PREFIX))


def _sweep(parent: Path) -> None:
    """Removes what supervisors left that were killed."""
    for path in parent.glob(f"{_PREFIX}*"):
        if _is_own(path) and _is_deserted(path):
            RuntimeFolder(path, made=True).remove()


def _is_deserted(path: Path) -> bool:
    """Nobody listens, and nobody is about to: it is not new."""
    try:
        if time.time() - path.stat().st_mtime < _NEW_S:
            return False
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(os.fspath(path / SOCKET_NAME))
    except (ConnectionRefusedError, FileNotFoundError):
        return True
    except OSError:
        pass
    return False


def _is_own(folder: Path) -> bool:
    if sys.platform == "win32":
        return False
    try:
        return folder.stat().st_uid == os.geteuid() and os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return False


def prepare_data_folder(path: Path, identity: Identity | None, *, default: bool) -> Path:
    """Makes the folder and sees that the server's user can use it. Raises NautScanError.

    A folder that exists and was named by the user (`default` false) is never handed over: it may
    be anything. The default one, and one that is empty, follow the server's user.
    """
    path = path.absolute()
    try:
        made = not path.exists()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if identity is not None and (made or default or not any(path.iterdir())):
            _hand_over(path, identity)
    except OSError as error:
        raise _unusable(path, error, "--data-dir") from error
    if identity is not None and not _can_use(path, identity):
        raise NautScanError(
            f"{identity.described}, as whom the server runs, cannot write to {path}",
            remedy=f"Give it the folder (chown -R {identity.uid}:{identity.gid} {path}), or name "
            "another folder with --data-dir, or another user with --user.",
        )
    return path


def _hand_over(folder: Path, identity: Identity) -> None:
    """The folder and the files in it that its former owner had; never through a link."""
    facts = folder.lstat()
    if facts.st_uid == identity.uid:
        return
    for entry in os.scandir(folder):
        if entry.is_file(follow_symlinks=False):
            _hand_over_file(Path(entry.path), facts.st_uid, identity)
    os.chown(folder, identity.uid, identity.gid, follow_symlinks=False)


def _hand_over_file(path: Path, former: int, identity: Identity) -> None:
    # Opened first and looked at then: what is at the path may change in between.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        facts = os.fstat(descriptor)
        if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1 and facts.st_uid == former:
            os.fchown(descriptor, identity.uid, identity.gid)
    finally:
        os.close(descriptor)


def _can_use(folder: Path, identity: Identity) -> bool:
    facts = folder.stat()
    if facts.st_uid == identity.uid:
        wanted = stat.S_IRWXU
    elif facts.st_gid == identity.gid or facts.st_gid in identity.groups:
        wanted = stat.S_IRWXG
    else:
        wanted = stat.S_IRWXO
    return facts.st_mode & wanted == wanted and can_reach(folder, identity)


def _unusable(path: Path, error: OSError, flag: str) -> NautScanError:
    return NautScanError(
        f"The folder {path} cannot be used: {error.strerror or error}",
        remedy=f"Name another with {flag}, or mend its permissions.",
    )
