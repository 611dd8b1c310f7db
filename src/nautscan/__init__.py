"""NautScan: what containers, hosts and networks say to each other.

``nautscan.read("x.pcap")`` gives the tables of a capture file to Python; everything else is
behind the ``nautscan`` command. Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nautscan.offline import Recording, Table, read

__version__ = "0.1.0"

__all__ = ["Recording", "Table", "__version__", "read"]

_OFFLINE = frozenset({"Recording", "Table", "read"})


def __getattr__(name: str) -> Any:
    """Import the offline reader when it is first asked for."""
    if name in _OFFLINE:
        from nautscan import offline

        return getattr(offline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the lazy names beside the others."""
    return sorted({*globals(), *_OFFLINE})
