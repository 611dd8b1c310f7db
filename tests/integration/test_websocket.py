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

SOCKETS, EVENTS = 18765, 18766
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
    servers = (_serves(SOCKET_SERVER, "sockets"), _serves(EVENT_SERVER, "events"))
    with serving(servers, (SOCKETS, EVENTS), folder) as lab:
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
        assert _said(detail["messages"]) == said
        for side, column in (("client", "request_bytes"), ("server", "response_bytes")):
            size = sum(one[2] for one in said if one[0] == side)
            assert row[column] < 2_000 if is_compressed else row[column] == size
        told = [one["completeness"] for one in rows]
        assert told == ["open"] * (len(rows) - 1) + ["complete"]
        # What takes longer than a second is told in between.
        assert len(rows) >= (3 if target.startswith("/close") else 2)
        assert all(one["duration_ns"] is None for one in rows[:-1])
        assert row["duration_ns"] > row["ttfb_ns"] > 0


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
