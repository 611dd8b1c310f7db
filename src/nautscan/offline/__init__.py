"""Capture files through the engine: one pass, or tables for Python.

The start path of ``nautscan read`` goes through here, so names are imported when used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nautscan.offline.recording import Recording, Table, read

__all__ = ["Recording", "Table", "read"]


def __getattr__(name: str) -> Any:
    """Import the Python interface when it is first asked for."""
    if name in __all__:
        from nautscan.offline import recording

        return getattr(recording, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
