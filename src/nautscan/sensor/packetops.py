"""What can be asked about the packets that a capture holds: the sensor's ring, or a file's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nautscan.errors import BadRequest, NotFound
from nautscan.sensor.payloads import payloads

if TYPE_CHECKING:
    from nautscan._engine import Capture

MAX_RECENT: Final = 10_000
MAX_FOLLOWED_BYTES: Final = 64 << 20

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON object, and bytes that stand under `key` in it."""

    result: dict[str, Any]
    key: str | None = None
    data: bytes = b""


Operation = Callable[[Params], Awaitable[Answer]]


class PacketOperations:
    """The operations on the packets of one capture."""

    def __init__(self, capture: Callable[[], Capture], ring: Callable[[], int]) -> None:
        """`capture` gives the one that is asked, or raises `NautScanError`.

        `ring` tells which one it is: packets of another one have the same numbers.
        """
        self._capture = capture
        self._ring = ring
        self.table: dict[str, Operation] = {
            "recent": self._recent,
            "packet": self._packet,
            "export": self._export,
            "payloads": self._payloads,
        }

    async def _recent(self, params: Params) -> Answer:
        limit = number_of(params, "limit", 1, MAX_RECENT)
        before = params.get("before")
        if before is not None:
            before = number_of(params, "before", 0, 2**63 - 1)
        capture, ring = self._capture(), self._ring()
        batch = await asyncio.to_thread(capture.recent, limit, before)
        return Answer({"ring": ring}, "ipc", await asyncio.to_thread(batch.to_ipc))

    async def _packet(self, params: Params) -> Answer:
        packet_id = number_of(params, "packet", 0, 2**63 - 1)
        facts = await asyncio.to_thread(self._capture().packet, packet_id)
        if facts is None:
            raise NotFound(
                f"Packet {packet_id} is not in memory",
                remedy="Only recent packets are kept; NAUTSCAN_RING_BYTES sets how many bytes.",
            )
        data, time_ns = facts.pop("bytes"), facts.pop("time")
        return Answer({**facts, "time_ns": time_ns}, "bytes", bytes(data))

    async def _export(self, params: Params) -> Answer:
        ids = params.get("ids")
        valid = isinstance(ids, list) and all(isinstance(item, int) for item in ids)
        if ids is not None and not valid:
            raise BadRequest(
                "`ids` must be a list of packet ids", remedy="Or leave it out for all."
            )
        data = await asyncio.to_thread(self._capture().export, ids)
        return Answer({}, "pcapng", data)

    async def _payloads(self, params: Params) -> Answer:
        ids = params.get("ids")
        whole = isinstance(ids, list) and len(ids) <= MAX_RECENT
        if not isinstance(ids, list) or not whole or not all(isinstance(i, int) for i in ids):
            raise BadRequest(f"`ids` must be a list of at most {MAX_RECENT} packet ids")
        most = number_of(params, "max_bytes", 1, MAX_FOLLOWED_BYTES)
        packet = self._capture().packet
        found = await asyncio.to_thread(payloads, packet, ids, most)
        return Answer({"rows": found.rows, "cut": found.cut}, "data", bytes(found.data))


def number_of(params: Params, name: str, low: int, high: int) -> int:
    """A parameter that is a whole number. Raises `BadRequest`."""
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(f"`{name}` must be a whole number from {low} to {high}")
    return value
