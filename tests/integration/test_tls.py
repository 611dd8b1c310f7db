"""A real TLS server and clients of several versions: what they agreed is what their flows say."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import subprocess
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.sensor_lab import (
    PYTHON,
    WAIT_S,
    Lab,
    SensorProcess,
    laboratory,
    open_folder,
    sensor,
    started,
)

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

PORT = 14430
"""Nobody's: TLS is known by its bytes."""
SUBJECT = ("-subj", "/C=DE/O=Example, Inc./CN=tls.example")

SERVER = """
    import socket, ssl, sys, threading

    folder, port = sys.argv[1], int(sys.argv[2])

    def context(version, needs_certificate=False):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(folder + "/server.crt", folder + "/server.key")
        c.set_ciphers("ALL:@SECLEVEL=0")
        c.minimum_version = c.maximum_version = version
        c.set_alpn_protocols(["http/1.1"])
        if needs_certificate:
            c.load_verify_locations(folder + "/server.crt")
            c.verify_mode = ssl.CERT_REQUIRED
        return c

    V = ssl.TLSVersion
    contexts = [context(V.TLSv1_3), context(V.TLSv1_2), context(V.TLSv1), context(V.TLSv1_2, True)]

    def serve(connection, context, speaks_first):
        try:
            if speaks_first:
                connection.sendall(b"220 mail.example\\r\\n")
                while b"STARTTLS" not in connection.recv(100):
                    pass
                connection.sendall(b"250 mail.example\\r\\n220 go ahead\\r\\n")
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.sendall(b"hello")
                tls.recv(100)
        except OSError:
            pass
        finally:
            connection.close()

    def listen(number):
        # The last speaks as mail servers do.
        context = contexts[number] if number < len(contexts) else contexts[1]
        with socket.create_server(("10.99.0.2", port + number)) as server:
            while True:
                connection, _ = server.accept()
                threading.Thread(
                    target=serve, args=(connection, context, number == len(contexts)), daemon=True
                ).start()

    for number in range(len(contexts)):
        threading.Thread(target=listen, args=(number,), daemon=True).start()
    listen(len(contexts))
"""

CLIENT = """
    import json, socket, ssl, sys

    folder, port = sys.argv[1], int(sys.argv[2])
    log = []

    def context(trusts=True, certificate=False, ciphers="ALL:@SECLEVEL=0"):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.minimum_version = ssl.TLSVersion.TLSv1
        c.set_ciphers(ciphers)
        c.check_hostname = False
        if trusts:
            c.load_verify_locations(folder + "/server.crt")
        if certificate:
            c.load_cert_chain(folder + "/client.crt", folder + "/client.key")
        c.set_alpn_protocols(["h2", "http/1.1"])
        return c

    def talk(number, context, name, session=None):
        raw = socket.create_connection(("10.99.0.2", port + number))
        if number == 4:
            raw.recv(100)
            raw.sendall(b"EHLO me\\r\\nSTARTTLS\\r\\n")
            raw.recv(100)
        ours = raw.getsockname()[1]
        try:
            with context.wrap_socket(raw, server_hostname=name, session=session) as tls:
                tls.recv(5)
                tls.sendall(b"bye")
                log.append([ours, tls.version(), tls.cipher()[0], tls.selected_alpn_protocol(),
                            name, tls.session_reused, None])
                return tls.session
        except ssl.SSLError as error:
            log.append([ours, None, None, None, name, None, error.reason])

    for number in range(3):
        c = context()
        session = talk(number, c, f"v{number}.tls.example")
        talk(number, c, f"again{number}.tls.example", session)
    talk(1, context(trusts=False), "untrusted.example")
    talk(3, context(certificate=True), "unknown-client.example")
    talk(3, context(), "no-client.example")
    talk(1, context(ciphers="ADH@SECLEVEL=0"), "no-cipher.example")
    talk(4, context(), "mail.example")
    print(json.dumps(log))
"""

ALERTS = {
    "untrusted.example": ("unknown_ca", "client"),
    "unknown-client.example": ("unknown_ca", "server"),
    "no-client.example": ("handshake_failure", "server"),
    "no-cipher.example": ("handshake_failure", "server"),
}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        for name in ("server", "client"):
            subprocess.run(
                [
                    "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *SUBJECT,
                    "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt",
                    "-days", "30",
                ],
                check=True, capture_output=True,
            )  # fmt: skip
        yield folder


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    with laboratory() as lab, contextlib.ExitStack() as servers:
        lab.connect()
        script = textwrap.dedent(SERVER)
        command = lab.command(lab.far, *PYTHON, "-c", script, str(folder), str(PORT))
        server = started(command, folder / "server.log")
        servers.callback(server.wait)
        servers.callback(server.terminate)
        for number in range(5):
            _wait_for(lab, PORT + number, folder / "server.log")
        yield lab


def _wait_for(lab: Lab, port: int, log: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    probe = ("bash", "-c", f"exec 3<>/dev/tcp/10.99.0.2/{port}")
    while subprocess.run(lab.command(lab.far, *probe), capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder = tmp_path_factory.mktemp("sensor")
    async with sensor(folder, "-i", "lab0", prefix=lab.command(lab.near)) as running:
        yield running


def _log_of(lab: Lab, folder: Path) -> list[list[Any]]:
    """What the client says that it did."""
    command = (*PYTHON, "-c", textwrap.dedent(CLIENT), str(folder), str(PORT))
    done = subprocess.run(
        lab.command(lab.near, *command),
        capture_output=True, text=True, timeout=3 * WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log: list[list[Any]] = json.loads(done.stdout)
    return log


async def test_flows_say_what_was_agreed(lab: Lab, folder: Path, running: SensorProcess) -> None:
    log = _log_of(lab, folder)
    assert len(log) == 11
    for said in log:
        _compare(said, await _flow(running, said[0]))


async def _flow(running: SensorProcess, port: int) -> dict[str, Any]:
    return await running.row("flows", lambda row: row["client_port"] == port)


def _compare(said: list[Any], row: dict[str, Any]) -> None:
    _, version, cipher, protocol, name, resumed, error = said
    assert (row["protocol"], row["server_name"], row["requests"]) == ("tls", name, 0)
    assert row["tls_alpn_offered"] == "h2,http/1.1"
    assert len(row["tls_ja3"]) == 32
    assert row["tls_ja4"][:4] + row["tls_ja4"][8:10] == "t13dh2"
    assert (row["tls_alert"], row["tls_alert_from"]) == ALERTS.get(name, (None, None))
    assert (error is not None) == (name in ALERTS)
    if version is None:
        return
    is_13 = version == "TLSv1.3"
    assert row["tls_version"] == version + (".0" if version == "TLSv1" else "")
    assert row["tls_resumed"] is resumed
    assert row["tls_alpn"] == (None if is_13 else protocol)
    if is_13:
        assert row["tls_cipher"] == cipher
    # ECDHE-RSA-AES256-GCM-SHA384 is TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384.
    assert cipher.replace("-", "_").split("_")[0] in row["tls_cipher"]
    shows_certificate = not is_13 and not resumed
    subject = "CN=tls.example,O=Example\\, Inc.,C=DE" if shows_certificate else None
    assert (row["tls_certificate_subject"], row["tls_certificate_issuer"]) == (subject, subject)
    times = row["tls_certificate_not_before"], row["tls_certificate_not_after"]
    if shows_certificate:
        assert times[1] - times[0] == dt.timedelta(days=30) or (
            times[1] - times[0] == 30 * 86_400_000_000_000
        )
    else:
        assert times == (None, None)
