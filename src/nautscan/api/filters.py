"""Help while a filter is written: is it right, and which values are there."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from nautscan.api import models
from nautscan.api.common import ERRORS, AnyTable, Filter, ViewDep

router = APIRouter(prefix="/api/filter", tags=["filter"], responses=ERRORS)


@router.get("/check", response_model=models.FilterCheck)
async def check(
    view: ViewDep,
    table: AnyTable = "requests",
    filter: Filter = "",  # noqa: A002 (the parameter's name)
) -> dict[str, Any]:
    """Whether a display filter can be used. Answers 200 either way: a wrong one is named.

    `error.detail.position` is the character at which it is wrong, counted from 0.
    """
    return await view.filters.check(table, filter)


@router.get("/values", response_model=models.FilterValues)
async def values(  # noqa: PLR0913, PLR0917 (one argument a parameter)
    view: ViewDep,
    column: Annotated[str, Query(max_length=64, description="Column of the table")] = "method",
    table: AnyTable = "requests",
    part: Annotated[
        str, Query(max_length=200, description="Only values that contain this, in any case")
    ] = "",
    filter: Filter = "",  # noqa: A002 (the parameter's name)
    limit: Annotated[int, Query(ge=1, le=100, description="Values at most")] = 20,
) -> dict[str, Any]:
    """Values that a column has in the newest rows, the most frequent first, with their counts.

    Values that begin with `part` come before those that only contain it. Only the newest 100,000
    rows are looked at, of packets 20,000; `rows` and `since` say how far that goes back.
    """
    return await view.filters.values(table, column, part, filter, limit)
