"""Containers and what they serve."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from nautscan.api import models
from nautscan.api.common import (
    ERRORS,
    Filter,
    JsonText,
    Limit,
    ServiceDep,
    ViewDep,
    Window,
    rows_answer,
)

router = APIRouter(prefix="/api/containers", tags=["containers"], responses=ERRORS)

Key = Annotated[
    str, Path(min_length=1, max_length=256, description="Id, its first 12 digits, or name")
]

RequestFilter = Annotated[
    Filter, Query(description="Display filter over the columns of `requests`: narrows what counts")
]


@router.get("", response_model=models.ContainerList)
async def containers(
    view: ViewDep,
    seconds: Window = 300,
    filter: RequestFilter = "",  # noqa: A002 (the parameter's name)
) -> dict[str, Any]:
    """Containers with rate, errors and latency percentiles over the window.

    A filter narrows the figures; containers without a request that it lets through stay, with none.
    A capture file does not tell of containers, so of an uploaded one there are none.
    """
    found = await view.containers.busiest(seconds, filter)
    return {"containers": found, "seconds": seconds, "source": view.source}


@router.get("/{container}", response_model=models.ContainerAnswer)
async def container(
    container: Key,
    view: ViewDep,
    seconds: Window = 300,
    filter: RequestFilter = "",  # noqa: A002 (the parameter's name)
) -> dict[str, Any]:
    """One container."""
    found = await view.containers.one(container, seconds, filter)
    return {"container": found, "seconds": seconds, "source": view.source}


@router.get("/{container}/processes", response_model=models.ProcessList)
async def processes(container: Key, service: ServiceDep) -> dict[str, Any]:
    """The container's processes that have sockets now."""
    return service.processes.listed(container) | {"source": service.source}


@router.get("/{container}/traffic", response_model=models.ContainerTrafficAnswer)
async def traffic(
    container: Key,
    view: ViewDep,
    seconds: Window = 300,
    filter: RequestFilter = "",  # noqa: A002 (the parameter's name)
) -> dict[str, Any]:
    """What a container is asked for and whom it talks to over the window, and its addresses."""
    found = await view.containers.traffic(container, seconds, filter)
    return {**found, "seconds": seconds, "source": view.source}


@router.get(
    "/{container}/requests",
    response_class=JsonText,
    responses={200: {"model": models.RequestList}},
)
async def requests(
    container: Key,
    service: ServiceDep,
    limit: Limit = 100,
    filter: RequestFilter = "",  # noqa: A002 (the parameter's name)
    seconds: Annotated[
        float, Query(ge=1, le=86_400, description="With a filter: how far back to look, in seconds")
    ] = 3600,
) -> Response:
    """The last requests that the container served or made, newest first.

    From memory; with a filter from the history.
    """
    if filter.strip():
        rows = await service.containers.found(container, limit, filter, seconds)
    else:
        rows = await service.containers.requests(container, limit)
    return rows_answer("requests", rows, None, service.source)
