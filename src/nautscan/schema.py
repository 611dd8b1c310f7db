"""The tables and their columns, for code that may not import the engine.

The engine (`nautscan-core/src/event`) defines the columns it puts out; a test holds this file
against it. `stored` columns are added by the server: the store's `id` and the workloads on each
side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "time", "text", "u16", "i32", "i64", "bool", "binary", "headers", "text_list", "json"
]
"""What a value is. `time`: UTC nanoseconds of the packets; `json`: text, a JSON object."""

JSON_SAFE_INTEGER: Final = 2**53 - 1
"""Integers beyond this lose digits in JavaScript; the API writes them as strings."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name (also the JSON key), kind, and when it is null."""

    name: str
    kind: Kind
    nullable: bool
    doc: str
    stored: bool = False
    heavy: bool = False
    """Left out of lists and of live rows (headers, bodies)."""


def _column(name: str, kind: Kind, doc: str, *, null: bool = False, heavy: bool = False) -> Column:
    return Column(name, kind, null, doc, heavy=heavy)


_PROCESS: Final[tuple[tuple[str, Kind, str], ...]] = (
    ("pid", "i64", "Process that held the {side}'s socket; null where the reason says why"),
    ("command", "text", "Its command as `ps -o comm` shows it, never its arguments; null likewise"),
    (
        "user",
        "text",
        "Its user as its own system calls it; of a socket whose process is not known, the "
        "socket's owner; null if neither is known",
    ),
    (
        "process_source",
        "text",
        "What that rests on: socket, connect, close (this very connection), listener, bound (the "
        "socket at its address and port); null without a process",
    ),
    (
        "process_reason",
        "text",
        "Why there is no process: remote, not_seen, no_rights, other_namespace, no_holder, "
        "ambiguous, translated, no_socket, off, offline, unavailable; null where there is one",
    ),
)


def _process_columns() -> tuple[Column, ...]:
    return tuple(
        Column(f"{side}_{name}", kind, nullable=True, doc=doc.format(side=side), stored=True)
        for side in ("client", "server")
        for name, kind, doc in _PROCESS
    )


def _workload_columns() -> tuple[Column, ...]:
    columns = []
    for side in ("client", "server"):
        for suffix, doc in (
            (
                "",
                f"Best name of the {side}: Compose service, else container name, else the name of "
                f"this machine, else {side}_host",
            ),
            ("_container_id", f"Container that owned the {side}'s address at that time"),
            ("_container", f"Name of the {side}'s container"),
            ("_image", f"Image of the {side}'s container"),
            ("_project", f"Compose project of the {side}"),
            ("_service", f"Compose service of the {side}"),
        ):
            reason = "null when no workload is known to own the address"
            if not suffix:
                reason = "null when none of them is known"
            text = f"{doc}; {reason}"
            columns.append(Column(side + suffix, "text", nullable=True, doc=text, stored=True))
    return tuple(columns)


def _host_columns() -> tuple[Column, ...]:
    """What is known of an address beside its container: of either side."""
    return tuple(
        Column(f"{side}_{suffix}", "text", nullable=True, doc=doc.format(side), stored=True)
        for side in ("client", "server")
        for suffix, doc in (
            (
                "host",
                "Name that the {}'s address had at that time, as the wire or a file said; null "
                "when none was seen",
            ),
            (
                "host_source",
                "Who said {}_host: dns, llmnr, docker (an alias on its network), hosts (the hosts "
                "file), mdns, dhcp, dhcpv6",
            ),
            (
                "country",
                "Country of the {}'s address, ISO 3166-1; null without a GeoIP file that knows it",
            ),
            (
                "as",
                "Autonomous system of the {}'s address, e.g. AS64500 Example; null without a file "
                "that knows it",
            ),
        )
    )


_VENDORS: Final = tuple(
    Column(
        f"{side}_vendor",
        "text",
        nullable=True,
        doc=f"Organisation that {side}_mac is registered to with the IEEE; null if it was chosen "
        "by software, or is not in the register",
        stored=True,
    )
    for side in ("client", "server")
)


_ID: Final = Column(
    "id", "i64", nullable=False, doc="The store's own number of the row", stored=True
)

_REQUESTS: Final = (
    _column(
        "time", "time", "First byte of the request, or of the response where no request was seen"
    ),
    _column("sensor", "text", "Name of the sensor that saw it"),
    _column(
        "interface",
        "text",
        "Interface of the flow's first packet; null in files without one",
        null=True,
    ),
    _column("protocol", "text", "Application protocol, e.g. http"),
    _column("version", "text", "Version as spoken, e.g. 1.1; null if not stated", null=True),
    _column("flow_id", "i64", "The flow that carried it"),
    _column("community_id", "text", "Community ID v1 of the flow"),
    _column("transport", "text", "What carried it: tcp or udp"),
    _column("client_ip", "text", "Address of the side that asked"),
    _column("client_port", "u16", "Port of the side that asked"),
    _column("server_ip", "text", "Address of the side that answered"),
    _column("server_port", "u16", "Port of the side that answered"),
    _column(
        "method",
        "text",
        "What was asked for: GET, POST; null if the request was not seen",
        null=True,
    ),
    _column("host", "text", "Authority asked; null if not stated or not seen", null=True),
    _column("target", "text", "Request target; null if the request was not seen", null=True),
    _column(
        "status",
        "i32",
        "Outcome as the protocol numbers it; null if no response was seen",
        null=True,
    ),
    _column("error", "text", "Failure below the protocol's status; null if none", null=True),
    _column(
        "ttfb_ns", "i64", "First byte of the request to first byte of the response, ns", null=True
    ),
    _column(
        "duration_ns",
        "i64",
        "First byte of the request to last byte of the response, ns",
        null=True,
    ),
    _column(
        "request_bytes", "i64", "Request content after de-chunking, before decompression", null=True
    ),
    _column(
        "response_bytes",
        "i64",
        "Response content after de-chunking, before decompression",
        null=True,
    ),
    _column(
        "request_content_type", "text", "Media type of the request; null if not stated", null=True
    ),
    _column("content_type", "text", "Media type of the response; null if not stated", null=True),
    _column(
        "request_headers", "headers", "Header fields in order, redacted", null=True, heavy=True
    ),
    _column(
        "response_headers", "headers", "Header fields in order, redacted", null=True, heavy=True
    ),
    _column(
        "request_body",
        "binary",
        "Decoded content up to the cap; null if not kept",
        null=True,
        heavy=True,
    ),
    _column("request_body_truncated", "bool", "request_body lacks bytes that the message had"),
    _column(
        "response_body",
        "binary",
        "Decoded content up to the cap; null if not kept",
        null=True,
        heavy=True,
    ),
    _column("response_body_truncated", "bool", "response_body lacks bytes that the message had"),
    _column("trace_id", "text", "W3C trace id; null if none was sent", null=True),
    _column("decrypted", "text", "How it was decrypted; null if it was in the clear", null=True),
    _column("completeness", "text", "complete, request_only, response_only or gap"),
    _column("gap_bytes", "i64", "Bytes of it that were lost"),
    _column("oddities", "text_list", "Departures from the protocol, each once"),
    _column("detail", "json", "What only this protocol has; null if nothing", null=True),
)

_TLS: Final = (
    _column(
        "tls_version",
        "text",
        "TLS version the server chose (TLSv1.3, TLSv1.2, …); null, as all of these, if no "
        "handshake was seen",
        null=True,
    ),
    _column("tls_cipher", "text", "Cipher suite it chose, IANA's name", null=True),
    _column(
        "tls_alpn",
        "text",
        "Application protocol it chose; null if none, and since TLS 1.3, where it is encrypted",
        null=True,
    ),
    _column(
        "tls_alpn_offered",
        "text",
        "Application protocols the client offered, joined by commas; null if none",
        null=True,
    ),
    _column(
        "tls_resumed",
        "bool",
        "Whether an earlier session or a shared key was taken up; null if not seen",
        null=True,
    ),
    _column("tls_ja3", "text", "JA3 of the client's hello (MD5)", null=True),
    _column("tls_ja4", "text", "JA4 of the client's hello", null=True),
    _column(
        "tls_certificate_subject",
        "text",
        "Subject of the server's certificate (RFC 4514); null if none was shown, and since "
        "TLS 1.3, where it is encrypted",
        null=True,
    ),
    _column("tls_certificate_issuer", "text", "Its issuer; null likewise", null=True),
    _column("tls_certificate_not_before", "time", "Valid from; null likewise", null=True),
    _column(
        "tls_certificate_not_after",
        "time",
        "Valid until; null likewise, and after the year 2262",
        null=True,
    ),
    _column(
        "tls_alert",
        "text",
        "Alert that was sent in clear (handshake_failure, …): the first fatal one, else the "
        "first; null if none was",
        null=True,
    ),
    _column("tls_alert_from", "text", "Who sent it: client or server", null=True),
)

_FLOWS: Final = (
    _column(
        "flow_id", "i64", "Number of the flow; rows of one flow are cumulative, the last one holds"
    ),
    _column("time", "time", "First packet"),
    _column("last_time", "time", "Last packet so far"),
    _column("sensor", "text", "Name of the sensor that saw it"),
    _column("interface", "text", "Interface of the first packet", null=True),
    _column("transport", "text", "tcp, udp, sctp, icmp, icmpv6, or ip-<number>"),
    _column("protocol", "text", "Application protocol found in the bytes; null if none", null=True),
    _column("client_ip", "text", "Address of the side that opened it"),
    _column("client_port", "u16", "Port of the side that opened it"),
    _column("server_ip", "text", "Address of the other side"),
    _column("server_port", "u16", "Port of the other side"),
    _column("community_id", "text", "Community ID v1"),
    _column("vlan", "u16", "Innermost VLAN of the first packet; null without a tag", null=True),
    _column(
        "tunnel", "text", "Encapsulations, outermost first, joined by /; null if none", null=True
    ),
    _column(
        "tunnel_id", "i64", "Innermost VNI, key, session, TEID or label; null if none", null=True
    ),
    _column("tunnel_client_ip", "text", "Outermost address on the client's side", null=True),
    _column("tunnel_server_ip", "text", "Outermost address on the server's side", null=True),
    _column(
        "client_mac",
        "text",
        "Hardware address on the client's side in the first packet's frame; null without one",
        null=True,
    ),
    _column("server_mac", "text", "The same on the server's side", null=True),
    _column(
        "nat_client_ip",
        "text",
        "Address under which the server saw the client; null where no translation was seen",
        null=True,
    ),
    _column("nat_client_port", "u16", "Its port; null likewise", null=True),
    _column(
        "nat_server_ip",
        "text",
        "Address under which the client reached the server; null where no translation was seen",
        null=True,
    ),
    _column("nat_server_port", "u16", "Its port; null likewise", null=True),
    _column("client_packets", "i64", "Packets from the client"),
    _column("client_bytes", "i64", "Bytes from the client on the wire, link header included"),
    _column("server_packets", "i64", "Packets from the server"),
    _column("server_bytes", "i64", "Bytes from the server on the wire, link header included"),
    _column("client_payload_bytes", "i64", "Transport payload from the client"),
    _column("server_payload_bytes", "i64", "Transport payload from the server"),
    _column("handshake_ns", "i64", "TCP handshake, ns; null if it was not seen whole", null=True),
    _column(
        "client_rtt_ns",
        "i64",
        "Least round trip between the point of capture and the client, ns; null if none was seen",
        null=True,
    ),
    _column(
        "server_rtt_ns",
        "i64",
        "Least round trip between the point of capture and the server, ns; null if none was seen",
        null=True,
    ),
    _column("retransmissions", "i64", "Segments sent again; null if not TCP", null=True),
    _column("out_of_order", "i64", "Segments that later ones overtook; null if not TCP", null=True),
    _column(
        "zero_windows", "i64", "Times a side had no room to receive; null if not TCP", null=True
    ),
    _column("resets", "i64", "RST segments; null if not TCP", null=True),
    _column(
        "duplicate_acks",
        "i64",
        "Acknowledgements that repeated the one before; null for other transports than TCP",
        null=True,
    ),
    _column(
        "keep_alives",
        "i64",
        "Segments that asked whether the other side is still there; null if not TCP",
        null=True,
    ),
    _column(
        "client_mss",
        "u16",
        "Largest segment that the client asked for, bytes; null if its SYN did not say",
        null=True,
    ),
    _column(
        "server_mss",
        "u16",
        "Largest segment that the server asked for, bytes; null if its SYN did not say",
        null=True,
    ),
    _column(
        "client_window_scale",
        "u16",
        "Shift of the client's windows; null if its SYN did not say",
        null=True,
    ),
    _column(
        "server_window_scale",
        "u16",
        "Shift of the server's windows; null if its SYN did not say",
        null=True,
    ),
    _column(
        "sack_blocks",
        "i64",
        "Segments that acknowledged bytes behind a hole; null if not TCP",
        null=True,
    ),
    _column("gap_bytes", "i64", "Stream bytes that were lost; null if not TCP", null=True),
    _column("duplicates", "i64", "Packets seen twice and counted once"),
    _column("server_name", "text", "Name the client asked for (TLS SNI); null if none", null=True),
    *_TLS,
    _column("requests", "i64", "Requests found in it"),
    _column("state", "text", "syn_sent, established, closing, closed, reset or active"),
    _column(
        "end_reason",
        "text",
        "finished, reset, timeout, evicted, capture_end; null while open",
        null=True,
    ),
)

_PACKETS: Final = (
    _column("id", "i64", "Number of the packet in the sensor's ring"),
    _column("time", "time", "When it was captured"),
    _column("sensor", "text", "Name of the sensor that saw it"),
    _column("interface", "text", "Interface; null in files without one", null=True),
    _column("link_type", "text", "Link layer, as libpcap names it"),
    _column("length", "i64", "Bytes on the wire"),
    _column("captured_length", "i64", "Bytes kept"),
    _column("source_ip", "text", "Source address; null if not IP", null=True),
    _column("source_port", "u16", "Source port; null if there is none", null=True),
    _column("destination_ip", "text", "Destination address; null if not IP", null=True),
    _column("destination_port", "u16", "Destination port; null if there is none", null=True),
    _column("transport", "text", "tcp, udp, icmp, …; null if not IP", null=True),
    _column("protocol", "text", "Highest layer known"),
    _column("info", "text", "One line on what it is"),
    _column("flow_id", "i64", "Its flow; null if it belongs to none", null=True),
    _column("community_id", "text", "Community ID v1; null if it has none", null=True),
    _column("vlan", "u16", "Innermost VLAN; null without a tag", null=True),
    _column(
        "tunnel", "text", "Encapsulations, outermost first, joined by /; null if none", null=True
    ),
    _column("error", "text", "Why decoding stopped; null if it did not", null=True),
)

_NAMES: Final = (
    _column("time", "time", "When the message that said so was captured"),
    _column("sensor", "text", "Name of the sensor that saw it"),
    _column("interface", "text", "Interface; null in files without one", null=True),
    _column("source", "text", "What said so: dns, mdns, llmnr, dhcp or dhcpv6"),
    _column("ip", "text", "The address that has the name"),
    _column(
        "name", "text", "The name as it was asked for: lower case, aliases followed back to it"
    ),
    _column(
        "mac", "text", "Hardware address, as a DHCP message states it; null otherwise", null=True
    ),
    _column("ttl_s", "i64", "Seconds that it holds; null where it was not said", null=True),
    _column("asked_by", "text", "Who asked; null where a host announced itself", null=True),
    _column("answered_by", "text", "Who said so; null if it has no address yet", null=True),
)

_STATS: Final = (
    _column("time", "time", "When it was read, on the sensor's clock"),
    _column("sensor", "text", "Name of the sensor"),
    _column("interface", "text", "Interface; null where the stage serves all", null=True),
    _column("stage", "text", "capture, decode, flow, stream, proto or queue"),
    _column("name", "text", "Which counter of the stage"),
    _column("value", "i64", "Cumulative since the sensor started"),
)

ENGINE_COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "requests": _REQUESTS,
    "flows": _FLOWS,
    "packets": _PACKETS,
    "names": _NAMES,
    "stats": _STATS,
}
"""What the engine puts out, in its order."""

COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "requests": (_ID, *_REQUESTS, *_workload_columns(), *_host_columns(), *_process_columns()),
    "flows": (
        _ID,
        *_FLOWS,
        *_workload_columns(),
        *_host_columns(),
        *_VENDORS,
        *_process_columns(),
    ),
    "packets": _PACKETS,
    "names": _NAMES,
    "stats": _STATS,
}
"""What the server knows of each table: the engine's columns and the stored ones."""

STORED_TABLES: Final = ("requests", "flows", "stats")
"""Tables that are kept on disk; packets live in the sensor's ring, names in memory."""


def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table, stored ones included. KeyError for a table that is not."""
    return COLUMNS[table]


def light_columns(table: str) -> tuple[Column, ...]:
    """The columns of list answers and live rows: without headers and bodies."""
    return tuple(column for column in COLUMNS[table] if not column.heavy)
