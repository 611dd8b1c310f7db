"""The folders of a run: private, owned rightly, and never somebody else's by mistake."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautscan.errors import NautScanError
from nautscan.sensor import endpoint
from nautscan.sensor.folders import prepare_data_folder, runtime_folder
from nautscan.sensor.users import Identity, is_root

ALICE = Identity(1234, 1235)
as_root = pytest.mark.skipif(not is_root(), reason="needs root")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where runtime folders are made: paths of sockets have some hundred characters at most."""
    with tempfile.TemporaryDirectory(prefix="ns-", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


def owner(path: Path) -> tuple[int, int, int]:
    facts = path.stat()
    return facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)


def test_the_runtime_folder_is_private_and_removed(tmp_path: Path) -> None:
    folder = runtime_folder(tmp_path / "run", None)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    folder.socket.touch()
    folder.remove()
    assert not folder.path.exists()


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    folder = runtime_folder(tmp_path, None)
    folder.remove()
    assert tmp_path.exists()


def test_without_a_name_one_is_made(short: Path) -> None:
    folder = runtime_folder(None, None)
    assert folder.path.parent == short
    folder.remove()


def test_what_killed_runs_left_is_removed_and_nothing_else(short: Path) -> None:
    names = ("nautscan-dead", "nautscan-live", "nautscan-new", "other-dead")
    folders = {name: short / name for name in names}
    for folder in folders.values():
        folder.mkdir(mode=0o700)
    endpoint.bind(folders["nautscan-dead"] / "sensor.sock").sock.close()
    live = endpoint.bind(folders["nautscan-live"] / "sensor.sock")
    for name in ("nautscan-dead", "nautscan-live", "other-dead"):
        os.utime(folders[name], (0, 0))
    made = runtime_folder(None, None)
    left = {path.name for path in short.iterdir()}
    assert left == {"nautscan-live", "nautscan-new", "other-dead", made.path.name}
    live.close()


def test_a_path_too_long_for_a_socket_is_refused_and_left_no_trace(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100)
    with pytest.raises(NautScanError, match="too long"):
        runtime_folder(long, None)
    assert not long.exists()


@pytest.mark.root
@as_root
def test_the_socket_folder_stays_roots(tmp_path: Path) -> None:
    folder = runtime_folder(tmp_path / "run", ALICE)
    assert owner(folder.path) == (0, ALICE.gid, 0o710)
    folder.remove()


@pytest.mark.root
@as_root
def test_a_new_data_folder_belongs_to_the_server(reachable: Path) -> None:
    path = prepare_data_folder(reachable / "a" / "data", ALICE, default=False)
    assert owner(path) == (ALICE.uid, ALICE.gid, 0o700)


@pytest.mark.root
@as_root
def test_the_default_folder_follows_the_servers_user(reachable: Path) -> None:
    data = prepare_data_folder(reachable / "data", Identity(4000, 4000), default=True)
    (data / "nautscan.duckdb").write_text("rows")
    os.chown(data / "nautscan.duckdb", 4000, 4000)
    (data / "link").symlink_to("/etc/hostname")
    (data / "roots.txt").write_text("not the former owner's")
    before = owner(Path("/etc/hostname"))
    prepare_data_folder(data, ALICE, default=True)
    assert owner(data)[:2] == (ALICE.uid, ALICE.gid)
    assert owner(data / "nautscan.duckdb")[:2] == (ALICE.uid, ALICE.gid)
    assert owner(data / "roots.txt")[0] == 0
    assert owner(Path("/etc/hostname")) == before


@pytest.mark.root
@as_root
def test_a_folder_that_the_user_named_is_never_handed_over(reachable: Path) -> None:
    named = reachable / "precious"
    named.mkdir()
    (named / "file").write_text("precious")
    with pytest.raises(NautScanError, match="cannot write") as caught:
        prepare_data_folder(named, ALICE, default=False)
    assert "--data-dir" in caught.value.remedy
    assert owner(named)[0] == 0


@pytest.mark.root
@as_root
def test_a_folder_below_a_private_one_is_refused(reachable: Path) -> None:
    private = reachable / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(NautScanError, match="cannot write"):
        prepare_data_folder(private / "data", ALICE, default=False)


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(NautScanError, match="cannot be used"):
        prepare_data_folder(tmp_path / "data", None, default=True)
