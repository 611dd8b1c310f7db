"""Sockets by psutil, as on macOS and Windows: the same library, tried on this system."""

from __future__ import annotations

import os
import socket

import psutil
import pytest

from nautscan.sensor.lookout import elsewhere
from nautscan.sensor.lookout.elsewhere import PsutilLookout
from nautscan.sensor.lookout.model import SocketKey


def own(sock: socket.socket) -> tuple[str, int]:
    """Address and port of a socket."""
    ip, port = sock.getsockname()[:2]
    return str(ip), int(port)


def test_our_own_sockets_are_ours() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        datagrams.bind(("127.0.0.1", 0))
        look = PsutilLookout().look({})
        port = server.getsockname()[1]
        for key in (
            SocketKey(0, "tcp", "127.0.0.1", port, "", 0),
            SocketKey(0, "tcp", *own(client), "127.0.0.1", port),
            SocketKey(0, "udp", *own(datagrams), "", 0),
        ):
            [seen] = look.seen[key]
            [process] = look.holders[seen.inode]
            assert process.pid == os.getpid()
            assert process.user == psutil.Process().username()


def test_processes_that_are_known_are_not_asked_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        key = SocketKey(0, "tcp", *own(server), "", 0)
        look = PsutilLookout().look({key: {os.getpid()}}, {elsewhere.read(os.getpid())})  # type: ignore[arg-type]
        assert key in look.seen
        assert not look.gone


def test_where_all_may_not_be_seen_it_goes_process_by_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As macOS does to a user who is not root."""

    def refused(_kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refused)
    with socket.create_server(("127.0.0.1", 0)) as server:
        look = PsutilLookout().look({})
        assert SocketKey(0, "tcp", *own(server), "", 0) in look.seen


def test_a_process_that_has_gone_is_none() -> None:
    assert elsewhere.read(4_194_303 + 5) is None


@pytest.mark.parametrize(
    ("ip", "plain"),
    [("fe80::1%en0", "fe80::1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("10.0.0.1", "10.0.0.1"),
     ("::1", "::1")],
)  # fmt: skip
def test_addresses_are_plain(ip: str, plain: str) -> None:
    assert elsewhere._plain(ip) == plain
