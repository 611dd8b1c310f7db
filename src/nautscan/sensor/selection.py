"""Which interfaces to capture on: a decision on names, without I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nautscan.sensor import naming
from nautscan.sensor.inside import Room

MAX_INTERFACES: Final = 64
"""Each captured interface costs a kernel buffer (32 MiB by default) and a thread."""

ANY_INTERFACE: Final = "any"
"""Linux's collective interface; in no listing of the kernel's own, but capturable."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to capture on, and what was wanted but is not possible."""

    capture: tuple[str, ...]
    missing: tuple[str, ...]
    """Wanted by name, but not there (yet)."""
    beyond_cap: tuple[str, ...]
    """There and wanted, but more than MAX_INTERFACES."""
    why: str


def select(
    wanted: Sequence[str] | None,
    present: Collection[str],
    defaults: tuple[Sequence[str], str],
    rooms: Mapping[str, Sequence[Room]] | None = None,
    *,
    cap: int = MAX_INTERFACES,
) -> Selection:
    """Those that the user named (`wanted`), or the defaults with the reason for them.

    `rooms` are what is in the containers, by the names under which they were asked for.
    """
    if wanted is None:
        names, why = tuple(dict.fromkeys(defaults[0])), defaults[1]
    else:
        expanded = (found for name in wanted for found in _expanded(name, defaults[0], rooms or {}))
        names, why = tuple(dict.fromkeys(expanded)), "named by the user"
    labels = {label for listed in (rooms or {}).values() for room in listed for label in _all(room)}
    there = tuple(
        name for name in names if name in present or name == ANY_INTERFACE or name in labels
    )
    missing = tuple(name for name in names if name not in there)
    return Selection(there[:cap], missing, there[cap:], why)


def _expanded(
    name: str, defaults: Sequence[str], rooms: Mapping[str, Sequence[Room]]
) -> Iterator[str]:
    """What a name stands for: itself, the defaults, or interfaces inside containers.

    A container where nothing can be captured (yet) leaves its name as it is: it is missing.
    """
    interface, container = naming.split(name)
    if container is None:
        yield from defaults if name == naming.DEFAULT else (name,)
        return
    found = rooms.get(container) or ()
    if not found:
        yield name
    for room in found:
        if interface == naming.ALL:
            yield from _all(room)
        else:
            yield naming.inside(interface, room.name)


def _all(room: Room) -> Iterator[str]:
    return (naming.inside(interface, room.name) for interface in room.interfaces)


@dataclass(frozen=True, slots=True)
class Change:
    """How to get from what is being captured to what should be."""

    add: tuple[str, ...]
    remove: tuple[str, ...]


def change(captured: Collection[str], failed: Collection[str], wanted: Sequence[str]) -> Change:
    """Adds what is new and removes what is not wanted; what failed is opened anew."""
    remove = tuple(name for name in captured if name not in wanted or name in failed)
    add = tuple(name for name in wanted if name not in captured or name in failed)
    return Change(add, remove)
