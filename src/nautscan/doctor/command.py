"""Everything in one process: what `nautscan doctor` runs."""

from __future__ import annotations

import sys
import time
from typing import Any

from nautscan import __version__
from nautscan.config import Config
from nautscan.doctor.capturing import CAPTURING
from nautscan.doctor.context import Context
from nautscan.doctor.model import Check
from nautscan.doctor.runner import examine
from nautscan.doctor.serving import SERVING


def examine_here(config: Config) -> tuple[list[Check], dict[str, Any]]:
    """All checks, and what the report says beside them."""
    context = Context.here(config, "command")
    checks = examine(context, (*CAPTURING, *SERVING))
    return checks, about()


def about() -> dict[str, Any]:
    """What every report says of itself."""
    now = time.time_ns()
    seconds, rest = divmod(now, 1_000_000_000)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return {"version": __version__, "platform": sys.platform, "time": f"{stamp}.{rest:09d}Z"}
