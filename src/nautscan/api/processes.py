"""Processes: who listens and who talks on this machine."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from nautscan.api import models
from nautscan.api.common import ERRORS, ServiceDep

router = APIRouter(prefix="/api/processes", tags=["processes"], responses=ERRORS)

Container = Annotated[
    str | None,
    Query(min_length=1, max_length=256, description="Only of this container, by id or name"),
]


@router.get("", response_model=models.ProcessList)
async def processes(service: ServiceDep, container: Container = None) -> dict[str, Any]:
    """Processes that have sockets now, with the ports they listen on and their connections.

    `state` says how far that can be seen: all of it takes rights.
    """
    return service.processes.listed(container) | {"source": service.source}
