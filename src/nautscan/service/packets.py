"""Capture control and the packets of the ring: questions to the sensor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from nautscan.errors import NotFound, UnknownInterface
from nautscan.identity.interfaces import InterfaceOwners
from nautscan.sensor import naming
from nautscan.service.ingest import Ingest
from nautscan.service.inside import InsideContainers
from nautscan.store.times import format_time

EXPORT_SECONDS: Final = 60.0
LOOK_PACKETS: Final = 10_000
"""Packets asked of the sensor at once when those of one flow are looked for."""
MAX_LOOKS: Final = 20
"""So far back: 200,000 packets take about a second."""
MAX_EXPORTED: Final = 10_000
"""Packets of a flow in one file."""


class Sensor(Protocol):
    """Who answers."""

    async def request(self, op: str, *, timeout_s: float = ..., **params: Any) -> dict[str, Any]:
        """The answer to an operation. Raises NautScanError."""
        ...


@dataclass(frozen=True, slots=True)
class PacketPage:
    """Packets as JSON, newest first; `next` is the `before` of older ones."""

    rows: list[str]
    next: str | None


class PacketService:
    """What can be asked about packets."""

    def __init__(
        self,
        sensor: Sensor,
        ingest: Ingest,
        owners: Callable[[], InterfaceOwners | None],
        inside: InsideContainers,
        source: str,
    ) -> None:
        """`owners` tells whose an interface is, if that is known; `inside` where containers are."""
        self._sensor = sensor
        self._ingest = ingest
        self._owners = owners
        self._inside = inside
        self._source = source

    async def interfaces(self) -> dict[str, Any]:
        """Interfaces of the sensor's host with what each belongs to, and containers to enter."""
        answer = await self._sensor.request("interfaces")
        found: list[dict[str, Any]] = answer["interfaces"]
        await self._name_owners(found)
        return {
            "interfaces": found,
            "containers": self._inside.containers(answer.get("requested") or ()),
            "inside": answer.get("inside"),
        }

    async def _name_owners(self, found: list[dict[str, Any]]) -> None:
        owners = self._owners()
        if owners is not None:
            names = [facts["name"] for facts in found]
            owned = await asyncio.to_thread(owners.owners, names)
            for facts in found:
                owner = owned.get(facts["name"])
                facts["owner"] = owner.name if owner is not None else None
                facts["owner_kind"] = owner.kind if owner is not None else None
                facts["network"] = owner.network if owner is not None else None

    async def start(self, names: Sequence[str] | None, options: dict[str, Any]) -> dict[str, Any]:
        """Start or change the capture. Names that no interface has are refused."""
        if names is not None:
            await self._check(names)
        wanted = list(names) if names is not None else None
        places = self._inside.places(names or ())
        status = await self._sensor.request("start", interfaces=wanted, places=places, **options)
        return self._with_source(status)

    async def _check(self, names: Sequence[str]) -> None:
        found = (await self._sensor.request("interfaces"))["interfaces"]
        known = {facts["name"] for facts in found}
        # Those inside containers are for the sensor to check, which can look there.
        unknown = [
            name
            for name in names
            if name not in known and name != naming.DEFAULT and naming.split(name)[1] is None
        ]
        if unknown:
            raise UnknownInterface(
                f"There is no interface {', '.join(repr(name) for name in unknown)}",
                remedy=f"There are {', '.join(sorted(known)) or 'none'}.",
                detail={"unknown": unknown, "known": sorted(known)},
            )

    async def stop(self) -> dict[str, Any]:
        """Stop the capture."""
        return self._with_source(await self._sensor.request("stop"))

    async def status(self) -> dict[str, Any]:
        """How capture goes."""
        return self._with_source(await self._sensor.request("status"))

    def _with_source(self, status: dict[str, Any]) -> dict[str, Any]:
        return {**status, "source": self._source}

    async def check_filter(self, text: str, link_type: str | None) -> None:
        """Compile a BPF filter. Raises `BadFilter` with the compiler's words."""
        await self._sensor.request("check_filter", filter=text, link_type=link_type)

    async def recent(
        self, limit: int, before: int | None, flow_id: int | None = None
    ) -> PacketPage:
        """Packets of the ring, newest first; those of one flow are looked for in the newest."""
        if flow_id is not None:
            return await self._of_flow(flow_id, limit, before)
        answer = await self._sensor.request("recent", limit=limit, before=before)
        rows = (await self._ingest.packets(answer["ipc"])).rows
        following = str(rows[-1][1]) if len(rows) >= limit else None
        return PacketPage([line for line, _ in rows], following)

    async def _of_flow(self, flow_id: int, limit: int, before: int | None) -> PacketPage:
        """Go back through the ring until enough are found, or enough were looked at."""
        found: list[tuple[str, int]] = []
        place = before
        for _ in range(MAX_LOOKS):
            answer = await self._sensor.request("recent", limit=LOOK_PACKETS, before=place)
            part = await self._ingest.packets(answer["ipc"], flow_id)
            found += part.rows
            place = part.oldest
            if len(found) >= limit or part.seen < LOOK_PACKETS:
                break
        else:
            return PacketPage([line for line, _ in found], str(place))
        if len(found) > limit:
            return PacketPage([line for line, _ in found[:limit]], str(found[limit - 1][1]))
        return PacketPage([line for line, _ in found], None)

    async def packet(self, packet_id: int) -> dict[str, Any]:
        """One packet with bytes and layers. Raises `NotFound`."""
        facts = await self._sensor.request("packet", packet=packet_id)
        data: bytes = facts.pop("bytes")
        time_ns = facts.pop("time_ns")
        return {
            **facts,
            "time": format_time(time_ns),
            "hex": data.hex(),
            "source": self._source,
        }

    async def export_flow(self, flow_id: int) -> bytes:
        """Packets of a flow that are in the ring, as pcapng. Raises `NotFound` without any."""
        page = await self._of_flow(flow_id, MAX_EXPORTED, None)
        ids = [json.loads(line)["id"] for line in page.rows]
        if not ids:
            raise NotFound(
                f"No packet of flow {flow_id} is in memory any more",
                remedy="Only recent packets are kept; NAUTSCAN_RING_BYTES sets how many bytes.",
            )
        return await self.export(sorted(ids))

    async def export(self, ids: list[int] | None) -> bytes:
        """Packets of the ring as pcapng."""
        answer = await self._sensor.request("export", timeout_s=EXPORT_SECONDS, ids=ids)
        data: bytes = answer["pcapng"]
        return data
