"""Starts, stops and changes capture, and keeps it going while interfaces come and go.

One capture of the engine is open at a time, and one change is made at a time. Calls of the engine
that may wait run in threads; everything else happens on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from nautscan import _engine
from nautscan.errors import Conflict, NautScanError, UnknownInterface
from nautscan.sensor import friendly, naming
from nautscan.sensor.conntrack import Conntrack
from nautscan.sensor.enginefacts import as_dict, relayed
from nautscan.sensor.hotplug import Bell, present_interfaces
from nautscan.sensor.inside import Inside, Places, entering, rooms_in
from nautscan.sensor.opened import (
    FATAL_CODES,
    Failures,
    Identities,
    OpenCapture,
    open_interfaces,
)
from nautscan.sensor.outbox import Outbox
from nautscan.sensor.permission import explain
from nautscan.sensor.selection import Selection, select
from nautscan.sensor.streams import StreamSource

log = logging.getLogger(__name__)

State = Literal[
    "starting",
    "stopped",
    "running",
    "waiting",
    "no_permission",
    "no_capture_library",
    "failed",
    "ended",
]
"""`starting`: the sensor itself has just started. `waiting`: no wanted interface is there or opens;
tried again by itself. `ended`: the stream is over. `no_permission`, `no_capture_library` and
`failed`: not tried again before the next start."""

POLL_S: Final = 1.0
"""How often captures are looked after, and the names of the interfaces where the kernel does not
tell of them: one cheap system call."""

RELOOK_S: Final = 15.0
"""How often the defaults are worked out anew though no name changed (addresses, up and down)."""

RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses between attempts to open an interface that is there but does not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureOptions:
    """What cannot change while a capture runs: a change opens a new one."""

    filter: str | None
    promiscuous: bool
    snaplen: int
    buffer_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What stays the same for the life of the sensor."""

    stream: StreamSource | None
    sensor: str
    ring_bytes: int
    workers: int = 1
    body_limit: int
    headers: bool
    redact: bool
    conntrack: Conntrack = field(default_factory=Conntrack)
    schemas: _engine.Schemas | None = None


def flow_id_base(previous: int, now_s: float) -> int:
    """A number below every flow id of a new capture and above those of captures before it.

    Sixteenths of a second since 1970, with room for 65,536 flows in each: a capture may make a
    million flows a second before it reaches the base of one started later. Below 2**53, so that
    JavaScript keeps every digit.
    """
    return max(int(now_s * 16) << 16, previous + (1 << 16))


class CaptureController:
    """The capture as the operations see it."""

    def __init__(
        self,
        engine_options: EngineOptions,
        options: CaptureOptions,
        interfaces: tuple[str, ...] | None,
        outbox: Outbox,
        on_change: Callable[[], None],
    ) -> None:
        """`interfaces` are those that the user named, None for the defaults."""
        self._conntrack = engine_options.conntrack
        self._engine_options = engine_options
        self._options = options
        self._wanted = interfaces
        self._outbox = outbox
        self._stream = engine_options.stream
        self._on_change = on_change
        self._lock = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._open: OpenCapture | None = None
        self._last: _engine.Capture | None = None
        self.ring = 0
        """Which ring `capture` has: packets of another one have the same numbers."""
        self._active = False
        self._rest: State = "starting"
        self._error: dict[str, Any] | None = None
        self._failures: Failures = {}
        self._selection = Selection((), (), (), "")
        self._present: dict[str, int] = {}
        self._inside = Inside()
        self._bell = Bell()
        self._base = 0

    @property
    def stream_name(self) -> str | None:
        """The stream that is read instead of interfaces."""
        return None if self._stream is None else self._stream.name

    @property
    def state(self) -> State:
        """In a word."""
        if self._open is None:
            return self._rest
        return "running" if self._captures(self._open) else "waiting"

    async def begin(self) -> None:
        """The start at the start: what fails is in the status and, if it can mend, tried again."""
        async with self._lock:
            self._active = True
            await self._apply()

    async def start(
        self,
        interfaces: Sequence[str] | None,
        options: dict[str, Any],
        places: Places | None = None,
    ) -> dict[str, Any]:
        """Starts, or changes what is captured; the status. Raises NautScanError.

        What can be checked is checked before anything is touched. The same options with other
        interfaces keep the capture, its flows and its recent packets. `places` are where the
        containers are that the names lead into.
        """
        async with self._lock:
            changed = replace(self._options, **options)
            await asyncio.to_thread(self._check, interfaces, changed, places or {})
            self._inside.tell(places or {})
            if changed != self._options or self._stream is not None:
                await self._close()
            self._options = changed
            named = self._stream is None and interfaces is not None
            self._wanted = tuple(interfaces or ()) if named else None
            self._active, self._error = True, None
            await self._apply()
            if self._open is None and self._error is not None:
                raise NautScanError.from_dict(self._error)
            return self.status()

    async def tell(self, places: Places) -> None:
        """Where the containers are now that are captured inside, or will be."""
        async with self._lock:
            if self._inside.tell(places) and self._active and self._stream is None:
                await self._apply()

    async def stop(self) -> dict[str, Any]:
        """Stops; the status. What was captured until now still goes to the outbox."""
        async with self._lock:
            self._active = False
            self._rest, self._error, self._failures = "stopped", None, {}
            await self._close()
            self._bell.deafen()
            self._inside.close()
            self._on_change()
            return self.status()

    async def watch(self) -> None:
        """Follows the interfaces for ever."""
        troubled, due = 0, time.monotonic() + RELOOK_S
        self._bell.listen(self._inside.descriptors())
        while True:
            rang = await self._bell.wait(POLL_S)
            if not self._active or self._stream is not None:
                self._bell.listen(self._inside.descriptors())
                continue
            if rang or (not self._bell.hears_links and present_interfaces() != self._present):
                troubled = 0
            elif time.monotonic() < due and not (troubled == 0 and self._in_trouble()):
                continue
            async with self._lock:
                if self._active:
                    await self._apply()
            troubled = min(troubled + 1, len(RETRY_S)) if self._in_trouble() else 0
            due = time.monotonic() + (RETRY_S[troubled - 1] if troubled else RELOOK_S)

    def capture(self) -> _engine.Capture:
        """The capture whose ring holds the recent packets: the open one, else the last."""
        if self._last is None:
            raise Conflict(
                "Nothing has been captured yet",
                remedy="Start a capture first.",
                detail={"state": self.state},
            )
        return self._last

    def captured_names(self) -> list[str]:
        """Interfaces being captured."""
        return [] if self._open is None else [entry["name"] for entry in self._open.interfaces()]

    def status(self) -> dict[str, Any]:
        """Everything about the capture, for people and programs."""
        state = self.state
        selection = self._selection
        return {
            "state": state,
            "running": state == "running",
            "error": self._error or (self._waiting() if state == "waiting" else None),
            "interfaces": self._interfaces(),
            "missing": list(selection.missing),
            "beyond_cap": list(selection.beyond_cap),
            "selection": selection.why,
            "requested": None if self._wanted is None else list(self._wanted),
            "inside": entering() | {"gaps": self._inside.gaps()},
            "conntrack": None if self._open is None else self._conntrack.state(),
            "stream": None if self._stream is None else self._stream.name,
            "filter": self._options.filter,
            "promiscuous": self._options.promiscuous,
            "snaplen": self._options.snaplen,
            "buffer_bytes": self._options.buffer_bytes,
            "running_since_ns": self._open.since_ns if self._open is not None else None,
        }

    def _captures(self, capture: OpenCapture) -> bool:
        if self._stream is not None:
            return True
        return any(entry["error"] is None for entry in capture.interfaces())

    def _in_trouble(self) -> bool:
        """Whether an interface that is there does not open or has failed."""
        if self._failures or (self._open is None and self._rest == "waiting"):
            return True
        entries = [] if self._open is None else self._open.interfaces()
        return any(entry["error"] is not None for entry in entries)

    def _interfaces(self) -> list[dict[str, Any]]:
        entries = [] if self._open is None else self._open.interfaces()
        captured = {entry["name"] for entry in entries}
        failed = {name: error for name, error in self._failures.items() if name not in captured}
        for name in self._selection.missing:
            failed[name] = self._inside.error(name) or _missing(name)
        return entries + [{"name": name, "error": error} for name, error in failed.items()]

    def _waiting(self) -> dict[str, Any]:
        """Why nothing is captured though it should be."""
        for entry in self._interfaces():
            if isinstance(entry["error"], dict):
                return dict(entry["error"])
        return {
            "code": "unknown_interface",
            "message": "No interface to capture on was found",
            "remedy": "Name one with --interface or NETWORK_INTERFACES; "
            "`nautscan interfaces` lists them.",
            "detail": {},
        }

    def _check(
        self, interfaces: Sequence[str] | None, options: CaptureOptions, places: Places
    ) -> None:
        if self._stream is not None and interfaces not in (None, [self._stream.name]):
            raise Conflict(
                f"This sensor reads packets from {self._stream.name}, not from interfaces",
                remedy="Leave the interface out, or start nautscan without a stream.",
            )
        if options.filter:
            check_filter(options.filter, None, options.snaplen)
        present = present_interfaces()
        named = () if self._stream is not None else interfaces or ()
        wanted = friendly.to_capture_by(named, friendly.adapters(present))
        rooms = rooms_in(naming.containers_of(wanted), places)
        unknown = select(wanted, present, ((), ""), rooms).missing
        if unknown:
            raise UnknownInterface(
                f"There is no network interface named {', '.join(map(repr, unknown))}",
                remedy=f"Those of this host are: {', '.join(sorted(present))}.",
                detail={"unknown": list(unknown), "present": sorted(present)},
            )

    async def _apply(self) -> None:
        """Makes what is captured fit what is wanted and there."""
        before = (self.state, self._selection)
        try:
            if self._stream is not None:
                await self._apply_stream(self._stream)
            else:
                self._bell.deafen()
                await asyncio.to_thread(self._apply_interfaces)
        except _engine.EngineError as error:
            self._rest = _rest_after(error.code)
            self._error = as_dict(error)
        except NautScanError as error:
            self._rest, self._error = "failed", error.as_dict()
        self._bell.listen(self._inside.descriptors())
        self._active = self._open is not None or self._rest == "waiting"
        if (self.state, self._selection) != before:
            self._tell()

    async def _apply_stream(self, stream: StreamSource) -> None:
        if self._open is None:
            descriptor = await stream.open()
            try:
                capture = await asyncio.to_thread(self._new_capture, [], descriptor)
            finally:
                os.close(descriptor)  # The engine has its own.
            self._keep(capture, None)

    def _apply_interfaces(self) -> None:
        self._selection = self._select()
        names = self._selection.capture
        wanted = {name: self._identity(name) for name in names}
        if self._open is not None:
            self._failures = self._open.adjust(wanted, self._failures)
        else:
            self._rest = "waiting"
            capture, self._failures = open_interfaces(names, self._new_capture, self._failures)
            if capture is not None:
                opened = {name: what for name, what in wanted.items() if name not in self._failures}
                self._keep(capture, opened)
        for name in set(names) - set(self._failures):
            self._inside.captured_again(naming.split(name)[1])

    def _identity(self, name: str) -> object:
        """What tells an interface from a later one of the same name."""
        if naming.split(name)[1] is None:
            return self._present.get(name)
        return self._inside.identity(name)

    def _select(self) -> Selection:
        self._present = present_interfaces()
        self._inside.want(naming.containers_of(self._wanted))
        self._inside.look()
        by_default = self._wanted is None or naming.DEFAULT in self._wanted
        defaults = _engine.default_interfaces() if by_default else ((), "")
        wanted = self._wanted
        if wanted is not None:
            wanted = tuple(friendly.to_capture_by(wanted, friendly.adapters(self._present)))
        selection = select(wanted, self._present, defaults, self._inside.rooms())
        if selection != self._selection:
            chosen = ", ".join(selection.capture) or "nothing"
            log.info("interfaces to capture on: %s (%s)", chosen, selection.why)
            for name in selection.missing:
                error = self._inside.error(name) or _missing(name)
                log.warning("waiting for %s: %s", name, error["message"])
            if selection.beyond_cap:
                log.warning("too many interfaces; left out: %s", ", ".join(selection.beyond_cap))
        return selection

    def _new_capture(self, names: Sequence[str], stream: int | None = None) -> _engine.Capture:
        self._base = flow_id_base(self._base, time.time())
        return _engine.Capture(
            [name for name in names if naming.split(name)[1] is None],
            inside=self._inside.targets(names),
            stream=stream,
            stream_name=self._stream.name if self._stream else "stdin",
            filter=self._options.filter,
            promiscuous=self._options.promiscuous,
            snaplen=self._options.snaplen,
            buffer_bytes=self._options.buffer_bytes,
            ring_bytes=self._engine_options.ring_bytes,
            workers=self._engine_options.workers,
            body_limit=self._engine_options.body_limit,
            headers=self._engine_options.headers,
            redact=self._engine_options.redact,
            sensor=self._engine_options.sensor,
            flow_id_base=self._base,
            translations=self._conntrack.for_capture() if stream is None else None,
            schemas=self._engine_options.schemas,
        )

    def _keep(self, capture: _engine.Capture, names: Identities | None) -> None:
        self._last, self.ring, self._error = capture, self._base, None
        add = self._inside.add_to
        self._open = OpenCapture(capture, names, self._outbox, self._ended_soon, add)
        self._open.start()

    def _ended_soon(self, ended: OpenCapture) -> None:
        # Called by the capture's thread, perhaps after the loop has been closed.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ended, ended)

    def _ended(self, ended: OpenCapture) -> None:
        """The capture ended by itself: end of the stream, or no interface is left."""
        if self._open is not ended:
            return
        self._open = None
        error = ended.status["error"]
        if ended.failure is not None:
            log.error("the capture's thread failed", exc_info=ended.failure)
            error = {"code": "internal", "message": str(ended.failure), "remedy": ""}
        self._error = None if error is None else explain({"detail": {}, **error})
        if self._stream is not None:
            self._rest = "ended" if error is None else "failed"
            self._active = False
        else:
            self._rest = "waiting"
        self._tell()

    async def _close(self) -> None:
        closing, self._open = self._open, None
        if closing is not None:
            await asyncio.to_thread(closing.stop)

    def _tell(self) -> None:
        status = self.status()
        error = status["error"]
        if error is None:
            log.info("capture is %s", status["state"])
        else:
            text = "\n".join(filter(None, (error["message"], error.get("remedy"))))
            log.warning("not capturing (%s): %s", status["state"].replace("_", " "), text)
        self._on_change()


def check_filter(text: str, link_type: str | None, snaplen: int) -> None:
    """Compiles a BPF filter. Raises NautScanError."""
    try:
        _engine.check_filter(text, link_type or "ETHERNET", snaplen)
    except _engine.EngineError as error:
        raise relayed(error) from error


def _rest_after(code: str) -> State:
    if code == "no_permission":
        return "no_permission"
    if code == "no_capture_library":
        return "no_capture_library"
    return "failed" if code in FATAL_CODES else "waiting"


def _missing(name: str) -> dict[str, Any]:
    return {
        "code": "unknown_interface",
        "message": f"There is no network interface named {name!r} yet",
        "remedy": "It is captured as soon as it appears.",
        "detail": {},
    }
