"""Whether the schemas of Protocol Buffers can be used."""

from __future__ import annotations

from pathlib import Path

from nautscan.doctor.checks import protobuf
from nautscan.doctor.model import Check, State
from tests.unit.doctor.conftest import At

MESSAGE = 'syntax = "proto3"; package lab; message Item { string name = 1; }'


def checked(at: At, *paths: Path) -> Check:
    [found] = protobuf.check(at("bare_host", protobuf=tuple(map(str, paths))))
    return found


def test_none(at: At) -> None:
    assert checked(at).state is State.OK


def test_what_they_describe(at: At, tmp_path: Path) -> None:
    path = tmp_path / "lab.proto"
    path.write_text(MESSAGE + "service Shop { rpc Find(Item) returns (Item); }")
    found = checked(at, path)
    assert (found.state, found.found) == (State.OK, "They describe 1 methods of lab.Shop.")
    assert found.facts["services"] == ["lab.Shop"]


def test_no_service(at: At, tmp_path: Path) -> None:
    path = tmp_path / "lab.proto"
    path.write_text(MESSAGE)
    assert checked(at, path).state is State.WARNING


def test_broken(at: At, tmp_path: Path) -> None:
    path = tmp_path / "lab.desc"
    path.write_bytes(b"\xff\xff")
    found = checked(at, path)
    assert found.state is State.FAILED
    assert str(path) in found.found
    assert "--include_imports" in found.remedy
