"""The bounded queue of rows between the capture thread and the server.

While the server is away or slow it fills; then the oldest batches go, and are counted. The
counters are rows of the `stats` table (stage `queue`, names `outbox_*`).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nautscan.sensor.frames import MAX_BATCH_BYTES, Batch

MAX_OUTBOX_BYTES: Final = 64 << 20
"""Memory for rows that wait: minutes of a busy laptop, seconds of a saturated gigabit link."""

MAX_OUTBOX_BATCHES: Final = 8192
"""Bounds the overhead of many small batches."""

_NAME_ROOM: Final = 256
"""What the table's name may add to a batch on its way."""


@dataclass(frozen=True, slots=True)
class OutboxCounters:
    """How full the queue is, and what it lost since the sensor started."""

    batches: int
    bytes: int
    batches_dropped: int
    rows_dropped: int


class Outbox:
    """First in, first out; drops the oldest when full. Any thread may use it."""

    def __init__(
        self,
        *,
        max_bytes: int = MAX_OUTBOX_BYTES,
        max_batches: int = MAX_OUTBOX_BATCHES,
        on_put: Callable[[], None] | None = None,
    ) -> None:
        """`on_put` is called after each batch, by the thread that put it."""
        self._max_bytes = max_bytes
        self._max_batches = max_batches
        self._on_put = on_put or (lambda: None)
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Batch, int]] = deque()
        self._bytes = 0
        self._batches_dropped = 0
        self._rows_dropped = 0

    def put(self, table: str, ipc: bytes, rows: int) -> None:
        """Adds a batch; makes room by dropping the oldest."""
        batch = Batch(table, ipc)
        with self._lock:
            if batch.size > min(self._max_bytes, MAX_BATCH_BYTES - _NAME_ROOM):
                self._count_dropped(rows)
                return
            self._waiting.append((batch, rows))
            self._bytes += batch.size
            while self._bytes > self._max_bytes or len(self._waiting) > self._max_batches:
                oldest, lost = self._waiting.popleft()
                self._bytes -= oldest.size
                self._count_dropped(lost)
        self._on_put()

    def take(self) -> Batch | None:
        """The oldest batch, or None."""
        with self._lock:
            if not self._waiting:
                return None
            batch, _ = self._waiting.popleft()
            self._bytes -= batch.size
            return batch

    def counters(self) -> OutboxCounters:
        """The state of the queue."""
        with self._lock:
            return OutboxCounters(
                len(self._waiting), self._bytes, self._batches_dropped, self._rows_dropped
            )

    def _count_dropped(self, rows: int) -> None:
        self._batches_dropped += 1
        self._rows_dropped += rows
