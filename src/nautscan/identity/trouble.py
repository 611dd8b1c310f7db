"""Why a container engine cannot be asked: ordinary states, each with a reason and a remedy."""

from __future__ import annotations

import errno
import os
import ssl
from enum import StrEnum

import aiohttp

from nautscan.identity.endpoint import Endpoint


class Trouble(StrEnum):
    """The kinds of reasons why the engine cannot be asked."""

    ABSENT = "absent"
    """As far as can be seen no engine is installed here: there is no socket."""
    NO_PERMISSION = "no_permission"
    """The engine is there, and this user may not ask it."""
    UNREACHABLE = "unreachable"
    """It should be there and does not answer: stopped, restarting, hung, wrong address."""


class EngineUnavailable(Exception):
    """The engine cannot be asked now."""

    def __init__(self, trouble: Trouble, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.trouble = trouble
        self.reason = reason
        self.remedy = remedy


class NoSuchObject(Exception):
    """The engine does not have the container or network (any more)."""


def explain(endpoint: Endpoint, error: BaseException) -> EngineUnavailable:
    """What a failed connection or exchange means for a person."""
    if isinstance(error, (ssl.SSLError, aiohttp.ClientSSLError)):
        return _tls_failed(endpoint, error)
    code = _errno(error)
    if code in (errno.EACCES, errno.EPERM):
        return _not_allowed(endpoint)
    if code == errno.ENOENT and endpoint.scheme != "tcp":
        return EngineUnavailable(
            Trouble.ABSENT,
            f"There is no container engine at {endpoint}.",
            "If Docker is installed, start it (systemctl start docker) or set DOCKER_HOST to "
            "where it listens. Without it, traffic is shown by address only.",
        )
    if code == errno.ECONNREFUSED:
        return EngineUnavailable(
            Trouble.UNREACHABLE,
            f"Nothing listens at {endpoint}: the container engine is stopped.",
            "Start it: systemctl start docker. NautScan reconnects by itself.",
        )
    if isinstance(error, TimeoutError):
        return EngineUnavailable(
            Trouble.UNREACHABLE,
            f"The container engine at {endpoint} does not answer in time.",
            "See whether it hangs: docker info; journalctl -u docker.",
        )
    return EngineUnavailable(
        Trouble.UNREACHABLE,
        f"The connection to the container engine at {endpoint} failed: {_words(error)}.",
        "See whether it runs and whether the address is right: docker -H "
        f"{endpoint} version. NautScan reconnects by itself.",
    )


def refusal(endpoint: Endpoint, status: int, said: str) -> EngineUnavailable:
    """What an answer other than 200 means for a person."""
    if status in (401, 403):
        return EngineUnavailable(
            Trouble.NO_PERMISSION,
            f"The container engine at {endpoint} refuses the request ({status}): {said}",
            "A socket proxy must allow GET for containers, networks, events, version and ping.",
        )
    return EngineUnavailable(
        Trouble.UNREACHABLE,
        f"The container engine at {endpoint} answered {status}: {said}",
        "See the engine's log: journalctl -u docker.",
    )


def _not_allowed(endpoint: Endpoint) -> EngineUnavailable:
    user = f"user id {os.geteuid()}" if hasattr(os, "geteuid") else "this user"
    return EngineUnavailable(
        Trouble.NO_PERMISSION,
        f"The container engine at {endpoint} may not be asked by {user}.",
        "Start NautScan with sudo, or add the user to the group that owns the socket "
        "(usermod -aG docker USER, then log in again), or set DOCKER_HOST to a socket proxy.",
    )


def _tls_failed(endpoint: Endpoint, error: BaseException) -> EngineUnavailable:
    return EngineUnavailable(
        Trouble.UNREACHABLE,
        f"TLS with the container engine at {endpoint} failed: {_words(error)}.",
        "Check DOCKER_TLS_VERIFY and the ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH.",
    )


def _errno(error: BaseException) -> int | None:
    inner = getattr(error, "os_error", None)
    for candidate in (inner, error):
        if isinstance(candidate, OSError) and candidate.errno is not None:
            return candidate.errno
    return None


def _words(error: BaseException) -> str:
    return str(error).rstrip(".") or type(error).__name__
