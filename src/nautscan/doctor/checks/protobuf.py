"""Whether the schemas of Protocol Buffers can be used."""

from __future__ import annotations

from typing import Any, Final

from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.errors import NautScanError
from nautscan.sensor import schemas

SHOWN: Final = 5
"""Services that are named."""

_TITLE: Final = "Protobuf schemas"
_WHY: Final = "Messages of gRPC are decoded with them; without one, fields have numbers for names."


def check(context: Context) -> list[Check]:
    """The schemas that are set."""
    paths = context.config.protobuf
    facts: dict[str, Any] = {"paths": list(paths)}
    if not paths:
        found = "None is set: messages of gRPC are shown without the names of their fields."
        return [Check("protobuf", _TITLE, State.OK, found, _WHY, facts=facts)]
    try:
        described = schemas.described(paths)
    except NautScanError as error:
        found = f"{error.message[0].upper()}{error.message[1:]}."
        return [Check("protobuf", _TITLE, State.FAILED, found, _WHY, error.remedy, facts)]
    facts |= {"methods": described.methods, "services": list(described.services)}
    if not described.methods:
        found = "They describe no service, so that it is not known which message is of which type."
        remedy = "Give the files that have the services, too."
        return [Check("protobuf", _TITLE, State.WARNING, found, _WHY, remedy, facts)]
    named = ", ".join(described.services[:SHOWN])
    more = len(described.services) - SHOWN
    rest = f" and {more} more" if more > 0 else ""
    found = f"They describe {described.methods} methods of {named}{rest}."
    return [Check("protobuf", _TITLE, State.OK, found, _WHY, facts=facts)]
