"""Write docs/agreement.md from a run over the shared captures: `python -m tests.golden.report`.

Its figures are those of the run, its reasons those of differences.toml; a test fails when the file
is not what they give.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from tests.golden import differences, peers, sharkd
from tests.golden.captures import DIRECTORY, REPOSITORY, Capture, all_captures
from tests.golden.compared import comparisons, tcp_captures, tcp_comparisons
from tests.golden.differences import FAULTS, Explained

FILE = REPOSITORY / "docs" / "agreement.md"

SOURCES = {
    "file": "container, read by a small independent reader",
    "capinfos": "capinfos",
    "tshark": "tshark",
    "arkime": "Arkime",
    "zeek": "Zeek",
    "foxio": "FoxIO's own JA4",
    "mercury": "Mercury",
    "ndpi": "nDPI",
    "suricata": "Suricata",
    "packetbeat": "Packetbeat",
    "deepflow": "DeepFlow",
    "tcp": "Wireshark's analysis of TCP",
}
"""Whose statements are compared, in the order of the table."""

OBSERVABLES = {
    "packets": "packets",
    "bytes": "bytes on the wire",
    "first_time": "time of the first packet",
    "last_time": "time of the last packet",
    "tcp_frames": "packets of all TCP flows",
    "tcp_frame_bytes": "bytes of all TCP flows",
    "udp_frames": "packets of all UDP flows",
    "udp_frame_bytes": "bytes of all UDP flows",
    "tcp_flows": "TCP flows",
    "udp_flows": "UDP flows",
    "tcp_packets": "packets by TCP endpoints and direction",
    "udp_packets": "packets by UDP endpoints and direction",
    "community_ids": "Community IDs",
    "requests": "HTTP requests",
    "responses": "HTTP responses",
    "request_bodies": "sizes of request bodies",
    "response_bodies": "sizes of response bodies",
    "dns_questions": "DNS questions by protocol, type and name",
    "dns_answers": "DNS answers likewise, and their codes",
    "dns": "DNS questions by identifier, name and code",
    "dns_times": "times from a DNS question to its answer",
    "http2_requests": "HTTP/2 requests by method, authority and path",
    "http2_statuses": "statuses of HTTP/2 responses",
    "http2_responses": "HTTP/2 responses by stream",
    "http2": "HTTP/2 requests and their statuses",
    "grpc_statuses": "statuses of gRPC calls",
    "grpc_messages": "messages of gRPC calls",
    "redis": "Redis commands and their outcomes",
    "redis_answers": "answers to Redis commands",
    "memcache_answers": "answers to binary Memcached commands",
    "memcache": "Memcached commands and their keys",
    "postgresql": "PostgreSQL statements, their rows and outcomes",
    "pgsql_tags": "tags of PostgreSQL statements",
    "pgsql_executed": "executions of PostgreSQL statements",
    "mysql": "MySQL commands, their statements and outcomes",
    "mysql_errors": "error codes of MySQL",
    "mysql_users": "users of MySQL connections",
    "mysql_user": "the user of a MySQL connection",
    "mysql_version": "the version of a MySQL server",
    "mongo": "MongoDB commands",
    "mongo_answers": "answers to MongoDB commands",
    "mongo_messages": "messages of MongoDB",
    "mongo_errors": "error codes of MongoDB",
    "kafka": "Kafka requests by name, version and number",
    "kafka_answers": "answers to Kafka requests",
    "kafka_clients": "names of Kafka clients",
    "kafka_errors": "error codes of Kafka",
    "kafka_groups": "groups of Kafka's consumers",
    "kafka_status": "outcomes of Kafka requests",
    "kafka_topics": "topics of Kafka requests",
    "stores": "events of stores",
    "mqtt": "MQTT packets by type, topic or client, and quality of service",
    "mqtt_flows": "connections with MQTT",
    "nats_flows": "connections with NATS",
    "kafka_flows": "connections with Kafka",
    "amqp_flows": "connections with AMQP",
    "amqp": "AMQP methods by exchange, queue and key",
    "amqp_codes": "reply codes of AMQP",
    "mqtt_answers": "codes of answers to MQTT connections",
    "mqtt_publish": "MQTT messages by topic",
    "mqtt_connect": "MQTT connections by client, or their codes",
    "mqtt_puback": "reason codes of MQTT acknowledgements",
    "mqtt_pubrec": "reason codes of MQTT acknowledgements",
    "mqtt_connack": "codes of answers to MQTT connections",
    "websocket": "WebSocket messages by side and type, or their requests",
    "websocket_bytes": "payload bytes of WebSockets",
    "websocket_codes": "close codes of WebSockets",
    "websocket_ping": "pings of WebSockets",
    "websocket_pong": "pongs of WebSockets",
    "websocket_flows": "connections with WebSockets",
    "tls_ja3": "JA3 of TLS clients",
    "tls_ja4": "JA4 of TLS clients",
    "ja4": "JA4 of TLS clients",
    "quic": "QUIC connections by port, version, server name and protocol offered",
    "quic_names": "server names of QUIC clients (SNI)",
    "quic_versions": "versions of QUIC",
    "quic_retry": "captures with QUIC's Retry",
    "quic_zero_rtt": "captures with QUIC's 0-RTT",
    "tls_names": "server names of TLS clients (SNI)",
    "tls_answers": "connections with a TLS server's hello",
    "tls_alerts": "TLS alerts in clear",
    "tls_cipher": "cipher suites of TLS servers",
    "tls": "TLS version, cipher suite, server name and resumption",
    "certificates": "subject, issuer and validity of certificates",
    "icmp": "ICMP messages by type and code",
    "ssh": "versions of SSH, and the algorithms agreed on",
    "hassh": "HASSH of SSH clients",
    "hasshServer": "HASSH of SSH servers",
    "smtp": "SMTP clients, last replies and TLS",
    "ntp_versions": "versions of NTP",
    "dhcp_types": "types of DHCP messages",
    "GET": "GET requests of a capture",
    "POST": "POST requests of a capture",
    "HEAD": "HEAD requests of a capture",
    "CONNECT": "CONNECT requests of a capture",
    "statuses": "statuses of a capture",
    "paths": "paths of a capture",
    "events": "events",
    "retransmissions": "retransmissions of a connection",
    "out_of_order": "segments out of order of a connection",
    "duplicate_acks": "duplicate acknowledgements of a connection",
    "keep_alives": "keep-alives of a connection",
    "zero_windows": "zero windows of a connection",
    "resets": "resets of a connection",
    "sack_blocks": "segments with SACK blocks of a connection",
    "handshake_ns": "time of the handshake",
    "rtt_ns": "least round trip to each end",
    "offers": "segment size and window scale of each SYN",
}
"""What is compared, in words; fields that are not here are checks on single events."""

SINGLE = "values of single events"
LONGEST = 90
"""Characters of a value that are shown; differences.toml has the whole."""


@dataclass
class Line:
    """What was compared of one observable of one source."""

    captures: int = 0
    statements: int = 0
    equal: int = 0
    items: int = 0
    equal_items: int = 0
    faults: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Write the file."""
    missing = "no sharkd" if sharkd.EXECUTABLE is None else ""
    if not all_captures():
        missing = f"no captures in {DIRECTORY}"
    if missing:
        sys.stdout.write(f"docs/agreement.md left as it is: {missing}\n")
        return
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write("docs/agreement.md\n")


def text() -> str:
    """The whole document."""
    captures = all_captures()
    explained = differences.load() | differences.load(differences.TCP_FILE)
    lines = _lines(captures, explained)
    parts = [_head(captures, lines), *_summary(lines), *_differences(explained.values())]
    return "\n".join(parts).rstrip() + "\n"


def _observable(name: str) -> tuple[str, str]:
    source, _, rest = name.partition(".")
    return source, OBSERVABLES.get(rest, SINGLE)


def _lines(
    captures: list[Capture], explained: dict[tuple[str, str], Explained]
) -> dict[tuple[str, str], Line]:
    lines: dict[tuple[str, str], Line] = {}
    of_tcp = {capture: index for index, capture in enumerate(tcp_captures())}
    for capture in captures:
        touched = set()
        tcp = tcp_comparisons(of_tcp[capture]) if capture in of_tcp else ()
        for comparison in (*comparisons(capture), *tcp):
            if not comparison.items:
                continue
            key = _observable(comparison.field)
            line = lines.setdefault(key, Line())
            line.statements += 1
            line.equal += comparison.mismatch is None
            line.items += comparison.items
            line.equal_items += comparison.equal
            touched.add(key)
            if comparison.mismatch is not None:
                entry = explained.get((capture.name, comparison.field))
                line.faults[entry.fault if entry and entry.fault else "unexplained"] += 1
        for key in touched:
            lines[key].captures += 1
    return lines


def _head(captures: list[Capture], lines: dict[tuple[str, str], Line]) -> str:
    names = ("statements", "equal", "items", "equal_items")
    statements, equal, items, equal_items = (
        sum(getattr(line, name) for line in lines.values()) for name in names
    )
    projects = len({capture.name.partition("/")[0] for capture in captures})
    versions = ", ".join(version.partition(" (Git")[0] for version in peers.tools().values())
    return f"""<!-- Written by `make docs` from a run. Reasons: tests/golden/differences.toml. -->

# Agreement with others

{len(captures)} captures of {projects} other projects were read by NautScan, and what it reports was
compared with what those projects, and two programs, say of the same captures. {equal:,} of
{statements:,} statements agree ({equal / statements:.1%}). Every other one is explained below; none
is left open, or the tests fail.

A statement is what one source says of one thing in one capture: a figure (its packets), or a
collection (its requests by method, host and target), which agrees when every member does. Its items
are the figure, or the members that either side has: {equal_items:,} of {items:,} are equal.

Whose fault a difference is:

- `tshark`, `project`: the source reports something else than the packets say
- `capture`: the capture itself is damaged or ambiguous
- `definition`: both are right about different things
- `scope`: something that NautScan does not claim to read
- `nautscan`: ours, to be mended

Programs: {versions}. Where neither the source nor NautScan reports
anything of a kind, nothing is counted.
"""


def _summary(lines: dict[tuple[str, str], Line]) -> Iterator[str]:
    yield "## Summary\n"
    faults = [*FAULTS, *({"unexplained"} & {f for line in lines.values() for f in line.faults})]
    columns = ("source", "what", "captures", "statements", "agree", "items", "equal", *faults)
    yield _row(columns)
    yield _row(["---", "---", *["--:" for _ in columns[2:]]])
    order = [*OBSERVABLES.values(), SINGLE]
    for source, title in SOURCES.items():
        for what in order:
            line = lines.get((source, what))
            if line is not None:
                counts = (
                    *(line.captures, line.statements, line.equal),
                    *(line.items, line.equal_items),
                )
                by_fault = (str(line.faults[fault] or "") for fault in faults)
                yield _row([title, what, *(f"{count:,}" for count in counts), *by_fault])
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _differences(entries: Iterable[Explained]) -> Iterator[str]:
    yield "## Differences\n"
    yield "Stated is what only the source has, reported what only NautScan has.\n"
    ordered = sorted(entries, key=lambda e: (e.capture, e.fault, e.reason, e.field))
    by_project = groupby(ordered, key=lambda entry: entry.capture.partition("/")[0])
    for project, of_project in by_project:
        yield f"### {project}\n"
        same = groupby(of_project, key=lambda entry: (entry.capture, entry.fault, entry.reason))
        for (capture, fault, reason), alike in same:
            yield f"- `{capture.partition('/')[2]}` ({fault}): {_plain(reason)}"
            yield from (
                f"  - {entry.field}: stated {_value(entry.expected)}, reported {_value(entry.got)}"
                for entry in alike
            )
        yield ""


def _value(value: str) -> str:
    if not value:
        return "nothing"
    cut = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    printable = "".join(c if c.isprintable() else "·" for c in cut)
    return f"`{printable.replace('`', chr(0x2BC))}`"


def _plain(reason: str) -> str:
    """A reason as Markdown: nothing in it is markup."""
    return reason.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


if __name__ == "__main__":
    main()
