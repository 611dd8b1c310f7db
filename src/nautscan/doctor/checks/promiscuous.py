"""Whether packets meant for others can be seen, as far as this machine decides it."""

from __future__ import annotations

from typing import Any, Final

from nautscan.doctor.checks.interfaces import chosen
from nautscan.doctor.context import Context
from nautscan.doctor.links import links
from nautscan.doctor.machine import VM
from nautscan.doctor.model import Check, State
from nautscan.errors import NautScanError
from nautscan.sensor.selection import ANY_INTERFACE
from nautscan.sensor.selftest import Promiscuous, promiscuous

_TITLE: Final = "Promiscuous mode"
_WHY: Final = (
    "Without it an interface drops what is not addressed to it: at a mirror port or tap, that is "
    "everything. Traffic of this machine and its containers is seen without it."
)
_ID: Final = "promiscuous.mode"


def check(context: Context) -> list[Check]:
    """Tries it for a moment on each interface that is captured."""
    try:
        names = [name for name in chosen(context)[0] if name not in ("lo", ANY_INTERFACE)]
    except NautScanError as error:
        return [Check(_ID, _TITLE, State.UNKNOWN, error.message, _WHY, error.remedy)]
    if not context.config.promiscuous:
        found = "It is switched off by the settings, so it was not tried."
        return [
            Check(
                _ID,
                _TITLE,
                State.OK,
                found,
                _WHY,
                "Switch it on:\n    nautscan serve --promiscuous",
            )
        ]
    if not names:
        found = "There is no interface to try it on: loopback has no such mode."
        return [Check(_ID, _TITLE, State.UNKNOWN, found, _WHY)]
    return [_judged(context, [promiscuous(name) for name in names])]


def _judged(context: Context, tried: list[Promiscuous]) -> Check:
    facts: dict[str, Any] = {
        "interfaces": [
            {"name": t.name, "accepted": t.accepted, "flag": t.flag, "reason": t.reason}
            for t in tried
        ]
    }
    refused = [t for t in tried if t.accepted is False]
    if refused:
        words = "; ".join(f"{t.name} refuses: {t.reason}" for t in refused)
        remedy = f"See what its driver says:\n    sudo dmesg | grep -i {refused[0].name}"
        return Check(_ID, _TITLE, State.WARNING, f"{words}.", _WHY, remedy, facts)
    untried = [t for t in tried if t.accepted is None]
    if untried:
        words = f"Not tried on {_listed(untried)}: {untried[0].reason}."
        return Check(_ID, _TITLE, State.UNKNOWN, words, _WHY, facts=facts)
    hidden = [t for t in tried if t.flag is False]
    if hidden:
        words = f"The kernel accepted it, but {_listed(hidden)} does not show it."
        remedy = f"Try it by hand, and look for PROMISC:\n    ip -d link show {hidden[0].name}"
        return Check(_ID, _TITLE, State.WARNING, words, _WHY, remedy, facts)
    words = f"Possible on {_listed(tried)}.{_limits(context, tried)}"
    return Check(_ID, _TITLE, State.OK, words, _WHY, facts=facts)


def _listed(tried: list[Promiscuous]) -> str:
    return ", ".join(t.name for t in tried)


def _limits(context: Context, tried: list[Promiscuous]) -> str:
    """What else decides, beyond this machine's kernel."""
    if context.evidence.platform != "linux":
        return ""
    names = {t.name for t in tried}
    mine = [link for link in links(context.evidence) if link.name in names]
    words = ""
    if any(link.wireless for link in mine):
        words += " A Wi-Fi card hands over its own station's traffic only, whatever its mode."
    if context.place.machine.kind == VM and any(link.device for link in mine):
        words += (
            " In a virtual machine, the hypervisor's switch must allow it too; that cannot be "
            "seen from here."
        )
    if any(link.driver == "macvlan" for link in mine):
        words += (
            " Of a macvlan, only mode passthru hands over frames for other addresses, whatever "
            "this says."
        )
    return words
