"""A flow's bytes in both directions, over a real server."""

from __future__ import annotations

import base64

import pytest

from nautscan.api.models_stream import FlowStream
from tests.unit.api.conftest import Server
from tests.unit.support import START, rows


@pytest.fixture
def exchange(server: Server) -> Server:
    """Flow 7: a question in two segments, the answer with a gap; packet 4 is of another flow."""
    server.world.sensor.packets = rows(
        "packets",
        "range(6) t(n)",
        id="n + 1",
        time=f"make_timestamp_ns({START} + n * 1000000)",
        flow_id="CASE WHEN n = 3 THEN 8 ELSE 7 END",
        transport="'tcp'",
        protocol="'TCP'",
        source_ip="CASE WHEN n < 4 THEN '10.0.0.1' ELSE '10.0.0.2' END",
        source_port="CASE WHEN n < 4 THEN 40000 ELSE 80 END",
        destination_ip="CASE WHEN n < 4 THEN '10.0.0.2' ELSE '10.0.0.1' END",
        destination_port="CASE WHEN n < 4 THEN 80 ELSE 40000 END",
    )
    server.world.sensor.payloads = {
        1: (99, 0, "SYN", b""),
        3: (105, 1, "PSH, ACK", b"a HTTP/1.1\r\n"),
        2: (100, 1, "ACK", b"GET /"),
        5: (1, 117, "ACK", b"HTTP"),
        6: (9, 117, "FIN, ACK", b"200"),
    }
    return server


async def test_both_directions_are_told_in_order_with_gaps(exchange: Server) -> None:
    response = await exchange.http.get("/api/flows/7/stream")
    answer = FlowStream.model_validate_json(response.content)
    assert [
        (part.side, part.packet, part.offset, part.gap_bytes or base64.b64decode(part.data))
        for part in answer.parts
    ] == [
        ("client", 2, 0, b"GET /a HTTP/1.1\r\n"),
        ("server", 5, 0, b"HTTP"),
        ("server", 6, 4, 4),
        ("server", 6, 8, b"200"),
    ]
    assert (answer.client.ip, answer.client.port, answer.client.start_seen) == (
        "10.0.0.1",
        40000,
        True,
    )
    assert (answer.server.bytes, answer.server.gap_bytes, answer.server.end_seen) == (7, 4, True)
    assert (answer.packets, answer.cut, answer.earlier) == (5, False, False)
    assert not answer.roles_assumed, "the SYN tells"


async def test_a_side_is_handed_out_as_a_file_that_says_what_it_lacks(exchange: Server) -> None:
    client = await exchange.http.get("/api/flows/7/stream/client")
    assert client.content == b"GET /a HTTP/1.1\r\n"
    assert 'filename="nautscan-flow-7-client.bin"' in client.headers["content-disposition"]
    server = await exchange.http.get("/api/flows/7/stream/server")
    assert server.content == b"HTTP200"
    assert "server-without-beginning-without-4-bytes.bin" in server.headers["content-disposition"]


async def test_a_flow_that_cannot_be_followed_says_why(exchange: Server) -> None:
    gone = await exchange.http.get("/api/flows/99/stream")
    assert gone.status_code == 404
    assert "NAUTSCAN_RING_BYTES" in gone.json()["error"]["remedy"]
    exchange.world.sensor.packets = rows(
        "packets", "range(1) t(n)", id="1", flow_id="7", transport="'icmp'", protocol="'ICMP'"
    )
    other = await exchange.http.get("/api/flows/7/stream")
    assert other.status_code == 404
    assert "icmp" in other.json()["error"]["message"]
