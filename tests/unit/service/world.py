"""A small world for tests: two containers, a store, and a sensor that sends what it is given."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from arro3.core import Table

from nautscan.config import Config
from nautscan.errors import BadFilter, NotFound
from nautscan.identity import Attachment, Binding, Directory, Network, PublishedPort, Workload
from nautscan.offline.uploaded.process import SpawnedReaders
from nautscan.sensor.client import Gap, SensorState
from nautscan.service.core import Service
from nautscan.service.names import Names
from nautscan.store.duck import DuckStore
from nautscan.store.writer import Limits
from tests.unit.support import START, ipc, rows

WEB, ORDERS = "a" * 64, "b" * 64
LIMITS = Limits(64 << 20, 0, 100 * 365 * 86400.0, 1 << 40)


def directory() -> Directory:
    """`web` and `orders` of the project `shop`, since before the first row."""
    known = Directory()
    with known.update():
        known.put_networks(
            [
                Network(
                    "n1",
                    "shop_default",
                    driver="bridge",
                    interface="br-1",
                    subnets=("10.0.0.0/24",),
                )
            ]
        )
        for ident, service, ip in ((WEB, "web", "10.0.0.1"), (ORDERS, "orders", "10.0.0.2")):
            known.put_workload(
                Workload(
                    ident,
                    f"shop-{service}-1",
                    image=f"{service}:1",
                    project="shop",
                    service=service,
                    labels={"tier": "test"},
                    networks=(Attachment("n1", "shop_default", ipv4=ip),),
                    ports=(PublishedPort("0.0.0.0", 8080, 80, "tcp"),),
                    state="running",
                )
            )
            known.acquire("n1", Binding(ident, ip, START - 10**9, network="shop_default"))
    return known


class Sensor:
    """Stands where the sensor's client stands; answers from what the test puts in."""

    def __init__(self) -> None:
        self.state = SensorState(
            connected=True,
            since_ns=START,
            reason="",
            status={
                "running": True,
                "error": None,
                "interfaces": [{"name": "br-1", "error": None}],
                "running_since_ns": START,
            },
        )
        self.sent: asyncio.Queue[tuple[str, *tuple[bytes, ...]]] = asyncio.Queue()
        """A table and its batches: several are handed over together."""
        self.found: list[dict[str, Any]] = []
        """What its doctor answers."""
        self.asked: deque[tuple[str, dict[str, Any]]] = deque(maxlen=100)
        self.packets: Table = rows(
            "packets", "range(3) t(n)", id="n + 1", source_ip="'10.0.0.1'", protocol="'tcp'"
        )

        self.rings: list[int] = [1]
        """Which ring answers, question after question; the last one stays."""
        self.payloads: dict[int, tuple[int, int, str, bytes]] = {}
        """What packets carry: sequence and acknowledgement number, flags, bytes."""

    def _ring(self) -> int:
        return self.rings.pop(0) if len(self.rings) > 1 else self.rings[0]

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def batches(self) -> AsyncIterator[tuple[str, list[bytes]]]:
        while True:
            table, *ipcs = await self.sent.get()
            yield table, ipcs

    def send(self, table: str, batch: Table) -> None:
        self.sent.put_nowait((table, ipc(batch)))

    def leave(self, reason: str) -> None:
        self.state.connected = False
        self.state.reason = reason
        self.state.gaps.append(Gap(time.time_ns(), None, reason))

    async def request(self, op: str, *, timeout_s: float = 10, **params: Any) -> dict[str, Any]:
        self.asked.append((op, params))
        simple: dict[str, Callable[[], dict[str, Any]]] = {
            "interfaces": lambda: {
                "interfaces": [{"name": "br-1", "selected": True, "kind": "bridge"}]
            },
            "recent": lambda: {"ipc": ipc(self.packets), "ring": self._ring()},
            "doctor": lambda: {"checks": self.found},
        }
        if op in simple:
            return simple[op]()
        if op == "packet":
            if params["packet"] != 1:
                raise NotFound("That packet is not in memory", remedy="Take another.")
            return {
                "id": 1,
                "time_ns": START,
                "interface": "br-1",
                "link_type": "ETHERNET",
                "length": 3,
                "captured_length": 3,
                "bytes": b"\x01\x02\xff",
                "layers": [{"name": "ethernet", "offset": 0, "length": 3, "fields": []}],
            }
        if op == "payloads":
            found = [(i, self.payloads[i]) for i in params["ids"] if i in self.payloads]
            return {
                "rows": [
                    [number, sequence, acknowledgement, flags, len(data), 0]
                    for number, (sequence, acknowledgement, flags, data) in found
                ],
                "cut": False,
                "data": b"".join(data for _, (_, _, _, data) in found),
            }
        if op == "export":
            return {"pcapng": b"\x0a\x0d\x0d\x0a"}
        if op == "check_filter":
            if params["filter"] == "nonsense":
                raise BadFilter("syntax error", remedy="See pcap-filter(7).")
            return {"ok": True}
        assert self.state.status is not None
        self.state.status["running"] = op != "stop"
        return dict(self.state.status)


class World:
    """A running service over a real store."""

    def __init__(self, folder: Path, known: Directory | None = None, **settings: Any) -> None:
        self.config = Config.load({}, data_dir=folder / "data", docker=False, **settings)
        self.sensor = Sensor()
        self.directory = directory() if known is None else known
        self.store = DuckStore(
            self.config.database_path, LIMITS, memory_bytes=256 << 20, query_seconds=10
        )
        names = Names(self.config)
        self.service = Service(
            self.config, self.store, self.sensor, self.directory, None, names, SpawnedReaders()
        )

    async def stored(self, count: int) -> None:
        async with asyncio.timeout(20):
            while self.store.state().rows_written < count:  # noqa: ASYNC110 (a test waits)
                await asyncio.sleep(0.02)
