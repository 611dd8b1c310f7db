"""Who the server becomes."""

from __future__ import annotations

import os
import pwd
import socket
from pathlib import Path

import pytest

from nautscan.errors import BadRequest
from nautscan.sensor.users import Identity, docker_socket_group, is_root, server_identity

ALICE = Identity(1234, 1235)
as_root = pytest.mark.skipif(not is_root(), reason="needs root")


@pytest.mark.parametrize(
    ("text", "identity"),
    [("1:2", Identity(1, 2)), ("1:2:3", Identity(1, 2, (3,))), ("0:0:5,6", Identity(0, 0, (5, 6)))],
)
def test_an_identity_and_its_text(text: str, identity: Identity) -> None:
    assert Identity.parse(text) == identity
    assert str(identity) == text


@pytest.mark.parametrize("text", ["", "1", "1:", "a:b", "1:2:3:4", "-1:2", "1:2:x"])
def test_other_texts_are_no_identity(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - int's words or ours
        Identity.parse(text)


@pytest.mark.root
@as_root
def test_under_sudo_the_server_is_the_one_who_called() -> None:
    environ = {"SUDO_UID": "1234", "SUDO_GID": "1235"}
    assert server_identity(None, environ, docker_group=False) == ALICE


@pytest.mark.root
@as_root
@pytest.mark.parametrize("environ", [{}, {"SUDO_UID": "0", "SUDO_GID": "0"}, {"SUDO_UID": "x"}])
def test_root_itself_becomes_nobody(environ: dict[str, str]) -> None:
    nobody = pwd.getpwnam("nobody")
    identity = server_identity(None, environ, docker_group=False)
    assert identity == Identity(nobody.pw_uid, nobody.pw_gid)


@pytest.mark.root
@as_root
def test_an_unknown_user_is_named() -> None:
    with pytest.raises(BadRequest, match="no user 'nosuchuser'"):
        server_identity("nosuchuser", {})


def docker_socket(path: Path, mode: int, group: int) -> str:
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.close()
    os.chown(path, -1, group)
    path.chmod(mode)
    return f"unix://{path}"


@pytest.mark.root
@as_root
@pytest.mark.parametrize(
    ("mode", "group", "expected"),
    [
        (0o660, 4321, 4321),
        (0o666, 4321, None),  # open to all: no group is needed
        (0o600, 4321, None),  # the group opens nothing
        (0o660, 0, None),  # root's group opens too much else
        (0o660, ALICE.gid, None),  # it is the user's own
    ],
)
def test_the_group_of_dockers_socket(
    tmp_path: Path, mode: int, group: int, expected: int | None
) -> None:
    host = docker_socket(tmp_path / "d", mode, group)
    assert docker_socket_group(host, ALICE) == expected


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:2375", "unix:///nonexistent/docker.sock"])
def test_without_a_socket_there_is_no_group(host: str) -> None:
    assert docker_socket_group(host, ALICE) is None


def test_a_file_is_no_socket(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("")
    assert docker_socket_group(f"unix://{tmp_path / 'd'}", ALICE) is None
