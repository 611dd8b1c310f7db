"""What the sensor does when asked: the operations of the private socket.

A request is {id, op, params}, its answer {id, ok} or {id, error}. The operations and their params:

* `hello` {version, secret, subscribe, window_bytes}: {version, sensor_id, pid, sensor, status}
* `status`: see `CaptureController.status`, with `queue`, `rights`, `capture_library`
* `start` {interfaces, places, filter, promiscuous, snaplen, buffer_bytes}: the status. `interfaces`
  null or absent means the defaults, names are those of `nautscan.sensor.naming`; of the others,
  what is absent stays as it is
* `places` {places}: {ok: true}. Where the containers are that are captured inside: for each name
  under which one was asked for a list of `nautscan.sensor.inside.Place`
* `stop`: the status
* `interfaces`: {interfaces: [facts of the engine, with `selected`], requested, inside: as in the
  status}
* `check_filter` {filter, link_type}: {ok: true}
* `recent` {limit, before}: {ring, ipc: binary, rows of `packets`, newest last}. Another `ring`
  numbers its packets anew
* `packet` {packet}: the engine's facts with `time_ns` for `time`, `bytes` (binary) and `layers`
* `payloads` {ids, max_bytes}: {rows, cut, data: binary}, see `nautscan.sensor.payloads`
* `export` {ids}: {pcapng: binary}
* `stats`: {stats: [{interface, stage, name, value}]}
* `doctor`: {checks: [checks of `nautscan.doctor` that concern capturing]}; takes up to 2 s

Events: `status` whenever the state changes. `credit` {bytes}, without id and answer, widens the
window for rows again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from nautscan import _engine
from nautscan.errors import BadRequest, NotFound
from nautscan.sensor import enginefacts
from nautscan.sensor.capture import CaptureController, check_filter
from nautscan.sensor.inside import Place, parse_places
from nautscan.sensor.outbox import Outbox
from nautscan.sensor.packetops import Answer, Operation, PacketOperations, Params, number_of
from nautscan.sensor.privileges import rights

MAX_SNAPLEN: Final = 262_144
MAX_BUFFER_BYTES: Final = 1 << 31
_MAX_NAMES: Final = 256
_MAX_TEXT: Final = 8192
_MAX_NAME: Final = 512


Examine = Callable[[tuple[str, ...]], list[dict[str, Any]]]
"""Looks at what capturing needs; given the interfaces being captured. Blocks."""


@dataclass(slots=True)
class Operations:
    """The operations on one sensor."""

    controller: CaptureController
    outbox: Outbox
    examine: Examine | None = None
    examining: asyncio.Lock = field(default_factory=asyncio.Lock)
    table: dict[str, Operation] = field(init=False)

    def __post_init__(self) -> None:
        """Names each operation."""
        self.table = {
            "status": self._status,
            "start": self._start,
            "places": self._places,
            "stop": self._stop,
            "interfaces": self._interfaces,
            "check_filter": self._check_filter,
            "stats": self._stats,
            "doctor": self._doctor,
            **PacketOperations(self.controller.capture, lambda: self.controller.ring).table,
        }

    async def run(self, op: str, params: Params) -> Answer:
        """The answer. Raises NautScanError."""
        operation = self.table.get(op)
        if operation is None:
            raise BadRequest(
                f"The sensor has no operation {op!r}",
                remedy="Sensor and server must be of the same version.",
            )
        try:
            return await operation(params)
        except _engine.EngineError as error:
            raise enginefacts.relayed(error) from error

    def status(self) -> dict[str, Any]:
        """The status with what surrounds the capture."""
        return self.controller.status() | {
            "queue": asdict(self.outbox.counters()),
            "rights": rights().as_dict(),
            "capture_library": enginefacts.capture_library(),
        }

    async def _status(self, _params: Params) -> Answer:
        return Answer(self.status())

    async def _start(self, params: Params) -> Answer:
        options: dict[str, Any] = {}
        if "filter" in params:
            options["filter"] = _text(params, "filter") or None
        if params.get("promiscuous") is not None:
            options["promiscuous"] = _flag(params, "promiscuous")
        if params.get("snaplen") is not None:
            options["snaplen"] = number_of(params, "snaplen", 1, MAX_SNAPLEN)
        if params.get("buffer_bytes") is not None:
            options["buffer_bytes"] = number_of(params, "buffer_bytes", 1 << 16, MAX_BUFFER_BYTES)
        await self.controller.start(_names(params, "interfaces"), options, _places(params))
        return Answer(self.status())

    async def _places(self, params: Params) -> Answer:
        await self.controller.tell(_places(params))
        return Answer({"ok": True})

    async def _stop(self, _params: Params) -> Answer:
        await self.controller.stop()
        return Answer(self.status())

    async def _interfaces(self, _params: Params) -> Answer:
        captured = self.controller.captured_names()
        found = await asyncio.to_thread(enginefacts.interfaces, captured)
        stream = self.controller.stream_name
        if stream is not None:
            running = self.controller.state == "running"
            found.insert(0, enginefacts.stream_as_interface(stream, running=running))
        status = self.controller.status()
        return Answer(
            {"interfaces": found, "requested": status["requested"], "inside": status["inside"]}
        )

    async def _check_filter(self, params: Params) -> Answer:
        text = _text(params, "filter") or ""
        link_type = _text(params, "link_type")
        await asyncio.to_thread(check_filter, text, link_type, MAX_SNAPLEN)
        return Answer({"ok": True})

    async def _stats(self, _params: Params) -> Answer:
        counters = await asyncio.to_thread(self.controller.capture().stats)
        keys = ("interface", "stage", "name", "value")
        rows = [dict(zip(keys, row, strict=True)) for row in counters]
        for name, value in enginefacts.outbox_counters(self.outbox.counters()).items():
            rows.append({"interface": None, "stage": "queue", "name": name, "value": value})
        return Answer({"stats": rows})

    async def _doctor(self, _params: Params) -> Answer:
        """In a thread, one at a time: neither the capture nor other questions wait for it."""
        if self.examine is None:
            raise NotFound("This sensor has no doctor", remedy="Run `nautscan doctor` beside it.")
        status = self.controller.status()
        captured = () if status["stream"] else tuple(self.controller.captured_names())
        async with self.examining:
            return Answer({"checks": await asyncio.to_thread(self.examine, captured)})


def _places(params: Params) -> dict[str, tuple[Place, ...]]:
    try:
        return parse_places(params.get("places", {}))
    except (TypeError, ValueError) as error:
        raise BadRequest(f"`places` are none: {error}") from error


def _text(params: Params, name: str) -> str | None:
    value = params.get(name)
    if value is not None and not (isinstance(value, str) and len(value) <= _MAX_TEXT):
        raise BadRequest(f"`{name}` must be text of at most {_MAX_TEXT} characters")
    return value


def _flag(params: Params, name: str) -> bool:
    value = params.get(name)
    if not isinstance(value, bool):
        raise BadRequest(f"`{name}` must be true or false")
    return value


def _names(params: Params, name: str) -> list[str] | None:
    value = params.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not 0 < len(value) <= _MAX_NAMES:
        raise BadRequest(f"`{name}` must be a list of 1 to {_MAX_NAMES} interface names")
    if not all(isinstance(item, str) and 0 < len(item) <= _MAX_NAME for item in value):
        raise BadRequest(f"`{name}` must hold interface names")
    return value
