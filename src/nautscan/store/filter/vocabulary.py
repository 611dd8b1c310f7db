"""What a filter may speak of: kinds of values, functions, and where free text looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sqlglot import exp

from nautscan import schema

Kind = Literal["bool", "integer", "text", "time", "list"]
"""What an expression gives. Headers and bodies are reached by functions only."""

KIND_OF_COLUMN: Final[dict[schema.Kind, Kind]] = {
    "time": "time",
    "text": "text",
    "u16": "integer",
    "i32": "integer",
    "i64": "integer",
    "bool": "bool",
    "text_list": "list",
    "json": "text",
}
"""Kinds that can be compared; headers and binary are absent on purpose."""

TEXT_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "requests": (
        "client",
        "server",
        "client_container",
        "server_container",
        "client_host",
        "server_host",
        "client_command",
        "server_command",
        "client_ip",
        "server_ip",
        "method",
        "host",
        "target",
        "error",
        "content_type",
        "trace_id",
        "protocol",
        "interface",
    ),
    "flows": (
        "client",
        "server",
        "client_container",
        "server_container",
        "client_host",
        "server_host",
        "client_command",
        "server_command",
        "client_ip",
        "server_ip",
        "server_name",
        "protocol",
        "transport",
        "state",
        "community_id",
        "interface",
        "tunnel",
        "tunnel_client_ip",
        "tunnel_server_ip",
        "client_mac",
        "server_mac",
        "nat_client_ip",
        "nat_server_ip",
        "tls_certificate_subject",
        "tls_ja4",
    ),
    "packets": (
        "source_ip",
        "destination_ip",
        "transport",
        "protocol",
        "info",
        "error",
        "interface",
    ),
    "names": ("ip", "name", "source", "mac", "asked_by", "answered_by"),
}
"""Where a word is looked for, without regard to case."""

NUMBER_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "requests": ("status", "client_port", "server_port"),
    "flows": ("client_port", "server_port"),
    "packets": ("source_port", "destination_port"),
    "names": (),
}
"""Where a word of digits is looked for as well, as a whole number."""

UNITS: Final[dict[str, int]] = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "b": 1,
    "kb": 1_000,
    "mb": 1_000_000,
    "gb": 1_000_000_000,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
}
"""Units of numbers: durations become nanoseconds, sizes bytes. `m` is minutes."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a filter may call. `sql` takes the arguments in its braces."""

    takes: tuple[Kind, ...]
    gives: Kind
    sql: str
    heavy: bool = False


def _header(column: str) -> str:
    return f'list_filter("{column}", lambda field: lower(field.name) = lower({{0}}))[1].value'


FUNCTIONS: Final[dict[str, Function]] = {
    "lower": Function(("text",), "text", "lower({0})"),
    "upper": Function(("text",), "text", "upper({0})"),
    "length": Function(("text",), "integer", "length({0})"),
    "contains": Function(("text", "text"), "bool", "contains({0}, {1})"),
    "starts_with": Function(("text", "text"), "bool", "starts_with({0}, {1})"),
    "ends_with": Function(("text", "text"), "bool", "ends_with({0}, {1})"),
    "regexp_matches": Function(("text", "text"), "bool", "regexp_matches({0}, {1})"),
    "abs": Function(("integer",), "integer", "abs({0})"),
    "list_contains": Function(("list", "text"), "bool", "list_contains({0}, {1})"),
    "request_header": Function(("text",), "text", _header("request_headers"), heavy=True),
    "response_header": Function(("text",), "text", _header("response_headers"), heavy=True),
}

NAME_OF_NODE: Final[dict[type[exp.Expr], str]] = {
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.Length: "length",
    exp.Contains: "contains",
    exp.StartsWith: "starts_with",
    exp.EndsWith: "ends_with",
    exp.RegexpLike: "regexp_matches",
    exp.Abs: "abs",
    exp.ArrayContains: "list_contains",
}
"""sqlglot has classes for functions that it knows; ours that it does not come as `Anonymous`."""

FUNCTION_HELP: Final[tuple[str, ...]] = (
    "lower(text)",
    "upper(text)",
    "length(text)",
    "contains(text, part)",
    "starts_with(text, part)",
    "ends_with(text, part)",
    "regexp_matches(text, pattern)",
    "abs(number)",
    "list_contains(oddities, name)",
    "request_header(name)",
    "response_header(name)",
)

_EXAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "status": ("status >= 500", "status between 400 and 499", "status is null"),
    "method": ("method = 'POST'", "method in ('PUT', 'DELETE')"),
    "target": ("target like '/api/%'", "target = '/health'"),
    "duration_ns": ("duration_ns > 100ms", "duration_ns > 2s"),
    "response_bytes": ("response_bytes > 1MB",),
    "oddities": ("list_contains(oddities, 'conflicting_length')",),
    "request_headers": ("request_header('user-agent') like 'curl/%'",),
    "response_headers": ("response_header('server') = 'nginx'",),
    "completeness": ("completeness <> 'complete'", "completeness = 'open'"),
    "updated": ("updated > '-1m'",),
    "server_host": ("server_host like '%.github.com'", "server_host is null"),
    "client_host": ("client_host = 'laptop'", "client_host is null"),
    "server_host_source": ("server_host_source = 'dns'",),
    "server_country": ("server_country not in ('DE', 'FR')",),
    "server_as": ("server_as like 'AS13335 %'",),
}

_OF_KIND: Final[dict[schema.Kind, tuple[str, ...]]] = {
    "time": ("{} > '-5m'",),
    "text": ("{} = '…'", "{} is null"),
    "u16": ("{} = 443",),
    "i32": ("{} > 0",),
    "i64": ("{} > 0",),
    "bool": ("{}", "not {}"),
    "text_list": ("list_contains({}, '…')",),
    "json": ("contains({}, '…')",),
}


def examples(column: schema.Column) -> list[str]:
    """Conditions that can be written with a column."""
    if column.name in _EXAMPLES:
        return list(_EXAMPLES[column.name])
    return [text.format(column.name) for text in _OF_KIND.get(column.kind, ())]
