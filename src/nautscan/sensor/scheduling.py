"""How the processor is shared with those who are listened to."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def interrupt_nobody() -> None:
    """Let this thread, and those that it starts, wait for their turn when packets come.

    Otherwise the kernel interrupts at each block of packets whoever sends them, a thousand times
    a second at full speed (SCHED_BATCH of sched(7): no right is needed, the share of the processor
    stays the same). The turn comes within milliseconds; the kernel's buffer lasts longer. Linux
    only; a policy that the user chose stays, and where this is refused, nothing changes.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            if os.sched_getscheduler(0) == os.SCHED_OTHER:
                os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
