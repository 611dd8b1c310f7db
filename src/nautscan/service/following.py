"""A flow's bytes in both directions, put together from the packets that the sensor still holds."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nautscan.errors import NotFound
from nautscan.service import conversation
from nautscan.service.conversation import Conversation, Directions, Endpoint, Segment, Side
from nautscan.service.history import History, PageQuery
from nautscan.service.packets import MAX_EXPORTED, PacketService, PacketsWanted
from nautscan.store.times import format_time, parse_time

DEFAULT_BYTES: Final = 1 << 20
MAX_BYTES: Final = 16 << 20
"""Bytes that are followed at once: what a person reads is far below, a file may be larger."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A flow as far as it is at hand."""

    flow_id: int
    transport: str
    found: Conversation
    packets: int
    cut: bool
    """More bytes come after these."""
    earlier: bool
    """More packets may have come before these."""
    roles_assumed: bool
    """Neither the flow nor a SYN tells who is who."""


class Following:
    """Who follows flows."""

    def __init__(self, packets: PacketService, history: History, source: str) -> None:
        """`history` knows which side of a flow is the client's."""
        self._packets = packets
        self._history = history
        self._source = source

    async def follow(self, flow_id: int, max_bytes: int) -> Followed:
        """The flow's bytes, `max_bytes` at most. Raises `NotFound` where no packet has any."""
        page = await self._packets.recent(MAX_EXPORTED, PacketsWanted(flow_id=flow_id))
        # Thousands of packets and megabytes: never on the event loop.
        rows = await asyncio.to_thread(_by_number, page.rows)
        if not rows:
            raise NotFound(
                f"No packet of flow {flow_id} is in memory any more",
                remedy="Only recent packets are kept; NAUTSCAN_RING_BYTES sets how many bytes.",
            )
        transport = next((row["transport"] for row in rows.values() if row["transport"]), None)
        if transport not in _BUILDERS:
            raise NotFound(
                f"Flow {flow_id} is {transport or 'no IP traffic'}: it has no stream of bytes",
                remedy="Only TCP and UDP can be followed; the place Packets shows the rest.",
            )
        carried, data, cut = await self._packets.payloads(list(rows), max_bytes)
        directions = await self._directions(flow_id)
        found = await asyncio.to_thread(
            lambda: _BUILDERS[transport](_segments(rows, carried, data), directions)
        )
        return Followed(
            flow_id, transport, found, len(carried), cut, page.next is not None, directions.assumed
        )

    async def as_json(self, flow_id: int, max_bytes: int) -> str:
        """As the API tells it."""
        followed = await self.follow(flow_id, max_bytes)
        return await asyncio.to_thread(_told, followed, self._source)

    async def as_file(self, flow_id: int, side: Side) -> tuple[bytes, str]:
        """What one side sent, and a name for the file that tells where something is missing."""
        followed = await self.follow(flow_id, MAX_BYTES)
        facts = followed.found.facts(side)
        parts = [part.data for part in followed.found.parts if part.side == side]
        data = await asyncio.to_thread(b"".join, parts)
        whole = facts.start_seen or followed.transport == "udp"
        lacking = [
            *(["without-beginning"] if not whole or followed.earlier else []),
            *([f"without-{facts.gap_bytes}-bytes"] if facts.gap_bytes else []),
            *(["cut"] if followed.cut else []),
            *(["sides-assumed"] if followed.roles_assumed else []),
        ]
        return data, "-".join([f"nautscan-flow-{flow_id}-{side}", *lacking]) + ".bin"

    async def _directions(self, flow_id: int) -> Directions:
        page = await self._history.page("flows", PageQuery(f"flow_id = {flow_id}", limit=1))
        if not page.rows:
            return Directions()
        row = json.loads(page.rows[0])
        return Directions(_endpoints(row, "client"), _endpoints(row, "server"))


_BUILDERS: Final[dict[str, Callable[[Sequence[Segment], Directions], Conversation]]] = {
    "tcp": conversation.tcp,
    "udp": conversation.udp,
}


def _by_number(lines: Sequence[str]) -> dict[int, dict[str, Any]]:
    """Packets by their numbers, the oldest first."""
    return {int(row["id"]): row for row in map(json.loads, reversed(lines))}


def _told(followed: Followed, source: str) -> str:
    found = followed.found
    return json.dumps(
        {
            "flow_id": followed.flow_id,
            "transport": followed.transport,
            "client": _side(found, "client"),
            "server": _side(found, "server"),
            "parts": [
                {
                    "side": part.side,
                    "time": format_time(part.time_ns),
                    "packet": part.packet,
                    "packets": part.packets,
                    "offset": part.offset,
                    "gap_bytes": part.gap_bytes,
                    "data": base64.b64encode(part.data).decode(),
                }
                for part in found.parts
            ],
            "packets": followed.packets,
            "cut": followed.cut,
            "earlier": followed.earlier,
            "roles_assumed": followed.roles_assumed,
            "source": source,
        }
    )


def _endpoints(row: dict[str, Any], side: Side) -> list[Endpoint]:
    """Of one side, before and after translation."""
    pairs = [(row.get(f"{way}{side}_ip"), row.get(f"{way}{side}_port")) for way in ("", "nat_")]
    return [(ip, port) for ip, port in pairs if ip is not None and port is not None]


def _segments(
    rows: dict[int, dict[str, Any]], carried: Sequence[Sequence[Any]], data: bytes
) -> list[Segment]:
    segments, at = [], 0
    for number, sequence, acknowledgement, flags, kept, missing in carried:
        row = rows[number]
        segments.append(
            Segment(
                id=number,
                time_ns=parse_time(row["time"], 0),
                source=(str(row["source_ip"]), int(row["source_port"] or 0)),
                destination=(str(row["destination_ip"]), int(row["destination_port"] or 0)),
                interface=row["interface"],
                sequence=sequence,
                acknowledgement=acknowledgement,
                flags=frozenset(flags.split(", ")),
                data=data[at : at + kept],
                missing=missing,
            )
        )
        at += kept
    return segments


def _side(found: Conversation, side: Side) -> dict[str, Any]:
    facts = found.facts(side)
    ip, port = facts.endpoint or (None, None)
    return {
        "ip": ip,
        "port": port,
        "bytes": facts.bytes,
        "gap_bytes": facts.gap_bytes,
        "repeated_bytes": facts.repeated_bytes,
        "start_seen": facts.start_seen,
        "end_seen": facts.end_seen,
    }
