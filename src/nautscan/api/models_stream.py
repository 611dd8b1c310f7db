"""Shapes of a flow that is followed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nautscan.api.models import Int64, Shape, SourceName, Time


class StreamSide(Shape):
    """What one side of a flow sent, as far as its packets are in memory."""

    ip: str | None = Field(description="Its address; null if no packet of it is there")
    port: int | None
    bytes: int
    gap_bytes: int = Field(description="Bytes that were sent and are not there")
    repeated_bytes: int = Field(description="Bytes that came more than once, counted once")
    start_seen: bool = Field(description="TCP: its SYN is there, so that nothing came before")
    end_seen: bool = Field(description="TCP: its FIN is there, so that nothing comes after")


class StreamPart(Shape):
    """Bytes that one side sent without a turn of the other, or a gap in them."""

    side: Literal["client", "server"]
    time: Time
    packet: Int64 = Field(
        description="The packet that carried the first of them; of a gap, the one that showed it"
    )
    packets: int = Field(description="How many carried them; none for a gap")
    offset: int = Field(description="Place among the bytes of this side")
    gap_bytes: int = Field(description="Length of the gap; 0: there are bytes")
    data: str = Field(description="The bytes, base64")


class FlowStream(Shape):
    """Both directions of a flow, in order."""

    flow_id: Int64
    transport: Literal["tcp", "udp"]
    client: StreamSide
    server: StreamSide
    parts: list[StreamPart]
    packets: int = Field(description="Packets that this was put together from")
    cut: bool = Field(description="`max_bytes` was reached: more comes after")
    earlier: bool = Field(description="Packets from before these may be in memory")
    roles_assumed: bool = Field(
        description="Neither the flow nor a SYN tells who is the client: the sender of the first "
        "packet stands as it"
    )
    source: SourceName
