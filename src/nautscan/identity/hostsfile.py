"""The hosts file of this machine: which addresses somebody has given a name (hosts(5))."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from nautscan.identity.model import canonical_ip

MAX_BYTES: Final = 8 << 20
"""Block lists of advertisers are a few megabytes; what is beyond this is not read, and said."""

MAX_ENTRIES: Final = 16_384
"""Addresses that are taken from the file, the first ones; the rest is counted."""

_UNSPECIFIED: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 (read, not bound)
"""Block lists send names there: it is no host."""


@dataclass(frozen=True, slots=True)
class HostsState:
    """How it stands with the file."""

    path: str
    entries: int = 0
    left_out: int = 0
    """Addresses over the cap."""
    reason: str | None = None
    """Why it could not be read."""


def default_path() -> Path:
    """Where this system has its hosts file."""
    if sys.platform == "win32":
        root = os.environ.get("SYSTEMROOT", r"C:\Windows")
        return Path(root) / "System32" / "drivers" / "etc" / "hosts"
    return Path("/etc/hosts")


class HostsFile:
    """Reads the file again when it has changed. Used by one thread at a time."""

    def __init__(self, path: Path | None = None) -> None:
        """Nothing is read before `read_if_changed`."""
        self._path = path or default_path()
        self._read: tuple[int, int, int] | None = None
        self.state = HostsState(str(self._path))

    def read_if_changed(self) -> dict[str, str] | None:
        """The first name of each address; None where the file is as it was."""
        try:
            facts = self._path.stat()
            version = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            if version == self._read:
                return None
            with self._path.open("rb") as file:
                text = file.read(MAX_BYTES + 1)
        except OSError as error:
            return self._unreadable(error.strerror or str(error))
        self._read = version
        names, left_out = parse(text[:MAX_BYTES].decode("utf-8", "replace"))
        cut = f"only its first {MAX_BYTES >> 20} MiB are read" if len(text) > MAX_BYTES else None
        self.state = HostsState(str(self._path), len(names), left_out, cut)
        return names

    def _unreadable(self, reason: str) -> dict[str, str] | None:
        """What was read before holds no longer; said once."""
        first = self.state.reason != reason
        self._read = None
        self.state = HostsState(str(self._path), reason=reason)
        return {} if first else None


def parse(text: str) -> tuple[dict[str, str], int]:
    """The first name of each address, in lower case, and how many addresses were left out."""
    names: dict[str, str] = {}
    left_out = 0
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) < 2:
            continue
        ip = canonical_ip(words[0])
        if ip is None or ip in _UNSPECIFIED or ip in names:
            continue
        if len(names) >= MAX_ENTRIES:
            left_out += 1
            continue
        name = words[1].rstrip(".").lower()
        # The machine's own name for its loopback address is told better by the machine itself.
        if name and not (ip_address(ip).is_loopback and name != "localhost"):
            names[ip] = name
    return names, left_out
