//! What an engine has counted.

use crate::packet::Packet;
use crate::wire::{Reason, Stop};

/// Totals since the engine was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets fed.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Packets that were malformed.
    pub decode_errors: u64,
    /// Packets whose headers the snap length cut.
    pub truncated: u64,
    /// Packets without an IP header that could be read.
    pub not_ip: u64,
    /// Packets whose time lay before 1970 or after 2116, and was taken for the nearest end.
    pub time_clamped: u64,
    /// IP fragments.
    pub fragments: u64,
    /// Further sightings of packets already counted.
    pub duplicates: u64,
    /// Flows begun.
    pub flows: u64,
    /// Flows given up because the table was full.
    pub evicted: u64,
    /// Times that bytes of a TCP stream were missing.
    pub gaps: u64,
    /// Bytes that were missing.
    pub gap_bytes: u64,
    /// Rows of `requests`.
    pub requests: u64,
    /// Violations of an application protocol.
    pub parse_errors: u64,
    /// TCP payload bytes of no known protocol.
    pub opaque_bytes: u64,
    /// Earliest packet time.
    pub first_time: Option<i64>,
    /// Latest packet time.
    pub last_time: Option<i64>,
}

impl Totals {
    #[inline]
    pub(super) fn count_packet(&mut self, packet: &Packet<'_>) {
        self.packets += 1;
        self.bytes += u64::from(packet.wire_len);
        if self.last_time.is_none_or(|last| packet.time > last) {
            self.last_time = Some(packet.time);
        }
        if self.first_time.is_none_or(|first| packet.time < first) {
            self.first_time = Some(packet.time);
        }
    }

    #[cold]
    pub(super) fn count_stop(&mut self, stop: &Stop, has_network: bool) {
        if stop.is_malformed() {
            self.decode_errors += 1;
        } else if matches!(stop.reason, Reason::Truncated { .. }) {
            self.truncated += 1;
        }
        if !has_network {
            self.not_ip += 1;
        }
    }
}
