"""Health, source and metrics: whether what is shown is all there was."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from nautscan.api import models
from nautscan.api.common import ERRORS, ServiceDep
from nautscan.api.metrics import CONTENT_TYPE, exposition

router = APIRouter(responses=ERRORS)


@router.get("/api/health", response_model=models.Health, tags=["state"])
async def health(service: ServiceDep) -> dict[str, Any]:
    """Loss at every stage, and the state of sensor, Docker and store.

    Answers 200 whatever the state: `status` and `reasons` say what is wrong.
    """
    return await service.health.snapshot()


@router.get("/api/source", response_model=models.SourceFacts, tags=["state"])
async def source(service: ServiceDep) -> dict[str, Any]:
    """Where the traffic comes from."""
    return service.source_facts()


@router.get(
    "/metrics",
    tags=["state"],
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text format"}},
)
async def metrics(service: ServiceDep) -> Response:
    """Counters of every stage for Prometheus."""
    return Response(exposition(await service.health.snapshot()), media_type=CONTENT_TYPE)
