"""What every route needs: the service behind it, parameters, and answers made of ready JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal, cast

from fastapi import Depends, Query, Request, Response

from nautscan.api.models import ErrorAnswer
from nautscan.service.core import Service
from nautscan.service.views import View

MAX_FILTER: int = 4096
"""Characters of a display filter."""


def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


ServiceDep = Annotated[Service, Depends(_service)]

LIVE = "live"
SourceId = Annotated[
    str,
    Query(
        alias="source",
        max_length=64,
        description="live: the traffic that this server follows. Else the id of an uploaded "
        "capture (GET /api/captures), in which times relative to now count from its end",
    ),
]


async def _view(
    request: Request, service: ServiceDep, source: SourceId = LIVE
) -> AsyncIterator[View]:
    if source == LIVE:
        yield service.view
        return
    async with service.uploads.opened(source) as view:
        request.state.nautscan_source = view.source
        yield view


ViewDep = Annotated[View, Depends(_view)]
"""The questions to the source that the caller chose: the one place where it is chosen."""

Table = Annotated[Literal["requests", "flows"], Query(description="Table that the filter is about")]
AnyTable = Annotated[
    Literal["requests", "flows", "packets"], Query(description="Table that the filter is about")
]
Filter = Annotated[
    str,
    Query(
        max_length=MAX_FILTER,
        description="Boolean SQL expression over the table's columns, and bare words as free text, "
        "e.g. `status >= 500 and server = 'orders'`",
    ),
]
From = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=64,
        description="Start: RFC 3339, epoch seconds, or relative to now such as `-15m`",
    ),
]
To = Annotated[str | None, Query(max_length=64, description="End, exclusive; written like `from`")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Rows of a page")]
Cursor = Annotated[
    str | None, Query(max_length=256, description="`next` of the page before this one")
]
Order = Annotated[Literal["desc", "asc"], Query(description="desc: newest first")]
Seconds = Annotated[
    float | None,
    Query(
        ge=1,
        le=86_400,
        description="Length of a window that ends now, in place of `from` and `to`",
    ),
]

ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "What was wrong with the request"},
    "5XX": {"model": ErrorAnswer, "description": "What failed here"},
}
"""Documented on every route."""


class JsonText(Response):
    """An answer whose body is JSON already."""

    media_type = "application/json"


def rows_answer(
    plural: str, rows: Sequence[str], following: str | None, source: str, **more: Any
) -> JsonText:
    """A list answer from rows that the database wrote as JSON, with `more` beside them."""
    facts = json.dumps({"next": following, **more, "source": source}, separators=(",", ":"))
    return JsonText(f'{{"{plural}":[{",".join(rows)}],{facts[1:]}')
