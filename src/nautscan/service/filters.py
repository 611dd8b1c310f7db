"""Help for somebody who writes a filter: whether it holds, and which values there are."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from nautscan import schema
from nautscan.errors import BadQuery, BadRequest, QueryTimeout
from nautscan.service.packets import PacketService
from nautscan.service.spans import Clock
from nautscan.store.filter import compile_filter
from nautscan.store.interface import Answers, PageSpec, Span, ValuesSpec
from nautscan.store.suggestions import has_values
from nautscan.store.times import SECOND, format_time

PACKETS: Final = "packets"
"""The table that is in no store but in the sensor's ring."""

SUGGEST_SECONDS: Final = 2.0
"""Suggestions that come later than that come after the person has typed on."""

_NO_TIME: Final = Span(0, SECOND)
"""A second in which nothing can have been captured: a query over it is judged and reads nothing."""


class Filters:
    """What can be asked while a filter is written."""

    def __init__(
        self, store: Answers, packets: PacketService, source: str, clock: Clock = time.time_ns
    ) -> None:
        """Over one store, and the packets of the ring."""
        self._clock = clock
        self._store = store
        self._packets = packets
        self._source = source

    async def check(self, table: str, text: str) -> dict[str, Any]:
        """Whether the filter can be used; if not, what is wrong with it, and where."""
        try:
            condition = compile_filter(table, text, self._clock())
            if table == PACKETS:
                await self._packets.check(condition)
            else:
                await self._store.page(PageSpec(table, condition, _NO_TIME, limit=1))
        except BadQuery as error:
            return {"ok": False, "error": error.as_dict(), "source": self._source}
        return {"ok": True, "error": None, "source": self._source}

    async def values(
        self, table: str, column: str, part: str, text: str, limit: int
    ) -> dict[str, Any]:
        """Values of the column in recent rows under the filter `text`, with their counts.

        Raises `BadRequest` for a column without values to list, `QueryTimeout`. A filter that is
        wrong gives no values and is named in `error`: it may be half written.
        """
        wanted = _column(table, column)
        answer: dict[str, Any] = {"table": table, "column": column, "source": self._source}
        try:
            condition = compile_filter(table, text, self._clock())
            spec = ValuesSpec(table, wanted, part, condition, limit)
            async with asyncio.timeout(SUGGEST_SECONDS):
                asked = self._packets if table == PACKETS else self._store
                seen = await asked.values(spec)
        except BadQuery as error:
            return answer | {"values": [], "rows": 0, "since": None, "error": error.as_dict()}
        except TimeoutError as error:
            raise QueryTimeout(
                f"Looking for values of {column} took longer than {SUGGEST_SECONDS:g} seconds",
                remedy="Write the value by hand.",
            ) from error
        return answer | {
            "values": [{"value": value, "count": times} for value, times in seen.values],
            "rows": seen.rows,
            "since": format_time(seen.since_ns) if seen.since_ns is not None else None,
            "error": None,
        }


def _column(table: str, name: str) -> schema.Column:
    found = next((column for column in schema.columns(table) if column.name == name.lower()), None)
    if found is None or not has_values(found):
        raise BadRequest(
            f"There are no values of {name!r} in {table} to list",
            remedy="GET /api/columns lists the columns; times, headers and bodies have no list.",
        )
    return found
