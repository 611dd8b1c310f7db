"""What is said about rights: true of the process, and with a way that works in its place."""

from __future__ import annotations

import struct

import pytest

from nautscan.doctor.capabilities import names, parse_file_capabilities, process_rights
from nautscan.doctor.checks import rights
from nautscan.doctor.model import Check, State
from tests.unit.doctor.conftest import At


def checks_at(at: At, name: str, **options: str) -> dict[str, Check]:
    return {check.id: check for check in rights.check(at(name, **options))}


def test_the_default_rights_of_a_container_suffice(at: At) -> None:
    found = checks_at(at, "docker_bridge")
    capture = found["rights.capture"]
    assert capture.state is State.OK
    assert capture.facts["privileged"] is False
    assert "net_raw" in capture.facts["effective"]
    assert "net_admin" not in capture.facts["effective"]
    assert capture.facts["seccomp"] == "filter"
    assert "not held, and not needed" in found["rights.admin"].found
    assert found["rights.excess"].state is State.OK
    assert "seccomp filter" in found["rights.excess"].found


def test_a_user_of_wsl2_is_told_sudo_and_setcap(at: At) -> None:
    capture = checks_at(at, "wsl2")["rights.capture"]
    assert capture.state is State.FAILED
    assert "user id 1000" in capture.found
    assert "    sudo /opt/bin/nautscan serve" in capture.remedy.splitlines()
    assert "    sudo setcap cap_net_raw=ep /opt/py/bin/python3" in capture.remedy.splitlines()
    assert "docker" not in capture.remedy


def test_a_pod_is_told_its_specification_and_that_setcap_has_no_effect(at: At) -> None:
    capture = checks_at(at, "kubernetes_pod")["rights.capture"]
    assert capture.state is State.FAILED
    assert "no_new_privs" in capture.found
    assert "capabilities: {add: [NET_RAW]}" in capture.remedy
    assert "setcap" not in capture.remedy


def test_outside_of_the_bounding_set_only_a_new_start_helps(at: At) -> None:
    """Podman gives no CAP_NET_RAW by default: neither sudo nor setcap is advised."""
    capture = checks_at(at, "podman_rootless")["rights.capture"]
    assert capture.state is State.FAILED
    assert "bounding set" in capture.found
    assert "    sudo podman run --network host --cap-add NET_RAW" in capture.remedy
    assert "setcap" not in capture.remedy
    assert "sudo /opt/bin/nautscan" not in capture.remedy


def test_where_the_container_is_not_certain_both_ways_are_told(at: At) -> None:
    """A virtual machine may carry /.dockerenv: `docker run` alone would be no advice there."""
    context = at("only_dockerenv")
    status = context.evidence.root / "proc/self/status"
    status.write_text("Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0\nCapBnd:\t3fffffffff\n")
    remedy = rights.check(context)[0].remedy
    assert "docker run --network host" in remedy
    assert "    sudo setcap cap_net_raw=ep /opt/py/bin/python3" in remedy.splitlines()


def test_privileged_is_more_than_needed(at: At) -> None:
    found = checks_at(at, "docker_in_docker")
    assert found["rights.capture"].facts["privileged"] is True
    excess = found["rights.excess"]
    assert excess.state is State.WARNING
    assert "privileged" in excess.found
    assert "    docker run --network host --cap-drop ALL --cap-add NET_RAW" in excess.remedy


def test_roots_rights_on_a_host_are_not_called_privileged(at: At) -> None:
    found = checks_at(at, "bare_host")
    assert found["rights.capture"].facts["privileged"] is None
    assert found["rights.excess"].state is State.OK


def test_a_sensor_with_more_than_it_needs_is_noted(at: At) -> None:
    assert checks_at(at, "bare_host", where="sensor")["rights.excess"].state is State.WARNING


def test_a_right_in_the_file_of_a_shared_interpreter_is_noted(
    at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "file_capabilities", lambda _: (frozenset({"net_raw"}), True))
    excess = checks_at(at, "wsl2")["rights.excess"]
    assert excess.state is State.WARNING
    assert "    sudo setcap -r /opt/py/bin/python3" in excess.remedy.splitlines()


@pytest.mark.parametrize(
    ("version", "words", "expected"),
    [
        (0x02000001, (1 << 13, 0, 0, 0), ({"net_raw"}, True)),
        (0x02000000, (1 << 12 | 1 << 13, 0, 1 << 7, 0), ({"net_raw", "net_admin", "bpf"}, False)),
    ],
)
def test_capabilities_of_files_are_read(
    version: int, words: tuple[int, ...], expected: tuple[set[str], bool]
) -> None:
    found = parse_file_capabilities(struct.pack("<5I", version, *words))
    assert found == (frozenset(expected[0]), expected[1])


@pytest.mark.parametrize("data", [b"", b"\x01\0\0\x02", bytes(11)])
def test_what_is_too_short_is_none(data: bytes) -> None:
    assert parse_file_capabilities(data) is None


def test_capabilities_newer_than_the_list_keep_their_number() -> None:
    assert names(1 << 13 | 1 << 60) == {"net_raw", "60"}


def test_a_system_without_capabilities_has_no_process_rights(at: At) -> None:
    evidence = at("only_dockerenv").evidence
    (evidence.root / "proc/self/status").unlink()
    assert process_rights(evidence) is None


def test_a_service_that_is_bounded_is_told_its_unit(at: At) -> None:
    """No container around it, and sudo could not give what the bounding set lacks."""
    context = at("bare_host")
    status = context.evidence.root / "proc/self/status"
    status.write_text("Uid:\t990\t990\t990\t990\nCapEff:\t0\nCapBnd:\t0\nNoNewPrivs:\t1\n")
    capture = rights.check(context)[0]
    assert capture.state is State.FAILED
    assert "    AmbientCapabilities=CAP_NET_RAW" in capture.remedy.splitlines()
    assert "setcap" not in capture.remedy


def test_a_right_that_counts_in_a_namespace_of_its_own_only_is_none(at: At) -> None:
    """Rootless with the host's network: the capability is held, and opens nothing."""
    capture = checks_at(at, "podman_rootless_host")["rights.capture"]
    assert capture.state is State.FAILED
    assert "user namespace" in capture.found
    assert "    sudo podman run --network host" in capture.remedy
