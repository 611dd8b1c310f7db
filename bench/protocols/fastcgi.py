"""FastCGI: PHP-FPM behind nginx, which stands on the client's side, and wrk before that."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.lab import SERVER_ADDRESS, Lab, LabError, run, served, stop
from bench.protocols.servers import START_SECONDS, ask, listening
from bench.protocols.traffic import Expected, Made, Need

PORT, HTTP_PORT = 9000, 8080
SECONDS = 10
LOG_SECONDS = 2.0
"""nginx writes what it has to log once a second."""
SERVER = Need("/usr/sbin/php-fpm*", "php-fpm")
POOL = """\
[global]
error_log = {home}/php-fpm.log
daemonize = no
[bench]
listen = {address}:{port}
user = root
group = root
pm = static
pm.max_children = 4
"""
SCRIPT = """\
<?php
$_SERVER['REQUEST_URI'] == '/missing' ? http_response_code(404) : null;
header('Content-Type: application/json');
error_log('asked for ' . $_SERVER['REQUEST_URI']);
echo json_encode(['uri' => $_SERVER['REQUEST_URI'], 'lines' => array_fill(0, 8, 'KL-2210')]);
"""
NGINX = """\
daemon off;
user root;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  log_format requests '$upstream_status $connection $connection_requests';
  access_log {home}/access.log requests buffer=256k flush=1s;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  upstream php {{
    server {address}:{port};
    keepalive 4;
  }}
  server {{
    listen 127.0.0.1:{http_port};
    location / {{
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME {home}/index.php;
      fastcgi_keep_conn on;
      fastcgi_ignore_client_abort on;
      fastcgi_pass php;
    }}
  }}
}}
"""


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve, with a web server on the other side that asks."""
    with fpm(lab), _nginx(lab):

        def load() -> Expected:
            for target in ("/orders/1", "/missing"):
                url = f"http://127.0.0.1:{HTTP_PORT}{target}"
                ask(lab, ["wrk", "-t1", "-c4", f"-d{SECONDS // 2}s", url])
            time.sleep(LOG_SECONDS)
            by_status = served(lab).by_status
            return {f"status = {status}": n for status, n in by_status.items()}

        yield load


@contextmanager
def fpm(lab: Lab) -> Iterator[None]:
    """PHP's process manager in the server's namespace, with one script."""
    (lab.home / "index.php").write_text(SCRIPT)
    pool = lab.home / "php-fpm.conf"
    pool.write_text(POOL.format(home=lab.home, address=SERVER_ADDRESS, port=PORT))
    with listening(lab, [SERVER.found, "-n", "-F", "-R", "-y", str(pool)], PORT):
        yield


@contextmanager
def _nginx(lab: Lab) -> Iterator[None]:
    settings = lab.home / "nginx.conf"
    ports = {"port": PORT, "http_port": HTTP_PORT}
    settings.write_text(NGINX.format(home=lab.home, address=SERVER_ADDRESS, **ports))
    command = lab.in_client(["nginx", "-c", str(settings), "-e", "stderr"])
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while str(HTTP_PORT) not in run(lab.in_client(["ss", "-Hltn", f"sport = :{HTTP_PORT}"])):
            if server.poll() is not None or time.monotonic() > deadline:
                raise LabError("nginx did not start")
            time.sleep(0.05)
        yield
    finally:
        stop(server, signal.SIGQUIT)


TRAFFIC = Made(
    name="fastcgi",
    load="PHP-FPM behind nginx that keeps its connections, wrk: 4 connections",
    needs=(SERVER, Need("nginx", "nginx-light"), Need("wrk", "wrk")),
    session=session,
    rows="requests where protocol = 'fastcgi'",
    versions=(("dpkg-query", "-W", "php-fpm"), ("nginx", "-v"), ("wrk", "-v")),
    shown="fcgi",
    fields=("frame.time_epoch", "tcp.stream", "fcgi.id", "fcgi.type"),
)
