"""Health, source and metrics: whether what is shown is all there was."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from nautscan.api import models
from nautscan.api.common import ERRORS, JsonText, ServiceDep
from nautscan.api.metrics import CONTENT_TYPE, exposition

router = APIRouter(responses=ERRORS)


@router.get(
    "/api/health",
    response_class=JsonText,
    responses={200: {"model": models.Health}},
    tags=["state"],
)
async def health(service: ServiceDep) -> Response:
    """Loss at every stage, and the state of sensor, Docker and store.

    Answers 200 whatever the state: `status` and `reasons` say what is wrong.
    """
    return JsonText(await service.health.snapshot_text())


@router.get("/api/doctor", response_model=models.DoctorReport, tags=["state"])
async def doctor(service: ServiceDep) -> dict[str, Any]:
    """What capturing, naming and storing need here, what is missing, and what to do.

    Answers 200 whatever is found. Checks that concern capturing are made in the sensor, the others
    in the server. However many ask, it looks once in five seconds at most.
    """
    return await service.doctor.report()


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
