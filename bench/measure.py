"""Run a whole process and say what it cost: wall time, processor time, peak memory."""

from __future__ import annotations

import ctypes
import functools
import os
import select
import shlex
import signal
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """What one run of one process cost."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


class RunFailed(RuntimeError):
    """The process failed or ran too long; the message ends with its own last words."""


@functools.cache
def _adopt_orphans() -> None:
    """Let this process wait for grandchildren whose parent has ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def measure(command: Sequence[str], work: Path, timeout: float) -> Cost:
    """Run `command` with its output thrown away and return its cost.

    A shell starts the process and ends, and we adopt it: Linux counts the memory of whatever
    called exec into the peak of the new program, and a shell is smaller than this interpreter.
    """
    _adopt_orphans()
    errors = work / "stderr"
    launch = f"{shlex.join(command)} >/dev/null 2>{shlex.quote(str(errors))} </dev/null & echo $!"
    started = time.perf_counter()
    pid = int(subprocess.run(["sh", "-c", launch], stdout=subprocess.PIPE, check=True).stdout)
    ended = _wait_for_end(pid, timeout)
    wall = time.perf_counter() - started
    _, status, used = os.wait4(pid, 0)
    if not ended or os.waitstatus_to_exitcode(status) != 0:
        what = f"exit {os.waitstatus_to_exitcode(status)}" if ended else f"over {timeout:.0f} s"
        raise RunFailed(f"{what}: {errors.read_text(errors='replace')[-300:].strip()}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def _wait_for_end(pid: int, timeout: float) -> bool:
    """Wait for the end of a process without reaping it; kill it after `timeout` seconds."""
    handle = os.pidfd_open(pid)
    try:
        if select.select([handle], [], [], timeout)[0]:
            return True
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        return False
    finally:
        os.close(handle)


def median(costs: Sequence[Cost]) -> Cost:
    """Take the median of each figure by itself."""
    return Cost(
        statistics.median(cost.wall_seconds for cost in costs),
        statistics.median(cost.cpu_seconds for cost in costs),
        int(statistics.median(cost.peak_bytes for cost in costs)),
    )
