"""Sockets of our own network namespace, by NETLINK_SOCK_DIAG: sock_diag(7). Takes no right.

One request and one answer of fixed structures (linux/inet_diag.h), hence no library: pyroute2
makes a dictionary of each attribute of each socket, which costs more than everything else here.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Final

from nautscan.sensor.lookout.model import MAX_ENTRIES, Seen, SocketKey

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_DUMP: Final = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_SKV6ONLY: Final = 11  # INET_DIAG_SKV6ONLY

_HEADER: Final = struct.Struct("=IHHII")
_REQUEST: Final = struct.Struct("=BBxxI48x")  # inet_diag_req_v2
_MESSAGE: Final = struct.Struct("!BBxxHH16s16s12x")  # inet_diag_msg up to the cookie
_TAIL: Final = struct.Struct("=12xII")  # expires, queues; uid, inode
_ATTRIBUTE: Final = struct.Struct("=HH")
_MESSAGE_BYTES: Final = _MESSAGE.size + _TAIL.size

_TIME_WAIT, _SYN_RECEIVED, _NEW_SYN_RECEIVED = 6, 3, 12
WITHOUT_PROCESS: Final = frozenset({_TIME_WAIT, _SYN_RECEIVED, _NEW_SYN_RECEIVED})
"""States in which the kernel alone has the socket."""

_STATES: Final = sum(1 << state for state in range(1, 12) if state not in WITHOUT_PROCESS)
_RECEIVE_BYTES: Final = 256 << 10
_TIMEOUT_S: Final = 5.0

TABLES: Final = tuple(
    (family, protocol, transport)
    for protocol, transport in ((socket.IPPROTO_TCP, "tcp"), (socket.IPPROTO_UDP, "udp"))
    for family in (socket.AF_INET, socket.AF_INET6)
)


def sockets(netns: int) -> list[Seen]:
    """TCP and UDP sockets that processes hold, `MAX_ENTRIES` at most. Raises OSError.

    `netns` is what their keys say: the namespace of this thread.
    """
    found: list[Seen] = []
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, _NETLINK_SOCK_DIAG) as sock:
        sock.settimeout(_TIMEOUT_S)
        for family, protocol, transport in TABLES:
            request = _REQUEST.pack(family, protocol, _STATES)
            size = _HEADER.size + len(request)
            sock.send(_HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _DUMP, 0, 0) + request)
            for payload in _answers(sock):
                seen = parse(payload, netns, transport)
                if seen is not None and len(found) < MAX_ENTRIES:
                    found.append(seen)
    return found


def _answers(sock: socket.socket) -> Iterator[bytes]:
    """The payloads of one dump, to its end."""
    while True:
        data = sock.recv(_RECEIVE_BYTES)
        at = 0
        while at + _HEADER.size <= len(data):
            size, kind, _, _, _ = _HEADER.unpack_from(data, at)
            if size < _HEADER.size or at + size > len(data):
                raise OSError("the kernel's answer does not end where it says")
            payload = data[at + _HEADER.size : at + size]
            at += (size + 3) & ~3
            if kind == _NLMSG_DONE:
                return
            if kind == _NLMSG_ERROR:
                number = -struct.unpack_from("=i", payload)[0]
                raise OSError(number, "sock_diag")
            yield payload


def parse(payload: bytes, netns: int, transport: str) -> Seen | None:
    """The socket of one `inet_diag_msg`; None if no process can hold it, or it has no port."""
    if len(payload) < _MESSAGE_BYTES:
        return None
    family, state, port, peer_port, source, destination = _MESSAGE.unpack_from(payload)
    uid, inode = _TAIL.unpack_from(payload, _MESSAGE.size)
    if not inode or not port or state in WITHOUT_PROCESS:
        return None
    ip, peer_ip = text_of(family, source), text_of(family, destination)
    if not peer_port:
        peer_ip = ""
    key = SocketKey(netns, transport, ip, port, peer_ip, peer_port)
    v6only = _v6only(payload) if family == socket.AF_INET6 and not peer_ip else None
    return Seen(key, inode, uid, v6only)


def _v6only(payload: bytes) -> bool | None:
    at = _MESSAGE_BYTES
    while at + _ATTRIBUTE.size <= len(payload):
        size, kind = _ATTRIBUTE.unpack_from(payload, at)
        if size < _ATTRIBUTE.size:
            return None
        if kind == _SKV6ONLY and at + _ATTRIBUTE.size < len(payload):
            return bool(payload[at + _ATTRIBUTE.size])
        at += (size + 3) & ~3
    return None


_MAPPED: Final = bytes(10) + b"\xff\xff"


def text_of(family: int, packed: bytes) -> str:
    """An address of 4 or 16 bytes (of 16, the first 4 if IPv4) as canonical text."""
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, packed[:4])
    if packed[:12] == _MAPPED:
        return socket.inet_ntop(socket.AF_INET, packed[12:16])
    return socket.inet_ntop(socket.AF_INET6, packed[:16])
