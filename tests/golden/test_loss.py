"""Packets that are missing never make a wrong row: it is right, or says less, or there is none.

What is said of flows is held to the same.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.golden.captures import DIRECTORY
from tests.golden.loss import Packets, cuts, faults, said
from tests.golden.observed import observe
from tests.golden.own import make
from tests.golden.test_own import NAMES

SHARED = [
    "arkime/http2-nghttp2.pcap",
    "deepflow/http__grpc-server-stream.pcap",
    "ndpi/nats.pcap",
    "packetbeat/amqp_emit_receive.pcap",
    "packetbeat/memcache__memcache_bin_tcp_stats.pcap",
    "packetbeat/memcache__memcache_text_tcp_delete.pcap",
    "packetbeat/mongo_3.0_session.pcap",
    "packetbeat/mysql_prepare_statement.pcap",
    "packetbeat/pgsql_extended_query.pcap",
    "suricata-verify/dns__dns-tcp-multirequest-buffer__dns-tcp-multirequest-buffer.pcap",
    "suricata-verify/http2-deflate__http2_deflate.pcap",
    "suricata-verify/http2-range__http2-range.pcap",
    "suricata-verify/mqtt311-pub-qos2.pcap",
    "tcpdump/resp_2_inline.pcap",
    "zeek/redis__pubsub.pcap",
    "zeek/websocket__wstunnel-http.pcap",
]
"""Captures of each protocol, and those in which a loss once made a wrong row."""


LEFT = 0.4
"""Of what is said of a whole capture this much at least is said of its cuts, on the average: by far
the most packets are left in most of them."""


def check(path: Path, work: Path) -> None:
    """Cut a capture in several ways, and compare what is left with the whole."""
    packets = Packets.of(path)
    whole = observe(path)
    found, shares = [], []
    for cut, kept in cuts(len(packets.packets), path.name):
        packets.write(work, kept)
        left = observe(work)
        found += [f"{cut}: {fault}" for fault in faults(whole, left)]
        # Answers without their requests may be more rows than there were.
        shares.append(min(said(left), said(whole)))
    assert found == []
    assert sum(shares) >= LEFT * len(shares) * said(whole)


@pytest.mark.parametrize("name", NAMES)
def test_own_captures(name: str, tmp_path: Path) -> None:
    check(make.FOLDER / f"{name}.pcap", tmp_path / "left.pcap")


@pytest.mark.shared
@pytest.mark.skipif(not DIRECTORY.exists(), reason=f"the shared captures are not in {DIRECTORY}")
@pytest.mark.parametrize("name", SHARED)
def test_shared_captures(name: str, tmp_path: Path) -> None:
    check(DIRECTORY / name, tmp_path / "left.pcap")


def test_a_complete_answer_is_no_closed_connection() -> None:
    whole = observe(make.FOLDER / "head.pcap")
    row = whole.requests[0] | {"error": "timed out"}
    assert (row["completeness"], row["status"]) == ("complete", 200)
    assert faults(whole, replace(whole, requests=[row])) != []
    lost = row | {"completeness": "request_only", "status": None}
    assert faults(whole, replace(whole, requests=[lost])) == []


def test_what_is_said_of_a_flow_is_compared() -> None:
    whole = observe(make.FOLDER / "quic.pcap")
    flow = whole.flows[0]
    assert said(whole) > 0
    assert faults(whole, replace(whole, flows=[flow | {"summary": None, "tls_ja4": None}])) == []
    for wrong in ({"server_name": "other.lab"}, {"summary": '{"version": "3"}'}):
        assert faults(whole, replace(whole, flows=[flow | wrong])) != []
