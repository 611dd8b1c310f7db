//! Is it a WebSocket?

use crate::proto::{Probe, Side};

/// The registry's probe. Frames alone say too little: some bytes of flags and length, and then
/// whatever an application sends. A WebSocket is known by the handshake that both sides make, and
/// handed over by HTTP.
pub(super) fn probe(_: Side, _: &[u8]) -> Probe {
    Probe::No
}
