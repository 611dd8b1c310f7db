"""Whether the page's port is free, or NautScan is there already."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import socket
import sys
from typing import Any, Final

from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State

_TITLE: Final = "Port of the page"
_WHY: Final = "The page and the API are served on one port, which one program can have."
_ANSWER_S: Final = 0.7
_ANSWER_BYTES: Final = 65_536


def check(context: Context) -> list[Check]:
    """Free, ours, or another's."""
    host, port = context.config.host, context.config.port
    facts: dict[str, Any] = {"host": host, "port": port}
    if context.where == "server":
        found = f"This server listens on {host}" + (f", port {port}." if port else ".")
        return [_made(State.OK, found, facts | {"holder": "nautscan"})]
    if port == 0:
        return [_made(State.OK, "Any free port is taken at the start.", facts)]
    trouble = _bind(host, port)
    if trouble is None:
        return [_made(State.OK, f"Port {port} of {host} is free.", facts | {"holder": None})]
    if trouble.errno != errno.EADDRINUSE:
        words = f"The server could not listen on {host}, port {port}: {trouble.strerror}."
        return [_made(State.FAILED, words, facts, _elsewhere(trouble))]
    version = nautscan_at(host, port)
    if version is not None:
        found = f"NautScan{version} is running already, on port {port} of {host}."
        return [_made(State.OK, found, facts | {"holder": "nautscan"})]
    found = f"Port {port} of {host} is taken by another program."
    remedy = (
        f"Take another port (0: any free one):\n"
        f"    nautscan serve --port {port + 1 if port < 65_535 else 0}\n"
        f"Or see who has it:\n    sudo ss -ltnp 'sport = :{port}'"
    )
    return [_made(State.FAILED, found, facts | {"holder": "other"}, remedy)]


def _made(state: State, found: str, facts: dict[str, Any], remedy: str = "") -> Check:
    return Check("port.page", _TITLE, state, found, _WHY, remedy, facts)


def _bind(host: str, port: int) -> OSError | None:
    """Why the server could not listen there; None if it could. Nothing stays bound."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as sock:
            if sys.platform != "win32":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
    except OSError as error:
        return error
    return None


def _elsewhere(trouble: OSError) -> str:
    if trouble.errno == errno.EACCES:
        return "Ports below 1024 take root. Take another:\n    nautscan serve --port 8000"
    return (
        "The address must be one of this machine:\n"
        "    ip -brief address\nLoopback always is:\n    nautscan serve --host 127.0.0.1"
    )


def nautscan_at(host: str, port: int) -> str | None:
    """The version of the NautScan that answers there, in words; None if it is no NautScan.

    One that wants a token tells no version, but its refusal has our error shape.
    """
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (a comparison)
    connection = http.client.HTTPConnection(reached, port, timeout=_ANSWER_S)
    try:
        connection.request("GET", "/api/source", headers={"Host": f"127.0.0.1:{port}"})
        answer = json.loads(connection.getresponse().read(_ANSWER_BYTES))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        with contextlib.suppress(OSError):
            connection.close()
    if not isinstance(answer, dict):
        return None
    if "label" in answer and "version" in answer:
        return f" {answer['version']}"
    error = answer.get("error")
    if isinstance(error, dict) and error.keys() >= {"code", "message", "remedy", "detail"}:
        return ""
    return None
