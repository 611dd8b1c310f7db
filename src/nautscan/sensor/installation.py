"""Keeps Python and our package usable after the process has become another user.

Python may be installed where the new user cannot go: `/root/.pyenv`, or a virtual environment in
somebody's private home. Modules imported late would then fail, long after the start. Two measures,
each tested alone:

* `preload` imports what libraries are known to import late, while we still may.
* `keep_reachable` holds the folders of the import path open and imports through
  `/proc/self/fd/N`, which leads to the folder itself and does not pass through `/root`. It gives
  access to nothing outside these folders. Linux only.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from nautscan.sensor.users import Identity

SERVER_MODULES: Final = (
    "anyio._backends._asyncio",
    "encodings.*",
    "multiprocessing.connection",
    "sqlglot.dialects.duckdb",
    "uvicorn.lifespan.*",
    "uvicorn.loops.*",
    "uvicorn.protocols.*",
    "uvloop",
    "websockets.*",
    "wsproto",
)
"""What the server's libraries import only when a request first needs it."""


def preload(patterns: Iterable[str] = SERVER_MODULES) -> list[str]:
    """Imports modules; `package.*` means everything below it. Returns what could not be.

    A module that this system does not have, or that does not work here (`encodings.mbcs` outside
    Windows), could not have been imported later either.
    """
    failed = []
    for name in _expand(patterns):
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001 - an optional module may fail in any way it likes
            failed.append(name)
    return failed


def _expand(patterns: Iterable[str]) -> list[str]:
    names: list[str] = []
    for pattern in patterns:
        package, star, _ = pattern.partition(".*")
        names.append(package)
        if star:
            names.extend(_modules_below(package))
    return names


def _modules_below(package: str) -> list[str]:
    try:
        module = importlib.import_module(package)
    except ImportError:
        return []
    found = pkgutil.walk_packages(module.__path__, package + ".", onerror=lambda _name: None)
    return [item.name for item in found if not item.name.endswith("__main__")]


def can_reach(path: Path, identity: Identity) -> bool:
    """Whether `identity` may enter every folder on the way to `path`, going by their modes."""
    return all(_can_enter(folder, identity) for folder in path.resolve().parents)


def _can_enter(folder: Path, identity: Identity) -> bool:
    try:
        facts = folder.stat()
    except OSError:
        return False
    if identity.uid == facts.st_uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == identity.gid or facts.st_gid in identity.groups:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def keep_reachable(identity: Identity) -> dict[str, str]:
    """Makes imports work for `identity`; what was put in place of which folder.

    Call it while the folders can still be opened. Their descriptors stay open for the life of the
    process and do not survive exec.
    """
    if sys.platform != "linux" or not Path("/proc/self/fd").is_dir():
        return {}
    aliases: dict[str, str] = {}
    for entry in sys.path:
        folder = Path(entry or ".")
        if folder.is_dir() and not can_reach(folder / "module", identity):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            aliases[os.fspath(folder)] = f"/proc/self/fd/{descriptor}"
    if aliases:
        _redirect(lambda path: _aliased(path, aliases))
    return aliases


def _aliased(path: str, aliases: dict[str, str]) -> str:
    """`path` below its longest aliased folder."""
    inside = [folder for folder in aliases if path == folder or path.startswith(folder + os.sep)]
    if not inside:
        return path
    folder = max(inside, key=len)
    return aliases[folder] + path[len(folder) :]


def _redirect(alias: Callable[[str], str]) -> None:
    """Replaces the folders in the import path and in what has been imported."""
    sys.path[:] = [alias(entry) for entry in sys.path]
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType):
            _redirect_module(module, alias)
    importlib.invalidate_caches()


def _redirect_module(module: ModuleType, alias: Callable[[str], str]) -> None:
    """Submodules are looked for in `__path__`, package data beside the loader's path."""
    folders: Any = getattr(module, "__path__", None)
    if isinstance(folders, list):
        folders[:] = [alias(folder) for folder in folders]
    spec = getattr(module, "__spec__", None)
    loader: Any = getattr(spec, "loader", None)
    if isinstance(getattr(loader, "path", None), str):
        loader.path = alias(loader.path)
    if isinstance(getattr(module, "__file__", None), str):
        module.__file__ = alias(str(module.__file__))
