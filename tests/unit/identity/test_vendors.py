"""Vendors by MAC address, from the register in the netaddr package."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nautscan.identity.vendors import vendor_of


@pytest.mark.parametrize(
    ("mac", "name"),
    [
        ("00:1b:63:84:45:e6", "Apple, Inc."),
        ("B8:27:EB:00:00:01", "Raspberry Pi Foundation"),
        ("00:50:c2:00:20:00", "Integrated Automation Solutions"),  # a part of a shared block
    ],
)
def test_registered(mac: str, name: str) -> None:
    assert vendor_of(mac) == (name, None)


@pytest.mark.parametrize(
    ("mac", "reason"),
    [
        ("02:42:ac:11:00:02", "locally administered"),
        ("ff:ff:ff:ff:ff:ff", "a group address"),
        ("01:00:5e:00:00:fb", "a group address"),
        ("70:b3:d5:12:30:00", "shares out in parts"),
        ("fc:ff:ff:00:00:00", "not in the IEEE's register"),
        ("00:1b:63", "not a MAC address"),
        ("", "not a MAC address"),
    ],
)
def test_no_vendor_and_why(mac: str, reason: str) -> None:
    vendor = vendor_of(mac)
    assert vendor.name is None
    assert vendor.reason is not None
    assert reason in vendor.reason


def test_the_register_is_read_only_when_it_is_needed() -> None:
    look = "from nautscan.identity.vendors import vendor_of; vendor_of('02:00:00:00:00:01')"
    told = f"{look}; import sys; print('netaddr' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
