"""Sockets as the kernel lists them: sock_diag, and /proc/PID/net."""

from __future__ import annotations

import os
import socket
import struct
import sys
from pathlib import Path

import pytest

from nautscan.sensor.lookout import diag, proctable
from nautscan.sensor.lookout.model import Seen, SocketKey

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux's tables")


def message(  # noqa: PLR0917 (one argument a field)
    family: int = socket.AF_INET,
    state: int = 1,
    inode: int = 7,
    port: int = 80,
    peer_port: int = 5000,
    source: bytes = bytes([10, 0, 0, 1]),
    destination: bytes = bytes([10, 0, 0, 2]),
    more: bytes = b"",
) -> bytes:
    """An `inet_diag_msg` as the kernel writes it."""
    head = struct.pack("!BBxxHH16s16s12x", family, state, port, peer_port, source, destination)
    return head + struct.pack("=12xII", 1000, inode) + more


def test_a_connection() -> None:
    key = SocketKey(9, "tcp", "10.0.0.1", 80, "10.0.0.2", 5000)
    assert diag.parse(message(), 9, "tcp") == Seen(key, 7, 1000)


def test_a_socket_that_listens_has_no_peer() -> None:
    data = message(state=10, peer_port=0, source=bytes(4), destination=bytes(4))
    seen = diag.parse(data, 9, "tcp")
    assert seen is not None
    assert seen.key == SocketKey(9, "tcp", "0.0.0.0", 80, "", 0)
    assert seen.key.bound


@pytest.mark.parametrize("value", [0, 1])
def test_a_socket_at_every_ipv6_address_says_whether_it_takes_ipv4(value: int) -> None:
    attribute = struct.pack("=HH", 6, 8) + b"\x06\0\0\0" + struct.pack("=HHB3x", 5, 11, value)
    data = message(
        socket.AF_INET6, 10, peer_port=0, source=bytes(16), destination=bytes(16), more=attribute
    )
    seen = diag.parse(data, 9, "tcp")
    assert seen is not None
    assert (seen.key.ip, seen.v6only) == ("::", bool(value))


def test_ipv4_in_ipv6_is_ipv4() -> None:
    mapped = bytes(10) + b"\xff\xff" + bytes([127, 0, 0, 1])
    data = message(socket.AF_INET6, source=mapped, destination=mapped)
    seen = diag.parse(data, 9, "tcp")
    assert seen is not None
    assert (seen.key.ip, seen.key.peer_ip) == ("127.0.0.1", "127.0.0.1")


@pytest.mark.parametrize(
    "data",
    [
        message(inode=0),
        message(port=0),
        *(message(state=state) for state in diag.WITHOUT_PROCESS),
        message()[:-1],
        b"",
    ],
)
def test_what_no_process_can_hold_is_left_out(data: bytes) -> None:
    assert diag.parse(data, 9, "tcp") is None


def test_an_attribute_that_lies_about_its_length_ends_the_search() -> None:
    data = message(socket.AF_INET6, 10, peer_port=0, more=struct.pack("=HH", 0, 11))
    seen = diag.parse(data, 9, "tcp")
    assert seen is not None
    assert seen.v6only is None


def own(sock: socket.socket) -> tuple[str, int]:
    """Address and port of a socket."""
    ip, port = sock.getsockname()[:2]
    return str(ip), int(port)


LINE = (
    "   0: 0100000A:0050 0200000A:1388 01 00000000:00000000 00:00000000 00000000  1000 "
    "       0 7 1 ffff888 20 4 30 10 -1\n"
)


@pytest.mark.skipif(sys.byteorder != "little", reason="the line is of such a machine")
def test_a_line_of_proc_net() -> None:
    key = SocketKey(9, "tcp", "10.0.0.1", 80, "10.0.0.2", 5000)
    assert proctable.parse(LINE, 9, "tcp", socket.AF_INET) == Seen(key, 7, 1000)
    six = LINE.replace("0100000A", "0" * 24 + "01000000").replace("0200000A", "0" * 32)
    seen = proctable.parse(six.replace("1388", "0000"), 9, "tcp", socket.AF_INET6)
    assert seen is not None
    assert seen.key == SocketKey(9, "tcp", "::1", 80, "", 0)


@pytest.mark.parametrize(
    "line",
    ["", "0: x", LINE.replace("0100000A", "01"), LINE.replace(" 7 ", " 0 "),
     LINE.replace(" 01 ", " 06 "), LINE.replace(" 1000 ", " nobody ")],
)  # fmt: skip
def test_a_line_that_is_none_is_left_out(line: str) -> None:
    assert proctable.parse(line, 9, "tcp", socket.AF_INET) is None


@linux
def test_both_tables_tell_the_same_of_our_own_sockets() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.create_server(("::1", 0), family=socket.AF_INET6) as six,
    ):
        datagrams.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        wanted = {
            SocketKey(9, "tcp", "127.0.0.1", port, "", 0): server,
            SocketKey(9, "tcp", *own(client), "127.0.0.1", port): client,
            SocketKey(9, "udp", *own(datagrams), "", 0): datagrams,
            SocketKey(9, "tcp", "::1", six.getsockname()[1], "", 0): six,
        }
        for found in (diag.sockets(9), proctable.sockets(os.getpid(), 9)):
            seen = {item.key: item for item in found}
            for key, sock in wanted.items():
                assert seen[key].inode == os.fstat(sock.fileno()).st_ino
                assert seen[key].uid == os.getuid()


def test_a_process_that_has_gone_has_no_sockets(tmp_path: Path) -> None:
    assert proctable.sockets(4_000_000, 9, tmp_path) == []
