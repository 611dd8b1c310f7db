"""The hosts file of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nautscan.identity import hostsfile
from nautscan.identity.hostsfile import HostsFile, default_path, parse


def test_the_first_name_of_each_address() -> None:
    names, left_out = parse(
        """# a comment
        192.0.2.1   NAS.home.  nas   # the box
        192.0.2.1   second
        fe80::1%eth0 printer
        ::ffff:192.0.2.2 mapped
        0.0.0.0 ads.example
        127.0.0.1 localhost
        127.0.1.1 my-laptop
        nonsense  here
        192.0.2.9
        """
    )
    assert names == {
        "192.0.2.1": "nas.home",
        "fe80::1": "printer",
        "192.0.2.2": "mapped",
        "127.0.0.1": "localhost",
    }
    assert left_out == 0


def test_addresses_over_the_cap_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostsfile, "MAX_ENTRIES", 2)
    names, left_out = parse("\n".join(f"10.0.0.{n} h{n}" for n in range(5)))
    assert (list(names), left_out) == (["10.0.0.0", "10.0.0.1"], 3)


def test_a_file_over_the_cap_is_cut_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hostsfile, "MAX_BYTES", 1 << 20)
    path = tmp_path / "hosts"
    path.write_text("192.0.2.1 first\n" + "#" * (1 << 20) + "\n192.0.2.2 beyond\n")
    file = HostsFile(path)
    assert file.read_if_changed() == {"192.0.2.1": "first"}
    assert file.state.reason == "only its first 1 MiB are read"


def test_it_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("192.0.2.1 one\n")
    file = HostsFile(path)
    assert file.read_if_changed() == {"192.0.2.1": "one"}
    assert file.read_if_changed() is None
    path.write_text("192.0.2.1 another\n")
    assert file.read_if_changed() == {"192.0.2.1": "another"}
    assert (file.state.entries, file.state.reason) == (1, None)


def test_a_file_that_goes_takes_its_names_with_it(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("192.0.2.1 one\n")
    file = HostsFile(path)
    file.read_if_changed()
    path.unlink()
    assert file.read_if_changed() == {}
    assert file.state.reason == os.strerror(2)
    assert file.read_if_changed() is None
    path.write_text("192.0.2.1 one\n")
    assert file.read_if_changed() == {"192.0.2.1": "one"}


def test_where_windows_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("SYSTEMROOT", "/windows")
    assert default_path() == Path("/windows/System32/drivers/etc/hosts")
    monkeypatch.setattr("sys.platform", "darwin")
    assert default_path() == Path("/etc/hosts")
