//! Is it MQTT?
//!
//! A connection begins with a packet that names the protocol. Where that was not seen, bytes that are
//! whole packets and nothing else tell, if one of them publishes, subscribes or answers to a
//! connection's beginning; a ping alone does not, and waits for what does.

use super::packet::{self, Looks, looks};
use crate::limits::MQTT_PROBE;
use crate::proto::frames::Head;
use crate::proto::{Probe, Side};

/// Bytes of CONNECT from its beginning to the version, at most: type, length, name, version.
const BEGINNING: usize = 14;

/// Bytes of packets that do not tell, which are waited with until others do.
const PINGS: usize = 32;

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    if side == Side::Client && bytes.first().is_none_or(|first| *first == packet::CONNECT << 4) {
        return begins(bytes);
    }
    match looks(side, bytes) {
        Looks::Whole { telling: true } => Probe::Yes,
        Looks::Part if bytes.len() < MQTT_PROBE => Probe::NeedMore,
        Looks::Whole { .. } if bytes.len() < PINGS => Probe::NeedMore,
        _ => Probe::No,
    }
}

fn begins(bytes: &[u8]) -> Probe {
    let head = match packet::head(bytes) {
        Head::More => return Probe::NeedMore,
        Head::Malformed => return Probe::No,
        Head::Whole { head, .. } => head,
    };
    let body = &bytes[head..];
    if packet::begins(body) {
        return Probe::Yes;
    }
    let may_be = [&b"\0\x04MQTT"[..], b"\0\x06MQIsdp"].iter().any(|name| name.starts_with(body));
    if may_be && bytes.len() < BEGINNING { Probe::NeedMore } else { Probe::No }
}
