"""Stored rows: pages and details."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from nautscan import schema
from nautscan.errors import BadRequest, NotFound
from nautscan.service.spans import Clock, span_of
from nautscan.store.filter import FUNCTION_HELP, compile_filter, examples
from nautscan.store.interface import Answers, PageSpec, Place, StoredGap
from nautscan.store.times import format_time


class PageQuery(NamedTuple):
    """What a page of rows is asked for with."""

    filter: str = ""
    from_: str | None = None
    to: str | None = None
    limit: int = 100
    cursor: str | None = None
    order: str = "desc"


@dataclass(frozen=True, slots=True)
class JsonPage:
    """Rows as JSON; `next` is the cursor of the following page."""

    rows: list[str]
    next: str | None


class History:
    """What can be asked about stored rows."""

    def __init__(
        self,
        store: Answers,
        source: str,
        settled: Callable[[], Awaitable[None]],
        clock: Clock = time.time_ns,
    ) -> None:
        """Over one store. `settled` waits for rows that viewers have to be in it."""
        self._clock = clock
        self._store = store
        self._settled = settled
        self._source = source

    async def page(self, table: str, query: PageQuery) -> JsonPage:
        """A page of requests or flows."""
        now = self._clock()
        spec = PageSpec(
            table=table,
            condition=compile_filter(table, query.filter, now),
            span=span_of(query.from_, query.to, now),
            limit=query.limit,
            order="asc" if query.order == "asc" else "desc",
            after=_place(query.cursor) if query.cursor else None,
        )
        page = await self._store.page(spec)
        following = _cursor(page.following) if page.following is not None else None
        return JsonPage(list(page.rows), following)

    async def request(self, request_id: int) -> str:
        """One request with headers and bodies, as JSON. Raises `NotFound`."""
        if request_id >= 2**63:
            raise _no_request(request_id)
        found = await self._store.row("requests", request_id)
        if found is None:
            # A live viewer has rows a moment before the store has.
            await self._settled()
            found = await self._store.row("requests", request_id)
        if found is None:
            raise _no_request(request_id)
        return found

    def columns(self, table: str) -> dict[str, Any]:
        """What a filter over the table may use."""
        return {
            "table": table,
            "columns": [
                {
                    "name": column.name,
                    "type": column.kind,
                    "nullable": column.nullable,
                    "doc": column.doc,
                    "examples": examples(column),
                }
                for column in schema.columns(table)
            ],
            "functions": list(FUNCTION_HELP),
            "source": self._source,
        }


def gaps_json(gaps: list[StoredGap]) -> list[dict[str, Any]]:
    """Gaps for an answer."""
    return [
        {
            "since": format_time(gap.since_ns),
            "until": format_time(gap.until_ns) if gap.until_ns is not None else None,
            "reason": gap.reason,
        }
        for gap in gaps
    ]


def _no_request(request_id: int) -> NotFound:
    return NotFound(
        f"There is no request {request_id}",
        remedy="It may have expired; GET /api/settings says for how long rows are kept.",
    )


def _cursor(place: Place) -> str:
    text = json.dumps([place.time_ns, place.row_id, place.newest_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str) -> Place:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
        time_ns, row_id, newest_id = (int(value) for value in values)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadRequest(
            "`cursor` is not one that was given out", remedy="Take `next` of the page before."
        ) from error
    if not all(0 <= value < 2**63 for value in (time_ns, row_id, newest_id)):
        raise BadRequest(
            "`cursor` is not one that was given out", remedy="Take `next` of the page before."
        )
    return Place(time_ns, row_id, newest_id)
