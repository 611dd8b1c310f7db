"""What kind of place this is and what can be seen from it."""

from __future__ import annotations

from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.doctor.views import view

_WHY = (
    "A packet can be captured only where it passes. The place decides what can be seen; rights and "
    "options do not."
)


def check(context: Context) -> list[Check]:
    """The place, its view, and the ways out of one that sees too little."""
    place = context.place
    seen = view(place)
    told = f"This is {seen.label}." if seen.state is not State.UNKNOWN else "It is not known."
    if seen.state is not State.UNKNOWN and not place.certain:
        told = f"Probably {seen.label}; the evidence does not prove it."
    evidence = "; ".join(f"{sign.source} ({sign.tells})" for sign in place.signs)
    return [
        Check(
            "place.kind",
            "Kind of place",
            State.OK if place.certain else State.UNKNOWN,
            f"{told} Evidence: {evidence or 'none'}.",
            "Advice differs by place; what is not certain is not assumed.",
            facts=place.as_dict(),
        ),
        Check(
            "place.view",
            "What can be seen from here",
            seen.state,
            seen.sees,
            _WHY,
            seen.ways,
            {"kind": place.kind.value},
        ),
    ]
