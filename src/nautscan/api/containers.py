"""Containers and what they serve."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from nautscan.api import models
from nautscan.api.common import ERRORS, JsonText, Limit, ServiceDep, ViewDep, Window, rows_answer

router = APIRouter(prefix="/api/containers", tags=["containers"], responses=ERRORS)

Key = Annotated[
    str, Path(min_length=1, max_length=256, description="Id, its first 12 digits, or name")
]


@router.get("", response_model=models.ContainerList)
async def containers(view: ViewDep, seconds: Window = 300) -> dict[str, Any]:
    """Containers with rate, errors and latency percentiles over the window.

    A capture file does not tell of containers, so of an uploaded one there are none.
    """
    found = await view.containers.busiest(seconds)
    return {"containers": found, "seconds": seconds, "source": view.source}


@router.get("/{container}", response_model=models.ContainerAnswer)
async def container(container: Key, view: ViewDep, seconds: Window = 300) -> dict[str, Any]:
    """One container."""
    found = await view.containers.one(container, seconds)
    return {"container": found, "seconds": seconds, "source": view.source}


@router.get("/{container}/processes", response_model=models.ProcessList)
async def processes(container: Key, service: ServiceDep) -> dict[str, Any]:
    """The container's processes that have sockets now."""
    return service.processes.listed(container) | {"source": service.source}


@router.get("/{container}/traffic", response_model=models.ContainerTrafficAnswer)
async def traffic(container: Key, view: ViewDep, seconds: Window = 300) -> dict[str, Any]:
    """What a container is asked for and whom it talks to over the window, and its addresses."""
    found = await view.containers.traffic(container, seconds)
    return {**found, "seconds": seconds, "source": view.source}


@router.get(
    "/{container}/requests",
    response_class=JsonText,
    responses={200: {"model": models.RequestList}},
)
async def requests(container: Key, service: ServiceDep, limit: Limit = 100) -> Response:
    """The last requests that the container served or made, newest first, from memory."""
    rows = await service.containers.requests(container, limit)
    return rows_answer("requests", rows, None, service.source)
