"""QUIC: handshakes of aioquic, of both versions, with and without a ticket."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.lab import SERVER_ADDRESS, Lab, run
from bench.protocols.servers import ask, listening
from bench.protocols.traffic import Expected, Library, Made, Need

PORT = 4433
HANDSHAKES = 250
"""Of each kind: version 1, version 2, version 1 with a ticket."""
LIBRARY = Library("aioquic", "aioquic", "python3-aioquic")
SERVER = Path(__file__).with_name("quic_server.py")
CLIENT = Path(__file__).with_name("quic_load.py")


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve with a certificate of today."""
    files = [str(lab.home / name) for name in ("server.key", "server.crt")]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    run([*make, "-nodes", "-subj", "/CN=lab", "-keyout", files[0], "-out", files[1], "-days", "2"])
    python = LIBRARY.found
    command = [python, "-P", str(SERVER), SERVER_ADDRESS, str(PORT), *files]
    with listening(lab, command, PORT, udp=True):
        yield lambda: _load(lab, python)


def _load(lab: Lab, python: str) -> Expected:
    counts = [str(PORT), str(HANDSHAKES)]
    said = json.loads(ask(lab, [python, "-P", str(CLIENT), SERVER_ADDRESS, *counts]))
    kinds = Counter((version, is_resumed) for version, is_resumed in said)
    agreed = "tls_version = 'TLSv1.3' and tls_alpn_offered = 'lab' and server_name = 'shop.lab'"
    return {
        f"{agreed} and summary->>'version' = '{version}' and tls_resumed = {is_resumed}": count
        for (version, is_resumed), count in kinds.items()
    } | {"true": len(said)}


TRAFFIC = Made(
    name="quic",
    load="aioquic: a handshake and a small answer a connection, versions 1 and 2, resumed",
    needs=(Need("openssl", "openssl"),),
    session=session,
    rows="flows where protocol = 'quic'",
    versions=(("openssl", "version"),),
    shown="quic.version",
    fields=(
        "frame.time_epoch",
        "quic.version",
        "quic.long.packet_type",
        "tls.handshake.type",
        "tls.handshake.extensions_server_name",
    ),
    libraries=(LIBRARY,),
)
