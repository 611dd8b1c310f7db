//! One sighting of one packet, or of the fragments that made one.

use crate::flow::FlowKey;
use crate::packet::{InterfaceId, Packet};
use crate::wire::{Decoded, Stations};

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
pub(super) struct Seen<'a> {
    pub(super) time: i64,
    /// Time of the first of its fragments; of an ordinary packet, [`Self::time`].
    pub(super) since: i64,
    pub(super) interface: InterfaceId,
    pub(super) load: Load,
    /// `None` for a datagram whose fragments never all came.
    pub(super) packet: Option<&'a Packet<'a>>,
}

impl<'a> Seen<'a> {
    #[inline(always)]
    pub(super) fn of(packet: &'a Packet<'a>) -> Self {
        Self {
            time: packet.time,
            since: packet.time,
            interface: packet.interface,
            load: Load { packets: 1, bytes: u64::from(packet.wire_len) },
            packet: Some(packet),
        }
    }

    /// What is left of a datagram whose fragments never all came.
    pub(super) fn given_up(time: i64, interface: InterfaceId, load: Load) -> Self {
        Self { time, since: time, interface, load, packet: None }
    }

    /// Who sent its frame to whom, as far as that was seen.
    pub(super) fn stations(&self, decoded: &Decoded<'_>) -> Stations {
        self.packet.map_or(Stations::default(), |packet| Stations::of(packet, decoded))
    }
}

/// A flow and the side that a packet came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlowRef {
    pub(super) key: FlowKey,
    pub(super) source_is_low: bool,
}
