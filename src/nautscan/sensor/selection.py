"""Which interfaces to capture on: a decision on names, without I/O."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

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
    *,
    cap: int = MAX_INTERFACES,
) -> Selection:
    """Those that the user named (`wanted`), or the defaults with the reason for them."""
    if wanted is None:
        names, why = tuple(dict.fromkeys(defaults[0])), defaults[1]
    else:
        names, why = tuple(dict.fromkeys(wanted)), "named by the user"
    there = tuple(name for name in names if name in present or name == ANY_INTERFACE)
    missing = tuple(name for name in names if name not in there)
    return Selection(there[:cap], missing, there[cap:], why)


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
