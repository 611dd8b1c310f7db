"""Who made a network interface, by the IEEE's register of MAC addresses.

The register is that of the netaddr package, read when the first address is looked up: it takes a
quarter of a second and 20 MB, which a server that never sees Ethernet does not pay.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_LOCAL_BIT: Final = 0x02
_GROUP_BIT: Final = 0x01
_SHARED: Final = "IEEE Registration Authority"
"""Holder of blocks that the IEEE shares out in smaller parts."""


class Vendor(NamedTuple):
    """The organisation that the address block is registered to, or null with the reason."""

    name: str | None
    reason: str | None


def vendor_of(mac: str) -> Vendor:
    """The vendor of a MAC address as six hexadecimal pairs with colons."""
    text = mac.lower()
    if _MAC.fullmatch(text) is None:
        return Vendor(None, f"{mac!r} is not a MAC address")
    first = int(text[:2], 16)
    if first & _GROUP_BIT:
        return Vendor(None, "a group address: it belongs to no interface")
    if first & _LOCAL_BIT:
        return Vendor(None, "locally administered: chosen by software, registered to nobody")
    return _registered(text)


def _registered(mac: str) -> Vendor:
    from netaddr import EUI
    from netaddr.core import NotRegisteredError

    address = EUI(mac)
    try:
        name = str(address.oui.registration()["org"])
        if name == _SHARED and address.iab is not None:
            name = str(address.iab.registration()["org"])
    except NotRegisteredError:
        return Vendor(None, "not in the IEEE's register as of NautScan's copy")
    if name == _SHARED:
        return Vendor(None, "in a block that the IEEE shares out in parts, which are not listed")
    if name.lower() == "private":
        return Vendor(None, "registered to somebody who does not want to be named")
    return Vendor(name, None)
