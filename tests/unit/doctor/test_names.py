"""Whether files that name hosts can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nautscan.doctor.checks import names
from nautscan.doctor.model import Check, State
from tests.unit import mmdb
from tests.unit.doctor.conftest import At


def checked(at: At, **settings: Any) -> list[Check]:
    return names.check(at("bare_host", **settings))


def test_a_hosts_file(at: At, tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("192.0.2.1 nas\n")
    hosts, geoip = checked(at, hosts_file=path)
    assert (hosts.state, hosts.found) == (State.OK, f"{path} names 1 addresses.")
    assert geoip.state is State.OK


def test_no_hosts_file(at: At, tmp_path: Path) -> None:
    hosts, _ = checked(at, hosts_file=tmp_path / "none")
    assert hosts.state is State.WARNING
    assert "No such file" in hosts.found
    assert "NAUTSCAN_HOSTS_FILE" in hosts.remedy


def test_switched_off(at: At, tmp_path: Path) -> None:
    hosts, _ = checked(at, hosts_file=tmp_path / "none", names=False)
    assert (hosts.state, hosts.facts) == (State.OK, {"wanted": False})


def test_geoip_files(at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(mmdb.countries(tmp_path / "c.mmdb"))
    _, geoip = checked(at, geoip=(path,))
    assert geoip.state is State.OK
    assert geoip.facts["files"][0]["kind"] == "Test-Country"
    monkeypatch.setattr(names, "OLD_DAYS", -1)
    _, old = names.check(at("docker_bridge", geoip=(path,)))
    assert old.state is State.WARNING
    assert "geoipupdate" in old.remedy


def test_a_geoip_file_that_cannot_be_used(at: At, tmp_path: Path) -> None:
    (tmp_path / "bad.mmdb").write_text("nothing")
    _, geoip = checked(at, geoip=(str(tmp_path / "bad.mmdb"),))
    assert geoip.state is State.FAILED
    assert "is not a MaxMind DB file" in geoip.found
    assert ".mmdb" in geoip.remedy
