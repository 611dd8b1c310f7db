"""Connections that the host translates, for a capture to know from its beginning (ADR 0020).

The kernel tells them to whoever has CAP_NET_ADMIN, which a process that takes hostile packets apart
should not have. So it is asked while the sensor still has the rights that it was started with; what
it said then is good for the capture that begins right after.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from nautscan import _engine

log = logging.getLogger(__name__)

FRESH_S: Final = 10.0
"""Later, what was told may be of connections that have gone, and others have their ports."""


class Conntrack:
    """Asked before the rights are given up, and at the beginning of each capture."""

    def __init__(
        self,
        ask: Callable[[], _engine.Translations] = _engine.Translations,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Asks once."""
        self._ask, self._clock = ask, clock
        self._early, self.reason = self._asked()
        self._asked_at = clock()
        self._told: tuple[int, int] | None = None

    def for_capture(self) -> _engine.Translations | None:
        """What a capture that begins now should know; None where it is not told."""
        told, self.reason = self._asked()
        early, self._early = self._early, None
        if told is None and early is not None and self._clock() - self._asked_at <= FRESH_S:
            told, self.reason = early, None
        self._told = None if told is None else (len(told), told.left_out)
        return told

    def state(self) -> dict[str, Any]:
        """Connections that the present capture was told of, or why none."""
        connections, left_out = self._told or (None, None)
        return {"connections": connections, "left_out": left_out, "reason": self.reason}

    def _asked(self) -> tuple[_engine.Translations | None, str | None]:
        try:
            return self._ask(), None
        except _engine.EngineError as error:
            log.debug("connection tracking: %s", error.message)
            return None, f"{error.message}. {error.remedy}"
