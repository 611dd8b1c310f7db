"""Stored requests and flows: lists and details."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from nautscan.api import models
from nautscan.api.common import (
    ERRORS,
    Cursor,
    Filter,
    From,
    JsonText,
    Limit,
    Order,
    Table,
    To,
    ViewDep,
    rows_answer,
)
from nautscan.service.history import PageQuery

router = APIRouter(prefix="/api", tags=["history"], responses=ERRORS)


@router.get("/requests", response_class=JsonText, responses={200: {"model": models.RequestList}})
async def requests(  # noqa: PLR0913, PLR0917 (one argument a parameter)
    view: ViewDep,
    filter: Filter = "",  # noqa: A002 (the parameter's name)
    from_: From = None,
    to: To = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    order: Order = "desc",
) -> Response:
    """Requests by time. Headers and bodies are in the detail of each."""
    page = await view.history.page("requests", PageQuery(filter, from_, to, limit, cursor, order))
    return rows_answer("requests", page.rows, page.next, view.source)


@router.get(
    "/requests/{request_id}",
    response_class=JsonText,
    responses={200: {"model": models.RequestDetail}},
)
async def request(request_id: Annotated[int, Path(ge=0)], view: ViewDep) -> Response:
    """One request with headers and bodies."""
    return JsonText(await view.history.request(request_id))


@router.get("/flows", response_class=JsonText, responses={200: {"model": models.FlowList}})
async def flows(  # noqa: PLR0913, PLR0917 (one argument a parameter)
    view: ViewDep,
    filter: Filter = "",  # noqa: A002 (the parameter's name)
    from_: From = None,
    to: To = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    order: Order = "desc",
) -> Response:
    """Flows by the time of their first packet, each once, as last seen."""
    page = await view.history.page("flows", PageQuery(filter, from_, to, limit, cursor, order))
    return rows_answer("flows", page.rows, page.next, view.source)


@router.get("/columns", response_model=models.ColumnList)
async def columns(view: ViewDep, table: Table = "requests") -> dict[str, Any]:
    """What a filter over the table may use."""
    return view.history.columns(table)
