"""Names of what can be captured: interfaces here, and inside containers.

    docker0      an interface of this host
    default      what NautScan chooses on this host
    lo@web       the interface `lo` inside the container `web`
    all@web      every interface inside it that is up

`default` and `all` cannot be interfaces: Linux refuses both as names, since /proc/sys/net has
folders of these names for all interfaces at once. The part behind the last `@` is a container,
whose name never holds an `@`. Rows bear the interface's name and the container's own name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

DEFAULT: Final = "default"
"""What NautScan chooses on this host."""

ALL: Final = "all"
"""Every interface inside a container."""


def split(name: str) -> tuple[str, str | None]:
    """The interface, and the container that it is inside of (None: this host)."""
    interface, at, container = name.rpartition("@")
    return (interface, container) if at and interface and container else (name, None)


def inside(interface: str, container: str) -> str:
    """The name of an interface inside a container."""
    return f"{interface}@{container}"


def containers_of(names: Sequence[str] | None) -> tuple[str, ...]:
    """The containers that the names lead into, each once."""
    found = (split(name)[1] for name in names or ())
    return tuple(dict.fromkeys(container for container in found if container is not None))


def wanted(interfaces: Sequence[str] | None, containers: Sequence[str]) -> tuple[str, ...] | None:
    """Names of what `--interface` and `--container` ask for; None for the defaults.

    With containers the interfaces are those inside them, all unless some are named. An interface
    that names its container itself stays as it is.
    """
    if not containers:
        return tuple(interfaces) if interfaces else None
    plain = [name for name in interfaces or () if split(name)[1] is None]
    named = [name for name in interfaces or () if split(name)[1] is not None]
    return (
        *named,
        *(inside(name, container) for container in containers for name in plain or (ALL,)),
    )
