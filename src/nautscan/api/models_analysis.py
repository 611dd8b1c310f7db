"""The shapes of what stored traffic adds up to: series, top lists, map, comparison, coverage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nautscan.api.models import Gap, Int64, Shape, SourceName, Time


class Totals(Shape):
    """Numbers of some rows. For flows: `requests` counts flows, latency is the TCP handshake's.

    Percentiles are exact, and latencies that were observed; null where none has a known duration.
    """

    requests: int
    errors: int = Field(description="Status 500 and above, or failed below it; flows: reset")
    bytes: Int64 = Field(description="Content of requests and responses; flows: on the wire")
    p50_ns: Int64 | None
    p95_ns: Int64 | None
    p99_ns: Int64 | None


class TimePoint(Totals):
    """One bucket. For flows: those that began in it."""

    time: Time


class GroupWords(Shape):
    """A group of rows in words."""

    label: str = Field(description="How a person would call it")
    keys: list[str | None] = Field(description="The values that its rows share")
    project: str | None = Field(description="Compose project, for containers")
    filter: str | None = Field(
        description="Finds exactly its rows, within the filter asked; null where it is too long"
    )


class GroupSeries(GroupWords):
    """A group over time."""

    points: list[TimePoint]


class TimeSeries(Shape):
    """Buckets from `from` to `to`, none left out."""

    table: str
    by: str | None
    bucket: float = Field(description="Seconds of a bucket")
    from_: Time = Field(alias="from")
    to: Time
    total: Totals = Field(description="Of the whole span")
    points: list[TimePoint]
    groups: list[GroupSeries] = Field(description="With `by`: the busiest, each over time")
    gaps: list[Gap]
    source: SourceName


class BusyGroup(GroupWords, Totals):
    """A group with its numbers over the span and its course."""

    rate: float = Field(description="Requests (or flows) a second over the span")
    error_rate: float | None
    last_time: Time
    series: list[int] = Field(description="Requests of each bucket")
    errors_series: list[int] = Field(description="Errors of each bucket")


class TopList(Shape):
    """The busiest of a kind."""

    table: str
    by: str
    bucket: float = Field(description="Seconds of a bucket of the series")
    from_: Time = Field(alias="from")
    to: Time
    groups: list[BusyGroup]
    count: int = Field(description="How many there are, those not listed included")
    source: SourceName


class MapNode(Shape):
    """A service (its replicas together), a container, a host, or an address of nobody known."""

    id: str
    name: str
    kind: Literal["service", "container", "host", "address"]
    scope: Literal["internet", "local"] | None = Field(
        description="Where an address that is no container's lies; null for containers"
    )
    image: str | None
    project: str | None
    service: str | None
    container_ids: list[str] = Field(description="At most 64 of its containers in the span")
    addresses: list[str] = Field(description="At most 16 of its addresses in the span")


class MapEdge(Shape):
    """What one node asked of another, by one protocol."""

    client: str
    server: str
    protocol: str
    requests: int
    rate: float = Field(description="Requests a second over the span")
    errors: int
    error_rate: float | None = Field(description="null without requests")
    p50_ns: Int64 | None
    p95_ns: Int64 | None
    p99_ns: Int64 | None
    content_bytes: Int64 = Field(description="Content of these requests and responses")
    flows: int = Field(description="Flows active in the span; 0 where a filter is given")
    bytes: Int64 = Field(description="Bytes on the wire of these flows, from their beginning")
    last_time: Time
    table: Literal["requests", "flows"] = Field(description="Where its rows are")
    filter: str = Field(description="Finds exactly its rows there")


class WorkloadMap(Shape):
    """Who talked to whom."""

    nodes: list[MapNode]
    edges: list[MapEdge]
    from_: Time = Field(alias="from")
    to: Time
    truncated: int = Field(description="Edges beyond the cap, least busy ones, left out")
    gaps: list[Gap]
    source: SourceName


Verdict = Literal["new", "gone", "failing", "recovering", "slower", "faster", "same", "few"]


class ComparedSide(Totals):
    """Numbers of one side."""

    timed: int = Field(description="Of these, those with a known duration")
    rate: float
    error_rate: float | None


class ComparedGroup(GroupWords):
    """A group on both sides."""

    verdicts: list[Verdict]
    now: ComparedSide | None
    base: ComparedSide | None


class Comparison(Shape):
    """A span beside another, what matters most first."""

    table: str
    by: str
    from_: Time = Field(alias="from")
    to: Time
    base_from: Time
    base_to: Time
    counts: dict[str, int] = Field(description="How many groups have each verdict")
    groups: list[ComparedGroup]
    count: int = Field(description="Groups compared, those not listed included")
    truncated: int = Field(description="Groups beyond the cap, least busy ones, not compared")
    rules: list[str] = Field(description="What each verdict means")
    gaps: list[Gap] = Field(description="Times without observation in either span")
    source: SourceName


class CoveragePoint(Shape):
    """How much the sensors' counters grew in a bucket; null where nothing was counted."""

    time: Time
    packets: Int64 | None
    bytes: Int64 | None = Field(description="On the wire, of everything captured")
    opaque_bytes: Int64 | None = Field(description="TCP payload of no known protocol")
    kernel_drops: Int64 | None
    interface_drops: Int64 | None
    gap_bytes: Int64 | None
    rows_dropped: Int64 | None


class CounterTotal(Shape):
    """How much a counter grew over the span."""

    stage: str
    name: str
    value: Int64


class InterfaceCourse(Shape):
    """Packets of an interface over time."""

    name: str
    packets: Int64
    series: list[Int64 | None]


class Coverage(Shape):
    """Whether what is shown of a span is all there was."""

    bucket: float
    from_: Time = Field(alias="from")
    to: Time
    points: list[CoveragePoint]
    totals: list[CounterTotal]
    opaque_share: float | None = Field(
        description="Opaque bytes of all captured bytes; null where nothing was counted"
    )
    interfaces: list[InterfaceCourse] = Field(description="The busiest first")
    gaps: list[Gap]
    source: SourceName
