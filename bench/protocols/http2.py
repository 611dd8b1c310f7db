"""HTTP/2: nginx and h2load, many streams at once on few connections."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.lab import SERVER_ADDRESS, Lab, LabError
from bench.protocols.servers import ask, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 8080
REQUESTS = 300_000
CONFIGURATION = """
user root;
worker_processes 1;
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  default_type application/json;
  keepalive_requests 10000000;
  server {{
    listen {address}:{port} http2;
    location /orders/ {{ return 200 '{{"uri":"$uri","request":"$request_id","state":"shipped"}}'; }}
    location / {{ return 404 '{{"error":"no such thing"}}'; }}
  }}
}}
"""


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve, and ask for two targets in turn, of which one is missing."""
    file = lab.home / "h2.conf"
    file.write_text(CONFIGURATION.format(home=lab.home, address=SERVER_ADDRESS, port=PORT))
    with listening(lab, ["nginx", "-p", str(lab.home), "-c", str(file)], PORT):
        yield lambda: _load(lab)


def _load(lab: Lab) -> Expected:
    url = f"http://{SERVER_ADDRESS}:{PORT}"
    command = ["h2load", "-n", str(REQUESTS), "-c", "16", "-m", "32", f"{url}/orders/4711"]
    said = ask(lab, [*command, f"{url}/missing"])
    statuses = re.search(r"status codes: (\d+) 2xx, \d+ 3xx, (\d+) 4xx", said)
    done = re.search(r"(\d+) done", said)
    if statuses is None or done is None:
        raise LabError(f"h2load: {said}")
    return {
        "true": int(done[1]),
        "status = 200 and target = '/orders/4711'": int(statuses[1]),
        "status = 404 and target = '/missing'": int(statuses[2]),
    }


TRAFFIC = Made(
    name="http2",
    load="nginx, h2load: 16 connections of 32 streams, two targets",
    needs=(Need("nginx", "nginx-light"), Need("h2load", "nghttp2-client")),
    session=session,
    rows="requests where protocol = 'http' and version = '2'",
    versions=(("nginx", "-v"), ("h2load", "--version")),
    shown="http2.headers",
    fields=(
        "frame.time_epoch",
        "tcp.stream",
        "http2.streamid",
        "http2.headers.method",
        "http2.headers.path",
        "http2.headers.status",
    ),
)
