"""What packets of the ring carry above TCP and UDP, for somebody who follows a connection.

Headers are read by the engine alone; here its findings are picked out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

_TRANSPORTS: Final = {"TCP", "UDP"}
_IP_LENGTH: Final = {"IPv4": ("total length", 0), "IPv6": ("payload length", 40)}
"""The field that says how long the packet is, and the header bytes that it does not count."""

Packet = dict[str, Any]


@dataclass(slots=True)
class Payloads:
    """Packets one after the other.

    A row is [id, sequence number, acknowledgement number, flags, bytes kept, bytes missing]: the
    numbers are null and the flags empty for UDP, the bytes kept are in `data`, one packet after
    another. Missing are bytes that the packet had on the wire and that were not kept.
    """

    rows: list[list[Any]] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)
    cut: bool = False
    """The cap of bytes was reached: packets are left."""


def payloads(
    packet: Callable[[int], Packet | None], ids: Iterable[int], max_bytes: int
) -> Payloads:
    """Those of the packets that are still there and have a transport, in the order of `ids`."""
    found = Payloads()
    for number in ids:
        facts = packet(number)
        row = _row(facts) if facts is not None else None
        if row is None:
            continue
        if found.rows and len(found.data) + len(row[1]) > max_bytes:
            found.cut = True
            break
        found.rows.append([number, *row[0]])
        found.data += row[1]
    return found


def _row(facts: Packet) -> tuple[list[Any], bytes] | None:
    layers: list[dict[str, Any]] = facts["layers"]
    # The innermost: in a tunnel that is the connection that the flow is about.
    at = max((n for n, layer in enumerate(layers) if layer["name"] in _TRANSPORTS), default=None)
    if at is None or at == 0:
        return None
    transport, below = layers[at], layers[at - 1]
    values = {part["name"]: part["value"] for part in transport["fields"]}
    begin = transport["offset"] + transport["length"]
    above = layers[at + 1] if at + 1 < len(layers) else None
    data = b""
    if above is not None and above["name"] == "Payload":
        data = bytes(facts["bytes"][above["offset"] : above["offset"] + above["length"]])
    missing = max(0, _length(transport, values, below) - begin - len(data))
    numbers = [_number(values.get(f"{name} number")) for name in ("sequence", "acknowledgement")]
    return [*numbers, values.get("flags", ""), len(data), missing], data


def _length(transport: dict[str, Any], values: dict[str, str], below: dict[str, Any]) -> int:
    """Where the payload ends, as the headers say; 0 where they do not."""
    if transport["name"] == "UDP":
        return int(transport["offset"]) + (_number(values.get("length")) or 0)
    name, more = _IP_LENGTH.get(below["name"], ("", 0))
    said = next((part["value"] for part in below["fields"] if part["name"] == name), None)
    length = _number(said)
    # Zero stands for packets above 64 KiB that the system has not yet cut into segments.
    return int(below["offset"]) + length + more if length else 0


def _number(text: str | None) -> int | None:
    """The number at the beginning of a field's text."""
    digits = (text or "").split(" ", 1)[0]
    return int(digits) if digits.isdecimal() else None
