"""What a network interface's driver tells without rights: its name and its offloads (Linux).

The ioctl SIOCETHTOOL of linux/ethtool.h; its questions ("get") take no capability.
"""

from __future__ import annotations

import array
import contextlib
import socket
import struct
import sys
from typing import Final, NamedTuple

if sys.platform == "linux":
    import fcntl

_SIOCETHTOOL: Final = 0x8946
_GDRVINFO: Final = 0x03
_GFLAGS: Final = 0x25
_FLAG_LRO: Final = 1 << 15
_OFFLOADS: Final = {"tso": 0x1E, "gso": 0x23, "gro": 0x2B}
_DRVINFO_BYTES: Final = 196
_NAME_BYTES: Final = 16


class Driver(NamedTuple):
    """What `ethtool -i` prints, as far as it is of use."""

    name: str
    """`veth`, `macvlan`, `bridge`, `virtio_net`, …"""
    bus: str
    """Where the device is in the machine; empty for what exists in the kernel only."""


def driver(interface: str) -> Driver | None:
    """The interface's driver; None where it tells nothing, as loopback."""
    answer = _ask(interface, struct.pack("I", _GDRVINFO).ljust(_DRVINFO_BYTES, b"\0"))
    if answer is None or not answer[4]:
        return None
    return Driver(_text(answer[4:36]), _text(answer[100:132]))


def offloads(interface: str) -> dict[str, bool] | None:
    """Which offloads that merge or split packets are on; None where the driver tells nothing."""
    found = {}
    for name, command in _OFFLOADS.items():
        answer = _ask(interface, struct.pack("II", command, 0))
        if answer is not None:
            found[name] = bool(struct.unpack("II", answer)[1])
    flags = _ask(interface, struct.pack("II", _GFLAGS, 0))
    if flags is not None:
        found["lro"] = bool(struct.unpack("II", flags)[1] & _FLAG_LRO)
    return found or None


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("ascii", "replace")


def _ask(interface: str, command: bytes) -> bytes | None:
    """The kernel's answer, written over the question."""
    name = interface.encode()
    if sys.platform != "linux" or len(name) >= _NAME_BYTES:
        return None
    buffer = array.array("B", command)
    request = struct.pack("16sP16x", name, buffer.buffer_info()[0])
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock.fileno(), _SIOCETHTOOL, request)
        return buffer.tobytes()
    return None
