"""What a check says, and what all of them say together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    """It works, and something about it should be known or mended."""
    FAILED = "failed"
    """Something that NautScan needs, as it is set, is not there."""
    UNKNOWN = "unknown"
    """It could not be found out; `found` says why. Never a guess."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    id: str
    """Stable, `family.name`: for programs, and for links."""
    title: str
    state: State
    found: str
    """What was seen, in a sentence or two."""
    why: str
    """Why it matters."""
    remedy: str = ""
    """What to do on this system and in this place. Lines indented by four spaces are to paste."""
    facts: dict[str, Any] = field(default_factory=dict)
    """The same for machines."""
    where: str = ""
    """Which process looked: `sensor`, `server`, or `command` (the doctor's own)."""

    @property
    def family(self) -> str:
        """The first part of the id."""
        return self.id.partition(".")[0]

    def seen_from(self, where: str) -> Check:
        """The same, with the process that looked."""
        return replace(self, where=where)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "state": self.state.value,
            "found": self.found,
            "why": self.why,
            "remedy": self.remedy,
            "facts": self.facts,
            "where": self.where,
        }

    @staticmethod
    def from_dict(facts: dict[str, Any]) -> Check:
        """The check that `as_dict` described. KeyError or ValueError if it is none."""
        return Check(
            id=str(facts["id"]),
            title=str(facts["title"]),
            state=State(facts["state"]),
            found=str(facts["found"]),
            why=str(facts["why"]),
            remedy=str(facts.get("remedy") or ""),
            facts=dict(facts.get("facts") or {}),
            where=str(facts.get("where") or ""),
        )


def overall(checks: Iterable[Check]) -> State:
    """The worst of them. What is unknown is no fault: it counts as ok and is shown as it is."""
    states = {check.state for check in checks}
    if State.FAILED in states:
        return State.FAILED
    return State.WARNING if State.WARNING in states else State.OK


def counts(checks: Iterable[Check]) -> dict[str, int]:
    """How many came out how."""
    found = dict.fromkeys((state.value for state in State), 0)
    for check in checks:
        found[check.state.value] += 1
    return found


def report(checks: Iterable[Check], **facts: Any) -> dict[str, Any]:
    """What all checks say, as the command prints it and the API answers it.

    `facts` are put beside: version, time and the like.
    """
    listed = list(checks)
    return {
        "state": overall(listed).value,
        "counts": counts(listed),
        "checks": [check.as_dict() for check in listed],
        **facts,
    }
