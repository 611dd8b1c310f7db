"""Capture control and the packets of the ring: questions to the sensor."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from nautscan.errors import NotFound, UnknownInterface
from nautscan.identity.interfaces import InterfaceOwners
from nautscan.sensor import naming
from nautscan.service.inside import InsideContainers
from nautscan.service.spans import Clock
from nautscan.store.filter import Condition, compile_filter
from nautscan.store.interface import SeenValues, ValuesSpec
from nautscan.store.ringed import RingRows
from nautscan.store.times import format_time

EXPORT_SECONDS: Final = 60.0
LOOK_PACKETS: Final = 10_000
"""Packets asked of the sensor at once when some are looked for."""
MAX_LOOKS: Final = 20
"""So far back: 200,000 packets take about a second."""
MAX_EXPORTED: Final = 10_000
"""Packets in one file, where those of a flow or of a filter are wanted."""
VALUES_LOOKS: Final = 2
"""So far back for suggestions, which must be there before the next key."""

Answer = TypeVar("Answer")
NOTHING: Final = Condition("FALSE")


class Sensor(Protocol):
    """Who answers."""

    async def request(self, op: str, *, timeout_s: float = ..., **params: Any) -> dict[str, Any]:
        """The answer to an operation. Raises NautScanError."""
        ...


@dataclass(frozen=True, slots=True)
class PacketPage:
    """Packets as JSON, newest first; `next` is the `before` of older ones.

    They were found among `looked_at` packets, `since` is the time of the oldest of them; `newest`
    is the newest id there is, in the ring `ring`: another one numbers its packets anew.
    """

    rows: list[str]
    next: str | None
    looked_at: int
    newest: int | None
    since: str | None
    ring: int | None


class PacketsWanted(NamedTuple):
    """Which packets of the ring: older than the id `before`, newer than the id `after`."""

    filter: str = ""
    flow_id: int | None = None
    before: int | None = None
    after: int | None = None


class PacketService:
    """What can be asked about packets."""

    def __init__(
        self,
        sensor: Sensor,
        owners: Callable[[], InterfaceOwners | None],
        inside: InsideContainers,
        source: str,
        clock: Clock = time.time_ns,
    ) -> None:
        """`owners` tells whose an interface is, if that is known; `inside` where containers are."""
        self._clock = clock
        self._sensor = sensor
        self._owners = owners
        self._inside = inside
        self._source = source
        self._rows = RingRows()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="packets")

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

    async def recent(self, limit: int, wanted: PacketsWanted) -> PacketPage:
        """Packets of the ring, newest first; of many those that are wanted are looked for.

        Raises `BadQuery` for a wrong filter.
        """
        condition = _condition(wanted, self._clock())
        found: list[tuple[str, int]] = []
        looked_at, newest, since, ring = 0, None, None, None
        ask = limit if condition.everything else LOOK_PACKETS
        place = wanted.before
        for _ in range(MAX_LOOKS):
            answer = await self._sensor.request("recent", limit=ask, before=place)
            part = await self._in_thread(self._rows.read, answer["ipc"], condition, wanted.after)
            if ring is not None and answer.get("ring") != ring:
                # Capture began anew meanwhile: what follows are packets of another ring.
                break
            ring = answer.get("ring")
            found += part.rows
            looked_at += part.seen
            newest = part.newest if newest is None else newest
            since = format_time(part.since_ns) if part.since_ns is not None else since
            place = part.oldest
            if len(found) >= limit or part.seen < ask:
                break
        else:
            lines = [line for line, _ in found]
            return PacketPage(lines, str(place), looked_at, newest, since, ring)
        more = len(found) > limit or (condition.everything and len(found) == limit)
        following = str(found[limit - 1][1]) if more else None
        lines = [line for line, _ in found[:limit]]
        return PacketPage(lines, following, looked_at, newest, since, ring)

    async def check(self, condition: Condition) -> None:
        """Whether a condition can be evaluated on packets. Raises `BadQuery`."""
        await self._in_thread(self._rows.check, condition)

    async def values(self, spec: ValuesSpec) -> SeenValues:
        """Values of a column in the newest packets. Raises `BadQuery`."""
        parts: list[bytes] = []
        place = None
        for _ in range(VALUES_LOOKS):
            answer = await self._sensor.request("recent", limit=LOOK_PACKETS, before=place)
            part = await self._in_thread(self._rows.read, answer["ipc"], NOTHING)
            parts.append(answer["ipc"])
            place = part.oldest
            if part.seen < LOOK_PACKETS:
                break
        return await self._in_thread(self._rows.values, parts, spec)

    async def payloads(
        self, ids: Sequence[int], max_bytes: int
    ) -> tuple[list[list[Any]], bytes, bool]:
        """What packets carry, whether bytes were left: see `nautscan.sensor.payloads`."""
        answer = await self._sensor.request(
            "payloads", timeout_s=EXPORT_SECONDS, ids=list(ids), max_bytes=max_bytes
        )
        return answer["rows"], answer["data"], answer["cut"]

    async def _in_thread(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, *arguments)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._rows.close()

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

    async def export_found(self, wanted: PacketsWanted) -> bytes:
        """Packets of the ring that are wanted, as pcapng. Raises `NotFound` without any."""
        page = await self.recent(MAX_EXPORTED, wanted)
        ids = [json.loads(line)["id"] for line in page.rows]
        if not ids:
            what = f"of flow {wanted.flow_id}" if wanted.flow_id is not None else "that matches"
            raise NotFound(
                f"No packet {what} is in memory any more",
                remedy="Only recent packets are kept; NAUTSCAN_RING_BYTES sets how many bytes.",
            )
        return await self.export(sorted(int(number) for number in ids))

    async def export(self, ids: list[int] | None) -> bytes:
        """Packets of the ring as pcapng."""
        answer = await self._sensor.request("export", timeout_s=EXPORT_SECONDS, ids=ids)
        data: bytes = answer["pcapng"]
        return data


def _condition(wanted: PacketsWanted, now_ns: int) -> Condition:
    condition = compile_filter("packets", wanted.filter, now_ns)
    if wanted.flow_id is None:
        return condition
    return Condition(
        f"(flow_id = $flow AND {condition.sql})", {"flow": wanted.flow_id, **condition.parameters}
    )
