"""The checks that need no right to capture: where rows are named, kept and shown."""

from __future__ import annotations

from typing import Final

from nautscan.doctor.checks import clock, engines, memory, names, port, processes, protobuf, storage
from nautscan.doctor.runner import Examination

SERVING: Final = (
    Examination("engine", engines.check),
    Examination("names", names.check),
    Examination("processes", processes.check),
    Examination("protobuf", protobuf.check),
    Examination("storage", storage.check),
    Examination("memory", memory.check),
    Examination("clock", clock.check),
    Examination("port", port.check),
)
"""In the server, or in the command."""
