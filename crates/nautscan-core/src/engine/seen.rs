//! One sighting of one packet, or of the fragments that made one.

use crate::flow::FlowKey;
use crate::packet::{InterfaceId, Packet};

/// Packets and their bytes on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

impl Load {
    pub(super) fn add(&mut self, more: Self) {
        self.packets += more.packets;
        self.bytes += more.bytes;
    }
}

/// When and where a packet was seen, and what it weighs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) time: i64,
    /// Time of the first of its fragments; of an ordinary packet, [`Self::time`].
    pub(super) since: i64,
    pub(super) interface: InterfaceId,
    pub(super) load: Load,
}

impl Seen {
    #[inline(always)]
    pub(super) fn of(packet: &Packet<'_>) -> Self {
        Self {
            time: packet.time,
            since: packet.time,
            interface: packet.interface,
            load: Load { packets: 1, bytes: u64::from(packet.wire_len) },
        }
    }
}

/// A flow and the side that a packet came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlowRef {
    pub(super) key: FlowKey,
    pub(super) source_is_low: bool,
}
