"""Whether the clock is right: packets are stamped with it."""

from __future__ import annotations

import ctypes
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import nautscan
from nautscan.doctor.context import Context
from nautscan.doctor.machine import WSL2
from nautscan.doctor.model import Check, State

_TITLE: Final = "Clock"
_WHY: Final = (
    "Packets carry the time of this machine's clock. One that is wrong puts requests at the wrong "
    "time, and makes what several hosts saw hard to compare."
)
_STA_UNSYNC: Final = 0x40
_TIME_ERROR: Final = 5
_SYNCHRONISED: Final = "/run/systemd/timesync/synchronized"
_DAY_S: Final = 86_400.0


class _Timex(ctypes.Structure):
    """The beginning of struct timex (linux/timex.h), and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


@dataclass(frozen=True, slots=True)
class Discipline:
    """What the kernel knows about its clock."""

    synchronised: bool
    max_error_s: float | None
    """The most that it is wrong, if it is synchronised; None if that is not told."""


def discipline() -> Discipline | None:
    """Asks adjtimex(2) without changing anything; None where it may not be asked."""
    if sys.platform != "linux":
        return None
    facts = _Timex()
    try:
        result = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(facts))
    except (AttributeError, OSError):
        return None
    if result < 0:
        return None
    wrong = result == _TIME_ERROR or bool(facts.status & _STA_UNSYNC)
    return Discipline(not wrong, facts.maxerror / 1e6)


def check(context: Context) -> list[Check]:
    """Whether the clock can be right, and whether something keeps it right."""
    kept = discipline() or _timesyncd(context)
    return [judged(context, time.time(), installed_s(), kept)]


def _timesyncd(context: Context) -> Discipline | None:
    """What systemd-timesyncd leaves once it is synchronised; its absence says nothing."""
    if context.evidence.exists(_SYNCHRONISED):
        return Discipline(synchronised=True, max_error_s=None)
    return None


def installed_s() -> float:
    """When this installation's files were written: the clock cannot be before."""
    try:
        return Path(nautscan.__file__ or ".").stat().st_mtime
    except OSError:
        return 0.0


def judged(context: Context, now: float, installed: float, kept: Discipline | None) -> Check:
    """The verdict on what was read."""
    facts: dict[str, Any] = {
        "time": _text(now),
        "installed": _text(installed),
        "synchronised": None if kept is None else kept.synchronised,
        "max_error_s": None if kept is None else kept.max_error_s,
    }
    if now < installed - _DAY_S:
        found = f"It says {_text(now)}, which is before NautScan was installed."
        return _made(State.FAILED, found, facts, _set_it(context))
    if kept is None:
        found = f"It says {_text(now)}. Whether something keeps it right cannot be asked here."
        return _made(State.UNKNOWN, found, facts)
    if not kept.synchronised:
        found = f"It says {_text(now)}, but nothing keeps it right, as far as the kernel knows."
        return _made(State.WARNING, found, facts, _set_it(context))
    at_worst = "" if kept.max_error_s is None else f", to {kept.max_error_s:.3f} s at worst"
    found = f"It says {_text(now)} and is kept right{at_worst}."
    return _made(State.OK, found, facts)


def _made(state: State, found: str, facts: dict[str, Any], remedy: str = "") -> Check:
    return Check("clock.synchronised", _TITLE, state, found, _WHY, remedy, facts)


def _set_it(context: Context) -> str:
    if context.place.machine.kind == WSL2:
        return "WSL2 loses time when Windows sleeps. Set it from the hardware:\n    sudo hwclock -s"
    where = " on the host, whose clock containers share" if context.place.engine else ""
    if context.evidence.platform == "darwin":
        return "Set it from the network:\n    sudo sntp -sS time.apple.com"
    if context.evidence.platform == "win32":
        return "Set it from the network, as administrator:\n    w32tm /resync"
    return f"Keep it by the network{where}:\n    sudo timedatectl set-ntp true"


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
