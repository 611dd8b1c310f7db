"""Stored requests and flows: lists and details."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from nautscan.api import models, models_stream
from nautscan.api.common import (
    ERRORS,
    AnyTable,
    Cursor,
    Filter,
    From,
    JsonText,
    Limit,
    Order,
    To,
    ViewDep,
    rows_answer,
)
from nautscan.service.following import DEFAULT_BYTES, MAX_BYTES
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


FlowId = Annotated[int, Path(ge=0, lt=2**63, description="`flow_id` of the flow")]


@router.get(
    "/flows/{flow_id}/stream",
    response_class=JsonText,
    responses={200: {"model": models_stream.FlowStream}},
)
async def stream(
    flow_id: FlowId,
    view: ViewDep,
    max_bytes: Annotated[
        int, Query(ge=1024, le=MAX_BYTES, description="Bytes of both directions at most")
    ] = DEFAULT_BYTES,
) -> Response:
    """A flow's bytes in the order in which the receivers could read them, with gaps as gaps.

    Put together from the packets that the sensor still holds, the newest 10,000 of the flow. They
    are as they were on the wire: nothing is redacted or decrypted.
    """
    return JsonText(await view.following.as_json(flow_id, max_bytes))


@router.get(
    "/flows/{flow_id}/stream/{side}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The bytes"}},
)
async def stream_file(
    flow_id: FlowId, side: Literal["client", "server"], view: ViewDep
) -> Response:
    """What one side of a flow sent, as a file; its name says so where something is missing."""
    data, name = await view.following.as_file(flow_id, side)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/columns", response_model=models.ColumnList)
async def columns(view: ViewDep, table: AnyTable = "requests") -> dict[str, Any]:
    """What a filter over the table may use."""
    return view.history.columns(table)
