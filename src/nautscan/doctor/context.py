"""What the checks are given: settings, evidence, and which process they run in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from nautscan.config import Config
from nautscan.doctor.evidence import Evidence
from nautscan.doctor.place import Place, find_place
from nautscan.sensor.permission import Host

if TYPE_CHECKING:  # Loading it would bring the store's libraries into the sensor.
    from nautscan.store.interface import StoreState

Where = Literal["command", "sensor", "server"]

DEADLINE_S: Final = 2.0
"""A check that takes longer is reported as unknown: the whole doctor must take less than 3 s."""


@dataclass(frozen=True)
class Context:
    """One examination."""

    config: Config
    where: Where
    evidence: Evidence
    place: Place
    host: Host
    """Facts for advice about rights; in a container only where the place is one."""
    captured: tuple[str, ...] = ()
    """In the sensor: interfaces being captured now."""
    store: StoreState | None = None
    """In the server: how it stands with its database."""
    processes: dict[str, Any] | None = None
    """In the server: how far processes can be named (`ProcessState` of the API)."""

    @staticmethod
    def here(config: Config, where: Where, evidence: Evidence | None = None) -> Context:
        """Facts of this process, on this machine."""
        evidence = evidence or Evidence()
        place = find_place(evidence)
        host = replace(Host.current(), in_container=place.engine is not None)
        return Context(config, where, evidence, place, host)
