"""Live rows to viewers: a bounded queue for each, the oldest skipped and the viewer told."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from nautscan import __version__
from nautscan.errors import Conflict, NautScanError
from nautscan.store.filter import Condition, compile_filter

ROWS_A_MESSAGE: Final = 500
"""A message of about half a megabyte: a browser stays responsive while it reads it."""

LIVE_TABLES: Final = ("requests", "flows")


async def _settled_at_once() -> None:
    """Where there is no history."""


class Pace:
    """How many rows may go out now: `rate` a second, saved up for one second at most."""

    def __init__(self, rate: int, now: float) -> None:
        """Begins with a full second."""
        self._rate = rate
        self._saved = float(rate)
        self._at = now

    def allows(self, now: float) -> int:
        """Rows that may go out at this moment, in seconds of any steady clock."""
        self._saved = min(float(self._rate), self._saved + (now - self._at) * self._rate)
        self._at = now
        return max(0, int(self._saved))

    def spend(self, rows: int) -> None:
        """Rows went out."""
        self._saved -= rows


class Watch(NamedTuple):
    """What a viewer wants to see. Viewers that want the same share the work."""

    table: str
    text: str
    condition: Condition


class Subscription:
    """One viewer's queue. Used on the event loop only."""

    def __init__(self, watch: Watch, cap: int, source: str) -> None:
        """Made by `LiveHub`."""
        self.cap = cap
        self._source = source
        self._rows: deque[str] = deque()
        self._notes: deque[str] = deque(maxlen=16)
        self._arrived = asyncio.Event()
        self._skipped = 0
        self.rows_sent = 0
        self.rows_skipped = 0
        self.watch = watch
        self._greeted = False

    def switch(self, watch: Watch) -> None:
        """Watch something else from now on; what waits of the old is dropped."""
        self.watch = watch
        self._greeted = False
        self._rows.clear()
        self._skipped = 0

    def greet(self) -> None:
        """Say hello. Rows go out after it, those that have come meanwhile first."""
        self._greeted = True
        self.tell(
            {
                "type": "hello",
                "table": self.watch.table,
                "filter": self.watch.text,
                "source": self._source,
                "version": __version__,
            }
        )

    def tell(self, message: Mapping[str, Any]) -> None:
        """Queue a message that goes out before any row."""
        self._notes.append(json.dumps(message))
        self._arrived.set()

    def push(self, rows: Sequence[str], cut: int) -> None:
        """Queue rows; `cut` older ones of the same batch were left out already."""
        self._skip(cut)
        self._rows.extend(rows)
        while len(self._rows) > self.cap:
            self._rows.popleft()
            self._skip(1)
        if self._rows:
            self._arrived.set()

    def _skip(self, count: int) -> None:
        self._skipped += count
        self.rows_skipped += count

    async def next(self, wait_seconds: float) -> str | None:
        """The next message as JSON text; None if there is none in that time."""
        if not self._notes and not self._has_rows():
            self._arrived.clear()
            try:
                async with asyncio.timeout(wait_seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        if self._notes:
            return self._notes.popleft()
        return self._rows_message() if self._has_rows() else None

    def _has_rows(self) -> bool:
        return self._greeted and bool(self._rows)

    def _rows_message(self) -> str:
        count = min(len(self._rows), ROWS_A_MESSAGE)
        body = ",".join(self._rows.popleft() for _ in range(count))
        skipped, self._skipped = self._skipped, 0
        self.rows_sent += count
        table = self.watch.table
        return f'{{"type":"rows","table":"{table}","rows":[{body}],"skipped":{skipped}}}'


class LiveHub:
    """All viewers.

    More rows than a person can follow cost the browser its smoothness: over the pace, viewers get
    an even sample and are told how many rows it leaves out.

    The hello of a subscription parts history from live rows: whatever was handed to viewers before
    the subscription can be read from the history after its hello, so that a viewer who reads it
    then misses nothing.
    """

    def __init__(
        self,
        max_viewers: int,
        rows_each: int,
        source: str,
        settled: Callable[[], Awaitable[None]] = _settled_at_once,
        *,
        pace: int = 1_000_000,
    ) -> None:
        """Caps and pace are settings. `settled` waits for earlier rows to be in the history."""
        self._settled = settled
        self.max_viewers = max_viewers
        self.rows_each = rows_each
        self._source = source
        self._subscriptions: set[Subscription] = set()
        self._pace = pace
        self._paces: dict[tuple[str, str], Pace] = {}
        self._sent_before = 0
        self._skipped_before = 0

    def keep(self, max_viewers: int, rows_each: int) -> None:
        """Change both caps; what waits for viewers shrinks with their next rows."""
        self.max_viewers, self.rows_each = max_viewers, rows_each
        for subscription in self._subscriptions:
            subscription.cap = rows_each

    async def subscribe(self, table: str, text: str) -> Subscription:
        """A new viewer. Raises `BadQuery`; `Conflict` if there are too many."""
        if len(self._subscriptions) >= self.max_viewers:
            raise Conflict(
                f"{self.max_viewers} viewers are connected, and no more are possible",
                remedy="Close a page, or raise NAUTSCAN_LIVE_SUBSCRIBERS.",
            )
        watch = _watch(table, text)
        subscription = Subscription(watch, self.rows_each, self._source)
        self._subscriptions.add(subscription)
        try:
            await self._settled()
        except BaseException:
            self.unsubscribe(subscription)
            raise
        subscription.greet()
        return subscription

    async def resubscribe(self, subscription: Subscription, table: str, text: str) -> None:
        """Let a viewer watch something else. Raises `BadQuery`, and leaves all as it was."""
        watch = _watch(table, text)
        subscription.switch(watch)
        await self._settled()
        if subscription.watch is watch:
            subscription.greet()

    def unsubscribe(self, subscription: Subscription) -> None:
        """A viewer has gone."""
        self._subscriptions.discard(subscription)
        self._sent_before += subscription.rows_sent
        self._skipped_before += subscription.rows_skipped

    def watches(self, table: str) -> list[Watch]:
        """What is watched of a table, each once."""
        found = {
            (subscription.watch.table, subscription.watch.text): subscription.watch
            for subscription in self._subscriptions
            if subscription.watch.table == table
        }
        return list(found.values())

    def wanted(self, table: str) -> list[tuple[Watch, int]]:
        """What is watched of a table, each once, and how many rows of it may go out now."""
        now = time.monotonic()
        watches = self.watches(table)
        known = {(watch.table, watch.text) for watch in watches}
        gone = [key for key in self._paces if key[0] == table and key not in known]
        for key in gone:
            del self._paces[key]
        for key in known:
            self._paces.setdefault(key, Pace(self._pace, now))
        return [
            (watch, min(self.rows_each, self._paces[watch.table, watch.text].allows(now)))
            for watch in watches
        ]

    def deliver(self, watch: Watch, rows: Sequence[str], cut: int) -> None:
        """Rows for everybody who watches this."""
        pace = self._paces.get((watch.table, watch.text))
        if pace is not None:
            pace.spend(len(rows))
        for subscription in self._watching(watch):
            subscription.push(rows, cut)

    def fail(self, watch: Watch, error: NautScanError) -> None:
        """A condition that cannot be evaluated on these rows, for everybody who set it."""
        for subscription in self._watching(watch):
            subscription.tell({"type": "error", "error": error.as_dict()})

    def _watching(self, watch: Watch) -> list[Subscription]:
        return [
            subscription
            for subscription in self._subscriptions
            if (subscription.watch.table, subscription.watch.text) == (watch.table, watch.text)
        ]

    def counters(self) -> dict[str, int]:
        """Viewers, and what has become of their rows."""
        return {
            "subscribers": len(self._subscriptions),
            "rows_sent": self._sent_before + sum(s.rows_sent for s in self._subscriptions),
            "rows_skipped": self._skipped_before + sum(s.rows_skipped for s in self._subscriptions),
        }


def _watch(table: str, text: str) -> Watch:
    return Watch(table, text.strip(), compile_filter(table, text.strip()))
