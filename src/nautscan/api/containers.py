"""Containers and what they serve."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from nautscan.api import models
from nautscan.api.common import (
    ERRORS,
    Filter,
    From,
    JsonText,
    Limit,
    Seconds,
    ServiceDep,
    To,
    ViewDep,
    rows_answer,
)
from nautscan.service.spans import Window

router = APIRouter(prefix="/api/containers", tags=["containers"], responses=ERRORS)

Key = Annotated[
    str, Path(min_length=1, max_length=256, description="Id, its first 12 digits, or name")
]

RequestFilter = Annotated[
    Filter, Query(description="Display filter over the columns of `requests`: narrows what counts")
]


def _window(seconds: Seconds = None, from_: From = None, to: To = None) -> Window:
    return Window(seconds, from_, to)


WindowDep = Annotated[Window, Depends(_window)]
"""The last `seconds` (five minutes where nothing is said), or from `from` to `to`."""


@router.get("", response_model=models.ContainerList)
async def containers(
    view: ViewDep,
    window: WindowDep,
    filter: RequestFilter = "",  # noqa: A002 (the parameter's name)
) -> dict[str, Any]:
    """Containers with rate, errors and latency percentiles over the window.

    Those that ran at its end, or had traffic in it. A filter narrows the figures; containers
    without a request that it lets through stay, with none. A capture file does not tell of
    containers, so of an uploaded one there are none.
    """
    return {**await view.containers.busiest(window, filter), "source": view.source}


@router.get("/{container}", response_model=models.ContainerAnswer)
async def container(
    container: Key,
    view: ViewDep,
    window: WindowDep,
    filter: RequestFilter = "",  # noqa: A002 (the parameter's name)
) -> dict[str, Any]:
    """One container."""
    return {**await view.containers.one(container, window, filter), "source": view.source}


@router.get("/{container}/processes", response_model=models.ProcessList)
async def processes(container: Key, service: ServiceDep) -> dict[str, Any]:
    """The container's processes that have sockets now."""
    return service.processes.listed(container) | {"source": service.source}


@router.get("/{container}/traffic", response_model=models.ContainerTrafficAnswer)
async def traffic(
    container: Key,
    view: ViewDep,
    window: WindowDep,
    filter: RequestFilter = "",  # noqa: A002 (the parameter's name)
) -> dict[str, Any]:
    """What a container is asked for over the window, whom it talks to, its processes, addresses."""
    return {**await view.containers.traffic(container, window, filter), "source": view.source}


@router.get(
    "/{container}/requests",
    response_class=JsonText,
    responses={200: {"model": models.RequestList}},
)
async def requests(
    container: Key,
    service: ServiceDep,
    window: WindowDep,
    limit: Limit = 100,
    filter: RequestFilter = "",  # noqa: A002 (the parameter's name)
) -> Response:
    """The last requests that the container served or made, newest first.

    From memory; with a filter or a window from the history, of the last hour where only a filter
    is given.
    """
    if filter.strip() or window != Window():
        rows = await service.containers.found(container, limit, filter, window)
    else:
        rows = await service.containers.requests(container, limit)
    return rows_answer("requests", rows, None, service.source)
