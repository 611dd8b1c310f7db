//! Is it TLS?

use super::record::{HANDSHAKE, HEADER, MAX_RECORD};
use crate::proto::{Probe, Side};

/// A hello of the side that says it: a record of the handshake, its version, its length, and the
/// message's type and version, as far as they are in the first record.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    let hello = match side {
        Side::Client => super::message::CLIENT_HELLO,
        Side::Server => super::message::SERVER_HELLO,
    };
    let length = usize::from(u16::from_be_bytes([at(bytes, 3), at(bytes, 4)]));
    let holds = [
        at(bytes, 0) == HANDSHAKE,
        at(bytes, 1) == 3,
        at(bytes, 2) <= 4,
        true,
        (1..=MAX_RECORD).contains(&length),
        at(bytes, 5) == hello,
        // Longer than 16 MiB is impossible, longer than 64 KiB no hello.
        length < 2 || at(bytes, 6) <= 1,
        true,
        true,
        length < 5 || at(bytes, 9) == 3,
        length < 6 || at(bytes, 10) <= 4,
    ];
    if holds.iter().take(bytes.len()).any(|holds| !holds) {
        return Probe::No;
    }
    // What is in the next record is for the parser.
    if bytes.len() >= (HEADER + length.min(6)).max(HEADER + 1) {
        Probe::Yes
    } else {
        Probe::NeedMore
    }
}

fn at(bytes: &[u8], index: usize) -> u8 {
    bytes.get(index).copied().unwrap_or(0)
}
