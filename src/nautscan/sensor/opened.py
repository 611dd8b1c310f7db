"""One open capture of the engine, and the thread that empties it into the outbox."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from nautscan import _engine
from nautscan.sensor.enginefacts import as_dict
from nautscan.sensor.outbox import Outbox
from nautscan.sensor.selection import change

log = logging.getLogger(__name__)

FATAL_CODES: Final = frozenset(
    {"no_permission", "no_capture_library", "bad_filter", "bad_argument", "bad_file"}
)
"""Errors that no other interface and no waiting would mend."""

_TAKE_MS: Final = 200
_STOP_S: Final = 5.0

Add = Callable[[_engine.Capture, str], None]
"""Begins to capture on an interface, wherever it is. Raises EngineError."""

Identities = Mapping[str, object]
"""Interfaces by name, with what distinguishes each from a later one of the same name."""

Failures = dict[str, dict[str, Any]]
"""Errors (JSON shape) of the interfaces that are there but do not open."""


class OpenCapture:
    """A running capture. `on_end` is called, by its thread, when it has ended."""

    def __init__(
        self,
        capture: _engine.Capture,
        names: Identities | None,
        outbox: Outbox,
        on_end: Callable[[OpenCapture], None],
        add: Add = _engine.Capture.add_interface,
    ) -> None:
        """Takes over the capture; call `start` once it is known to whom `on_end` reports.

        `names` are its interfaces, None for a stream. `add` opens further ones.
        """
        self.capture = capture
        self.since_ns = time.time_ns()
        self.failure: BaseException | None = None
        self.status: dict[str, Any] = capture.status()
        """A copy, at most `_TAKE_MS` old: who reads it never waits for the engine."""
        self._names = None if names is None else dict(names)
        self._add = add
        self._outbox = outbox
        self._on_end = on_end
        self._thread = threading.Thread(target=self._run, name="nautscan-pump", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def interfaces(self) -> list[dict[str, Any]]:
        """How capture goes on each interface; the engine also remembers those it had before."""
        entries: list[dict[str, Any]] = self.status["interfaces"]
        if self._names is None:
            return entries
        return [entry for entry in entries if entry["name"] in self._names]

    def adjust(self, wanted: Identities, failures: Failures) -> Failures:
        """Captures on `wanted` from now on. What failed before is tried anew; what failed now.

        An interface that is another one than before, though of the same name, is opened anew.
        """
        before = self._names or {}
        broken = {entry["name"] for entry in self.interfaces() if entry["error"] is not None}
        broken |= {name for name in before if name in wanted and before[name] != wanted[name]}
        step = change(before, broken, tuple(wanted))
        for name in step.remove:
            self.capture.remove_interface(name)
        failed = self._add_all(step.add, failures)
        self._names = {name: what for name, what in wanted.items() if name not in failed}
        self.status = self.capture.status()
        return failed

    def _add_all(self, names: Sequence[str], before: Failures) -> Failures:
        failed: Failures = {}
        for name in names:
            try:
                self._add(self.capture, name)
            except _engine.EngineError as error:
                _note(name, error, failed, before)
        return failed

    def stop(self) -> None:
        """Ends it, and waits until its last rows are in the outbox."""
        self.capture.stop()
        self._thread.join(_STOP_S)
        if self._thread.is_alive():
            log.error("the capture did not end within %g s", _STOP_S)

    def _run(self) -> None:
        try:
            self._empty()
        except BaseException as error:  # noqa: BLE001 - shown in the status instead of lost
            self.failure = error
        self._on_end(self)

    def _empty(self) -> None:
        looked = time.monotonic()
        while True:
            # Batches may come between a look in vain and the end: the end is seen first.
            over = self.status["ended"]
            item = self.capture.next(_TAKE_MS)
            if item is not None:
                table, batch = item
                self._outbox.put(table, batch.to_ipc(), batch.num_rows)
            elif over:
                return
            now = time.monotonic()
            if item is None or now - looked >= _TAKE_MS / 1000:
                looked, self.status = now, self.capture.status()


def open_interfaces(
    names: Sequence[str], new: Callable[[Sequence[str]], _engine.Capture], failures: Failures
) -> tuple[_engine.Capture | None, Failures]:
    """Opens all that open; the others' errors. Raises what concerns all of them alike.

    They are opened together, since the engine puts packets of several interfaces in order only
    if it knows of them from the start. Which of them fails shows when each is opened alone.
    """
    failed: Failures = {}
    if not names:
        return None, failed
    try:
        return new(names), failed
    except _engine.EngineError as error:
        if error.code in FATAL_CODES:
            raise
    for name in names:
        try:
            new([name]).stop()
        except _engine.EngineError as error:
            _note(name, error, failed, failures)
    good = [name for name in names if name not in failed]
    return (new(good) if good else None), failed


def _note(name: str, error: _engine.EngineError, failed: Failures, before: Failures) -> None:
    if error.code in FATAL_CODES:
        raise error
    if name not in before:
        log.warning("cannot capture on %s yet: %s", name, error.message)
    failed[name] = as_dict(error)
