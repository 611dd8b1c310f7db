"""The checks that concern capturing, in the order in which they are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from nautscan.config import Config
from nautscan.doctor.checks import (
    capture,
    interfaces,
    library,
    offloads,
    others,
    place,
    promiscuous,
    rights,
)
from nautscan.doctor.context import Context
from nautscan.doctor.runner import Examination, examine

CAPTURING: Final = (
    Examination("place", place.check),
    Examination("library", library.check),
    Examination("rights", rights.check),
    Examination("interfaces", interfaces.check),
    Examination("promiscuous", promiscuous.check),
    Examination("filter", capture.check_filters),
    Examination("loopback", capture.check_loopback),
    Examination("others", others.check),
    Examination("buffers", capture.check_buffers),
    Examination("offloads", offloads.check),
)
"""Where packets are captured: in the sensor, with its rights and its view."""


def sensor_checks(config: Config, captured: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the sensor answers to `doctor`. Blocks: to be called in a thread."""
    context = replace(Context.here(config, "sensor"), captured=captured)
    return [check.as_dict() for check in examine(context, CAPTURING)]
