"""Real servers and clients of HTTP/2 and gRPC: what the clients say they did is what rows say."""

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
    PYTHON,
    SERVER,
    WAIT_S,
    Lab,
    SensorProcess,
    log_of,
    open_folder,
    sensor,
    serving,
    started,
)

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

NGINX, GRPC = 18080, 15051
"""Nobody's ports: protocols are known by their bytes."""

NGINX_CONFIGURATION = """
    daemon off;
    error_log stderr;
    pid {folder}/nginx.pid;
    events {{}}
    http {{
        access_log off;
        client_body_temp_path {folder}/body;
        proxy_temp_path {folder}/proxy;
        fastcgi_temp_path {folder}/fastcgi;
        uwsgi_temp_path {folder}/uwsgi;
        scgi_temp_path {folder}/scgi;
        gzip on;
        gzip_min_length 1;
        gzip_types *;
        server {{
            listen {address}:{port} http2;
            location /status/404 {{ return 404; }}
            location /big {{ alias {folder}/big; default_type text/plain; }}
            location / {{ default_type application/json; return 200 '{{"hello":"lab"}}'; }}
        }}
    }}
"""

CLIENT = """
    import json, socket
    import h2.connection, h2.events

    log = []
    sock = socket.create_connection(("10.99.0.2", 18080), timeout=20)
    c = h2.connection.H2Connection()
    c.initiate_connection()
    streams = {}

    def ask(path, method="GET", more=(), body=b""):
        number = c.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "http"), (":authority", "lab"), (":path", path)]
        c.send_headers(number, [*head, *more], end_stream=not body)
        if body:
            c.send_data(number, body, end_stream=True)
        streams[number] = [method, path, None, 0]

    def run():
        sock.sendall(c.data_to_send())
        waiting = set(streams)
        while waiting:
            for event in c.receive_data(sock.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    streams[event.stream_id][2] = int(dict(event.headers)[b":status"])
                if isinstance(event, h2.events.DataReceived):
                    streams[event.stream_id][3] += len(event.data)
                    c.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                if isinstance(event, h2.events.StreamEnded):
                    waiting.discard(event.stream_id)
            sock.sendall(c.data_to_send())
        log.extend(streams.values())
        streams.clear()

    for n in range(20):
        ask(f"/many/{n}")
        ask("/big")
        ask("/status/404")
    run()
    ask("/zipped", more=[("accept-encoding", "gzip")])
    ask("/upload", "POST", [("content-length", "5")], b"12345")
    run()
    c.close_connection()
    sock.sendall(c.data_to_send())
    sock.close()
    print(json.dumps(log))
"""

GRPC_SERVER = """
    from concurrent import futures
    import grpc

    def unary(request, context):
        if request == b"none":
            context.abort(grpc.StatusCode.NOT_FOUND, "no order 17, sorry: 100%")
        context.set_trailing_metadata([("took", "1ms")])
        return request * 2

    def server_stream(request, context):
        for n in range(5):
            yield request + bytes([n])

    def client_stream(requests, context):
        return b"".join(requests)

    def both(requests, context):
        for request in requests:
            yield request
            yield request

    handlers = grpc.method_handlers_generic_handler("lab.Orders", {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "ServerStream": grpc.unary_stream_rpc_method_handler(server_stream),
        "ClientStream": grpc.stream_unary_rpc_method_handler(client_stream),
        "Both": grpc.stream_stream_rpc_method_handler(both),
    })
    server = grpc.server(futures.ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((handlers,))
    assert server.add_insecure_port("10.99.0.2:15051")
    server.start()
    server.wait_for_termination()
"""

GRPC_CLIENT = """
    import json, grpc

    log = []
    channel = grpc.insecure_channel("10.99.0.2:15051")
    def path(method):
        return f"/lab.Orders/{method}"

    def did(method, call, sent):
        received = []
        try:
            received = [call] if isinstance(call, bytes) else list(call)
            code = grpc.StatusCode.OK
        except grpc.RpcError as error:
            code = error.code()
        told(method, code, sent, received)

    def told(method, code, sent, received):
        sizes = [[len(messages), sum(map(len, messages))] for messages in (sent, received)]
        log.append([method, code.value[0], code.name, *sizes])

    unary = channel.unary_unary(path("Unary"))
    did("Unary", unary(b"abc"), [b"abc"])
    did("Unary", unary(b"x" * 100_000), [b"x" * 100_000])
    try:
        unary(b"none")
    except grpc.RpcError as error:
        told("Unary", error.code(), [b"none"], [])
    did("ServerStream", channel.unary_stream(path("ServerStream"))(b"s"), [b"s"])
    parts = [b"a", b"", b"ccc"]
    did("ClientStream", channel.stream_unary(path("ClientStream"))(iter(parts)), parts)
    did("Both", channel.stream_stream(path("Both"))(iter(parts)), parts)
    try:
        channel.unary_unary(path("Missing"))(b"?")
    except grpc.RpcError as error:
        told("Missing", error.code(), [b"?"], [])
    channel.close()
    zipped = grpc.insecure_channel("10.99.0.2:15051", compression=grpc.Compression.Gzip)
    zipped.unary_unary(path("Unary"))(b"z" * 1000)
    zipped.close()
    print(json.dumps(log))
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with open_folder() as folder, serving((_nginx, _grpc), (NGINX, GRPC), folder) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder = tmp_path_factory.mktemp("sensor")
    async with sensor(folder, "-i", "lab0", prefix=lab.command(lab.near)) as running:
        yield running


def _nginx(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    (folder / "big").write_text("0123456789" * 20_000)
    (folder / "big").chmod(0o644)
    file = folder / "nginx.conf"
    text = NGINX_CONFIGURATION.format(folder=folder, address=SERVER, port=NGINX)
    file.write_text(textwrap.dedent(text))
    return started(lab.command(lab.far, "nginx", "-c", str(file)), folder / "nginx.log")


def _grpc(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    command = (*PYTHON, "-c", textwrap.dedent(GRPC_SERVER))
    return started(lab.command(lab.far, *command), folder / "grpc.log")


def _run(lab: Lab, *command: str) -> str:
    done = subprocess.run(
        lab.command(lab.near, *command),
        capture_output=True, text=True, timeout=3 * WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def _rows(running: SensorProcess, port: int, count: int) -> list[dict[str, Any]]:
    """The rows of a port in order of their time, once `count` are there."""

    def of_port() -> list[dict[str, Any]]:
        return [row for row in running.rows.get("requests", ()) if row["server_port"] == port]

    await running.row("requests", lambda _: len(of_port()) >= count)
    rows = sorted(of_port(), key=lambda row: row["time"])
    assert all(row["oddities"] == [] for row in rows)
    assert all(row["completeness"] == "complete" for row in rows)
    return rows


def _detail(row: dict[str, Any], name: str) -> str | None:
    value: str | None = json.loads(row["detail"]).get(name)
    return value


async def test_streams_of_nginx(lab: Lab, running: SensorProcess) -> None:
    log = log_of(lab, CLIENT)
    url = f"http://{SERVER}:{NGINX}/curl"
    _run(lab, "curl", "-sf", "--http2-prior-knowledge", url)
    log.append(["GET", "/curl", 200, len('{"hello":"lab"}')])
    rows = await _rows(running, NGINX, len(log))
    told = [[row["method"], row["target"], row["status"], row["response_bytes"]] for row in rows]
    assert sorted(told) == sorted(log)
    assert {(row["protocol"], row["version"], row["error"]) for row in rows} == {
        ("http", "2", None)
    }
    zipped = next(row for row in rows if row["target"] == "/zipped")
    assert {"name": "content-encoding", "value": "gzip"} in zipped["response_headers"]
    assert zipped["response_body"] == b'{"hello":"lab"}'
    upload = next(row for row in rows if row["method"] == "POST")
    assert (upload["request_bytes"], upload["request_body"]) == (5, b"12345")
    assert {row["host"] for row in rows} == {"lab", f"{SERVER}:{NGINX}"}
    assert all(row["duration_ns"] >= row["ttfb_ns"] > 0 for row in rows)


async def test_calls_of_grpc(lab: Lab, running: SensorProcess) -> None:
    log = log_of(lab, GRPC_CLIENT)
    *rows, zipped = await _rows(running, GRPC, len(log) + 1)
    told = [
        [
            row["method"],
            row["status"],
            row["error"] or "OK",
            *(
                [int(_detail(row, f"{side}_messages") or 0),
                 int(_detail(row, f"{side}_message_bytes") or 0)]
                for side in ("request", "response")
            ),
        ]
        for row in rows
    ]  # fmt: skip
    assert told == log
    assert {row["protocol"] for row in rows} == {"grpc"}
    for row in rows:
        assert row["target"] == f"/lab.Orders/{row['method']}"
        assert _detail(row, "service") == "lab.Orders"
    failed = next(row for row in rows if row["error"] == "NOT_FOUND")
    assert _detail(failed, "grpc_message") == "no order 17, sorry: 100%"
    assert _detail(rows[0], "response_trailers") is not None
    assert _detail(zipped, "request_encoding") == "gzip"
    assert _detail(zipped, "request_compressed") == "1"
