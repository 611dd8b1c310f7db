"""Offloads that merge or split packets: what is captured is not what is on the cable."""

from __future__ import annotations

from typing import Final

from nautscan.doctor import ethtool
from nautscan.doctor.checks.interfaces import chosen
from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.errors import NautScanError

_TITLE: Final = "Offloads"
_WHY: Final = (
    "Network cards and the kernel merge segments (GRO, LRO) or split them late (TSO, GSO), so that "
    "captured packets may have up to 64 KiB and are fewer than on the cable. Requests and bytes "
    "are right either way; counts of packets are those of this machine."
)
_LARGEST_BYTES: Final = 65_550
"""The largest merged packet with its link header."""


def check(context: Context) -> list[Check]:
    """Lists them for each interface that is captured."""
    try:
        names = chosen(context)[0]
    except NautScanError as error:
        return [Check("offloads.merging", _TITLE, State.UNKNOWN, error.message, _WHY)]
    on = {
        name: [offload for offload, active in sorted(found.items()) if active]
        for name in names
        if (found := ethtool.offloads(name)) is not None
    }
    if not on:
        found_words = "They cannot be read here."
        return [Check("offloads.merging", _TITLE, State.UNKNOWN, found_words, _WHY)]
    active = {name: offloads for name, offloads in on.items() if offloads}
    words = "; ".join(f"{name}: {', '.join(o).upper()}" for name, o in active.items()) or "None"
    facts = {"interfaces": on, "snaplen": context.config.snaplen}
    if active and context.config.snaplen < _LARGEST_BYTES:
        found_words = f"{words}. Packets are cut at {context.config.snaplen} bytes (snaplen)."
        remedy = "Keep whole packets:\n    nautscan serve --snaplen 262144"
        return [Check("offloads.merging", _TITLE, State.WARNING, found_words, _WHY, remedy, facts)]
    return [Check("offloads.merging", _TITLE, State.OK, f"{words}.", _WHY, facts=facts)]
