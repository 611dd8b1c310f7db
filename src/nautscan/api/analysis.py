"""What stored traffic adds up to: series, top lists, map, comparison, coverage."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from nautscan.api import models_analysis as models
from nautscan.api.common import ERRORS, Filter, From, Table, To, ViewDep
from nautscan.service.analysis import Asked

router = APIRouter(prefix="/api", tags=["history"], responses=ERRORS)

Dimension = Literal[
    "server",
    "client",
    "container",
    "endpoint",
    "outside",
    "host",
    "interface",
    "protocol",
    "method",
    "status",
]
By = Annotated[
    Dimension,
    Query(
        description="What to group by. container: what it served; endpoint: server, method and "
        "path with its ids replaced; outside: servers that are neither container nor this host "
        "and whose address is public. Flows have no endpoint, method and status"
    ),
]
Bucket = Annotated[
    str | None,
    Query(max_length=16, description="Length of a bucket, e.g. 10s; fitting if absent"),
]
Few = Annotated[int, Query(ge=1, le=100, description="Groups at most")]
DEFAULT_FROM = "-15m"


@router.get("/timeseries", response_model=models.TimeSeries)
async def timeseries(  # noqa: PLR0913, PLR0917 (one argument a parameter)
    view: ViewDep,
    table: Table = "requests",
    filter: Filter = "",  # noqa: A002 (the parameter's name)
    from_: From = DEFAULT_FROM,
    to: To = None,
    bucket: Bucket = None,
    by: Annotated[
        Dimension | None, Query(description="Also the busiest of these, each over time")
    ] = None,
    top: Annotated[int, Query(ge=1, le=20, description="Groups at most, with `by`")] = 5,
) -> dict[str, Any]:
    """Counts, errors, bytes and exact latency percentiles over time."""
    asked = Asked(table, filter, from_, to)
    return await view.analysis.timeseries(asked, bucket, by, top)


@router.get("/top", response_model=models.TopList)
async def top(  # noqa: PLR0913, PLR0917 (one argument a parameter)
    view: ViewDep,
    by: By,
    table: Table = "requests",
    filter: Filter = "",  # noqa: A002 (the parameter's name)
    from_: From = DEFAULT_FROM,
    to: To = None,
    order: Annotated[
        Literal["requests", "errors", "p95_ns", "bytes"], Query(description="What counts")
    ] = "requests",
    limit: Few = 10,
) -> dict[str, Any]:
    """The busiest containers, endpoints, outside hosts and so on, each with its course."""
    return await view.analysis.top(Asked(table, filter, from_, to), by, order, limit)


@router.get("/map", response_model=models.WorkloadMap)
async def workload_map(
    view: ViewDep,
    filter: Annotated[  # noqa: A002 (the parameter's name)
        Filter, Query(description="Over requests; with one, edges of flows alone are left out")
    ] = "",
    from_: From = DEFAULT_FROM,
    to: To = None,
) -> dict[str, Any]:
    """Who talked to whom: workloads as nodes, requests and flows as edges."""
    return await view.analysis.map(Asked("requests", filter, from_, to))


@router.get("/compare", response_model=models.Comparison)
async def compare(  # noqa: PLR0913, PLR0917 (one argument a parameter)
    view: ViewDep,
    by: By = "endpoint",
    table: Table = "requests",
    filter: Filter = "",  # noqa: A002 (the parameter's name)
    from_: From = DEFAULT_FROM,
    to: To = None,
    base_from: Annotated[
        str | None,
        Query(max_length=64, description="Start of the other span; as long, just before if absent"),
    ] = None,
    base_to: Annotated[str | None, Query(max_length=64, description="Its end, exclusive")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Groups at most")] = 200,
) -> dict[str, Any]:
    """A span beside another: what is new, gone, failing more, slower."""
    asked = Asked(table, filter, from_, to)
    return await view.analysis.compare(asked, (base_from, base_to), by, limit)


@router.get("/coverage", response_model=models.Coverage)
async def coverage(
    view: ViewDep, from_: From = DEFAULT_FROM, to: To = None, bucket: Bucket = None
) -> dict[str, Any]:
    """How much was seen over time, and what was lost at each stage: of everything captured."""
    return await view.analysis.coverage(from_, to, bucket)
