"""Which interfaces there are, and on which of them is captured."""

from __future__ import annotations

from typing import Any, Final

from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.errors import NautScanError
from nautscan.sensor import enginefacts
from nautscan.sensor.selection import ANY_INTERFACE, select

_VISIBLE: Final = "Interfaces that can be seen"
_CHOSEN: Final = "Interfaces to capture on"
_WHY: Final = "Nothing can be captured on an interface that is not in this list."
_WHY_CHOSEN: Final = (
    "The right choice sees each conversation once. Interfaces can be named with --interface or "
    "NETWORK_INTERFACES, and chosen on the page."
)
_KEYS: Final = ("name", "kind", "up", "addresses", "mac", "capturable", "reason")


def chosen(context: Context) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Names that are captured or would be, names that are missing, and why these.

    Raises NautScanError.
    """
    present = frozenset(facts["name"] for facts in enginefacts.interfaces(()))
    wanted = context.config.interfaces or None
    defaults = enginefacts.default_interfaces() if wanted is None else ((), "")
    selection = select(wanted, present, defaults)
    if context.captured:
        return context.captured, selection.missing, "captured now"
    return selection.capture, selection.missing, selection.why


def check(context: Context) -> list[Check]:
    """What there is, and what is chosen of it."""
    try:
        found = enginefacts.interfaces(())
        names, missing, why = chosen(context)
    except NautScanError as error:
        return [
            Check("interfaces.visible", _VISIBLE, State.FAILED, error.message, _WHY, error.remedy)
        ]
    return [_visible(context, found), _chosen(found, names, missing, why)]


def _visible(context: Context, found: list[dict[str, Any]]) -> Check:
    found = [item for item in found if item["kind"] != "pseudo"]
    facts = {"interfaces": [{key: item.get(key) for key in _KEYS} for item in found]}
    outer = [item for item in found if _leads_out(item)]
    loopback = any(item["loopback"] and item["up"] for item in found)
    real = [item for item in found if item["name"] != ANY_INTERFACE]
    listed = ", ".join(enginefacts.described({**item, "reason": None}) for item in real)
    if outer:
        return Check("interfaces.visible", _VISIBLE, State.OK, f"{listed}.", _WHY, facts=facts)
    state = State.WARNING if loopback else State.FAILED
    only = "loopback only" if loopback else "none that is up"
    words = f"There is {only}{': ' + listed if listed else ''}."
    return Check("interfaces.visible", _VISIBLE, state, words, _WHY, _give_one(context), facts)


def _leads_out(item: dict[str, Any]) -> bool:
    return bool(item["up"]) and not item["loopback"] and item["name"] != ANY_INTERFACE


def _give_one(context: Context) -> str:
    if context.place.engine is not None:
        return "Start the container with a network; the view from here says which."
    if context.evidence.platform == "linux":
        return "Switch an interface on:\n    sudo ip link set eth0 up\n    sudo ip link set lo up"
    return "Switch a network interface on in the system's settings."


def _chosen(
    found: list[dict[str, Any]], names: tuple[str, ...], missing: tuple[str, ...], why: str
) -> Check:
    facts = {"chosen": list(names), "missing": list(missing), "selection": why}
    present = ", ".join(item["name"] for item in found if item["kind"] != "pseudo")
    if missing:
        words = f"There is no interface {', '.join(missing)}, which was named."
        remedy = f"Those of this place are {present or 'none'}. A missing one is captured as soon "
        remedy += "as it appears."
        return Check("interfaces.chosen", _CHOSEN, State.FAILED, words, _WHY_CHOSEN, remedy, facts)
    if not names:
        return Check(
            "interfaces.chosen",
            _CHOSEN,
            State.FAILED,
            f"None: {why.rstrip('.')}.",
            _WHY_CHOSEN,
            f"Name one of {present or 'those that appear'}:\n    nautscan serve --interface NAME",
            facts,
        )
    words = f"{', '.join(names)}: {why.rstrip('.')}."
    return Check("interfaces.chosen", _CHOSEN, State.OK, words, _WHY_CHOSEN, facts=facts)
