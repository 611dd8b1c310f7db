"""Columns of `requests`."""

from __future__ import annotations

from typing import Final

from nautscan.schema.column import engine_column

REQUESTS: Final = (
    engine_column(
        "time", "time", "First byte of the request, or of the response where no request was seen"
    ),
    engine_column("sensor", "text", "Name of the sensor that saw it"),
    engine_column(
        "interface",
        "text",
        "Interface of the flow's first packet; null in files without one",
        null=True,
    ),
    engine_column("protocol", "text", "Application protocol, e.g. http"),
    engine_column("version", "text", "Version as spoken, e.g. 1.1; null if not stated", null=True),
    engine_column("flow_id", "i64", "The flow that carried it"),
    engine_column("community_id", "text", "Community ID v1 of the flow"),
    engine_column("transport", "text", "What carried it: tcp or udp"),
    engine_column("client_ip", "text", "Address of the side that asked"),
    engine_column("client_port", "u16", "Port of the side that asked"),
    engine_column("server_ip", "text", "Address of the side that answered"),
    engine_column("server_port", "u16", "Port of the side that answered"),
    engine_column(
        "method",
        "text",
        "What was asked for: GET, POST; null if the request was not seen",
        null=True,
    ),
    engine_column("host", "text", "Authority asked; null if not stated or not seen", null=True),
    engine_column("target", "text", "Request target; null if the request was not seen", null=True),
    engine_column(
        "status",
        "i32",
        "Outcome as the protocol numbers it; null if no response was seen",
        null=True,
    ),
    engine_column("error", "text", "Failure below the protocol's status; null if none", null=True),
    engine_column(
        "ttfb_ns", "i64", "First byte of the request to first byte of the response, ns", null=True
    ),
    engine_column(
        "duration_ns",
        "i64",
        "First byte of the request to last byte of the response, ns",
        null=True,
    ),
    engine_column(
        "request_bytes", "i64", "Request content after de-chunking, before decompression", null=True
    ),
    engine_column(
        "response_bytes",
        "i64",
        "Response content after de-chunking, before decompression",
        null=True,
    ),
    engine_column(
        "request_content_type", "text", "Media type of the request; null if not stated", null=True
    ),
    engine_column(
        "content_type", "text", "Media type of the response; null if not stated", null=True
    ),
    engine_column(
        "request_headers", "headers", "Header fields in order, redacted", null=True, heavy=True
    ),
    engine_column(
        "response_headers", "headers", "Header fields in order, redacted", null=True, heavy=True
    ),
    engine_column(
        "request_body",
        "binary",
        "Decoded content up to the cap; null if not kept",
        null=True,
        heavy=True,
    ),
    engine_column(
        "request_body_truncated", "bool", "request_body lacks bytes that the message had"
    ),
    engine_column(
        "response_body",
        "binary",
        "Decoded content up to the cap; null if not kept",
        null=True,
        heavy=True,
    ),
    engine_column(
        "response_body_truncated", "bool", "response_body lacks bytes that the message had"
    ),
    engine_column("trace_id", "text", "W3C trace id; null if none was sent", null=True),
    engine_column(
        "decrypted", "text", "How it was decrypted; null if it was in the clear", null=True
    ),
    engine_column("completeness", "text", "complete, request_only, response_only, gap, or open"),
    engine_column(
        "exchange_id",
        "i64",
        "Number within its flow of an exchange told more than once: the last row of it holds; "
        "null for one told once",
        null=True,
    ),
    engine_column("gap_bytes", "i64", "Bytes of it that were lost"),
    engine_column("oddities", "text_list", "Departures from the protocol, each once"),
    engine_column("detail", "json", "What only this protocol has; null if nothing", null=True),
)
