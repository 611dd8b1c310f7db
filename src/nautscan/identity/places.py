"""Where a container can be entered: which process is in its network, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from nautscan.identity.directory import ALIVE, REMOVED, Directory
from nautscan.identity.model import Workload

_LEAST_PREFIX: Final = 4
"""Characters of an id that are taken for its beginning, as in `Directory.workload`."""


@dataclass(frozen=True, slots=True)
class ContainerPlace:
    """A container that was asked for, and the process by which its network can be entered."""

    name: str
    """The container whose network it is: what rows name behind the `@`."""
    id: str | None
    pid: int | None
    """Null where it cannot be entered; `error` then says why."""
    error: dict[str, Any] | None = None
    started_ns: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """What the sensor is told."""
        return {"name": self.name, "id": self.id, "pid": self.pid, "error": self.error}


def containers_called(directory: Directory, key: str) -> list[Workload]:
    """The containers meant by a name, a Compose service, an id or the beginning of one.

    A service means every container of it that runs; one that was removed is never meant.
    """
    known = [workload for workload in directory.workloads() if workload.state != REMOVED]
    named = [workload for workload in known if key in (workload.id, workload.name)]
    if named:
        return named[-1:]
    service = [workload for workload in known if workload.service == key]
    if service:
        running = [workload for workload in service if workload.state in ALIVE]
        return running or service[-1:]
    if len(key) < _LEAST_PREFIX:
        return []
    return [workload for workload in known if workload.id.startswith(key)]


def places_of(directory: Directory, key: str) -> list[ContainerPlace]:
    """Where the containers are that a key means: at least one, if only to say why not."""
    found = containers_called(directory, key)
    is_prefix = len(found) > 1 and found[0].service != key
    if not found:
        return [_nowhere(key, *_UNKNOWN, code="unknown_container")]
    if is_prefix:
        names = ", ".join(sorted(workload.name for workload in found))
        words = f"Several containers have ids that begin with {key}: {names}"
        return [_nowhere(key, words, "Give more digits, or a name.", code="conflict")]
    places = [place_of(directory, workload) for workload in found]
    # Containers that share one network are one place.
    return list({place.id or place.name: place for place in places}.values())


_UNKNOWN: Final = (
    "There is no container {name!r}",
    "`docker ps` and the page's Containers list those there are; one that appears is captured if "
    "it was named at the start.",
)


def place_of(directory: Directory, workload: Workload) -> ContainerPlace:
    """The place of a container, or of the one whose network it uses."""
    owner = workload
    for _ in range(8):  # A chain of networks that are shared; engines allow one link.
        if owner.shares_network_of is None:
            break
        shared = directory.workload(owner.shares_network_of)
        if shared is None:
            words = f"{owner.name} uses the network of a container that is not known"
            return _nowhere(workload.name, words, "Start that one again.", code="conflict")
        owner = shared
    trouble = _trouble(owner)
    if trouble is not None:
        words, remedy = trouble
        return _nowhere(owner.name, words, remedy, code="conflict", id_=owner.id)
    return ContainerPlace(owner.name, owner.id, owner.pid, started_ns=owner.started_ns)


def _trouble(workload: Workload) -> tuple[str, str] | None:
    """Why a container cannot be entered, and what to do."""
    if workload.uses_host_network:
        return (
            f"The container {workload.name} uses the host's network: it has no inside",
            "Capture the host's own interfaces, its loopback `lo` among them.",
        )
    if workload.state not in ALIVE or workload.state == "restarting":
        return (
            f"The container {workload.name} is not running ({workload.state})",
            "Start it: it is captured as soon as it runs, if it was named at the start.",
        )
    if workload.pid is None:
        return (
            f"The engine does not say which process {workload.name} has",
            "Use an engine that does, as Docker and Podman do.",
        )
    return None


def _nowhere(
    name: str, words: str, remedy: str, *, code: str, id_: str | None = None
) -> ContainerPlace:
    error = {
        "code": code,
        "message": words.format(name=name) if "{" in words else words,
        "remedy": remedy,
        "detail": {"container": name},
    }
    return ContainerPlace(name, id_, None, error)
