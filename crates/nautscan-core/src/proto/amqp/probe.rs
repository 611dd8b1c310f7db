//! Is it AMQP 0-9-1?
//!
//! A client begins with the protocol's name and version. Where that was not seen, a whole frame with a
//! method that the side may send, and the byte that ends frames, tells.

use super::frame;
use crate::limits::AMQP_PROBE;
use crate::proto::{Probe, Side};

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    match frame::begins(side, bytes) {
        Some(true) => Probe::Yes,
        None if bytes.len() < AMQP_PROBE => Probe::NeedMore,
        _ => Probe::No,
    }
}
