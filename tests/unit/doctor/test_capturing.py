"""Checks of capturing, over the engine's real answers and recorded ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nautscan.doctor import ethtool
from nautscan.doctor.checks import (
    capture,
    interfaces,
    library,
    offloads,
    others,
    promiscuous,
)
from nautscan.doctor.model import Check, State
from nautscan.errors import NoCaptureLibrary
from nautscan.sensor import enginefacts, selftest
from nautscan.sensor.selftest import Loopback, Promiscuous
from tests.unit.doctor.conftest import At


def interface(name: str, **facts: Any) -> dict[str, Any]:
    known = {
        "name": name, "description": None, "kind": "physical", "addresses": ["192.0.2.1"],
        "mac": None, "up": True, "loopback": False, "capturable": True, "reason": None,
    }  # fmt: skip
    return known | facts


LO = interface("lo", kind="loopback", loopback=True, addresses=["127.0.0.1"])
ETH0 = interface("eth0")
ANY = interface("any", kind="any", addresses=[])
NFLOG = interface("nflog", kind="pseudo", up=False, capturable=False)


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The interfaces that the engine lists; `eth0` and `lo` unless changed."""
    found = [ETH0, ANY, LO, NFLOG]
    monkeypatch.setattr(enginefacts, "interfaces", lambda _captured: [dict(i) for i in found])
    monkeypatch.setattr(enginefacts, "default_interfaces", lambda: (["eth0"], "In use."))
    return found


def missing_library(*_: object) -> Any:
    raise NoCaptureLibrary("libpcap is not installed", remedy="    sudo apt-get install libpcap0.8")


# Library.


def test_the_library_and_its_version(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enginefacts, "capture_library_version", lambda: "libpcap version 1.10.3")
    [check] = library.check(at("bare_host"))
    assert (check.state, check.facts) == (State.OK, {"version": "libpcap version 1.10.3"})


def test_a_missing_library_fails_once_and_leaves_the_rest_unknown(
    at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("capture_library_version", "interfaces", "default_interfaces"):
        monkeypatch.setattr(enginefacts, name, missing_library)
    context = at("bare_host")
    [check] = library.check(context)
    assert check.state is State.FAILED
    assert "apt-get install" in check.remedy
    assert promiscuous.check(context)[0].state is State.UNKNOWN
    assert offloads.check(context)[0].state is State.UNKNOWN
    [visible] = interfaces.check(context)
    assert visible.state is State.FAILED


# Interfaces.


def test_interfaces_are_listed_without_the_librarys_pseudo_devices(
    at: At, present: list[dict[str, Any]]
) -> None:
    visible, chosen = interfaces.check(at("bare_host"))
    assert visible.state is State.OK
    assert "eth0 physical up 192.0.2.1" in visible.found
    assert "nflog" not in visible.found
    assert [item["name"] for item in visible.facts["interfaces"]] == ["eth0", "any", "lo"]
    assert chosen.found == "eth0: In use."
    assert chosen.facts["chosen"] == ["eth0"]


def test_an_interface_that_is_named_and_missing_fails(
    at: At, present: list[dict[str, Any]]
) -> None:
    _, chosen = interfaces.check(at("bare_host", interfaces=("eth0", "wlan7")))
    assert chosen.state is State.FAILED
    assert "wlan7" in chosen.found
    assert "eth0, any, lo" in chosen.remedy


def test_loopback_alone_is_noted_and_nothing_at_all_fails(
    at: At, present: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    present.remove(ETH0)
    assert interfaces.check(at("docker_none"))[0].state is State.WARNING
    present[:] = [{**LO, "up": False}]
    monkeypatch.setattr(enginefacts, "default_interfaces", lambda: ([], "No interface is up."))
    visible, chosen = interfaces.check(at("named_namespace"))
    assert (visible.state, chosen.state) == (State.FAILED, State.FAILED)
    assert "    sudo ip link set lo up" in visible.remedy.splitlines()


def test_the_sensor_tells_what_it_captures(at: At, present: list[dict[str, Any]]) -> None:
    context = replace(at("bare_host", where="sensor"), captured=("br-1",))
    assert interfaces.check(context)[1].facts["chosen"] == ["br-1"]


# Promiscuous mode.


@pytest.mark.parametrize(
    ("tried", "state", "says"),
    [
        (Promiscuous("eth0", accepted=True, flag=True), State.OK, "Possible on eth0"),
        (Promiscuous("eth0", accepted=True, flag=None), State.OK, "Possible on eth0"),
        (Promiscuous("eth0", accepted=True, flag=False), State.WARNING, "does not show it"),
        (Promiscuous("eth0", accepted=False, flag=None, reason="no"), State.WARNING, "refuses"),
        (Promiscuous("eth0", None, None, "it takes CAP_NET_RAW"), State.UNKNOWN, "CAP_NET_RAW"),
    ],
)
def test_promiscuous_mode(
    at: At,
    present: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    tried: Promiscuous,
    state: State,
    says: str,
) -> None:
    monkeypatch.setattr(promiscuous, "promiscuous", lambda _name: tried)
    [check] = promiscuous.check(at("bare_host"))
    assert check.state is state
    assert says in check.found


def test_promiscuous_mode_has_limits_that_the_kernel_does_not_tell(
    at: At, present: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        promiscuous, "promiscuous", lambda name: Promiscuous(name, accepted=True, flag=True)
    )
    assert "passthru" in promiscuous.check(at("docker_macvlan"))[0].found
    card = at("cloud_vm", interfaces=("ens5",))
    present.append(interface("ens5"))
    assert "hypervisor's switch" in promiscuous.check(card)[0].found
    assert "hypervisor" not in promiscuous.check(at("bare_host"))[0].found


def test_promiscuous_mode_switched_off_is_not_tried(
    at: At, present: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promiscuous, "promiscuous", missing_library)
    [check] = promiscuous.check(at("bare_host", promiscuous=False))
    assert check.state is State.OK
    assert "settings" in check.found


# Filter and test packet.


def test_filters_compile(at: At) -> None:
    [sample] = capture.check_filters(at("bare_host"))
    assert (sample.state, sample.facts["set"]) == (State.OK, False)
    [own] = capture.check_filters(at("wsl2", filter="tcp prot 80"))
    assert (own.state, own.facts["filter"]) == (State.FAILED, "tcp prot 80")
    assert own.remedy


@pytest.mark.parametrize(
    ("tried", "state", "says"),
    [
        (Loopback(seen=True, interface="lo", port=9, milliseconds=3.2), State.OK, "after 3 ms"),
        (Loopback(seen=False, interface="lo", port=9), State.FAILED, "not seen on lo"),
        (
            Loopback(
                seen=False,
                interface="lo",
                error={"code": "no_permission", "message": "Cannot capture: why", "remedy": "do"},
            ),
            State.UNKNOWN,
            "Cannot capture: why.",
        ),
        (
            Loopback(
                seen=False,
                interface="lo",
                error={"code": "capture_failed", "message": "It broke.", "remedy": "do"},
            ),
            State.FAILED,
            "It broke.",
        ),
    ],
)
def test_the_test_packet(
    at: At, monkeypatch: pytest.MonkeyPatch, tried: Loopback, state: State, says: str
) -> None:
    monkeypatch.setattr(selftest, "loopback", lambda: tried)
    [check] = capture.check_loopback(at("wsl2"))
    assert check.state is state
    assert says in check.found
    assert ".." not in check.found
    assert bool(check.remedy) is (state is not State.OK)


# Buffers, offloads, other captures.


def test_buffers_that_fit_and_that_do_not(at: At, present: list[dict[str, Any]]) -> None:
    context = at("bare_host", interfaces=("eth0", "lo"))
    meminfo = context.evidence.root / "proc/meminfo"
    meminfo.write_text("MemAvailable:   8000000 kB\n")
    [fits] = capture.check_buffers(context)
    assert (fits.state, fits.facts["total_bytes"]) == (State.OK, 64 << 20)
    assert "32 MiB for each of 2 interfaces" in fits.found
    assert "net.core.rmem_max" in fits.why
    meminfo.write_text("MemAvailable:   100000 kB\n")
    [tight] = capture.check_buffers(context)
    assert tight.state is State.WARNING
    assert "    nautscan serve --buffer 4MiB" in tight.remedy.splitlines()


def test_offloads_are_told_and_a_small_snaplen_is_noted(
    at: At, present: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ethtool, "offloads", lambda _: {"gro": True, "tso": False})
    [check] = offloads.check(at("bare_host"))
    assert (check.state, check.found) == (State.OK, "eth0: GRO.")
    [cut] = offloads.check(at("wsl2", snaplen=1500))
    assert cut.state is State.WARNING
    monkeypatch.setattr(ethtool, "offloads", lambda _: {"gro": False})
    assert offloads.check(at("cloud_vm", snaplen=1500))[0].state is State.OK
    monkeypatch.setattr(ethtool, "offloads", lambda _: None)
    assert offloads.check(at("lxc"))[0].state is State.UNKNOWN


HEAD = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"


def test_other_captures_are_named(at: At) -> None:
    context = at("bare_host")
    proc = context.evidence.root / "proc"
    rows = (
        "0000000000000000 3      3    0003   2     1 0      0      111\n"
        "0000000000000000 3      3    0003   0     1 0      0      222\n"
        "0000000000000000 3      3    0003   2     1 0      0      333\n"
        "0000000000000000 3      2    0800   2     1 0      0      444\n"
    )
    (proc / "net/packet").write_text(HEAD + rows)
    for pid, name, inode, command in (
        ("self", "python3", "111", "python3"),
        ("42", "tcpdump", "222", "tcpdump"),
        ("43", "python3", "333", "/venv/bin/python3\0/venv/bin/nautscan\0serve"),
        ("44", "dhclient", "444", "dhclient"),
    ):
        (proc / pid / "fd").mkdir(parents=True)
        (proc / pid / "fd" / "3").symlink_to(f"socket:[{inode}]")
        (proc / pid / "comm").write_text(f"{name}\n")
        (proc / pid / "cmdline").write_text(f"{command}\0")
    [check] = others.check(context)
    assert check.facts == {"sockets": 2, "programs": ["tcpdump (pid 42)", "NautScan (pid 43)"]}
    assert check.state is State.OK


def test_other_captures_whose_programs_are_hidden(at: At) -> None:
    context = at("bare_host")
    row = "0000000000000000 3      3    0003   2     1 0      0      111\n"
    packet = context.evidence.root / "proc/net/packet"
    packet.write_text(HEAD + row)
    [check] = others.check(context)
    assert "names are not visible" in check.found
    packet.write_text(HEAD)
    assert others.check(context)[0].found == "None."
    packet.unlink()
    assert others.check(context)[0].state is State.UNKNOWN


def test_every_check_says_why_it_matters(at: At, present: list[dict[str, Any]]) -> None:
    context = at("bare_host")
    found: list[Check] = [
        *interfaces.check(context), *offloads.check(context), *others.check(context),
        *capture.check_buffers(context), *capture.check_filters(context),
    ]  # fmt: skip
    for check in found:
        assert check.why, check.id
        assert check.title, check.id
        assert "." in check.id


@pytest.mark.parametrize(
    ("name", "says", "remedy"),
    [
        ("docker_bridge", "seccomp filter, SELinux or AppArmor", "dmesg"),
        ("podman_rootless_host", "this user namespace only", "    sudo podman run"),
    ],
)
def test_a_refusal_although_the_right_is_held_is_a_failure_of_its_own(
    at: At, monkeypatch: pytest.MonkeyPatch, name: str, says: str, remedy: str
) -> None:
    error = {"code": "no_permission", "message": "socket: EPERM", "remedy": "", "detail": {}}
    refused = Loopback(seen=False, interface="lo", error=error)
    monkeypatch.setattr(selftest, "loopback", lambda: refused)
    [check] = capture.check_loopback(at(name))
    assert check.state is State.FAILED
    assert says in check.found
    assert "socket: EPERM." in check.found
    assert remedy in check.remedy
