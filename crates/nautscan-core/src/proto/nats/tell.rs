//! Operations as exchanges.

use super::json;
use super::oddity::MALFORMED;
use super::operation::Address;
use crate::event::{Exchange, Headers, Message};
use crate::limits::NATS_TEXT;
use crate::proto::http1::trace_id;
use crate::proto::keys;

/// Members of INFO that are shown, with their names in the detail.
const INFO: &[(&[u8], &str)] = &[
    (b"server_name", "server_name"),
    (b"version", "server_version"),
    (b"cluster", "cluster"),
    (b"max_payload", "max_payload"),
    (b"headers", "headers"),
    (b"jetstream", "jetstream"),
    (b"auth_required", "auth_required"),
    (b"tls_required", "tls_required"),
];

/// Members of CONNECT that are shown. Passwords, tokens, keys and signatures are not among them.
const CONNECT: &[(&[u8], &str)] = &[
    (b"user", "user"),
    (b"lang", "language"),
    (b"version", "client_version"),
    (b"verbose", "verbose"),
    (b"no_responders", "no_responders"),
];

/// An exchange of an operation.
pub(super) fn row(method: &'static str) -> Exchange {
    Exchange { protocol: "nats", method: Some(method.as_bytes().to_vec()), ..Exchange::default() }
}

/// The beginning of a text.
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(NATS_TEXT)]).into_owned()
}

/// A subject as target and detail.
pub(super) fn address(exchange: &mut Exchange, subject: &[u8]) {
    exchange.target = Some(keys::topic(subject, b'.'));
    exchange.detail.push(("subject", shown(subject)));
}

/// What INFO says of the server; answers whether what follows is TLS.
pub(super) fn info(exchange: &mut Exchange, object: &[u8]) -> bool {
    let members = json::members(object);
    describe(exchange, &members, INFO);
    let is = |name: &[u8]| members.contains(&(name, b"true"));
    exchange.target = of(&members, b"server_name").map(|name| shown(name).into_bytes());
    is(b"tls_required")
}

/// What CONNECT says of the client; answers whether it wants each operation confirmed.
pub(super) fn connect(exchange: &mut Exchange, object: &[u8]) -> bool {
    let members = json::members(object);
    describe(exchange, &members, CONNECT);
    exchange.target = of(&members, b"name").map(|name| shown(name).into_bytes());
    // It is the default.
    of(&members, b"verbose") != Some(b"false")
}

fn of<'a>(members: &[(&[u8], &'a [u8])], name: &[u8]) -> Option<&'a [u8]> {
    let value = members.iter().find(|member| member.0 == name).map(|member| member.1);
    value.filter(|value| !value.is_empty())
}

fn describe(exchange: &mut Exchange, members: &[(&[u8], &[u8])], names: &[(&[u8], &'static str)]) {
    for (name, title) in names {
        exchange.detail.extend(of(members, name).map(|value| (*title, shown(value))));
    }
}

/// Headers and payload of a message: their bytes, and whether all of them are there.
pub(super) fn content(
    exchange: &mut Exchange,
    half: &mut Message,
    address: &Address<'_>,
    (bytes, is_cut): (&[u8], bool),
    limit: usize,
) {
    let bytes = &bytes[..bytes.len().min(address.total)];
    let mut payload = bytes;
    if let Some(length) = address.headers {
        let (head, rest) = bytes.split_at(bytes.len().min(length));
        payload = rest;
        match headers(head) {
            Some((status, fields)) => {
                exchange.trace_id = fields.get(b"traceparent").and_then(trace_id);
                half.headers = fields;
                outcome(exchange, status);
            }
            None if is_cut => {}
            None => exchange.oddities.push(MALFORMED),
        }
    }
    let kept = &payload[..payload.len().min(limit)];
    half.body.kept = (!kept.is_empty()).then(|| kept.to_vec());
    half.body.truncated = is_cut || kept.len() < payload.len();
    exchange.holds_values = true;
}

/// What stands behind `NATS/1.0`, and the fields. `None`: these are no headers.
fn headers(head: &[u8]) -> Option<(&[u8], Headers)> {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let status = lines.next()?.strip_prefix(b"NATS/1.0")?.trim_ascii();
    let mut fields = Headers::default();
    for line in lines {
        if let Some(colon) = memchr::memchr(b':', line) {
            fields.push(&line[..colon], line[colon + 1..].trim_ascii());
        }
    }
    Some((status, fields))
}

/// A status that the server or JetStream put before the headers.
fn outcome(exchange: &mut Exchange, status: &[u8]) {
    let (code, text) = status.split_at(status.len().min(3));
    let Some(code) = core::str::from_utf8(code).ok().and_then(|code| code.parse::<i32>().ok())
    else {
        return;
    };
    exchange.status = Some(code);
    exchange.error = match code {
        400 => Some("Bad Request"),
        404 => Some("No Messages"),
        408 => Some("Request Timeout"),
        409 => Some("Conflict"),
        503 => Some("No Responders"),
        _ if code >= 400 => Some("status of an error"),
        _ => None,
    };
    let text = text.trim_ascii();
    if !text.is_empty() {
        exchange.detail.push(("reason", shown(text)));
    }
}

/// Names of errors that servers tell of; texts go on behind some.
const ERRORS: &[&str] = &[
    "Unknown Protocol Operation",
    "Attempted To Connect To Route Port",
    "Authorization Violation",
    "Authorization Timeout",
    "Authentication Timeout",
    "User Authentication Expired",
    "User Authentication Revoked",
    "Account Authentication Expired",
    "Invalid Client Protocol",
    "Maximum Control Line Exceeded",
    "Parser Error",
    "Secure Connection - TLS Required",
    "Stale Connection",
    "Maximum Connections Exceeded",
    "Maximum Account Active Connections Exceeded",
    "Slow Consumer",
    "Maximum Payload Violation",
    "Invalid Subject",
    "Invalid Publish Subject",
    "Permissions Violation",
    "Maximum Subscriptions Exceeded",
    "Server Shutdown",
];

/// The name of an error.
pub(super) fn error(text: &[u8]) -> &'static str {
    let text = text.strip_prefix(b"'").unwrap_or(text);
    let is = |name: &&&str| {
        let begin = text.get(..name.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(name.as_bytes()))
    };
    ERRORS.iter().find(is).copied().unwrap_or("an error without a name")
}
