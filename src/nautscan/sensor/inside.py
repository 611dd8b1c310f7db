"""Containers that are captured inside: their network namespaces, opened and followed.

The server says which process is in which container (it knows the container engine; the sensor
does not). The sensor believes it once the process's control group has shown it. A namespace is
held until its container's first process ends: then there is nothing left to observe in it, though
the kernel would keep it for as long as somebody holds it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from nautscan import _engine
from nautscan.errors import BadRequest, NautScanError
from nautscan.sensor import naming
from nautscan.sensor.enginefacts import as_dict
from nautscan.sensor.permission import Host, enter_remedy
from nautscan.sensor.privileges import lacking_to_enter

log = logging.getLogger(__name__)

MAX_CONTAINERS: Final = 32
"""Containers captured inside at once: each takes three descriptors, and a buffer an interface."""

MAX_GAPS: Final = 64
_DRAIN_BYTES: Final = 65536


@dataclass(frozen=True, slots=True)
class Place:
    """Where a container is, or why it is nowhere that can be entered."""

    name: str
    """The container's own name: what stands behind the `@` in rows."""
    id: str | None = None
    pid: int | None = None
    """Its first process, as this host counts processes; null where it cannot be entered."""
    error: dict[str, Any] | None = None
    """Why not, in the one shape of errors."""

    @staticmethod
    def from_dict(facts: Mapping[str, Any]) -> Place:
        """The place that `as_dict` described. TypeError or ValueError if it is none."""
        pid, error = facts.get("pid"), facts.get("error")
        if pid is not None and not (type(pid) is int and 0 < pid < 2**31):
            raise ValueError("a process id is expected")
        if error is not None and not isinstance(error, dict):
            raise ValueError("an error is expected")
        name, id_ = facts.get("name"), facts.get("id")
        if not isinstance(name, str) or not 0 < len(name) <= 255 or "@" in name:
            raise ValueError("a container's name is expected")
        if id_ is not None and not isinstance(id_, str):
            raise ValueError("a container's id is expected")
        return Place(name, id_, pid, error)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


Places = Mapping[str, tuple[Place, ...]]
"""For each container as it was asked for: the containers that are meant."""


@dataclass(frozen=True, slots=True)
class Room:
    """What can be captured in a container now."""

    name: str
    interfaces: tuple[str, ...]


@dataclass(slots=True)
class _Opened:
    """A namespace that is held."""

    place: Place
    namespace: _engine.Namespace
    process: int
    """A pidfd: readable once the process has ended."""
    changes: socket.socket
    links: dict[str, int] = field(default_factory=dict)
    """Numbers of the interfaces that are up, by name."""

    def look(self) -> None:
        """Lists the interfaces anew."""
        with contextlib.suppress(BlockingIOError):
            while self.changes.recv(_DRAIN_BYTES):
                pass
        found = self.namespace.interfaces()
        self.links = {facts["name"]: facts["index"] or 0 for facts in found if facts["up"]}

    def close(self) -> None:
        os.close(self.process)
        self.changes.close()


@dataclass(slots=True)
class Gap:
    """A time in which a container was not observed inside. Wall clock."""

    container: str
    since_ns: int
    until_ns: int | None
    reason: str


class Inside:
    """The containers that are wanted, and what is known of them. Used by one thread at a time."""

    def __init__(self) -> None:
        """None is wanted."""
        self._wanted: tuple[str, ...] = ()
        self._places: dict[str, tuple[Place, ...]] = {}
        self._opened: dict[str, _Opened] = {}
        self._errors: dict[str, dict[str, Any]] = {}
        self._gaps: deque[Gap] = deque(maxlen=MAX_GAPS)

    def want(self, containers: Collection[str]) -> None:
        """From now on these, as they were asked for."""
        self._wanted = tuple(containers)[:MAX_CONTAINERS]
        self._places = {key: listed for key, listed in self._places.items() if key in self._wanted}

    def tell(self, places: Places) -> bool:
        """Where containers are now; whether that is news.

        What is not told of stays known: an answer to an older question may come after a newer.
        """
        told = self._places | dict(places)
        if told == self._places:
            return False
        self._places = told
        return True

    def look(self) -> None:
        """Opens and closes namespaces, and lists what is in them. Blocks for a moment."""
        self._errors.clear()
        meant = {place.id: place for place in self._meant() if place.id and place.pid}
        for id_, opened in list(self._opened.items()):
            if meant.get(id_) != opened.place or _has_ended(opened.process):
                self._close(id_, is_wanted=any(p.name == opened.place.name for p in self._meant()))
        for id_, place in meant.items():
            self._visit(id_, place)

    def descriptors(self) -> list[int]:
        """Each becomes readable when there is reason for another look."""
        return [fd for o in self._opened.values() for fd in (o.process, o.changes.fileno())]

    def has_news(self) -> bool:
        """Whether there is reason for another look now."""
        poll = select.poll()
        for descriptor in self.descriptors():
            poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))

    def rooms(self) -> dict[str, tuple[Room, ...]]:
        """For each container as it was asked for: where captures can be opened."""
        return {
            key: tuple(
                Room(place.name, tuple(self._opened[place.id].links))
                for place in self._places.get(key, ())
                if place.id in self._opened
            )
            for key in self._wanted
        }

    def error(self, name: str) -> dict[str, Any] | None:
        """Why the container of an interface's name is not captured inside, as far as is known."""
        _, key = naming.split(name)
        if key is None:
            return None
        places = self._places.get(key) or self._named(key)
        for place in places:
            found = place.error or self._errors.get(place.id or "")
            if found is not None:
                return found
        return _unknown_yet(key) if not places else None

    def targets(self, labels: Iterable[str]) -> list[tuple[str, str, _engine.Namespace]]:
        """For the engine: label, interface and namespace of those that are inside containers."""
        return [
            (label, interface, self._by_name(name).namespace)
            for label in labels
            for interface, name in (naming.split(label),)
            if name is not None
        ]

    def add_to(self, capture: _engine.Capture, label: str) -> None:
        """Begins to capture on an interface, here or inside. Raises EngineError."""
        found = self.targets([label])
        if found:
            _, interface, namespace = found[0]
            capture.add_interface(label, interface, namespace)
        else:
            capture.add_interface(label)

    def identity(self, label: str) -> tuple[str, int, int]:
        """What distinguishes the interface from a later one of the same label. KeyError."""
        interface, name = naming.split(label)
        opened = self._by_name(name)
        return opened.place.id or "", opened.place.pid or 0, opened.links[interface]

    def captured_again(self, container: str | None) -> None:
        """Ends the gap of a container, if there is one."""
        for gap in self._gaps:
            if gap.container == container and gap.until_ns is None:
                gap.until_ns = time.time_ns()

    def gaps(self) -> list[dict[str, Any]]:
        """Times in which containers that are wanted were not observed inside, oldest first."""
        return [asdict(gap) for gap in self._gaps]

    def close(self) -> None:
        """Lets go of everything."""
        for id_ in list(self._opened):
            self._close(id_, is_wanted=False)

    def _meant(self) -> Iterator[Place]:
        for key in self._wanted:
            yield from self._places.get(key, ())

    def _named(self, name: str) -> tuple[Place, ...]:
        return tuple(place for place in self._meant() if place.name == name)

    def _by_name(self, name: str | None) -> _Opened:
        for opened in self._opened.values():
            if opened.place.name == name:
                return opened
        raise KeyError(name)

    def _visit(self, id_: str, place: Place) -> None:
        """Opens the namespace unless it is open, and lists what is in it."""
        try:
            opened = self._opened.get(id_)
            if opened is None:
                opened = _open(place)
                if opened is None:
                    self._errors[id_] = _host_network(place.name)
                    return
                self._opened[id_] = opened
            opened.look()
        except _engine.EngineError as error:
            self._errors[id_] = as_dict(error)
            self._close(id_, is_wanted=False)

    def _close(self, id_: str, *, is_wanted: bool) -> None:
        opened = self._opened.pop(id_, None)
        if opened is None:
            return
        name = opened.place.name
        opened.close()
        if is_wanted:
            log.info("the container %s has ended; it is captured inside when it runs again", name)
            self._gaps.append(Gap(name, time.time_ns(), None, f"the container {name} had ended"))


def _open(place: Place) -> _Opened | None:
    """The namespace of a place; None if it is the host's own. Raises EngineError."""
    pid = place.pid or 0
    if sys.platform != "linux":
        _engine.Namespace(pid, place.id or "")  # Says what this system lacks.
        return None
    try:
        # First: it then means the process whose control group is looked at, or one that ended.
        process = os.pidfd_open(pid)
    except OSError as error:
        raise _gone(place, error.strerror or str(error)) from error
    try:
        namespace = _engine.Namespace(pid, place.id or "")
        if namespace.is_own:
            os.close(process)
            return None
        changes = socket.socket(fileno=namespace.changes())
    except BaseException:
        os.close(process)
        raise
    log.info("inside the container %s (process %d)", place.name, pid)
    return _Opened(place, namespace, process, changes)


def _gone(place: Place, detail: str) -> _engine.EngineError:
    error = _engine.EngineError(f"the process {place.pid} of {place.name} is not here: {detail}")
    error.code, error.message = "unknown_container", str(error)
    error.remedy = (
        "Its processes must be visible here: run NautScan on the host that the container runs on, "
        "in a container with the host's process namespace (--pid host)."
    )
    return error


def _has_ended(process: int) -> bool:
    """Whether the process of a pidfd has ended."""
    poll = select.poll()
    poll.register(process, select.POLLIN)
    return bool(poll.poll(0))


def _host_network(name: str) -> dict[str, Any]:
    return {
        "code": "conflict",
        "message": f"The container {name} uses the host's network: there is no inside to capture",
        "remedy": "Capture the host's own interfaces, its loopback `lo` among them.",
        "detail": {"container": name},
    }


def _unknown_yet(key: str) -> dict[str, Any]:
    return {
        "code": "unknown_container",
        "message": f"It is not known yet where the container {key!r} is",
        "remedy": "The server asks the container engine, and tells as soon as it knows.",
        "detail": {"container": key},
    }


def rooms_in(containers: Sequence[str], places: Places) -> dict[str, tuple[Room, ...]]:
    """What can be captured in the containers, tried once. NautScanError for one that cannot be."""
    if len(containers) > MAX_CONTAINERS:
        raise BadRequest(f"At most {MAX_CONTAINERS} containers can be captured inside at once")
    trial = Inside()
    trial.want(containers)
    trial.tell(places)
    try:
        trial.look()
        rooms = trial.rooms()
        for key in containers:
            error = None if rooms[key] else trial.error(naming.inside(naming.ALL, key))
            if error is not None:
                raise NautScanError.from_dict(error)
        return rooms
    finally:
        trial.close()


def entering() -> dict[str, Any]:
    """Whether this process may enter containers, and why not. For the status."""
    lacking = lacking_to_enter()
    if lacking is None:
        reason = (
            "This system has no network namespaces: containers run in a Linux machine of their own"
        )
        return {"possible": False, "reason": reason, "remedy": "Run NautScan in that machine."}
    if lacking:
        return {
            "possible": False,
            "reason": f"The sensor does not hold {' and '.join(lacking)}, which entering a "
            "container takes",
            "remedy": enter_remedy(Host.current()),
        }
    return {"possible": True, "reason": None, "remedy": None}


def parse_places(value: object) -> dict[str, tuple[Place, ...]]:
    """Places as they come over the private socket. ValueError or TypeError if they are none."""
    if not isinstance(value, dict) or len(value) > MAX_CONTAINERS:
        raise ValueError(f"an object of at most {MAX_CONTAINERS} containers is expected")
    return {str(key): _parse_list(listed) for key, listed in value.items()}


def _parse_list(listed: object) -> tuple[Place, ...]:
    if not isinstance(listed, list) or len(listed) > MAX_CONTAINERS:
        raise ValueError(f"a list of at most {MAX_CONTAINERS} places is expected")
    return tuple(Place.from_dict(facts) for facts in listed)
