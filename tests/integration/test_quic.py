"""A real QUIC server and clients of both versions: what they agreed is what their flows say."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import textwrap
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

PORT = 14450
"""Nobody's: QUIC is known by its bytes."""

SERVER = """
    import asyncio, sys
    from aioquic.asyncio import serve
    from aioquic.quic.configuration import QuicConfiguration

    folder, port = sys.argv[1], int(sys.argv[2])
    ONE, TWO = 1, 0x6b3343cf
    tickets = {}

    async def main():
        servers = [([ONE, TWO], False), ([ONE], True), ([TWO, ONE], False)]
        for number, (versions, retry) in enumerate(servers):
            c = QuicConfiguration(is_client=False, alpn_protocols=["h3", "echo"])
            c.load_cert_chain(folder + "/server.crt", folder + "/server.key")
            c.supported_versions = versions
            await serve(
                "10.99.0.2", port + number, configuration=c, retry=retry,
                session_ticket_fetcher=tickets.get,
                session_ticket_handler=lambda ticket: tickets.update({ticket.ticket: ticket}),
            )
        print("up", flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
"""

CLIENT = """
    import asyncio, json, ssl, sys
    from aioquic import tls
    from aioquic.asyncio import connect
    from aioquic.quic import packet
    from aioquic.quic.configuration import QuicConfiguration

    port = int(sys.argv[1])
    ONE, TWO = 1, 0x6b3343cf
    log, hellos, saved = [], [], []

    def push(buf, hello, pushed=tls.push_client_hello):
        start = buf.tell()
        pushed(buf, hello)
        hellos.append(buf.data_slice(start, buf.tell()).hex())

    tls.push_client_hello = push

    async def talk(number, name, version=ONE, versions=(ONE,), alpn=("h3",), ticket=None):
        c = QuicConfiguration(alpn_protocols=list(alpn), server_name=name)
        c.verify_mode = ssl.CERT_NONE
        c.original_version, c.supported_versions, c.session_ticket = version, list(versions), ticket
        if ticket is not None:
            # It is only used for the name that it was given for.
            ticket.server_name = name
        hellos.clear()
        # What is written before the handshake is over goes as 0-RTT.
        early = ticket is not None
        protocol, error, ours = None, None, None
        try:
            async with connect(
                "10.99.0.2", port + number, configuration=c, session_ticket_handler=saved.append,
                wait_connected=not early,
            ) as protocol:
                if early:
                    protocol._quic.send_stream_data(0, b"early", False)
                    protocol.transmit()
                    await protocol.wait_connected()
                ours = protocol._transport.get_extra_info("sockname")[1]
                await protocol.ping()
                for _ in range(100):
                    if saved:
                        break
                    await asyncio.sleep(0.02)
        except ConnectionError:
            error = True
        agreed = protocol and protocol._quic._version
        cipher = protocol and protocol._quic.tls.key_schedule.cipher_suite.name
        resumed = protocol and protocol._quic.tls.session_resumed
        log.append(dict(port=ours, name=name, version=agreed, cipher=cipher, alpn=alpn,
                        resumed=resumed, hello=hellos[0], error=error))

    async def main():
        await talk(0, "one.quic.example", alpn=("h3", "echo"))
        await talk(0, "again.quic.example", ticket=saved[0])
        await talk(0, "two.quic.example", version=TWO, versions=(TWO,))
        await talk(1, "retry.quic.example")
        await talk(1, "negotiated.quic.example", version=TWO, versions=(TWO, ONE))
        await talk(2, "compatible.quic.example", versions=(TWO, ONE))
        await talk(0, "refused.quic.example", alpn=("none",))
        print(json.dumps(log))

    asyncio.run(main())
"""

FACTS: dict[str, dict[str, str]] = {
    "one.quic.example": {"version": "1"},
    "again.quic.example": {"version": "1", "zero_rtt": "true"},
    "two.quic.example": {"version": "2"},
    "retry.quic.example": {"version": "1", "retry": "true"},
    "negotiated.quic.example": {"version": "1", "versions_offered": "1", "retry": "true"},
    "compatible.quic.example": {"version": "2"},
    "refused.quic.example": {"version": "1"},
}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=quic",
                "-keyout", folder / "server.key", "-out", folder / "server.crt", "-days", "30",
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
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder = tmp_path_factory.mktemp("sensor")
    async with sensor(folder, "-i", "lab0", prefix=lab.command(lab.near)) as running:
        yield running


def _log_of(lab: Lab) -> list[dict[str, Any]]:
    """What the client says that it did."""
    command = (*PYTHON, "-c", textwrap.dedent(CLIENT), str(PORT))
    done = subprocess.run(
        lab.command(lab.near, *command),
        capture_output=True, text=True, timeout=3 * WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log: list[dict[str, Any]] = json.loads(done.stdout)
    return log


async def test_flows_say_what_was_agreed(lab: Lab, running: SensorProcess) -> None:
    log = _log_of(lab)
    assert len(log) == len(FACTS)
    for said in log:
        _compare(said, await _flow(running, said["name"]))


async def _flow(running: SensorProcess, name: str) -> dict[str, Any]:
    """The flow's last row: what was seen grows."""
    expected = FACTS[name]
    return await running.row(
        "flows",
        lambda row: (
            row["server_name"] == name
            and expected.items() <= json.loads(row["summary"]).items()
            and (row["tls_version"] is not None or row["tls_alert"] is not None)
        ),
    )


def _compare(said: dict[str, Any], row: dict[str, Any]) -> None:
    assert (row["protocol"], row["transport"], row["requests"]) == ("quic", "udp", 0)
    assert row["client_ip"] == "10.99.0.1"
    assert row["client_port"] == said["port"] or said["port"] is None
    assert row["tls_alpn_offered"] == ",".join(said["alpn"])
    assert row["tls_ja4"] == _ja4(bytes.fromhex(said["hello"]))
    assert row["tls_certificate_subject"] is None
    if said["error"]:
        assert (row["tls_alert"], row["tls_alert_from"]) == ("no_application_protocol", "server")
        assert json.loads(row["summary"])["server_close"] == "CRYPTO_ERROR 0x178"
        return
    assert (row["tls_version"], row["tls_alpn"], row["tls_alert"]) == ("TLSv1.3", None, None)
    assert row["tls_cipher"] == "TLS_" + said["cipher"]
    assert row["tls_resumed"] is bool(said["resumed"])
    assert {1: "1", 0x6B3343CF: "2"}[said["version"]] == json.loads(row["summary"])["version"]


def _ja4(hello: bytes) -> str:
    """The fingerprint of a client's hello, from its bytes."""
    at = 4 + 2 + 32
    at += 1 + hello[at]
    ciphers, at = _numbers(hello, at)
    at += 1 + hello[at]
    end = len(hello)
    at += 2
    extensions: dict[int, bytes] = {}
    while at < end:
        kind, length = _number(hello, at), _number(hello, at + 2)
        extensions[kind] = hello[at + 4 : at + 4 + length]
        at += 4 + length
    signatures, _ = _numbers(extensions[13], 0)
    first = extensions[16][3 : 3 + extensions[16][2]].decode()
    name = "d" if 0 in extensions else "i"
    kinds = ",".join(f"{kind:04x}" for kind in sorted(extensions) if kind not in (0, 16))
    second = kinds + "_" + ",".join(f"{one:04x}" for one in signatures)
    digests = [
        hashlib.sha256(text.encode()).hexdigest()[:12]
        for text in (",".join(f"{one:04x}" for one in sorted(ciphers)), second)
    ]
    head = f"q13{name}{len(ciphers):02}{len(extensions):02}{first[0]}{first[-1]}"
    return "_".join([head, *digests])


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _numbers(data: bytes, at: int) -> tuple[list[int], int]:
    """Numbers behind the length of them all, and where they end."""
    end = at + 2 + _number(data, at)
    return [_number(data, one) for one in range(at + 2, end, 2)], end
