"""Columns of `flows`."""

from __future__ import annotations

from typing import Final

from nautscan.schema.column import engine_column

_TLS: Final = (
    engine_column(
        "tls_version",
        "text",
        "TLS version the server chose (TLSv1.3, TLSv1.2, …); null, as all of these, if no "
        "handshake was seen",
        null=True,
    ),
    engine_column("tls_cipher", "text", "Cipher suite it chose, IANA's name", null=True),
    engine_column(
        "tls_alpn",
        "text",
        "Application protocol it chose; null if none, and since TLS 1.3, where it is encrypted",
        null=True,
    ),
    engine_column(
        "tls_alpn_offered",
        "text",
        "Application protocols the client offered, joined by commas; null if none",
        null=True,
    ),
    engine_column(
        "tls_resumed",
        "bool",
        "Whether an earlier session or a shared key was taken up; null if not seen",
        null=True,
    ),
    engine_column("tls_ja3", "text", "JA3 of the client's hello (MD5)", null=True),
    engine_column("tls_ja4", "text", "JA4 of the client's hello", null=True),
    engine_column(
        "tls_certificate_subject",
        "text",
        "Subject of the server's certificate (RFC 4514); null if none was shown, and since "
        "TLS 1.3, where it is encrypted",
        null=True,
    ),
    engine_column("tls_certificate_issuer", "text", "Its issuer; null likewise", null=True),
    engine_column("tls_certificate_not_before", "time", "Valid from; null likewise", null=True),
    engine_column(
        "tls_certificate_not_after",
        "time",
        "Valid until; null likewise, and after the year 2262",
        null=True,
    ),
    engine_column(
        "tls_alert",
        "text",
        "Alert that was sent in clear (handshake_failure, …): the first fatal one, else the "
        "first; null if none was",
        null=True,
    ),
    engine_column("tls_alert_from", "text", "Who sent it: client or server", null=True),
)

FLOWS: Final = (
    engine_column(
        "flow_id", "i64", "Number of the flow; rows of one flow are cumulative, the last one holds"
    ),
    engine_column("time", "time", "First packet"),
    engine_column("last_time", "time", "Last packet so far"),
    engine_column("sensor", "text", "Name of the sensor that saw it"),
    engine_column("interface", "text", "Interface of the first packet", null=True),
    engine_column("transport", "text", "tcp, udp, sctp, icmp, icmpv6, or ip-<number>"),
    engine_column(
        "protocol", "text", "Application protocol found in the bytes; null if none", null=True
    ),
    engine_column("client_ip", "text", "Address of the side that opened it"),
    engine_column("client_port", "u16", "Port of the side that opened it"),
    engine_column("server_ip", "text", "Address of the other side"),
    engine_column("server_port", "u16", "Port of the other side"),
    engine_column("community_id", "text", "Community ID v1"),
    engine_column(
        "vlan", "u16", "Innermost VLAN of the first packet; null without a tag", null=True
    ),
    engine_column(
        "tunnel", "text", "Encapsulations, outermost first, joined by /; null if none", null=True
    ),
    engine_column(
        "tunnel_id", "i64", "Innermost VNI, key, session, TEID or label; null if none", null=True
    ),
    engine_column("tunnel_client_ip", "text", "Outermost address on the client's side", null=True),
    engine_column("tunnel_server_ip", "text", "Outermost address on the server's side", null=True),
    engine_column(
        "client_mac",
        "text",
        "Hardware address on the client's side in the first packet's frame; null without one",
        null=True,
    ),
    engine_column("server_mac", "text", "The same on the server's side", null=True),
    engine_column(
        "nat_client_ip",
        "text",
        "Address under which the server saw the client; null where no translation was seen",
        null=True,
    ),
    engine_column("nat_client_port", "u16", "Its port; null likewise", null=True),
    engine_column(
        "nat_server_ip",
        "text",
        "Address under which the client reached the server; null where no translation was seen",
        null=True,
    ),
    engine_column("nat_server_port", "u16", "Its port; null likewise", null=True),
    engine_column("client_packets", "i64", "Packets from the client"),
    engine_column("client_bytes", "i64", "Bytes from the client on the wire, link header included"),
    engine_column("server_packets", "i64", "Packets from the server"),
    engine_column("server_bytes", "i64", "Bytes from the server on the wire, link header included"),
    engine_column("client_payload_bytes", "i64", "Transport payload from the client"),
    engine_column("server_payload_bytes", "i64", "Transport payload from the server"),
    engine_column(
        "handshake_ns", "i64", "TCP handshake, ns; null if it was not seen whole", null=True
    ),
    engine_column(
        "client_rtt_ns",
        "i64",
        "Least round trip between the point of capture and the client, ns; null if none was seen",
        null=True,
    ),
    engine_column(
        "server_rtt_ns",
        "i64",
        "Least round trip between the point of capture and the server, ns; null if none was seen",
        null=True,
    ),
    engine_column("retransmissions", "i64", "Segments sent again; null if not TCP", null=True),
    engine_column(
        "out_of_order", "i64", "Segments that later ones overtook; null if not TCP", null=True
    ),
    engine_column(
        "zero_windows", "i64", "Times a side had no room to receive; null if not TCP", null=True
    ),
    engine_column("resets", "i64", "RST segments; null if not TCP", null=True),
    engine_column(
        "duplicate_acks",
        "i64",
        "Acknowledgements that repeated the one before; null for other transports than TCP",
        null=True,
    ),
    engine_column(
        "keep_alives",
        "i64",
        "Segments that asked whether the other side is still there; null if not TCP",
        null=True,
    ),
    engine_column(
        "client_mss",
        "u16",
        "Largest segment that the client asked for, bytes; null if its SYN did not say",
        null=True,
    ),
    engine_column(
        "server_mss",
        "u16",
        "Largest segment that the server asked for, bytes; null if its SYN did not say",
        null=True,
    ),
    engine_column(
        "client_window_scale",
        "u16",
        "Shift of the client's windows; null if its SYN did not say",
        null=True,
    ),
    engine_column(
        "server_window_scale",
        "u16",
        "Shift of the server's windows; null if its SYN did not say",
        null=True,
    ),
    engine_column(
        "sack_blocks",
        "i64",
        "Segments that acknowledged bytes behind a hole; null if not TCP",
        null=True,
    ),
    engine_column("gap_bytes", "i64", "Stream bytes that were lost; null if not TCP", null=True),
    engine_column("duplicates", "i64", "Packets seen twice and counted once"),
    engine_column(
        "server_name", "text", "Name the client asked for (TLS SNI); null if none", null=True
    ),
    *_TLS,
    engine_column(
        "summary",
        "json",
        "What its protocol says of itself in a few facts; null if nothing",
        null=True,
    ),
    engine_column("requests", "i64", "Requests found in it"),
    engine_column("state", "text", "syn_sent, established, closing, closed, reset or active"),
    engine_column(
        "end_reason",
        "text",
        "finished, reset, timeout, evicted, capture_end; null while open",
        null=True,
    ),
)
