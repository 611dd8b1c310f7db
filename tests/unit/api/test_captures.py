"""Uploaded captures over a real server, read by real processes."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from nautscan.api import models, models_analysis
from nautscan.api.captures import UploadedCaptureList
from tests.golden.captures import DIRECTORY as SHARED
from tests.unit.api.conftest import TOKEN, Serve, Server
from tests.unit.shop import Shop, write_shop

MINITWIT = SHARED / "packetbeat" / "http_minitwit.pcap"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Ten seconds of the shop."""
    return write_shop(tmp_path_factory.mktemp("shop"))


async def send(server: Server, content: bytes, name: str = "a.pcap") -> httpx.Response:
    return await server.http.post("/api/captures", params={"name": name}, content=content)


async def finished(server: Server, capture_id: str) -> dict[str, Any]:
    """The upload once it is read, or could not be."""
    async with asyncio.timeout(60):
        while True:
            answer = await server.http.get(f"/api/captures/{capture_id}")
            capture: dict[str, Any] = answer.json()["capture"]
            if capture["state"] in {"ready", "failed"}:
                return capture
            await asyncio.sleep(0.05)


async def uploaded(server: Server, content: bytes, name: str = "a.pcap") -> dict[str, Any]:
    answer = await send(server, content, name)
    assert answer.status_code == 202, answer.text
    return await finished(server, answer.json()["capture"]["id"])


def left(server: Server) -> list[str]:
    """What lies in the folder of uploads."""
    folder = server.world.config.uploads_path
    return [str(path.relative_to(folder)) for path in folder.rglob("*")] if folder.exists() else []


@pytest.mark.shared
@pytest.mark.skipif(not MINITWIT.exists(), reason="needs the shared captures folder")
async def test_a_file_becomes_a_source_that_every_question_takes(server: Server) -> None:
    capture = await uploaded(server, MINITWIT.read_bytes(), "../twit.pcap")
    assert (capture["name"], capture["state"]) == ("twit.pcap", "ready")
    assert (capture["packets"], capture["requests"], capture["damaged"]) == (104, 6, False)
    assert capture["bytes_read"] == capture["bytes"] == MINITWIT.stat().st_size
    source, span = capture["id"], {"from": capture["first_time"], "to": None}
    asked = {"source": source} | {key: value for key, value in span.items() if value}
    shapes: list[tuple[str, dict[str, Any], Any]] = [
        ("requests", {}, models.RequestList),
        ("flows", {}, models.FlowList),
        ("timeseries", {}, models_analysis.TimeSeries),
        ("top", {"by": "endpoint"}, models_analysis.TopList),
        ("map", {}, models_analysis.WorkloadMap),
        ("compare", {}, models_analysis.Comparison),
        ("coverage", {}, models_analysis.Coverage),
        ("filter/check", {"filter": "status >= 500"}, models.FilterCheck),
        ("filter/values", {"column": "status"}, models.FilterValues),
        ("containers", {}, models.ContainerList),
    ]
    found = {}
    for path, more, shape in shapes:
        answer = await server.http.get(f"/api/{path}", params=asked | more)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.headers["x-nautscan-source"] == "file"
        shape.model_validate(answer.json())
        found[path] = answer.json()
        assert found[path]["source"] == "file"
    assert len(found["requests"]["requests"]) == 6
    assert found["timeseries"]["total"]["requests"] == 6
    assert {value["value"] for value in found["filter/values"]["values"]} >= {200}
    assert found["containers"]["containers"] == []
    row = found["requests"]["requests"][0]
    assert row["client_process_reason"] == "offline"
    detail = await server.http.get(f"/api/requests/{row['id']}", params={"source": source})
    assert detail.json()["request_headers"]
    await packets_are_those_of_the_file(server, source)
    # Times relative to now count from the end of the file, and live traffic has none of it.
    assert (await server.http.get("/api/top", params={"by": "host", "source": source})).json()[
        "groups"
    ]
    assert (await server.http.get("/api/requests")).json()["requests"] == []


async def packets_are_those_of_the_file(server: Server, source: str) -> None:
    """Listed, filtered, shown, followed and downloaded, as those of the ring are."""

    async def asked(path: str, **query: Any) -> dict[str, Any]:
        answer = await server.http.get(f"/api/{path}", params={"source": source} | query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["source"] == "file"
        found: dict[str, Any] = answer.json()
        return found

    page = models.PacketList.model_validate(await asked("packets/recent", limit=1000))
    assert {packet.interface for packet in page.packets} == {None}  # type: ignore[attr-defined]
    assert [packet.id for packet in page.packets] == list(range(104, 0, -1))  # type: ignore[attr-defined]
    for flow in (await asked("flows"))["flows"]:
        of_flow = await asked("packets/recent", limit=1000, flow_id=flow["flow_id"])
        assert len(of_flow["packets"]) == flow["client_packets"] + flow["server_packets"]
        assert {packet["community_id"] for packet in of_flow["packets"]} == {flow["community_id"]}
    found = await asked("packets/recent", filter="source_port = 80", limit=5)
    assert {packet["source_port"] for packet in found["packets"]} == {80}
    assert (await asked("filter/values", table="packets", column="protocol"))["values"]
    packet = await asked("packets/1")
    assert packet["interface"] is None
    assert (packet["layers"][0]["offset"], len(packet["hex"])) == (0, 2 * packet["captured_length"])
    stream = await asked(f"flows/{flow['flow_id']}/stream")
    assert stream["parts"]
    for query in ({}, {"flow_id": flow["flow_id"]}):
        file = await server.http.get("/api/packets/export", params={"source": source} | query)
        assert file.content[:4] == b"\x0a\x0d\x0d\x0a"
    gone = await server.http.get("/api/packets/105", params={"source": source})
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")


async def test_a_damaged_file_gives_what_stands_before_the_damage(
    server: Server, shop: Shop
) -> None:
    whole = shop.path.read_bytes()
    capture = await uploaded(server, whole[: len(whole) // 2 - 3], "cut.pcap")
    assert (capture["state"], capture["damaged"]) == ("ready", True)
    assert 0 < capture["packets"] < shop.packets
    assert capture["warnings"][0].startswith("cut.pcap is damaged at byte")
    listed = UploadedCaptureList.model_validate((await server.http.get("/api/captures")).json())
    assert [one.id for one in listed.captures] == [capture["id"]]
    assert (listed.limits.total_bytes, listed.limits.possible) == (
        capture["bytes"] + capture["stored_bytes"],
        True,
    )


async def test_what_is_no_capture_is_refused_and_leaves_nothing(server: Server) -> None:
    for content, why in ((b"", "it is empty"), (b"GIF89a......", "47 49 46 38")):
        refused = await send(server, content, "cat.gif")
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "bad_file")
        assert why in refused.json()["error"]["message"]
        assert "editcap" in refused.json()["error"]["remedy"]
    assert left(server) == []
    # What shows only inside is told by the process that reads it, and the file goes.
    capture = await uploaded(server, gzip.compress(b"no capture"), "bad.pcap.gz")
    assert (capture["state"], capture["error"]["code"]) == ("failed", "bad_file")
    assert "bad.pcap.gz" in capture["error"]["message"]
    assert left(server) == [capture["id"], f"{capture['id']}/facts.json"]
    answer = await server.http.get("/api/requests", params={"source": capture["id"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


async def test_limits_of_size_number_and_disk(serve: Serve, shop: Shop) -> None:
    server = await serve(upload_bytes=1000, uploads=1)
    stated = await send(server, b"\x0a\x0d\x0d\x0a" + bytes(2000))
    assert (stated.status_code, stated.json()["error"]["code"]) == (413, "too_large")

    async def unstated() -> AsyncIterator[bytes]:
        yield b"\x0a\x0d\x0d\x0a"
        for _ in range(20):
            yield bytes(100)

    streamed = await server.http.post("/api/captures", content=unstated())
    assert (streamed.status_code, streamed.json()["error"]["code"]) == (413, "too_large")
    assert left(server) == []
    server.world.service.uploads.config = server.world.config.replace(min_free_bytes=1 << 60)
    short = await send(server, shop.path.read_bytes()[:500])
    assert (short.status_code, short.json()["error"]["code"]) == (503, "store_unavailable")
    server.world.service.uploads.config = server.world.config.replace(uploads_bytes=100)
    assert (await send(server, shop.path.read_bytes()[:500])).status_code == 409
    server.world.service.uploads.config = server.world.config
    assert (await send(server, shop.path.read_bytes()[:500])).status_code == 202
    second = await send(server, shop.path.read_bytes()[:500])
    assert (second.status_code, second.json()["error"]["code"]) == (409, "conflict")


async def test_what_a_client_abandons_leaves_nothing(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"POST /api/captures?name=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
        b"\x0a\x0d\x0d\x0a" + bytes(2_000_000)
    )
    await writer.drain()
    folder = server.world.config.uploads_path
    async with asyncio.timeout(10):
        while not any(  # noqa: ASYNC110 (a test waits)
            path.stat().st_size for path in folder.glob("*/capture")
        ):
            await asyncio.sleep(0.02)
        writer.close()
        while left(server):  # noqa: ASYNC110 (a test waits)
            await asyncio.sleep(0.02)
    assert (await server.http.get("/api/captures")).json()["captures"] == []
    reader.feed_eof()


async def test_uploads_hold_over_a_restart_and_go_when_they_are_deleted(
    serve: Serve, shop: Shop
) -> None:
    first = await serve()
    capture = await uploaded(first, shop.path.read_bytes())
    assert capture["packets"] == shop.packets
    # What was being read when the server ended is read anew; what was never whole goes.
    folder = first.world.config.uploads_path
    (folder / "0123456789ab").mkdir()
    (folder / "0123456789ab" / "capture").write_bytes(b"half")
    uploads = first.world.service.uploads
    await uploads.close()
    again = type(uploads)(uploads.config, uploads._readers)
    again.load()
    assert [one["state"] for one in again.listed()] == ["ready"]
    assert not (folder / "0123456789ab").exists()
    async with again.opened(capture["id"]) as view:
        assert await view.history.request(1)
        await again.delete(capture["id"])  # Also while it is asked.
    assert (again.listed(), left(first)) == ([], [])
    await first.http.delete(f"/api/captures/{capture['id']}")
    gone = await first.http.get("/api/requests", params={"source": capture["id"]})
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")


async def test_who_may_not_change_may_not_upload(serve: Serve) -> None:
    server = await serve(token=TOKEN)
    content = b"\x0a\x0d\x0d\x0a" + bytes(100)
    assert (await send(server, content)).status_code == 401
    foreign = {"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}
    for method in ("POST", "DELETE"):
        path = "/api/captures" if method == "POST" else "/api/captures/0123456789ab"
        answer = await server.http.request(method, path, headers=foreign, content=content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert left(server) == []
