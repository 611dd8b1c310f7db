"""nginx before a real PHP-FPM: what clients did is what the rows of the connection between say."""

from __future__ import annotations

import json
import subprocess
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.sensor_lab import (
    SERVER,
    Lab,
    SensorProcess,
    log_of,
    open_folder,
    sensor,
    serving,
    started,
)

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

HTTP, FASTCGI = 18081, 19001
"""Nobody's ports: protocols are known by their bytes."""
SECRET = "hunter2-4711"
"""In parameters, fields, targets and the log, and to be in no row."""

POOL = """
    [global]
    error_log = {folder}/php-fpm.log
    daemonize = no
    [lab]
    listen = {address}:{port}
    user = root
    group = root
    pm = static
    pm.max_children = 2
"""
NGINX = """
    daemon off;
    error_log stderr;
    pid {folder}/nginx.pid;
    worker_processes 1;
    events {{}}
    http {{
        log_format told escape=json '["$request_method","$request_uri",$status,"$host"]';
        access_log {folder}/access.log told;
        client_body_temp_path {folder}/body;
        proxy_temp_path {folder}/proxy;
        fastcgi_temp_path {folder}/fastcgi;
        uwsgi_temp_path {folder}/uwsgi;
        scgi_temp_path {folder}/scgi;
        upstream php {{
            server {address}:{to};
            keepalive 1;
        }}
        server {{
            listen 127.0.0.1:{port};
            location / {{
                include /etc/nginx/fastcgi_params;
                fastcgi_param SCRIPT_FILENAME {folder}/index.php;
                fastcgi_param DB_PASSWORD {secret};
                fastcgi_keep_conn on;
                fastcgi_pass php;
            }}
            location /closing/ {{
                include /etc/nginx/fastcgi_params;
                fastcgi_param SCRIPT_FILENAME {folder}/index.php;
                fastcgi_pass {address}:{to};
            }}
        }}
    }}
"""
SCRIPT = """<?php
$content = file_get_contents('php://input');
$path = strtok($_SERVER['REQUEST_URI'], '?');
header('Content-Type: text/plain');
if ($path == '/missing') {
    http_response_code(404);
} elseif ($path == '/log') {
    error_log('it is hunter2-4711');
} elseif ($path == '/large') {
    echo str_repeat('x', 300000);
} elseif ($path == '/gone') {
    header('Location: https://shop.example/');
}
echo "$path " . strlen($content);
"""
CLIENT = """
    import http.client, json, socket, struct, time

    def connected(address, port):
        end = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection((address, port), timeout=20)
            except ConnectionRefusedError:
                assert time.monotonic() < end
                time.sleep(0.05)

    log = []
    for method, target, body in [
        ("GET", "/missing?token=hunter2-4711", b""), ("GET", "/log", b""), ("GET", "/large", b""),
        ("POST", "/echo", b"y" * 100_000), ("PUT", "/echo/2?a=b", b"small"), ("GET", "/gone", b""),
        ("GET", "/closing/1", b""),
    ]:
        connected("127.0.0.1", 18081).close()
        c = http.client.HTTPConnection("127.0.0.1", 18081, timeout=20)
        fields = {"Host": "shop.example", "Cookie": "id=hunter2-4711", "X-Order": "17",
                  "Authorization": "Bearer hunter2-4711"}
        c.request(method, target, body or None, fields)
        answer = c.getresponse()
        told = target.replace("hunter2-4711", "[redacted]")
        log.append([method, told, answer.status, len(body), len(answer.read())])
        c.close()
    wanted = ("FCGI_MAX_CONNS", "FCGI_MPXS_CONNS")
    names = b"".join(struct.pack("BB", len(name), 0) + name.encode() for name in wanted)
    with connected("10.99.0.2", 19001) as wire:
        wire.sendall(struct.pack("!BBHHBx", 1, 9, 0, len(names), 0) + names)
        size = struct.unpack("!4xHBx", wire.recv(8, socket.MSG_WAITALL))
        values = wire.recv(size[0], socket.MSG_WAITALL)
        assert b"FCGI_MPXS_CONNS" in values
    log.append(["GET_VALUES", " ".join(wanted), None, 8 + len(names), 8 + sum(size)])
    print(json.dumps(log))
"""


def _fpm(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    (folder / "index.php").write_text(SCRIPT)
    pool = folder / "php-fpm.conf"
    words = POOL.format(folder=folder, address=SERVER, port=FASTCGI)
    pool.write_text(textwrap.dedent(words))
    program = max(str(path) for path in Path("/usr/sbin").glob("php-fpm*"))
    command = (program, "-n", "-F", "-R", "-y", str(pool))
    return started(lab.command(lab.far, *command), folder / "fpm.log")


def _nginx(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    settings = folder / "nginx.conf"
    places = {"port": HTTP, "address": SERVER, "to": FASTCGI}
    settings.write_text(NGINX.format(folder=folder, secret=SECRET, **places))
    command = ("nginx", "-c", str(settings), "-e", "stderr")
    return started(lab.command(lab.near, *command), folder / "nginx.log")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    with serving((_fpm, _nginx), (FASTCGI,), folder) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder = tmp_path_factory.mktemp("sensor")
    async with sensor(folder, "-i", "lab0", prefix=lab.command(lab.near)) as running:
        yield running


async def test_fastcgi(lab: Lab, running: SensorProcess, folder: Path) -> None:
    log = log_of(lab, CLIENT)

    def of_port() -> list[dict[str, Any]]:
        return [r for r in running.rows.get("requests", ()) if r["server_port"] == FASTCGI]

    await running.row("requests", lambda _: len(of_port()) >= len(log))
    rows = sorted(of_port(), key=lambda row: row["time"])
    sizes = ("request_bytes", "response_bytes")
    told = [[row[name] for name in ("method", "target", "status", *sizes)] for row in rows]
    assert told == log
    assert SECRET not in json.dumps(running.rows, default=str)
    for row in rows:
        assert (row["protocol"], row["completeness"], row["error"]) == ("fastcgi", "complete", None)
        assert (row["oddities"], row["gap_bytes"]) == ([], 0)
        assert 0 < row["ttfb_ns"] <= row["duration_ns"]
    # What nginx logged, whose clients' addresses and hosts are handed on.
    said = [json.loads(line) for line in (folder / "access.log").read_text().splitlines()]
    said[0][1] = rows[0]["target"]
    names = ("method", "target", "status", "host")
    assert [[row[name] for name in names] for row in rows[:-1]] == said
    details = [json.loads(row["detail"]) for row in rows]
    for row, detail in zip(rows[:-1], details[:-1], strict=True):
        fields = {field["name"]: field["value"] for field in row["request_headers"]}
        hidden = {fields["cookie"], fields["authorization"]}
        assert (hidden, fields["x-order"]) == ({"[redacted]"}, "17")
        assert (detail["remote_addr"], detail["role"]) == ("127.0.0.1", "responder")
        assert (detail["app_status"], detail["protocol_status"]) == ("0", "REQUEST_COMPLETE")
        assert row["content_type"].startswith("text/plain")
    stated = [detail.get("status_stated", "true") for detail in details[:-1]]
    assert stated == ["true", "false", "false", "false", "false", "true", "false"]
    kept = [detail["keep_conn"] for detail in details[:-1]]
    assert kept == ["true"] * 6 + ["false"]
    assert len({row["flow_id"] for row in rows[:6]}) == 1
    assert details[1]["stderr"] == "[redacted]"
    assert int(details[1]["stderr_bytes"]) > len(SECRET)
    assert "FCGI_MPXS_CONNS: " in details[-1]["values"]
