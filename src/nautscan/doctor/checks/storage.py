"""Whether the database has room, may be written, and is nobody else's."""

from __future__ import annotations

import os
import shutil
import struct
import sys
from pathlib import Path
from typing import Any, Final

from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.doctor.sizes import size

if sys.platform != "win32":
    import fcntl

_WHY_DISK: Final = (
    "Requests, flows and counters are kept for the history. When the disk is full, storing stops "
    "and live goes on; what was not stored is counted."
)
_WHY_STORE: Final = "One server at a time writes the database; a second one cannot open it."
_FREE: Final = "Disk for the history"
_STORE: Final = "Database"
_NO_LOCK: Final = 2
"""F_UNLCK of struct flock on Linux and macOS alike."""


def check(context: Context) -> list[Check]:
    """Free space and permission at the data folder, and how it stands with the database."""
    return [_disk(context), _store(context)]


def _disk(context: Context) -> Check:
    config = context.config
    folder = existing(config.data_dir)
    usage = shutil.disk_usage(folder)
    held = _database_bytes(config.database_path)
    facts: dict[str, Any] = {
        "data_dir": str(config.data_dir),
        "free_bytes": usage.free,
        "database_bytes": held,
        "retention_bytes": config.retention_bytes,
        "min_free_bytes": config.min_free_bytes,
    }
    where = f"{size(usage.free)} are free at {config.data_dir}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return _not_writable(context, folder, facts)
    if usage.free < config.min_free_bytes:
        remedy = (
            "Free some, or keep the database elsewhere:\n"
            "    nautscan serve --data-dir /path/with/room"
        )
        found = f"{where}: less than the {size(config.min_free_bytes)} that are left alone."
        return Check("storage.disk", _FREE, State.FAILED, found, _WHY_DISK, remedy, facts)
    if usage.free + held < config.retention_bytes + config.min_free_bytes:
        room = usage.free + held - config.min_free_bytes
        remedy = (
            "Let it keep less:\n"
            f"    NAUTSCAN_RETENTION_SIZE={max(room // 1_000_000, 1)}MB nautscan serve"
        )
        found = (
            f"{where}. The history may grow to {size(config.retention_bytes)}, for which there is "
            "no room."
        )
        return Check("storage.disk", _FREE, State.WARNING, found, _WHY_DISK, remedy, facts)
    found = f"{where}; the history takes {size(config.retention_bytes)} at most."
    return Check("storage.disk", _FREE, State.OK, found, _WHY_DISK, facts=facts)


def _not_writable(context: Context, folder: Path, facts: dict[str, Any]) -> Check:
    user = f"user id {os.geteuid()}" if hasattr(os, "geteuid") else "this user"
    wanted = context.config.data_dir
    found = f"{folder} may not be written by {user}" + (
        "." if folder == wanted else f", so {wanted} cannot be made."
    )
    remedy = (
        "Name a folder that it may write to:\n"
        "    nautscan serve --data-dir ~/nautscan\n"
        f"Or give it this one:\n    sudo install -d -o $(id -un) {wanted}"
    )
    return Check("storage.disk", _FREE, State.FAILED, found, _WHY_DISK, remedy, facts)


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    path = path.absolute()
    while not _exists(path) and path != path.parent:
        path = path.parent
    return path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # A folder on the way may not be searched.
        return False


def _database_bytes(path: Path) -> int:
    total = 0
    for file in (path, path.with_name(f"{path.name}.wal")):
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total


def _store(context: Context) -> Check:
    if context.store is not None:
        return _own_store(context)
    path = context.config.database_path
    facts: dict[str, Any] = {"path": str(path), "exists": _exists(path), "holder": None}
    if not facts["exists"]:
        found = f"There is none yet; {path} is made at the first start."
        return Check("storage.database", _STORE, State.OK, found, _WHY_STORE, facts=facts)
    try:
        holder = lock_holder(path)
    except OSError as error:
        found = f"{path} cannot be opened: {error.strerror or error}."
        remedy = f"See whose it is:\n    ls -l {path}"
        return Check("storage.database", _STORE, State.FAILED, found, _WHY_STORE, remedy, facts)
    facts |= {"bytes": _database_bytes(path), "holder": holder}
    found = f"{path}, {size(facts['bytes'])}"
    found += f", in use by process {holder}." if holder else ", in use by nobody."
    return Check("storage.database", _STORE, State.OK, found, _WHY_STORE, facts=facts)


def _own_store(context: Context) -> Check:
    """In the server: what the store itself says."""
    store = context.store
    assert store is not None  # noqa: S101 (the caller looked)
    facts = {
        "path": store.path,
        "bytes": store.bytes,
        "state": store.state,
        "rows_written": store.rows_written,
        "rows_lost": store.rows_lost,
        "schema_version": store.schema_version,
    }
    found = f"{store.path}, {size(store.bytes)}, {store.rows_written} rows since the start."
    if store.state == "ok":
        return Check("storage.database", _STORE, State.OK, found, _WHY_STORE, facts=facts)
    remedy = (
        f"Make room where it is:\n    df -h {Path(store.path).parent}"
        if store.state == "full"
        else "It is tried again every few seconds; the server's log says more."
    )
    words = f"Rows are shown but not stored: {store.reason or store.state}."
    return Check("storage.database", _STORE, State.FAILED, words, _WHY_STORE, remedy, facts)


def lock_holder(path: Path) -> int | None:
    """The process that holds the database's lock; None if nobody does, or it cannot be seen.

    Asks the kernel who would be in the way of a lock (F_GETLK) and takes none. Raises OSError.
    """
    if sys.platform != "linux":
        return None
    with path.open("rb") as file:
        # struct flock of 64-bit Linux: type, whence, padding, start, length, pid.
        wanted = struct.pack("hhxxxxqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = fcntl.fcntl(file.fileno(), fcntl.F_GETLK, wanted)
    kind, _, _, _, pid = struct.unpack("hhxxxxqqixxxx", answer)
    return None if kind == _NO_LOCK or pid <= 0 else pid
