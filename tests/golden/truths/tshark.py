"""tshark: streams, endpoints, Community IDs, HTTP messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags, compare_value
from tests.golden.observed import Observed, Row, header

INTERIM = range(100, 200)
SWITCHING_PROTOCOLS = 101


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Everything that tshark and the engine both define."""
    for truth in capture.truths("tshark"):
        facts = truth["facts"]
        yield from _flows(facts, observed)
        yield from _messages(facts, observed)


def _flows(facts: dict[str, Any], observed: Observed) -> Iterator[Comparison]:
    by_transport = Counter(row["transport"] for row in observed.flows)
    yield from compare_value("tshark.tcp_flows", facts["tcp_streams"], by_transport["tcp"])
    yield from compare_value("tshark.udp_flows", facts["udp_streams"], by_transport["udp"])
    if "community_ids" in facts and "community_ids_total" not in facts:
        ours = {row["community_id"] for row in observed.flows}
        yield from compare_bags("tshark.community_ids", set(facts["community_ids"]), ours)
    for transport in ("tcp", "udp"):
        streams = facts.get(f"{transport}_stream_list", [])
        # The list is cut at a number of streams, and tells no addresses of those in tunnels.
        whole = len(streams) == facts[f"{transport}_streams"]
        if whole and not any("tunnelled" in stream for stream in streams):
            yield from _endpoints(transport, streams, observed)


def _endpoints(
    transport: str, streams: list[dict[str, Any]], observed: Observed
) -> Iterator[Comparison]:
    """Packets from one endpoint to another, streams between the same two taken together."""
    theirs: Counter[tuple[str, str]] = Counter()
    for stream in streams:
        theirs[stream["first_sender"], stream["other"]] += stream["packets_out"]
        theirs[stream["other"], stream["first_sender"]] += stream["packets_back"]
    ours: Counter[tuple[str, str]] = Counter()
    for flow in observed.flows:
        if flow["transport"] == transport:
            client = f"{flow['client_ip']} {flow['client_port']}"
            server = f"{flow['server_ip']} {flow['server_port']}"
            ours[client, server] += flow["client_packets"]
            ours[server, client] += flow["server_packets"]
    yield from compare_bags(f"tshark.{transport}_packets", _directed(theirs), _directed(ours))


def _directed(packets: Counter[tuple[str, str]]) -> Iterator[str]:
    return (f"{a} > {b}: {count}" for (a, b), count in packets.items() if count)


def _messages(facts: dict[str, Any], observed: Observed) -> Iterator[Comparison]:
    requests, responses = facts.get("http_requests", []), facts.get("http_responses", [])
    if "http_requests_total" not in facts:
        yield from compare_bags(
            "tshark.requests", map(_their_request, requests), map(_our_request, observed.asked)
        )
        yield from compare_bags(
            "tshark.request_bodies", _their_uploads(requests), _our_uploads(observed.asked)
        )
    if "http_responses_total" not in facts:
        final = [response for response in responses if _is_final(response)]
        ours = [str(row["status"]) for row in observed.answered]
        yield from compare_bags("tshark.responses", (str(r["status"]) for r in final), ours)
        yield from compare_bags(
            "tshark.response_bodies", _their_bodies(final), _our_bodies(observed.answered)
        )


def _is_final(response: dict[str, Any]) -> bool:
    """Whether it answers a request: interim responses are a detail of the final one's row."""
    status = response["status"]
    return status not in INTERIM or status == SWITCHING_PROTOCOLS


def _their_request(request: dict[str, Any]) -> str:
    return f"{request['method']} {request.get('host', '-')} {request.get('uri', '-')}"


def _our_request(row: Row) -> str:
    """The Host field, not the `host` column, which an absolute target outranks."""
    return f"{row['method']} {header(row, 'request', 'host') or '-'} {row['target'] or '-'}"


def _their_uploads(requests: Iterable[dict[str, Any]]) -> Iterator[str]:
    return (str(r["body_bytes"]) for r in requests if r.get("body_bytes"))


def _our_uploads(rows: Iterable[Row]) -> Iterator[str]:
    return (str(row["request_bytes"]) for row in rows if row["request_bytes"])


def _their_bodies(responses: Iterable[dict[str, Any]]) -> Iterator[str]:
    return (str(r["body_bytes_decoded"]) for r in responses if r.get("body_bytes_decoded"))


def _our_bodies(rows: Iterable[Row]) -> Iterator[str]:
    """Sizes after content decoding, which is what tshark counts."""
    sizes = (
        len(row["response_body"] or b"")
        if header(row, "response", "content-encoding")
        else row["response_bytes"]
        for row in rows
    )
    return (str(size) for size in sizes if size)
