"""Capture control and the packets of the sensor's ring."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from nautscan.api import models
from nautscan.api.common import ERRORS, Filter, JsonText, Limit, ServiceDep, ViewDep, rows_answer
from nautscan.errors import BadRequest
from nautscan.sensor import naming
from nautscan.service.packets import PacketsWanted

router = APIRouter(prefix="/api/packets", tags=["packets"], responses=ERRORS)


def _told(model: type[BaseModel]) -> dict[str, Any]:
    """Document an answer that the sensor gives, and pass it on as it is.

    A fact of a sensor that is a little newer must not turn the answer into an error.
    """
    return {"response_model": None, "responses": {200: {"model": model}}}


_WHERE = {"interface", "interfaces", "container", "containers"}
Flow = Annotated[int | None, Query(ge=0, lt=2**63, description="Only packets of this flow")]
PacketFilter = Annotated[
    Filter,
    Query(description="Display filter over the columns of `packets`; not a capture filter (BPF)"),
]

MAX_EXPORT_IDS = 10_000
"""Packets named one by one in an export; without names the whole ring is exported."""


@router.get("/interfaces", **_told(models.InterfaceList))
async def interfaces(service: ServiceDep) -> dict[str, Any]:
    """Network interfaces of the sensor's host and containers to enter; which are being captured."""
    return {**await service.packets.interfaces(), "source": service.source}


@router.post("/start", **_told(models.CaptureStatus))
async def start(spec: models.CaptureStart, service: ServiceDep) -> dict[str, Any]:
    """Start capturing, or change what is captured. Rows already stored stay."""
    if spec.interface is not None and spec.interfaces is not None:
        raise BadRequest("Both `interface` and `interfaces` are given", remedy="Give one of them.")
    if spec.container is not None and spec.containers is not None:
        raise BadRequest("Both `container` and `containers` are given", remedy="Give one of them.")
    named = [spec.interface] if spec.interface is not None else spec.interfaces
    containers = [spec.container] if spec.container is not None else spec.containers or []
    names = naming.wanted(named, containers)
    options = spec.model_dump(exclude=_WHERE, exclude_none=True)
    return await service.packets.start(names, options)


@router.post("/stop", **_told(models.CaptureStatus))
async def stop(service: ServiceDep) -> dict[str, Any]:
    """Stop capturing. Nothing that was stored is touched."""
    return await service.packets.stop()


@router.get("/status", **_told(models.CaptureStatus))
async def status(service: ServiceDep) -> dict[str, Any]:
    """How capture goes."""
    return await service.packets.status()


@router.get("/recent", response_class=JsonText, responses={200: {"model": models.PacketList}})
async def recent(  # noqa: PLR0913, PLR0917 (one argument a parameter)
    view: ViewDep,
    filter: PacketFilter = "",  # noqa: A002 (the parameter's name)
    limit: Limit = 100,
    before: Annotated[
        int | None, Query(ge=0, description="Only packets older than this id")
    ] = None,
    after: Annotated[int | None, Query(ge=0, description="Only packets newer than this id")] = None,
    flow_id: Flow = None,
) -> Response:
    """Packets of the ring, newest first.

    Those of a flow or under a filter are looked for in 200,000 packets at most; `next` goes on from
    there, `newest` is the `after` of what comes later.
    """
    page = await view.packets.recent(limit, PacketsWanted(filter, flow_id, before, after))
    return rows_answer(
        "packets",
        page.rows,
        page.next,
        view.source,
        looked_at=page.looked_at,
        newest=page.newest,
        since=page.since,
        ring=page.ring,
    )


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {"application/x-pcapng": {}}, "description": "pcapng"}},
)
async def export(
    view: ViewDep,
    ids: Annotated[
        str | None,
        Query(max_length=200_000, description="Ids of packets, comma separated; all without it"),
    ] = None,
    flow_id: Flow = None,
    filter: PacketFilter = "",  # noqa: A002 (the parameter's name)
) -> Response:
    """Packets of the ring as a pcapng file: all, those named, or those of a flow or a filter.

    Of a flow or a filter the newest 10,000, looked for in 200,000.
    """
    if flow_id is not None or filter.strip():
        name = "nautscan-filtered.pcapng"
        if flow_id is not None:
            name = f"nautscan-flow-{flow_id}.pcapng"
        data = await view.packets.export_found(PacketsWanted(filter, flow_id))
    else:
        data, name = await view.packets.export(_ids(ids)), "nautscan.pcapng"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/x-pcapng", headers=headers)


@router.post("/check-filter", response_model=models.CheckedFilter)
async def check_filter(spec: models.CheckFilter, service: ServiceDep) -> dict[str, Any]:
    """Whether a BPF capture filter compiles; the compiler's words if it does not."""
    await service.packets.check_filter(spec.filter, spec.link_type)
    return {"ok": True}


@router.get("/{packet_id}", **_told(models.PacketDetail))
async def packet(packet_id: Annotated[int, Path(ge=0)], view: ViewDep) -> dict[str, Any]:
    """One packet of the ring with its bytes and decoded layers."""
    return await view.packets.packet(packet_id)


def _ids(text: str | None) -> list[int] | None:
    if text is None or not text.strip():
        return None
    parts = text.split(",")
    if len(parts) > MAX_EXPORT_IDS:
        raise BadRequest(
            f"{len(parts)} packets are named, {MAX_EXPORT_IDS} at most are possible",
            remedy="Export without `ids` to get the whole ring.",
        )
    try:
        return [int(part) for part in parts]
    except ValueError as error:
        raise BadRequest(
            "`ids` holds something that is not a number", remedy="Write ids=1,2,3."
        ) from error
