"""What is tried for a moment, with an engine that does as the test says."""

from __future__ import annotations

import contextlib
import errno
import secrets
import socket
import sys
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from nautscan import _engine
from nautscan.sensor import selftest

LO = {"name": "lo", "loopback": True, "up": True}


class EngineError(_engine.EngineError):
    """As the engine raises it."""

    code = "no_permission"
    message = "socket: EPERM"
    remedy = ""


class Capture:
    """Sees what is in `packets`."""

    packets: ClassVar[list[bytes]] = []
    opened: ClassVar[list[dict[str, Any]]] = []
    stopped: ClassVar[int] = 0

    def __init__(self, names: Sequence[str], **options: Any) -> None:
        type(self).opened.append({"names": list(names), **options})

    def recent(self, _limit: int) -> list[bytes]:
        return self.packets

    def packet(self, number: int) -> dict[str, Any] | None:
        return {"bytes": self.packets[number]} if number < len(self.packets) else None

    def stop(self) -> None:
        type(self).stopped += 1


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """An engine with a loopback."""
    Capture.packets, Capture.opened, Capture.stopped = [], [], 0
    fake = SimpleNamespace(
        interfaces=lambda: [LO],
        Capture=Capture,
        EngineError=_engine.EngineError,
        json_lines=lambda rows, _columns: [b'{"id":%d}\n' % n for n in range(len(rows))],
    )
    monkeypatch.setattr(selftest, "_engine", fake)
    return fake


def test_only_the_packet_that_was_sent_counts(
    engine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another packet to the same port is not ours."""
    Capture.packets = [b"nautscan doctor of somebody else"]
    assert not selftest.loopback(0.05).seen
    monkeypatch.setattr(secrets, "token_bytes", lambda n: b"z" * n)
    Capture.packets.append(b"\0" * 42 + selftest.MARK + b"z" * 16)
    found = selftest.loopback(0.05)
    assert (found.seen, found.interface, found.error) == (True, "lo", None)
    assert found.milliseconds is not None


def test_the_capture_is_small_and_closed_again(engine: SimpleNamespace) -> None:
    found = selftest.loopback(0.0)
    [options] = Capture.opened
    assert options["names"] == ["lo"]
    assert options["filter"] == f"udp dst port {found.port}"
    assert options["promiscuous"] is False
    assert options["buffer_bytes"] <= 1 << 20
    assert Capture.stopped == 1


def test_what_the_engine_refuses_is_told_with_advice(engine: SimpleNamespace) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise EngineError("socket: EPERM")

    engine.Capture = refuse
    found = selftest.loopback()
    assert not found.seen
    assert found.error is not None
    assert found.error["code"] == "no_permission"
    engine.interfaces = refuse
    assert (selftest.loopback().error or {})["code"] == "no_permission"


def test_no_loopback_that_is_up(engine: SimpleNamespace) -> None:
    engine.interfaces = lambda: [{**LO, "up": False}]
    found = selftest.loopback()
    assert found.error is not None
    assert "    sudo ip link set lo up" in found.error["remedy"].splitlines()


def test_a_packet_that_cannot_be_sent(
    engine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: Any) -> Any:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(selftest, "_has", closed)
    found = selftest.loopback(0.05)
    assert found.error is not None
    assert found.error["code"] == "capture_failed"
    assert "Operation not permitted" in found.error["message"]
    assert Capture.stopped == 1


class NoSocket(contextlib.closing[Any]):
    """In place of a packet socket, which takes a right."""

    def __init__(self, *_: object) -> None:
        super().__init__(SimpleNamespace(close=lambda: None))


@pytest.mark.skipif(sys.platform != "linux", reason="packet sockets are Linux's")
@pytest.mark.parametrize(
    ("error", "accepted", "says"),
    [
        (PermissionError(errno.EPERM, "no"), None, "CAP_NET_RAW"),
        (OSError(errno.ENODEV, "No such device"), None, "has gone"),
        (OSError(errno.EOPNOTSUPP, "Not supported"), False, "Not supported"),
    ],
)
def test_promiscuous_mode_that_is_refused(
    monkeypatch: pytest.MonkeyPatch, *, error: OSError, accepted: bool | None, says: str
) -> None:
    def refuse(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(socket, "if_nametoindex", refuse)
    monkeypatch.setattr(socket, "socket", NoSocket)
    found = selftest.promiscuous("eth9")
    assert found.accepted is accepted
    assert says in (found.reason or "")


def test_an_interface_that_is_promiscuous_already_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selftest, "_flag", lambda _: True)
    found = selftest.promiscuous("eth9")
    assert (found.accepted, found.flag) == (True, True)
