"""The shapes of the REST API, as OpenAPI shows them.

Rows are written as JSON by the database, not by these classes: the row classes are made from
`nautscan.schema`, so that the documented shape and the columns cannot differ.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from nautscan import schema

Time = Annotated[
    str,
    Field(
        json_schema_extra={"format": "date-time", "example": "2026-01-31T12:00:00.123456789Z"},
        description="UTC, RFC 3339 with nanoseconds",
    ),
]
Int64 = Annotated[int, Field(json_schema_extra={"format": "int64"})]
SourceName = Annotated[
    Literal["live", "demo", "file"], Field(description="Where the traffic comes from")
]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class OpenShape(BaseModel):
    """The sensor may say more than is listed here."""

    model_config = ConfigDict(extra="allow", json_schema_serialization_defaults_required=True)


class Header(Shape):
    """One header field."""

    name: str
    value: str


class Body(Shape):
    """Content as far as it was kept: `text` if it is valid UTF-8, else `base64`."""

    text: str | None
    base64: str | None
    bytes: int = Field(description="Bytes kept")
    truncated: bool = Field(description="The message had bytes that are not here")


_TYPE_OF_KIND: dict[str, Any] = {
    "time": Time,
    "text": str,
    "u16": int,
    "i32": int,
    "i64": Int64,
    "bool": bool,
    "binary": Body,
    "headers": list[Header],
    "text_list": list[str],
    "json": dict[str, Any],
}


def _row_model(name: str, doc: str, columns: tuple[schema.Column, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for column in columns:
        kind = _TYPE_OF_KIND[column.kind]
        fields[column.name] = (
            kind | None if column.nullable else kind,
            Field(..., description=column.doc),
        )
    return create_model(name, __base__=Shape, __doc__=doc, **fields)


RequestRow = _row_model(
    "RequestRow", "One request with its response.", schema.light_columns("requests")
)
RequestDetail = _row_model(
    "RequestDetail", "One request with headers and bodies.", schema.columns("requests")
)
FlowRow = _row_model("FlowRow", "One flow, as last seen.", schema.light_columns("flows"))
PacketRow = _row_model("PacketRow", "One packet of the ring.", schema.columns("packets"))
StatsRow = _row_model("StatsRow", "One counter of one stage.", schema.columns("stats"))


class ErrorFacts(Shape):
    """What failed, why, what to do."""

    code: str
    message: str
    remedy: str
    detail: dict[str, Any] = Field(default_factory=dict)


class ErrorAnswer(Shape):
    """Every error has this shape."""

    error: ErrorFacts


class RequestList(Shape):
    """Requests, newest first unless asked otherwise."""

    requests: list[RequestRow]  # type: ignore[valid-type]
    next: str | None = Field(description="Cursor of the next page; null at the end")
    source: SourceName


class FlowList(Shape):
    """Flows, each once, as last seen."""

    flows: list[FlowRow]  # type: ignore[valid-type]
    next: str | None = Field(description="Cursor of the next page; null at the end")
    source: SourceName


class PacketList(Shape):
    """Packets of the sensor's ring, newest first."""

    packets: list[PacketRow]  # type: ignore[valid-type]
    next: str | None = Field(description="Value of `before` for older ones; null at the end")
    looked_at: int = Field(description="Packets among which these were looked for")
    newest: int | None = Field(description="The newest id in the ring; null where it is empty")
    since: Time | None = Field(description="Time of the oldest of them; null without any")
    ring: Int64 | None = Field(
        description="Which ring this is: it begins anew with each capture, and so do its ids"
    )
    source: SourceName


class LayerField(OpenShape):
    """One field of a layer: where it is in the packet and what it says."""

    name: str
    value: str
    offset: int | None = None
    length: int | None = None


class Layer(OpenShape):
    """One protocol layer of a packet."""

    name: str
    offset: int
    length: int
    fields: list[LayerField]
    error: str | None = Field(None, description="Why decoding stopped here")


class PacketDetail(OpenShape):
    """One packet with its bytes and layers."""

    id: Int64
    time: Time
    interface: str | None
    link_type: str
    length: int
    captured_length: int
    hex: str = Field(description="The captured bytes, two hexadecimal digits each")
    layers: list[Layer]
    source: SourceName


class Interface(OpenShape):
    """A network interface of the sensor's host."""

    name: str
    friendly_name: str | None = Field(
        None, description="What Windows calls it; it can be captured by this name as well"
    )
    description: str | None = None
    kind: str | None = Field(None, description="bridge, veth, ethernet, wireless, loopback, any, …")
    addresses: list[str] = Field(default_factory=list)
    mac: str | None = None
    up: bool | None = None
    running: bool | None = None
    connected: bool | None = Field(None, description="It has a link; null where that is not known")
    loopback: bool | None = None
    wireless: bool | None = None
    default_route: bool | None = None
    mtu: int | None = None
    index: int | None = None
    peer_index: int | None = Field(None, description="Of a veth: index of its other end")
    master: str | None = Field(None, description="Bridge or bond that it belongs to")
    link_type: str | None = Field(None, description="As libpcap names it; null until it is opened")
    owner: str | None = Field(None, description="Container or Docker network that it belongs to")
    owner_kind: Literal["container", "network"] | None = None
    network: str | None = Field(None, description="Docker network whose packets it carries")
    selected: bool = Field(description="It is being captured")
    capturable: bool | None = None
    reason: str | None = Field(None, description="Why it cannot be captured")


class ContainerToEnter(Shape):
    """A container that runs, and whether it can be captured inside."""

    id: str
    name: str
    service: str | None = Field(description="Its Compose service")
    project: str | None = Field(description="Its Compose project")
    interface: str = Field(
        description="To be named among `interfaces` to capture on all of those inside it",
        examples=["all@web"],
    )
    selected: bool = Field(description="It is captured inside, or will be once it runs")
    capturable: bool
    reason: str | None = Field(description="Why it has no inside that could be captured")
    shares: str | None = Field(description="The container whose network it uses, if not its own")


class Entering(OpenShape):
    """Whether the sensor may capture inside containers."""

    possible: bool
    reason: str | None = Field(description="Why not")
    remedy: str | None = Field(description="What to do about it")


class InterfaceList(Shape):
    """Interfaces that the sensor sees, and containers whose inside it could capture."""

    interfaces: list[Interface]
    containers: list[ContainerToEnter]
    inside: Entering | None = Field(None, description="Of this sensor")
    source: SourceName


_Name = Annotated[str, Field(min_length=1, max_length=512)]


class CaptureStart(BaseModel):
    """What to capture: interfaces of this host, interfaces inside containers, or the detected ones.

    One of `interface` and `interfaces`; neither means the detected ones. With `container` or
    `containers` the interfaces are those inside, all of them if none are named. Among
    `interfaces`, `default` stands for the detected ones, `lo@web` for `lo` inside the container
    `web` and `all@web` for all of those inside it.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"interface": "eth0", "filter": "tcp port 80"}},
    )

    interface: _Name | None = None
    interfaces: list[_Name] | None = Field(None, min_length=1, max_length=64)
    container: _Name | None = Field(
        None, description="Capture inside this container: name, Compose service, beginning of id"
    )
    containers: list[_Name] | None = Field(None, min_length=1, max_length=32)
    filter: str | None = Field(None, max_length=4096, description="BPF capture filter")
    promiscuous: bool = True
    snaplen: int | None = Field(None, ge=64, le=262_144)
    buffer_bytes: int | None = Field(None, ge=1 << 16, le=1 << 31)


class CheckFilter(BaseModel):
    """A BPF capture filter to try."""

    model_config = ConfigDict(extra="forbid")

    filter: str = Field(max_length=4096)
    link_type: str | None = Field(None, max_length=32)


class CheckedFilter(Shape):
    """The filter compiles."""

    ok: Literal[True]


class CapturedInterface(OpenShape):
    """How capture goes on one interface."""

    name: str | None = Field(description="null for a stream that names no interface")
    link_type: str | None = None
    received: Int64 | None = None
    kernel_drops: Int64 | None = None
    interface_drops: Int64 | None = None
    error: ErrorFacts | str | None = None


class Conntrack(Shape):
    """What the kernel's connection tracking told when the capture began."""

    connections: int | None = Field(
        description="Connections it translated then: seen on both sides, they are one flow each"
    )
    left_out: int | None = Field(
        description="Further ones, beyond what is kept: seen on both sides, they are two flows"
    )
    reason: str | None = Field(description="Why that is not known, and what to do")


class CaptureStatus(OpenShape):
    """How capture goes."""

    running: bool
    error: ErrorFacts | None = Field(None, description="Why it does not run, if it should")
    interfaces: list[CapturedInterface]
    requested: list[str] | None = Field(
        None, description="Names that were asked for; null for those that NautScan found"
    )
    inside: Entering | None = Field(None, description="Whether it may capture inside containers")
    conntrack: Conntrack | None = Field(None, description="null while nothing is captured")
    filter: str | None = None
    promiscuous: bool | None = None
    snaplen: int | None = None
    buffer_bytes: int | None = None
    source: SourceName


class Gap(Shape):
    """A time without observation: nothing in it does not mean that nothing happened."""

    since: Time
    until: Time | None = Field(description="null: still open")
    reason: str


class ContainerNetwork(Shape):
    """An address of a container."""

    name: str | None
    ip: str


class ContainerTraffic(Shape):
    """What a container served in the window (as server), and what it asked (as client)."""

    requests: int = Field(description="Requests it served in the window")
    rate: float = Field(description="Requests served a second over the window")
    errors: int = Field(description="Of these, status 500 and above, or failed below it")
    error_rate: float | None = Field(description="errors / requests; null without requests")
    p50_ns: Int64 | None
    p95_ns: Int64 | None
    p99_ns: Int64 | None
    bytes: Int64 = Field(description="Content of these requests and responses")
    requests_out: int = Field(description="Requests it made as a client")
    last_time: Time | None = Field(description="Last request in the window on either side")


class Container(ContainerTraffic):
    """A container and its traffic over the window."""

    id: str
    name: str
    image: str | None
    project: str | None
    service: str | None
    state: str | None = Field(description="As Docker says; null if Docker no longer knows it")
    networks: list[ContainerNetwork]
    ports: list[str]
    labels: dict[str, str]


class ContainerList(Shape):
    """Containers with rate, errors and latency over the window."""

    containers: list[Container]
    from_: Time = Field(alias="from")
    to: Time
    seconds: float = Field(description="Length of the window")
    gaps: list[Gap]
    source: SourceName


class ContainerAnswer(Shape):
    """One container."""

    container: Container
    from_: Time = Field(alias="from")
    to: Time
    seconds: float
    source: SourceName


class BoundSocket(Shape):
    """Where a process listens, or which UDP port it has."""

    transport: Literal["tcp", "udp"]
    ip: str = Field(description="0.0.0.0 and :: mean every address")
    port: int


class TalkingSocket(Shape):
    """A connection of a process that is open."""

    transport: Literal["tcp", "udp"]
    ip: str
    port: int
    peer_ip: str
    peer_port: int
    source: str = Field(description="How it is known: socket, connect or close")


class Process(Shape):
    """A process that has sockets now."""

    pid: int
    command: str = Field(description="As `ps -o comm` shows it. Arguments are never read")
    user: str | None = Field(description="As the process's own system calls it; null if not known")
    started: Time = Field(description="With the pid it tells the process from one that had it")
    container_id: str | None = Field(description="Container that it runs in; null for none")
    container: str | None = Field(description="Its name; null if the engine does not know it")
    listens: list[BoundSocket]
    connections: int = Field(description="Connections that are open")
    talks: list[TalkingSocket] = Field(description="The first 200 of them")


class ProcessState(Shape):
    """How far processes can be named here."""

    scope: Literal["all", "own", "container"] | None = Field(
        description="Whose processes can be looked into: everybody's, this user's, or this "
        "container's; null while nobody looks"
    )
    reason: str | None = Field(description="off, offline or unavailable; null where somebody looks")
    detail: str | None = Field(description="The same in words, or what fails")
    traced: bool = Field(description="TCP connections are told by the kernel as they are made")
    untraced_because: str | None
    lost: int = Field(description="Connections that were told of, and not named")
    dropped: int = Field(description="Sockets forgotten for want of room")


class ProcessList(Shape):
    """Who listens and who talks, those with most connections first."""

    processes: list[Process]
    more: int = Field(description="Processes beyond the 1000 of an answer")
    nameless: dict[str, int] = Field(description="Sockets without a process, by reason")
    state: ProcessState
    source: SourceName


class _Counted(Shape):
    requests: int
    errors: int = Field(description="Status 500 and above, or failed below the protocol")
    p50_ns: Int64 | None
    p95_ns: Int64 | None
    p99_ns: Int64 | None


class Endpoint(_Counted):
    """What a container is asked for: a method, and a target without its query."""

    method: str | None
    path: str | None


class Peer(_Counted):
    """Who asked a container (`in`), or whom it asked (`out`)."""

    direction: Literal["in", "out"]
    name: str | None
    ip: str
    container_id: str | None


class HeldAddress(Shape):
    """An address that a container has or had."""

    ip: str
    network: str | None
    since: Time
    until: Time | None = Field(description="null: it has it still")


class SeenProcess(Shape):
    """A process that held a container's end of connections in a window."""

    pid: int
    command: str = Field(description="As `ps -o comm` shows it")
    user: str | None
    connections: int = Field(description="Connections that lasted into the window")
    first_time: Time = Field(description="First packet of the first of them")
    last_time: Time = Field(description="Last packet of the last of them, so far")


class ContainerTrafficAnswer(Shape):
    """What a container does: its 50 busiest endpoints, peers and processes, its last 50 addresses.

    All of the window; processes and addresses whatever the filter.
    """

    id: str
    endpoints: list[Endpoint]
    peers: list[Peer]
    processes: list[SeenProcess]
    addresses: list[HeldAddress]
    from_: Time = Field(alias="from")
    to: Time
    seconds: float
    source: SourceName


class HostName(Shape):
    """A name that an address had for a time."""

    ip: str
    name: str
    source: str = Field(description="dns, llmnr, mdns, dhcp, dhcpv6, docker or hosts")
    since: Time | None = Field(description="First seen; null: configured before NautScan started")
    last: Time | None = Field(description="Last seen; null for configured names")
    until: Time | None = Field(description="When it ceases to hold; null: when it is changed")
    asked_by: str | None = Field(description="Who asked for it last; null if nobody did")
    mac: str | None = Field(description="Hardware address, where DHCP or mDNS told it")
    vendor: str | None = Field(
        description="Organisation that the hardware address is registered to"
    )
    vendor_reason: str | None = Field(description="Why a hardware address has no vendor")
    country: str | None
    as_: str | None = Field(alias="as")


class HostNameList(Shape):
    """Names of hosts, those seen last first."""

    names: list[HostName]
    left_out: int = Field(description="How many more there are beyond the limit")
    source: SourceName


class Reason(Shape):
    """Something that is not as it should be, and what to do."""

    code: str
    message: str
    remedy: str


class SensorHealth(Shape):
    """The connection to the sensor process."""

    connected: bool
    since: Time | None
    reason: str | None
    gaps: list[Gap]


class DockerHealth(Shape):
    """The connection to the Docker Engine."""

    state: str = Field(description="connected, absent, unreachable or off")
    reason: str | None
    host: str | None
    since: Time | None
    containers: int


class HostsFileHealth(Shape):
    """The hosts file of this machine."""

    path: str
    entries: int = Field(description="Addresses that it names")
    left_out: int = Field(description="Addresses beyond the cap")
    reason: str | None = Field(description="Why it could not be read, or not as a whole")


class GeoFileHealth(Shape):
    """A file that tells country or autonomous system."""

    path: str
    kind: str = Field(description="What it calls itself, e.g. GeoLite2-Country")
    built: Time
    reason: str | None = Field(description="Why a newer version of it could not be read")


class NamesHealth(Shape):
    """What is known about names of hosts, all of it in memory."""

    learning: bool = Field(description="false: switched off")
    addresses: int = Field(description="Addresses with names from the wire")
    asked: int = Field(description="Pairs of a client and an address that it asked the name of")
    configured: int = Field(description="Addresses with names from files or container networks")
    sightings: Int64 = Field(description="Names seen on the wire since the server started")
    forgotten: Int64 = Field(description="Addresses and pairs forgotten to keep within memory")
    expired: Int64 = Field(description="Addresses and pairs forgotten since they were not seen")
    not_looked_up: Int64 = Field(
        description="Addresses without country or vendor since too many were new at once"
    )
    hosts_file: HostsFileHealth | None = Field(description="null: not used")
    geoip: list[GeoFileHealth]


class StoreHealth(Shape):
    """The database and its writer."""

    state: Literal["ok", "full", "failing", "closed"]
    reason: str | None
    path: str
    bytes: Int64 = Field(description="Size of the database files")
    free_bytes: Int64 | None = Field(description="Free space of the disk")
    schema_version: int
    rows_written: Int64 = Field(description="Since the server started")
    rows_lost: Int64 = Field(description="Not stored since the server started: disk full, too slow")
    rows_expired: Int64 = Field(description="Deleted by retention since the server started")
    queue_batches: int
    queue_bytes: int
    last_commit: Time | None
    retention_seconds: float
    retention_bytes: Int64


class LiveHealth(Shape):
    """Live viewers."""

    subscribers: int
    rows_sent: Int64
    rows_skipped: Int64


class Counter(Shape):
    """One counter of one stage."""

    sensor: str
    interface: str | None
    stage: str
    name: str
    value: Int64 = Field(description="Since the sensor started")
    recent: Int64 = Field(description="In the last 10 seconds")


class Drop(Shape):
    """Loss at one stage."""

    stage: str
    name: str
    interface: str | None
    value: Int64 = Field(description="Since the process started")
    recent: Int64 = Field(description="In the last 10 seconds")
    meaning: str


class Health(Shape):
    """Whether what is shown is all there was."""

    status: Literal["ok", "degraded", "no_capture"]
    reasons: list[Reason]
    sensor: SensorHealth
    capture: CaptureStatus | None = Field(description="null while the sensor cannot be asked")
    docker: DockerHealth
    names: NamesHealth
    store: StoreHealth
    live: LiveHealth
    drops: list[Drop] = Field(description="Every loss counter that is not zero")
    stages: list[Counter]
    version: str
    started: Time
    time: Time
    source: SourceName


class DoctorCheck(Shape):
    """One thing that the doctor looked at."""

    id: str = Field(description="Stable, `family.name`")
    title: str
    state: Literal["ok", "warning", "failed", "unknown"] = Field(
        description="unknown: it could not be found out, and `found` says why"
    )
    found: str = Field(description="What was seen")
    why: str = Field(description="Why it matters")
    remedy: str = Field(
        description="What to do here; lines indented by four spaces are to paste. Empty: nothing"
    )
    facts: dict[str, Any] = Field(
        description="The same for programs; the keys are each check's own"
    )
    where: str = Field(description="Which process looked: sensor or server")


class DoctorCounts(Shape):
    """How many checks came out how."""

    ok: int
    warning: int
    failed: int
    unknown: int


class DoctorReport(Shape):
    """What is needed, what is missing, and what to do. `nautscan doctor --json` prints the same."""

    state: Literal["ok", "warning", "failed"] = Field(description="The worst of the checks")
    counts: DoctorCounts
    checks: list[DoctorCheck]
    version: str
    platform: str = Field(description="The server's system: linux, darwin or win32")
    time: Time = Field(description="When it looked")
    source: SourceName


class ColumnFacts(Shape):
    """One column, for completion and help."""

    name: str
    type: str
    nullable: bool
    doc: str
    examples: list[str] = Field(description="Conditions that can be written with it")


class ColumnList(Shape):
    """What a filter over the table may use."""

    table: str
    columns: list[ColumnFacts]
    functions: list[str]
    source: SourceName


class FilterCheck(Shape):
    """Whether a filter can be used."""

    ok: bool
    error: ErrorFacts | None = Field(description="What is wrong; `detail.position` says where")
    source: SourceName


class FilterValue(Shape):
    """A value of a column, and in how many of the rows it was seen."""

    value: bool | int | str
    count: int


class FilterValues(Shape):
    """Values of a column in the newest rows, the most frequent first."""

    table: str
    column: str
    values: list[FilterValue]
    rows: int = Field(description="Rows looked at, before the filter")
    since: Time | None = Field(description="Time of the oldest of them; null without any")
    error: ErrorFacts | None = Field(description="Why the filter that narrows them is wrong")
    source: SourceName


class SourceFacts(Shape):
    """What this server shows."""

    source: SourceName
    label: str = Field(description="A sentence for the screen")
    version: str
    started: Time


class LiveHello(Shape):
    """First message of the WebSocket, and the answer to a new `subscribe`."""

    type: Literal["hello"]
    table: str
    filter: str
    source: SourceName
    version: str


class LiveRequests(Shape):
    """Rows as they come; `skipped` rows before these did not reach this viewer.

    A row whose `id` came before takes its place: a request that lasts is told while it does.
    """

    type: Literal["rows"]
    table: Literal["requests"]
    rows: list[RequestRow]  # type: ignore[valid-type]
    skipped: int


class LiveFlows(Shape):
    """Rows as they come; `skipped` rows before these did not reach this viewer."""

    type: Literal["rows"]
    table: Literal["flows"]
    rows: list[FlowRow]  # type: ignore[valid-type]
    skipped: int


class LiveHealthMessage(Shape):
    """Once a second."""

    type: Literal["health"]
    health: Health


class LiveError(Shape):
    """A filter that is not one, or the end of the stream."""

    type: Literal["error"]
    error: ErrorFacts


class LiveSubscribe(Shape):
    """What the viewer may send: another table or filter on the same connection."""

    type: Literal["subscribe"]
    table: Literal["requests", "flows"] = "requests"
    filter: str = Field("", max_length=4096)


LIVE_MODELS: tuple[type[BaseModel], ...] = (
    LiveHello,
    LiveRequests,
    LiveFlows,
    LiveHealthMessage,
    LiveError,
    LiveSubscribe,
)
"""WebSocket messages: OpenAPI has no place for them, so they are added to its schemas."""
