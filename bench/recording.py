"""Capture what crosses the laboratory while a load runs, and make sure that nothing is missing."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from bench.lab import SERVER_INTERFACE, Lab, LabError

KERNEL_BUFFER_KIB = 131_072
"""Enough for a second of load. Not more: with rings of 0.5 GiB and above Linux 6.18 was seen to
lose packets that it counted neither as received nor as dropped."""
STRAY_PACKETS = 100
"""Neighbour discovery and the like, which may cross the interface before tcpdump listens."""


class PacketsMissing(LabError):
    """The kernel had no room for some; another attempt may be luckier."""


def record(lab: Lab, file: Path, load: Callable[[], None]) -> int:
    """Capture to `file` on the server's interface while `load` runs; return how many packets."""
    command = ["tcpdump", "-i", SERVER_INTERFACE, "-n", "-s", "0", "-B", str(KERNEL_BUFFER_KIB)]
    crossed_before = lab.packets()
    tcpdump = subprocess.Popen(
        lab.in_server([*command, "-Z", "root", "-w", str(file)]),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        time.sleep(1)
        load()
        _wait_until_written(file)
    finally:
        tcpdump.send_signal(signal.SIGINT)
        said = tcpdump.communicate(timeout=120)[1]
    return _count(said, lab.packets() - crossed_before)


def _wait_until_written(file: Path) -> None:
    """Wait for tcpdump to empty the kernel's buffer: what is left there at its end is lost."""
    size, before = file.stat().st_size, -1
    while size != before:
        time.sleep(1)
        size, before = file.stat().st_size, size


def _count(said: str, crossed: int) -> int:
    """Read tcpdump's closing lines: packets captured, where that is all that crossed."""
    found = re.search(r"^(\d+) packets? captured", said, re.MULTILINE)
    if found is None:
        raise LabError(f"tcpdump: {said.strip()}")
    captured = int(found[1])
    if (
        not re.search(r"^0 packets dropped", said, re.MULTILINE)
        or captured < crossed - STRAY_PACKETS
    ):
        raise PacketsMissing(
            f"not all of {crossed} packets were captured, try again: {said.strip()}"
        )
    return captured
