"""One open capture of the engine, and the thread that empties it into the outbox."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
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

Failures = dict[str, dict[str, Any]]
"""Errors (JSON shape) of the interfaces that are there but do not open."""


class OpenCapture:
    """A running capture. `on_end` is called, by its thread, when it has ended."""

    def __init__(
        self,
        capture: _engine.Capture,
        outbox: Outbox,
        on_end: Callable[[OpenCapture], None],
    ) -> None:
        """Takes over the capture; call `start` once it is known to whom `on_end` reports."""
        self.capture = capture
        self.since_ns = time.time_ns()
        self.failure: BaseException | None = None
        self._outbox = outbox
        self._on_end = on_end
        self._thread = threading.Thread(target=self._run, name="nautscan-pump", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def interfaces(self) -> list[dict[str, Any]]:
        """How capture goes on each interface."""
        entries: list[dict[str, Any]] = self.capture.status()["interfaces"]
        return entries

    def adjust(self, names: Sequence[str], failures: Failures) -> Failures:
        """Captures on `names` from now on. What failed before is tried anew; what failed now."""
        entries = self.interfaces()
        captured = [entry["name"] for entry in entries]
        broken = {entry["name"] for entry in entries if entry["error"] is not None}
        step = change(captured, broken, names)
        for name in step.remove:
            self.capture.remove_interface(name)
        return _add(self.capture, step.add, failures)

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
        while True:
            item = self.capture.next(_TAKE_MS)
            if item is not None:
                table, batch = item
                self._outbox.put(table, batch.to_ipc(), batch.num_rows)
            elif self.capture.status()["ended"]:
                return


def open_interfaces(
    names: Sequence[str], new: Callable[[list[str]], _engine.Capture], failures: Failures
) -> tuple[_engine.Capture | None, Failures]:
    """Opens the first that opens, and adds the others. Raises what concerns all of them alike."""
    failed: Failures = {}
    for position, name in enumerate(names):
        try:
            capture = new([name])
        except _engine.EngineError as error:
            _note(name, error, failed, failures)
            continue
        return capture, failed | _add(capture, names[position + 1 :], failures)
    return None, failed


def _add(capture: _engine.Capture, names: Sequence[str], before: Failures) -> Failures:
    failed: Failures = {}
    for name in names:
        try:
            capture.add_interface(name)
        except _engine.EngineError as error:
            _note(name, error, failed, before)
    return failed


def _note(name: str, error: _engine.EngineError, failed: Failures, before: Failures) -> None:
    if error.code in FATAL_CODES:
        raise error
    if name not in before:
        log.warning("cannot capture on %s yet: %s", name, error.message)
    failed[name] = as_dict(error)
