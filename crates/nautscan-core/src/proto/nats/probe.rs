//! Is it NATS?
//!
//! A server begins with `INFO {"`, a client with `CONNECT {"`. Where that was not seen, a line before a
//! message tells: `PUB` of a client, `MSG` of a server, with lengths that fit. `PING` and `+OK` alone are
//! others' too.

use super::operation;
use crate::limits::NATS_PROBE;
use crate::proto::{Probe, Side};

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    let begin: &[u8] = if side == Side::Server { b"INFO {\"" } else { b"CONNECT {\"" };
    if bytes.starts_with(begin) {
        return Probe::Yes;
    }
    let words: &[&[u8]] = match side {
        Side::Client => &[b"PUB ", b"HPUB "],
        Side::Server => &[b"MSG ", b"HMSG "],
    };
    let is_begun = |word: &&[u8]| word.starts_with(bytes) || bytes.starts_with(word);
    if !begin.starts_with(bytes) && !words.iter().any(is_begun) {
        return Probe::No;
    }
    match operation::begins(side, bytes) {
        Some(true) => Probe::Yes,
        None if bytes.len() < NATS_PROBE => Probe::NeedMore,
        _ => Probe::No,
    }
}
