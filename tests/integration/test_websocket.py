"""Real WebSockets and event streams: what the clients say they did is what rows say."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.sensor_lab import (
    PYTHON,
    Lab,
    SensorProcess,
    log_of,
    open_folder,
    sensor,
    serving,
    started,
)

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

SOCKETS, EVENTS, STREAMS = 18765, 18766, 18767
"""Nobody's ports: protocols are known by their bytes."""

SOCKET_SERVER = """
    import asyncio
    from websockets.asyncio.server import serve

    async def echo(connection):
        async for message in connection:
            if message == "fail":
                raise RuntimeError("as it was asked to")
            if message == "leave":
                await connection.close(4001, "as you like")
                return
            await connection.send(message)

    async def main():
        async with serve(echo, "10.99.0.2", 18765, subprotocols=["chat"], ping_interval=None):
            await asyncio.get_running_loop().create_future()

    asyncio.run(main())
"""

SOCKET_CLIENT = """
    import json, sys, time
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    log = []
    for compression in ("deflate", None):
        for end in ("close", "fail", "leave"):
            said = []
            target = f"/{end}?compression={compression}"
            ws = connect("ws://10.99.0.2:18765" + target, compression=compression,
                         subprotocols=["chat"])
            def exchange(message, whole):
                ws.send(message)
                kind = "binary" if isinstance(whole, bytes) else "text"
                size = len(whole if kind == "binary" else whole.encode())
                shown = None if kind == "binary" else whole
                said.append(["client", kind, size, shown])
                assert ws.recv() == whole
                said.append(["server", kind, size, shown])
            exchange("tick 1 of the clock", "tick 1 of the clock")
            exchange("tick 2 of the clock", "tick 2 of the clock")
            exchange(b"\\x00\\x01" * 40_000, b"\\x00\\x01" * 40_000)
            exchange(iter(["in ", "three ", "pieces ü"]), "in three pieces ü")
            ws.ping().wait(5)
            if end == "close":
                time.sleep(1.2)
                exchange("late", "late")
                ws.close(1000, "done")
                closed = ["client", "1000", "done", None]
            else:
                ws.send(end)
                said.append(["client", "text", len(end), end])
                try:
                    ws.recv()
                except ConnectionClosed as error:
                    code, reason = error.rcvd.code, error.rcvd.reason
                closed = ["server", str(code), reason, "internal error" if end == "fail" else None]
            log.append([target, closed, said])
    print(json.dumps(log))
"""

EVENT_SERVER = """
    import asyncio, uvicorn

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        head = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        async def says(text, more=True):
            body = text.encode()
            await send({"type": "http.response.body", "body": body, "more_body": more})
        await says(": here we go\\n\\nretry: 1500\\n\\n")
        for n in range(4):
            await says(f"event: tick\\nid: {n}\\nda")
            await says(f"ta: number {n}\\ndata: of four\\n\\n")
            await asyncio.sleep(0.4)
        await says("data: the end\\n\\n", more=False)

    uvicorn.run(app, host="10.99.0.2", port=18766, log_level="warning")
"""

EVENT_CLIENT = """
    import json, urllib.request

    text = urllib.request.urlopen("http://10.99.0.2:18766/events?of=clock").read().decode()
    blocks = [block.split("\\n") for block in text.split("\\n\\n")]
    lines = [[line.partition(": ")[::2] for line in block if line] for block in blocks]
    events = [dict(block) for block in lines if any(name == "data" for name, _ in block)]
    print(json.dumps(events))
"""

STREAM_SERVER = """
    import asyncio
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    async def app(scope, receive, send):
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "chat"})
        while (event := await receive())["type"] == "websocket.receive":
            if event.get("text") == "leave":
                close = {"type": "websocket.close", "code": 4001, "reason": "as you like"}
                return await send(close)
            await send({"type": "websocket.send", **{k: event.get(k) for k in ("text", "bytes")}})

    asyncio.run(serve(app, Config.from_mapping(bind="10.99.0.2:18767")))
"""

STREAM_CLIENT = """
    import json, socket
    import h2.connection, h2.events
    from h2.settings import SettingCodes
    from wsproto.connection import Connection, ConnectionType
    from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
    from wsproto.extensions import PerMessageDeflate

    sock = socket.create_connection(("10.99.0.2", 18767), timeout=20)
    http = h2.connection.H2Connection()
    http.initiate_connection()
    sock.sendall(http.data_to_send())
    waiting = []

    def wait(wanted):
        while True:
            for event in waiting:
                if isinstance(event, wanted):
                    waiting.remove(event)
                    return event
            waiting.extend(http.receive_data(sock.recv(65536)))
            for event in waiting:
                if isinstance(event, h2.events.DataReceived):
                    http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            sock.sendall(http.data_to_send())

    wait(h2.events.RemoteSettingsChanged)
    assert http.remote_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL] == 1

    class Socket:
        def __init__(self, target, *, deflate):
            self.number, self.said = http.get_next_available_stream_id(), []
            head = {":method": "CONNECT", ":protocol": "websocket", ":scheme": "http",
                    ":path": target, ":authority": "lab", "sec-websocket-version": "13",
                    "sec-websocket-protocol": "chat, mail"}
            extension = PerMessageDeflate()
            if deflate:
                head["sec-websocket-extensions"] = f"permessage-deflate; {extension.offer()}"
            http.send_headers(self.number, list(head.items()))
            sock.sendall(http.data_to_send())
            answer = {k.decode(): v.decode() for k, v in wait(h2.events.ResponseReceived).headers}
            assert answer[":status"] == "200"
            if deflate:
                extension.finalize(answer["sec-websocket-extensions"])
            self.frames = Connection(ConnectionType.CLIENT, [extension] if deflate else [])

        def send(self, event):
            data = self.frames.send(event)
            http.send_data(self.number, data[:7])
            http.send_data(self.number, data[7:], pad_length=5)
            sock.sendall(http.data_to_send())

        def receive(self):
            while True:
                for event in self.frames.events():
                    return event
                data = wait(h2.events.DataReceived)
                assert data.stream_id == self.number
                self.frames.receive_data(data.data)

        def exchange(self, message):
            kind = BytesMessage if isinstance(message, bytes) else TextMessage
            self.send(kind(message))
            assert self.receive().data == message
            kind = "binary" if isinstance(message, bytes) else "text"
            shown = None if kind == "binary" else message
            size = len(message.encode() if shown else message)
            self.said += [[side, kind, size, shown] for side in ("client", "server")]

    log = []
    plain, packed = Socket("/close", deflate=False), Socket("/leave", deflate=True)
    for message in ("tick 1 of the clock", "tick 2 of the clock", bytes([0, 1]) * 4_000):
        plain.exchange(message)
        packed.exchange(message)
    plain.send(CloseConnection(1000, "done"))
    assert plain.receive().code == 1000
    packed.send(TextMessage("leave"))
    packed.said.append(["client", "text", 5, "leave"])
    assert packed.receive().code == 4001
    log.append(["/close", ["client", "1000", "done"], plain.said])
    log.append(["/leave", ["server", "4001", "as you like"], packed.said])
    http.close_connection()
    sock.sendall(http.data_to_send())
    sock.close()
    print(json.dumps(log))
"""

LINE = re.compile(
    r"\+\d+\.\d{6} (client|server) (text|binary) (\d+)"
    r"(?:, (\d+) inflated)?(?:, (\d+) fragments)?(?:: (.*))?"
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


def _serves(script: str, name: str) -> Any:
    def start(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
        command = lab.command(lab.far, *PYTHON, "-c", textwrap.dedent(script))
        return started(command, folder / f"{name}.log")

    return start


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    servers = (
        _serves(SOCKET_SERVER, "sockets"),
        _serves(EVENT_SERVER, "events"),
        _serves(STREAM_SERVER, "streams"),
    )
    with serving(servers, (SOCKETS, EVENTS, STREAMS), folder) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder = tmp_path_factory.mktemp("sensor")
    told = {"NAUTSCAN_REDACT": "false"}
    prefix = lab.command(lab.near)
    async with sensor(folder, "-i", "lab0", prefix=prefix, environment=told) as running:
        yield running


async def _exchanges(running: SensorProcess, port: int, count: int) -> list[list[dict[str, Any]]]:
    """The rows of each exchange of a port as they were told, once `count` of them have ended."""

    def by_exchange() -> dict[tuple[int, int], list[dict[str, Any]]]:
        found: dict[tuple[int, int], list[dict[str, Any]]] = {}
        for row in running.rows.get("requests", ()):
            if row["server_port"] == port:
                found.setdefault((row["flow_id"], row["exchange_id"]), []).append(row)
        return found

    def ended(_: dict[str, Any]) -> bool:
        over = [rows for rows in by_exchange().values() if rows[-1]["completeness"] != "open"]
        return len(over) >= count

    await running.row("requests", ended)
    return sorted(by_exchange().values(), key=lambda rows: rows[0]["time"])


def _detail(row: dict[str, Any]) -> dict[str, str]:
    detail: dict[str, str] = json.loads(row["detail"])
    return detail


async def test_websockets(lab: Lab, running: SensorProcess) -> None:
    log = log_of(lab, SOCKET_CLIENT)
    exchanges = await _exchanges(running, SOCKETS, len(log))
    assert len(exchanges) == len(log)
    for rows, (target, (closed_by, code, reason, error), said) in zip(exchanges, log, strict=True):
        row, detail = rows[-1], _detail(rows[-1])
        assert (row["protocol"], row["method"], row["status"]) == ("websocket", "GET", 101)
        assert (row["target"], row["version"], row["oddities"]) == (target, "13", [])
        assert (row["completeness"], row["error"], row["gap_bytes"]) == ("complete", error, 0)
        assert (detail["subprotocol"], detail["closed_by"]) == ("chat", closed_by)
        assert (detail["close_code"], detail.get("close_reason", "")) == (code, reason)
        assert (detail["client_pings"], detail["server_pongs"]) == ("1", "1")
        assert int(detail["client_fragments"]) >= 3
        for side in ("client", "server"):
            for kind, name in (("text", "texts"), ("binary", "binaries")):
                count = sum(one[:2] == [side, kind] for one in said)
                assert int(detail.get(f"{side}_{name}", 0)) == count
        is_compressed = "deflate" in target
        assert is_compressed == ("permessage-deflate" in detail.get("extensions", ""))
        assert _said(detail["latest_messages"]) == said
        for side, column in (("client", "request_bytes"), ("server", "response_bytes")):
            size = sum(one[2] for one in said if one[0] == side)
            assert row[column] < 2_000 if is_compressed else row[column] == size
        told = [one["completeness"] for one in rows]
        assert told == ["open"] * (len(rows) - 1) + ["complete"]
        # What takes longer than a second is told in between.
        assert len(rows) >= (3 if target.startswith("/close") else 2)
        assert all(one["duration_ns"] is None for one in rows[:-1])
        assert row["duration_ns"] > row["ttfb_ns"] > 0


async def test_websockets_over_http2(lab: Lab, running: SensorProcess) -> None:
    log = log_of(lab, STREAM_CLIENT)
    exchanges = await _exchanges(running, STREAMS, len(log))
    last = sorted((rows[-1] for rows in exchanges), key=lambda row: row["target"])
    assert [row["target"] for row in last] == [target for target, *_ in log]
    for row, (target, (closed_by, code, reason), said) in zip(last, log, strict=True):
        detail = _detail(row)
        assert (row["protocol"], row["method"], row["status"]) == ("websocket", "CONNECT", 200)
        assert (row["version"], row["host"], row["oddities"]) == ("13", "lab", [])
        assert (row["completeness"], row["error"], row["gap_bytes"]) == ("complete", None, 0)
        assert (detail["subprotocol"], detail["upgraded_from"]) == ("chat", "2")
        assert [detail[name] for name in ("closed_by", "close_code", "close_reason")] == [
            closed_by, code, reason,
        ]  # fmt: skip
        assert ("permessage-deflate" in detail.get("extensions", "")) == (target == "/leave")
        assert _said(detail["latest_messages"]) == said
        assert row["duration_ns"] > row["ttfb_ns"] > 0
    assert {rows[0]["completeness"] for rows in exchanges} == {"open"}
    assert len({rows[0]["flow_id"] for rows in exchanges}) == 1


def _said(messages: str) -> list[list[Any]]:
    """Direction, type, size before compression, and text of each message."""
    found: list[list[Any]] = []
    for line in messages.split("\n"):
        matched = LINE.fullmatch(line)
        assert matched is not None, line
        side, kind, size, inflated, _, text = matched.groups()
        found.append([side, kind, int(inflated or size), text if kind == "text" else None])
    return found


async def test_event_streams(lab: Lab, running: SensorProcess) -> None:
    log: list[dict[str, str]] = log_of(lab, EVENT_CLIENT)  # type: ignore[assignment]
    (rows,) = await _exchanges(running, EVENTS, 1)
    row, detail = rows[-1], _detail(rows[-1])
    assert (row["protocol"], row["method"], row["status"]) == ("http", "GET", 200)
    assert (row["target"], row["completeness"]) == ("/events?of=clock", "complete")
    assert (detail["events"], detail["events_by_name"]) == (str(len(log)), "tick 4, message 1")
    assert (detail["last_event_id"], detail["retry_ms"], detail["comments"]) == ("3", "1500", "1")
    lines = detail["latest_events"].split("\n")
    assert len(lines) == len(log)
    for line, event in zip(lines, log, strict=True):
        # Of several lines of data the client here has read the last.
        assert line.split(" ")[1] == event.get("event", "message")
        assert line.endswith(event["data"])
    told = [(one["completeness"], int(_detail(one)["events"])) for one in rows]
    assert told[0][0] == "open"
    assert len(told) >= 3
    assert [events for _, events in told] == sorted(events for _, events in told)
