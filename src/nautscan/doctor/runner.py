"""Runs checks beside each other, each in a thread of its own, and never waits for ever."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from nautscan.doctor.context import DEADLINE_S, Context
from nautscan.doctor.model import Check, State

log = logging.getLogger(__name__)

Family = Callable[[Context], list[Check]]


@dataclass(frozen=True, slots=True)
class Examination:
    """Checks that one process can make."""

    name: str
    family: Family


@dataclass(slots=True)
class _Work:
    examination: Examination
    done: threading.Event = field(default_factory=threading.Event)
    checks: list[Check] = field(default_factory=list)

    def run(self, context: Context) -> None:
        try:
            self.checks = self.examination.family(context)
        except Exception as error:
            # A fault of ours in one check must not hide what the others found.
            log.exception("the doctor's check %s failed", self.examination.name)
            self.checks = [_broken(self.examination.name, f"The check itself failed: {error!r}")]
        finally:
            self.done.set()


def examine(
    context: Context, examinations: Sequence[Examination], deadline_s: float = DEADLINE_S
) -> list[Check]:
    """All checks, in the order of the examinations. Blocks for `deadline_s` at most."""
    works = [_Work(examination) for examination in examinations]
    end = time.monotonic() + deadline_s
    for work in works:
        # Daemons: a check that hangs in the kernel must not keep the process from ending.
        name = f"{_THREAD}{work.examination.name}"
        threading.Thread(target=work.run, args=(context,), name=name, daemon=True).start()
    found: list[Check] = []
    for work in works:
        if work.done.wait(max(end - time.monotonic(), 0)):
            found += work.checks
        else:
            words = f"It took longer than {deadline_s:g} s and was left alone."
            found.append(_broken(work.examination.name, words))
    return [check.seen_from(context.where) for check in found]


def left_alone() -> bool:
    """Whether a check is still at work that nobody waits for any more.

    It must not meet the interpreter's end: Python ends such threads in the midst of foreign code.
    """
    return any(thread.name.startswith(_THREAD) for thread in threading.enumerate())


_THREAD: Final = "doctor-"
_WHY: Final = "What it would have told is not known."


def _broken(name: str, found: str) -> Check:
    return Check(f"{name}.check", name.capitalize(), State.UNKNOWN, found, _WHY)
