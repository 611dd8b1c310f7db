"""Where the container engine listens: a Unix socket, TCP with or without TLS, a named pipe."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from nautscan.errors import BadRequest

DEFAULT_PORT = 2375
DEFAULT_TLS_PORT = 2376
WINDOWS_PIPE = "npipe:////./pipe/docker_engine"
SYSTEM_SOCKETS = ("/var/run/docker.sock", "/run/podman/podman.sock")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One container engine's address, as it is used and as it is shown."""

    scheme: str
    """`unix`, `tcp` or `npipe`."""
    address: str
    """A path for `unix` and `npipe`, `host:port` for `tcp`."""
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"{self.scheme}://{self.address}"

    @property
    def is_local(self) -> bool:
        """Whether the engine runs on this host, so that its host addresses are ours."""
        return self.scheme != "tcp" or self.host in ("localhost", "127.0.0.1", "::1")

    @property
    def host(self) -> str | None:
        """The engine's host name or address, for TCP."""
        return urlsplit(f"//{self.address}").hostname if self.scheme == "tcp" else None

    @property
    def base_url(self) -> str:
        """What requests' paths are appended to. The host part means nothing on a socket."""
        if self.scheme != "tcp":
            return "http://docker"
        return f"{'https' if self.tls else 'http'}://{self.address}"


def find_endpoint(host: str | None, environment: Mapping[str, str] | None = None) -> Endpoint:
    """The endpoint for `host`, else for DOCKER_HOST, else the first usual socket there is.

    Raises `BadRequest` where the setting makes no sense, with what to write instead.
    """
    environment = os.environ if environment is None else environment
    stated = host or environment.get("DOCKER_HOST") or ""
    if stated:
        return parse_endpoint(stated, environment)
    if sys.platform == "win32":
        return parse_endpoint(WINDOWS_PIPE, environment)
    usual = usual_sockets(environment)
    found = next((path for path in usual if _exists(path)), usual[0])
    return Endpoint("unix", found)


def usual_sockets(environment: Mapping[str, str]) -> list[str]:
    """Where engines put their socket when nobody says otherwise, the likeliest first."""
    sockets = list(SYSTEM_SOCKETS)
    runtime = environment.get("XDG_RUNTIME_DIR")
    if runtime:
        sockets += [f"{runtime}/docker.sock", f"{runtime}/podman/podman.sock"]
    home = environment.get("HOME")
    if home:
        sockets += [f"{home}/.docker/run/docker.sock", f"{home}/.colima/default/docker.sock"]
    return sockets


def parse_endpoint(stated: str, environment: Mapping[str, str]) -> Endpoint:
    """The endpoint that a DOCKER_HOST value names."""
    scheme, separator, rest = stated.partition("://")
    if not separator:
        raise _bad_host(stated, "it has no scheme")
    if scheme == "unix" and rest.startswith("/"):
        return Endpoint("unix", rest)
    if scheme == "npipe":
        return _named_pipe(stated, rest)
    if scheme in ("tcp", "http", "https"):
        return _tcp(stated, scheme, rest, environment)
    if scheme == "ssh":
        raise BadRequest(
            f"DOCKER_HOST={stated}: the engine cannot be reached over ssh directly.",
            remedy="Forward its socket: ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock "
            "USER@HOST, then set DOCKER_HOST=unix:///tmp/docker.sock.",
        )
    raise _bad_host(stated, f"{scheme}:// is not a scheme of the Docker Engine")


def _tcp(stated: str, scheme: str, rest: str, environment: Mapping[str, str]) -> Endpoint:
    tls = _tls_context(environment, forced=scheme == "https")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _bad_host(stated, str(error)) from error
    if not host:
        raise _bad_host(stated, "it names no host")
    port = port or (DEFAULT_TLS_PORT if tls else DEFAULT_PORT)
    return Endpoint("tcp", f"[{host}]:{port}" if ":" in host else f"{host}:{port}", tls)


def _named_pipe(stated: str, rest: str) -> Endpoint:
    if sys.platform != "win32":
        raise BadRequest(
            f"DOCKER_HOST={stated}: named pipes exist on Windows only.",
            remedy="Use unix:///path/to/docker.sock here, or tcp://HOST:2376 for another host.",
        )
    return Endpoint("npipe", rest.replace("/", "\\"))


def _tls_context(environment: Mapping[str, str], *, forced: bool) -> ssl.SSLContext | None:
    """TLS as the `docker` command does it: DOCKER_TLS_VERIFY and DOCKER_CERT_PATH."""
    verify = bool(environment.get("DOCKER_TLS_VERIFY"))
    stated = environment.get("DOCKER_CERT_PATH")
    if not (verify or stated or forced):
        return None
    folder = Path(stated) if stated else Path(environment.get("HOME", "/")) / ".docker"
    try:
        return _load_context(folder, verify=verify or forced)
    except (OSError, ssl.SSLError) as error:
        raise BadRequest(
            f"The certificates for the Docker Engine in {folder} could not be used: {error}",
            remedy="DOCKER_CERT_PATH must name a folder with ca.pem, cert.pem and key.pem that "
            "this user can read.",
        ) from error


def _load_context(folder: Path, *, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority, certificate = folder / "ca.pem", folder / "cert.pem"
    if authority.exists():
        context.load_verify_locations(authority)
    if certificate.exists():
        context.load_cert_chain(certificate, folder / "key.pem")
    if not verify:
        # DOCKER_CERT_PATH without DOCKER_TLS_VERIFY: encrypted, but the server is not checked;
        # the same reading as the `docker` command's.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _bad_host(stated: str, why: str) -> BadRequest:
    return BadRequest(
        f"DOCKER_HOST={stated} cannot be used: {why}.",
        remedy="Write unix:///path/to/docker.sock, tcp://HOST:2376 or, on Windows, "
        f"{WINDOWS_PIPE}.",
    )


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # a folder on the way that may not be searched
        return False
