r"""Adapters of Windows by the names that people see: `Ethernet`, `vEthernet (WSL)`.

Npcap captures by `\Device\NPF_{GUID}` and describes an adapter by its driver. The name that people
gave it, or see in the network settings, is in the registry under the same GUID; its addresses are
listed by that name. On other systems a name is a name: nothing is looked for there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_NPCAP: Final = r"\Device\NPF_"
_CONNECTIONS: Final = (
    r"SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"
)
"""Where Windows keeps its network connections: the class of network adapters."""

ReadName = Callable[[str], str | None]
"""From an adapter's GUID, in braces, to its name; None where there is none."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """What the system says of an adapter beside what Npcap does."""

    name: str
    mac: str | None


def adapters(captured_by: Iterable[str]) -> dict[str, Adapter]:
    """Those of Windows by the names that Npcap captures by; empty on other systems."""
    devices = [device for device in captured_by if device.startswith(_NPCAP)]
    if sys.platform != "win32" or not devices:
        return {}
    return named(devices, _from_registry, _hardware_addresses())


def named(
    captured_by: Iterable[str], read_name: ReadName, macs: Mapping[str, str]
) -> dict[str, Adapter]:
    """`macs` are hardware addresses by friendly name, in any of the usual notations."""
    found = {}
    for device in captured_by:
        name = read_name(device.removeprefix(_NPCAP)) if device.startswith(_NPCAP) else None
        if name:
            mac = macs.get(name)
            found[device] = Adapter(name, mac.replace("-", ":").lower() if mac else None)
    return found


def described(
    interfaces: Iterable[dict[str, Any]], known: Mapping[str, Adapter]
) -> list[dict[str, Any]]:
    """Interfaces with `friendly_name`, None where it is not known, and with the MAC address."""
    answer = []
    for facts in interfaces:
        adapter = known.get(facts["name"])
        more = {"friendly_name": adapter.name if adapter else None}
        if adapter and facts.get("mac") is None:
            more["mac"] = adapter.mac
        answer.append({**facts, **more})
    return answer


def to_capture_by(wanted: Sequence[str], known: Mapping[str, Adapter]) -> list[str]:
    """Names to capture by: a friendly one is that of its adapter, in whatever case it is written.

    A name that two adapters have stays as it is, and so is said to be missing.
    """
    owners: dict[str, list[str]] = {}
    for device, adapter in known.items():
        owners.setdefault(adapter.name.casefold(), []).append(device)
    answer = []
    for name in wanted:
        devices = owners.get(name.casefold(), [])
        answer.append(devices[0] if len(devices) == 1 else name)
    return answer


def _from_registry(guid: str) -> str | None:
    if sys.platform != "win32":
        return None
    import winreg

    try:
        path = rf"{_CONNECTIONS}\{guid}\Connection"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
            value, kind = winreg.QueryValueEx(key, "Name")
    except OSError:  # The loopback of Npcap, and adapters of other drivers, have none.
        return None
    return str(value) if kind == winreg.REG_SZ else None


def _hardware_addresses() -> dict[str, str]:
    import psutil

    return {
        name: address.address
        for name, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if address.family == psutil.AF_LINK
    }
