"""Friendly names of Windows, over listings that people have published of their machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nautscan.sensor import friendly
from nautscan.sensor.friendly import Adapter

LISTINGS = Path(__file__).parents[3] / "crates/nautscan-capture/tests/data/listings"


def machine(listing: str) -> tuple[dict[str, str], dict[str, str]]:
    """Names by GUID and hardware addresses by name, as in a listing.

    Lines are `description|friendly name|GUID|MAC|…`; those without a GUID get one.
    """
    names, macs = {}, {}
    for number, line in enumerate((LISTINGS / f"{listing}.txt").read_text().splitlines()):
        _, name, guid, mac, *_ = line.split("|")
        names[guid or f"{{{number:08X}-0000-0000-0000-000000000000}}"] = name
        macs[name] = mac
    return names, macs


@pytest.mark.parametrize("listing", ["windows-wsl", "windows-dockernat"])
def test_each_adapter_has_the_name_that_people_see(listing: str) -> None:
    names, macs = machine(listing)
    devices = [rf"\Device\NPF_{guid}" for guid in names]
    found = friendly.named([*devices, r"\Device\NPF_Loopback"], names.get, macs)
    assert [found[device].name for device in devices] == list(names.values())
    assert r"\Device\NPF_Loopback" not in found
    for device, name in zip(devices, names.values(), strict=True):
        assert found[device].mac == macs[name].replace("-", ":").lower()


def test_a_friendly_name_can_be_captured_by() -> None:
    names, macs = machine("windows-dockernat")
    devices = {name: rf"\Device\NPF_{guid}" for guid, name in names.items()}
    known = friendly.named(devices.values(), names.get, macs)
    wanted = ["vethernet (DockerNAT)", "default", devices["Ethernet"], "Ethernet 7"]
    assert friendly.to_capture_by(wanted, known) == [
        devices["vEthernet (DockerNAT)"],
        "default",
        devices["Ethernet"],
        "Ethernet 7",
    ]


def test_a_name_that_two_have_is_nobodys() -> None:
    known = {"a": Adapter("Ethernet", None), "b": Adapter("ethernet", None)}
    assert friendly.to_capture_by(["Ethernet"], known) == ["Ethernet"]


def test_what_npcap_knows_is_kept() -> None:
    known = {"a": Adapter("Wi-Fi", "02:00:00:00:00:01"), "b": Adapter("Ethernet", None)}
    listed: list[dict[str, Any]] = [
        {"name": "a", "mac": None},
        {"name": "b", "mac": "02:00:00:00:00:02"},
        {"name": "lo", "mac": None},
    ]
    assert friendly.described(listed, known) == [
        {"name": "a", "mac": "02:00:00:00:00:01", "friendly_name": "Wi-Fi"},
        {"name": "b", "mac": "02:00:00:00:00:02", "friendly_name": "Ethernet"},
        {"name": "lo", "mac": None, "friendly_name": None},
    ]


def test_elsewhere_nothing_is_looked_for() -> None:
    assert friendly.adapters(["eth0"]) == {}
