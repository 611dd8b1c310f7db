"""What to tell a person who lacks what capturing needs. Text that can be pasted."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nautscan.sensor.privileges import (
    CAP_NET_RAW,
    CAPABILITY_NAMES,
    effective_capabilities,
)


@dataclass(frozen=True, slots=True)
class Host:
    """The facts on which the advice depends."""

    platform: str
    uid: int | None
    capabilities: frozenset[int] | None
    interpreter: str
    """The real file behind `python`: capabilities belong to files, not to symbolic links."""
    command: str
    """How to run nautscan by its full path: sudo has a PATH of its own."""
    in_container: bool

    @staticmethod
    def current() -> Host:
        """The machine and process that ask."""
        return Host(
            platform=sys.platform,
            uid=os.geteuid() if hasattr(os, "geteuid") else None,
            capabilities=effective_capabilities(),
            interpreter=os.path.realpath(sys.executable),
            command=_command(),
            in_container=Path("/.dockerenv").exists() or Path("/run/.containerenv").exists(),
        )


def _command() -> str:
    script = Path(sys.executable).with_name("nautscan")
    if script.is_file():
        return shlex.quote(os.fspath(script))
    return f"{shlex.quote(sys.executable)} -m nautscan"


def missing_rights(host: Host) -> str | None:
    """Which right is missing, in a sentence; None if none can be named."""
    if host.platform == "linux" and host.capabilities is not None:
        if CAP_NET_RAW in host.capabilities:
            return None
        return (
            f"this process (user id {host.uid}) lacks the capability "
            f"{CAPABILITY_NAMES[CAP_NET_RAW]}, which opening a packet socket takes"
        )
    if host.platform == "darwin" and host.uid != 0:
        return f"this process (user id {host.uid}) may not open /dev/bpf*"
    if host.platform == "win32":
        return "Npcap does not let this user capture"
    return None


def remedy(host: Host) -> str:
    """What to do about missing rights, the simplest first."""
    if host.platform == "linux":
        # Images of virtual machines may carry a container's marks: both ways are told.
        container = f"{_LINUX_CONTAINER}\n" if host.in_container else ""
        return container + _linux_remedy(host)
    if host.platform == "darwin":
        return _MACOS.format(command=host.command)
    return _WINDOWS


def _linux_remedy(host: Host) -> str:
    granted = "cap_net_raw=ep"
    return _LINUX.format(
        command=host.command, granted=granted, interpreter=shlex.quote(host.interpreter)
    )


_LINUX: Final = """\
Either run it as root (the part that serves the page gives up root before it listens):
    sudo {command} serve
Or give the right to the Python interpreter, once:
    sudo setcap {granted} {interpreter}
  Mind that every script run with that interpreter, by anyone, may then capture too. A virtual
  environment made with `python -m venv --copies` has an interpreter of its own. Undo it with:
    sudo setcap -r {interpreter}"""

_LINUX_CONTAINER: Final = """\
If this is a container, start it with the right, the host's network, and root inside:
    docker run --network host --cap-add NET_RAW --user 0 ...
  In a compose file: network_mode: host, cap_add: [NET_RAW], user: "0"."""

_MACOS: Final = """\
Run it as root (the part that serves the page gives up root before it listens):
    sudo {command} serve
  Or install Wireshark's ChmodBPF, which opens /dev/bpf* to the group access_bpf."""

_WINDOWS: Final = """\
Open a terminal with "Run as administrator" and start nautscan there, or reinstall Npcap from
https://npcap.com without the option that restricts it to administrators."""


def enter_remedy(host: Host) -> str:
    """What to do about missing rights to enter containers."""
    if host.in_container:
        return _ENTER_CONTAINER
    return _ENTER.format(command=host.command)


_ENTER: Final = """\
Run it as root (the sensor keeps these rights in reserve, the server gives all up):
    sudo {command} serve --enter-containers"""

_ENTER_CONTAINER: Final = """\
Start NautScan's container with the host's processes and these capabilities:
    docker run --network host --pid host --cap-add NET_RAW --cap-add SYS_ADMIN \\
      --cap-add SYS_PTRACE --security-opt apparmor=unconfined --user 0 ..."""

_LIBRARY: Final = {
    "linux": (
        "Install libpcap:\n"
        "    sudo apt-get install libpcap0.8     (Debian, Ubuntu)\n"
        "    sudo dnf install libpcap            (Fedora, RHEL)\n"
        "    sudo apk add libpcap                (Alpine)"
    ),
    "darwin": "libpcap is part of macOS; reinstall the command line tools: xcode-select --install",
    "win32": "Install Npcap from https://npcap.com, then start nautscan again.",
}


def explain(error: dict[str, Any], host: Host | None = None) -> dict[str, Any]:
    """The error with what this machine lacks and what to do here, where we know better."""
    host = host or Host.current()
    if error["code"] == "no_permission":
        missing = missing_rights(host)
        message = error["message"] if missing is None else f"Cannot capture: {missing}"
        return {**error, "message": message, "remedy": remedy(host)} | _detail(error)
    if error["code"] == "cannot_enter" and host.platform == "linux":
        return {**error, "remedy": enter_remedy(host)}
    if error["code"] == "no_capture_library" and host.platform in _LIBRARY:
        return {**error, "remedy": _LIBRARY[host.platform]}
    return error


def _detail(error: dict[str, Any]) -> dict[str, Any]:
    return {"detail": {**error.get("detail", {}), "engine": error["message"]}}
