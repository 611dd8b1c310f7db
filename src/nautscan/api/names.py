"""What is known about names of hosts."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from nautscan.api import models
from nautscan.api.common import ERRORS, Limit, ServiceDep

router = APIRouter(prefix="/api", tags=["state"], responses=ERRORS)


@router.get("/names", response_model=models.HostNameList)
async def names(
    service: ServiceDep,
    ip: Annotated[
        str | None, Query(max_length=64, description="Only names of this address")
    ] = None,
    name: Annotated[
        str | None, Query(max_length=256, description="Only names that contain this")
    ] = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Names of hosts that are no containers: which address, from when until when, who said so.

    They come from DNS answers, DHCP and mDNS that were seen, from aliases of container networks
    and from the hosts file. Nobody is asked. They are kept in memory only.
    """
    found = await asyncio.to_thread(service.names.listed, ip, name, limit)
    return {"names": found.rows, "left_out": found.left_out, "source": service.source}
