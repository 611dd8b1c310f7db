"""What a flow's TLS handshake told, on the page, of real handshakes of two versions."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running
from tests.e2e.target import Target

pytestmark = [pytest.mark.browser, pytest.mark.root]

PORT: Final = 8443
_SERVER: Final = """
import socket, ssl, sys, threading

address, port, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "/server.crt", folder + "/server.key")
context.set_alpn_protocols(["http/1.1"])

def serve(connection):
    try:
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.sendall(b"hello")
            tls.recv(100)
    except OSError:
        pass

with socket.create_server((address, port)) as server:
    print("listening", flush=True)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


@pytest.fixture(scope="module")
def certificate() -> Iterator[Path]:
    """A folder with a certificate of its own, and its key."""
    with tempfile.TemporaryDirectory(prefix="nautscan-e2e-tls-") as folder:
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                "-subj", "/O=Example/CN=tls.example", "-addext", "subjectAltName=DNS:tls.example",
                "-keyout", f"{folder}/server.key", "-out", f"{folder}/server.crt",
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip
        yield Path(folder)


@pytest.fixture(scope="module")
def server(target: Target, certificate: Path) -> Iterator[str]:
    """The address of a TLS server beside the target."""
    command = ["ip", "netns", "exec", target.namespace, sys.executable, "-c", _SERVER]
    with subprocess.Popen(
        [*command, target.address, str(PORT), str(certificate)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"]},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        yield target.address
        process.kill()


def _context(certificate: Path, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificate / "server.crt"))
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def _talk(
    server: str, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> tuple[dict[str, Any], ssl.SSLSession | None]:
    """One handshake: what both sides agreed on, and the session to take up again."""
    with (
        socket.create_connection((server, PORT), timeout=20) as raw,
        context.wrap_socket(raw, server_hostname="tls.example", session=session) as tls,
    ):
        tls.recv(5)
        tls.sendall(b"bye")
        cipher = tls.cipher()
        assert cipher is not None
        return {
            "port": tls.getsockname()[1],
            "version": tls.version(),
            "cipher": cipher[0],
            "alpn": tls.selected_alpn_protocol(),
            "resumed": tls.session_reused,
        }, tls.session


@pytest.mark.parametrize("scenario", scenarios("tls"))
def test_tls(scenario: str, live: Running, server: str, certificate: Path, tmp_path: Path) -> None:
    """Each scenario of page/tls.mjs, with a handshake of each kind."""
    old = _context(certificate, ssl.TLSVersion.TLSv1_2)
    first, session = _talk(server, old)
    again, _ = _talk(server, old, session)
    new, _ = _talk(server, _context(certificate, ssl.TLSVersion.TLSv1_3))
    assert again["resumed"]
    told = json.dumps({"first": first, "again": again, "new": new})
    play("tls", scenario, tmp_path, URL=live.url, HANDSHAKES=told)
