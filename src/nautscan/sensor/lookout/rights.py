"""What the lookout may look at here, and what it takes to see more."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from nautscan.sensor import privileges

CAP_DAC_READ_SEARCH: Final = 2
CAP_SYS_PTRACE: Final = 19
LOOKOUT_CAPABILITIES: Final = (CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE)
"""To read the links in /proc/PID/fd of other users' processes takes both, and nothing else does.
CAP_SYS_PTRACE would allow much more, which is why a process has it that talks to nobody outside
and whose system calls are limited (see `confine`)."""

_FIRST_PID_NAMESPACE: Final = 0xEFFF_FFFC  # PROC_PID_INIT_INO

Scope = Literal["all", "own", "container", "unsupported"]
"""`all`: every process; `own`: those of this user; `container`: those of this process namespace."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the lookout sees."""

    scope: Scope
    uid: int | None
    netns: int | None
    """Our own network namespace, the host's as far as names go."""
    others: bool
    """Processes of other users can be looked into."""
    first_pid_namespace: bool | None
    """We are in the machine's own process namespace, not in a container's."""
    traced: bool = False
    """TCP connections are told by the kernel as they are made."""
    untraced_because: str | None = None
    confined: bool = False
    """The system calls of the lookout are limited."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def reach() -> Reach:
    """Of this process, now."""
    if sys.platform != "linux":
        admin = hasattr(os, "geteuid") and os.geteuid() == 0
        uid = os.geteuid() if hasattr(os, "geteuid") else None
        return Reach("all" if admin else "own", uid, None, admin, None)
    held = privileges.effective_capabilities() or frozenset()
    others = held.issuperset(LOOKOUT_CAPABILITIES)
    first = _namespace("pid") == _FIRST_PID_NAMESPACE
    scope: Scope = "container" if not first else "all" if others else "own"
    return Reach(scope, os.geteuid(), _namespace("net"), others, first)


def _namespace(kind: str) -> int | None:
    try:
        text = str(Path(f"/proc/self/ns/{kind}").readlink())
    except OSError:
        return None
    return int(text.partition("[")[2].rstrip("]"))
