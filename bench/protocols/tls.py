"""TLS: handshakes, one a connection, new and resumed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.lab import SERVER_ADDRESS, Lab, LabError, run
from bench.protocols.servers import ask, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 443
SECONDS = 8
"""Of each kind. `openssl s_time` knows no number to stop at."""
KINDS = (("-new", "-tls1_3"), ("-new", "-tls1_2"), ("-reuse", "-tls1_2"))
CONFIGURATION = """
user root;
worker_processes 1;
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  log_format handshakes '$ssl_protocol $ssl_session_reused';
  access_log {home}/access.log handshakes;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  ssl_certificate {home}/server.crt;
  ssl_certificate_key {home}/server.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:lab:10m;
  server {{
    listen {address}:{port} ssl;
    keepalive_timeout 0;
    location / {{ return 200 'hello'; }}
  }}
}}
"""


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve with a certificate of today."""
    files = [str(lab.home / name) for name in ("server.key", "server.crt")]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    run([*make, "-nodes", "-subj", "/CN=lab", "-keyout", files[0], "-out", files[1], "-days", "2"])
    file = lab.home / "tls.conf"
    file.write_text(CONFIGURATION.format(home=lab.home, address=SERVER_ADDRESS, port=PORT))
    with listening(lab, ["nginx", "-p", str(lab.home), "-c", str(file)], PORT):
        yield lambda: _load(lab)


def _load(lab: Lab) -> Expected:
    for kind in KINDS:
        asks = ["openssl", "s_time", "-connect", f"{SERVER_ADDRESS}:{PORT}", "-www", "/", *kind]
        said = ask(lab, [*asks, "-time", str(SECONDS)])
        if not re.search(r"\d+ connections in", said):
            raise LabError(f"openssl s_time: {said}")
    time.sleep(1)
    lines = (lab.home / "access.log").read_text().splitlines()
    return {
        "true": len(lines),
        "tls_version = 'TLSv1.3'": lines.count("TLSv1.3 ."),
        "tls_version = 'TLSv1.2' and not tls_resumed": lines.count("TLSv1.2 ."),
        "tls_version = 'TLSv1.2' and tls_resumed": lines.count("TLSv1.2 r"),
    }


TRAFFIC = Made(
    name="tls",
    load="nginx, openssl s_time: a handshake and a small answer a connection, 1.3, 1.2, resumed",
    needs=(Need("nginx", "nginx-light"), Need("openssl", "openssl")),
    session=session,
    rows="flows where protocol = 'tls'",
    versions=(("nginx", "-v"), ("openssl", "version")),
    shown="tls.handshake",
    fields=(
        "frame.time_epoch",
        "tcp.stream",
        "tls.handshake.type",
        "tls.handshake.ciphersuite",
        "tls.handshake.extensions_server_name",
    ),
)
