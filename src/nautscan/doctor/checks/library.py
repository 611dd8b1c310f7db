"""The capture library: libpcap, or Npcap on Windows."""

from __future__ import annotations

from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.errors import NautScanError
from nautscan.sensor import enginefacts

_TITLE = "Capture library"
_WHY = (
    "Packets are captured through libpcap (Npcap on Windows), which is loaded when it is needed. "
    "Reading capture files and the demo work without."
)


def check(_context: Context) -> list[Check]:
    """Whether the library loads, and which version it is."""
    try:
        version = enginefacts.capture_library_version()
    except NautScanError as error:
        return [
            Check(
                "library.version",
                _TITLE,
                State.FAILED,
                error.message,
                _WHY,
                error.remedy,
                {"version": None},
            )
        ]
    return [
        Check("library.version", _TITLE, State.OK, f"{version}.", _WHY, facts={"version": version})
    ]
