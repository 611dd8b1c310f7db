"""Tries what capture takes, for a moment: a packet sent to oneself, and promiscuous mode.

Nothing that runs is touched: a capture of its own is opened beside the others and closed again.
"""

from __future__ import annotations

import contextlib
import errno
import json
import secrets
import socket
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nautscan import _engine
from nautscan.errors import NautScanError
from nautscan.sensor.enginefacts import as_dict, relayed

WAIT_S: Final = 1.0
"""How long a packet may take. On an idle machine it takes a few milliseconds."""

MARK: Final = b"nautscan doctor "
"""What the test packet begins with; a random number follows."""

_LOOPBACK: Final = "127.0.0.1"
_BUFFER_BYTES: Final = 1 << 20
_RING_BYTES: Final = 1 << 17
_ROWS: Final = 64
_POLL_S: Final = 0.01

_PACKET_ADD_MEMBERSHIP: Final = 1
_PACKET_MR_PROMISC: Final = 1
_SOL_PACKET: Final = 263
_IFF_PROMISC: Final = 0x100


@dataclass(frozen=True, slots=True)
class Loopback:
    """How the test packet fared."""

    seen: bool
    interface: str | None
    port: int | None = None
    milliseconds: float | None = None
    """From sending it to finding it in the capture."""
    error: dict[str, Any] | None = None
    """Why it could not be tried (the JSON error shape)."""


def loopback(wait_s: float = WAIT_S) -> Loopback:
    """Sends one UDP packet to 127.0.0.1 and looks for it in a capture of the loopback."""
    name = None
    try:
        name = loopback_interface()
        if name is None:
            return Loopback(seen=False, interface=None, error=_no_loopback())
        return _try(name, wait_s)
    except _engine.EngineError as error:
        return Loopback(seen=False, interface=name, error=as_dict(error))
    except NautScanError as error:
        return Loopback(seen=False, interface=name, error=error.as_dict())
    except OSError as error:
        return Loopback(seen=False, interface=name, error=_unsent(error))


def loopback_interface() -> str | None:
    """The loopback's name, if there is one that is up. Raises NautScanError."""
    try:
        found = _engine.interfaces()
    except _engine.EngineError as error:
        raise relayed(error) from error
    return next((item["name"] for item in found if item["loopback"] and item["up"]), None)


def _try(name: str, wait_s: float) -> Loopback:
    token = MARK + secrets.token_bytes(16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind((_LOOPBACK, 0))
        port: int = receiver.getsockname()[1]
        with _capturing(name, port) as capture:
            began = time.monotonic()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(token, (_LOOPBACK, port))
            while time.monotonic() - began < wait_s:
                if _has(capture, token):
                    taken = round((time.monotonic() - began) * 1000, 3)
                    return Loopback(seen=True, interface=name, port=port, milliseconds=taken)
                time.sleep(_POLL_S)
    return Loopback(seen=False, interface=name, port=port)


@contextlib.contextmanager
def _capturing(name: str, port: int) -> Iterator[_engine.Capture]:
    capture = _engine.Capture(
        [name],
        filter=f"udp dst port {port}",
        promiscuous=False,
        buffer_bytes=_BUFFER_BYTES,
        ring_bytes=_RING_BYTES,
        body_limit=0,
        max_flows=16,
        max_batches=4,
    )
    try:
        yield capture
    finally:
        capture.stop()


def _has(capture: _engine.Capture, token: bytes) -> bool:
    rows = capture.recent(_ROWS)
    for line in b"".join(_engine.json_lines(rows, [("id", "i64")])).splitlines():
        packet = capture.packet(int(json.loads(line)["id"]))
        if packet is not None and token in packet["bytes"]:
            return True
    return False


def _no_loopback() -> dict[str, Any]:
    return {
        "code": "unknown_interface",
        "message": "There is no loopback interface that is up",
        "remedy": "Switch it on:\n    sudo ip link set lo up",
        "detail": {},
    }


def _unsent(error: OSError) -> dict[str, Any]:
    return {
        "code": "capture_failed",
        "message": f"The test packet could not be sent to {_LOOPBACK}: {error.strerror or error}",
        "remedy": "See whether a firewall closes the loopback:\n    sudo nft list ruleset",
        "detail": {},
    }


@dataclass(frozen=True, slots=True)
class Promiscuous:
    """Whether an interface goes into promiscuous mode."""

    name: str
    accepted: bool | None
    """The kernel accepted the wish; None: it could not be tried."""
    flag: bool | None
    """The interface showed it (IFF_PROMISC in /sys); None where that cannot be seen."""
    reason: str | None = None


def promiscuous(name: str) -> Promiscuous:
    """Asks for promiscuous mode as a capture does, looks, and gives it back (Linux).

    The socket has protocol 0, so that no packet is copied to it.
    """
    if sys.platform != "linux":
        return Promiscuous(name, None, None, "it can be tried on Linux only")
    if _flag(name):
        return Promiscuous(name, accepted=True, flag=True, reason="it is in promiscuous mode now")
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            request = struct.pack("iHH8s", socket.if_nametoindex(name), _PACKET_MR_PROMISC, 0, b"")
            sock.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, request)
            return Promiscuous(name, accepted=True, flag=_flag(name))
    except PermissionError:
        return Promiscuous(name, None, None, "it takes CAP_NET_RAW to try")
    except OSError as error:
        if error.errno == errno.ENODEV:
            return Promiscuous(name, None, None, "the interface has gone")
        reason = error.strerror or str(error)
        return Promiscuous(name, accepted=False, flag=None, reason=reason)


def _flag(name: str) -> bool | None:
    try:
        text = Path(f"/sys/class/net/{name}/flags").read_text(encoding="ascii")
    except OSError:
        return None
    return bool(int(text, 16) & _IFF_PROMISC)
