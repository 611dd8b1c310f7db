"""Uploaded captures: each becomes a source of its own, which `source=` of other routes names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.requests import ClientDisconnect

from nautscan.api.common import ERRORS, ServiceDep
from nautscan.api.models import ErrorFacts, Int64, Shape, SourceName, Time
from nautscan.errors import BadRequest

router = APIRouter(prefix="/api/captures", tags=["captures"], responses=ERRORS)

Id = Annotated[str, Path(min_length=1, max_length=64, description="Id of an uploaded capture")]


class UploadedCapture(Shape):
    """One uploaded capture. Counts and times are null until it is read."""

    id: str = Field(description="For `source=` of other routes")
    name: str = Field(description="The file's name, as it was uploaded")
    bytes: Int64 = Field(description="Size of the file")
    uploaded: Time
    state: Literal["waiting", "reading", "ready", "failed"] = Field(
        description="waiting: another one is being read. failed: `error` says why"
    )
    bytes_read: Int64 = Field(
        description="Of the file; it is read twice, first for names, and each time counts half"
    )
    stored_bytes: Int64 = Field(description="What its rows take on the disk")
    packets: Int64 | None
    requests: Int64 | None
    flows: Int64 | None
    first_time: Time | None = Field(description="Time of the first packet")
    last_time: Time | None = Field(description="Time of the last packet")
    damaged: bool | None = Field(description="The file is cut or damaged: the rest is not there")
    warnings: list[str] = Field(description="What is amiss with the file, in words")
    missing: list[str] = Field(description="What of it is not in its rows, in words")
    error: ErrorFacts | None


class UploadLimits(Shape):
    """What can be uploaded, and how much of it is taken."""

    possible: bool = Field(description="Whether this server takes uploads at all")
    max_bytes: Int64 = Field(description="Of one file")
    max_captures: int
    max_total_bytes: Int64 = Field(description="Of all files and their rows")
    total_bytes: Int64 = Field(description="What files and rows take now")


class UploadedCaptureList(Shape):
    """Uploaded captures, the newest first."""

    captures: list[UploadedCapture]
    limits: UploadLimits
    source: SourceName


class UploadedCaptureAnswer(Shape):
    """One uploaded capture."""

    capture: UploadedCapture
    source: SourceName


class Deleted(Shape):
    """It is gone, and its rows with it."""

    ok: Literal[True]


@router.post(
    "",
    status_code=202,
    response_model=UploadedCaptureAnswer,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "pcap or pcapng, plain or compressed with gzip or zstd",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def upload(
    request: Request,
    service: ServiceDep,
    name: Annotated[str, Query(max_length=1024, description="What the file is called")] = "capture",
) -> dict[str, Any]:
    """Upload a capture file: the body is the file. It is read afterwards; GET tells how far it is.

    Its rows are asked for with `source=` and its id, apart from live traffic. They are kept until
    it is deleted. Secrets are blanked out as in live traffic.
    """
    length = request.headers.get("content-length", "")
    stated = int(length) if length.isdigit() and len(length) < 16 else None
    try:
        found = await service.uploads.receive(name, stated, request.stream())
    except ClientDisconnect as error:
        raise BadRequest(
            "The connection ended within the file", remedy="Upload it again."
        ) from error
    return {"capture": found, "source": service.source}


@router.get("", response_model=UploadedCaptureList)
async def captures(service: ServiceDep) -> dict[str, Any]:
    """The uploaded captures, how far each is read, and what more can be uploaded."""
    return {
        "captures": service.uploads.listed(),
        "limits": service.uploads.limits(),
        "source": service.source,
    }


@router.get("/{capture_id}", response_model=UploadedCaptureAnswer)
async def capture(capture_id: Id, service: ServiceDep) -> dict[str, Any]:
    """One uploaded capture."""
    return {"capture": service.uploads.one(capture_id), "source": service.source}


@router.delete("/{capture_id}", response_model=Deleted)
async def delete(capture_id: Id, service: ServiceDep) -> dict[str, Any]:
    """Delete an uploaded capture and its rows, also while it is being read."""
    await service.uploads.delete(capture_id)
    return {"ok": True}
