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
    /// Packets of which not all headers were walked: more are nested than [`crate::limits`] allows.
    pub too_deep: u64,
    /// Aggregated 802.11 units that were not decoded: of each frame the first is.
    pub aggregated_skipped: u64,
    /// Packets whose time lay before 1970 or after 2116, and was taken for the nearest end.
    pub time_clamped: u64,
    /// IP fragments.
    pub fragments: u64,
    /// Fragments part of which was there before.
    pub fragments_overlapping: u64,
    /// Fragments that no datagram can have: empty, of an impossible length or place, or beyond
    /// the pieces that one may have.
    pub fragments_refused: u64,
    /// Datagrams put together from fragments.
    pub datagrams: u64,
    /// Datagrams of which fragments were missing when they were given up.
    pub datagrams_incomplete: u64,
    /// Those of them given up early because too many were waiting.
    pub datagrams_evicted: u64,
    /// Packets with an IP header that were counted to no flow: what tells their ports was cut
    /// off, or is in a fragment that was not seen.
    pub unattributed: u64,
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

    /// Adds what another engine has counted of the same capture.
    pub fn add(&mut self, other: &Self) {
        let Self { first_time, last_time, .. } = *self;
        let earliest = [first_time, other.first_time].into_iter().flatten().min();
        let latest = last_time.max(other.last_time);
        *self = Self {
            packets: self.packets + other.packets,
            bytes: self.bytes + other.bytes,
            decode_errors: self.decode_errors + other.decode_errors,
            truncated: self.truncated + other.truncated,
            not_ip: self.not_ip + other.not_ip,
            too_deep: self.too_deep + other.too_deep,
            aggregated_skipped: self.aggregated_skipped + other.aggregated_skipped,
            time_clamped: self.time_clamped + other.time_clamped,
            fragments: self.fragments + other.fragments,
            fragments_overlapping: self.fragments_overlapping + other.fragments_overlapping,
            fragments_refused: self.fragments_refused + other.fragments_refused,
            datagrams: self.datagrams + other.datagrams,
            datagrams_incomplete: self.datagrams_incomplete + other.datagrams_incomplete,
            datagrams_evicted: self.datagrams_evicted + other.datagrams_evicted,
            unattributed: self.unattributed + other.unattributed,
            duplicates: self.duplicates + other.duplicates,
            flows: self.flows + other.flows,
            evicted: self.evicted + other.evicted,
            gaps: self.gaps + other.gaps,
            gap_bytes: self.gap_bytes + other.gap_bytes,
            requests: self.requests + other.requests,
            parse_errors: self.parse_errors + other.parse_errors,
            opaque_bytes: self.opaque_bytes + other.opaque_bytes,
            first_time: earliest,
            last_time: latest,
        };
    }

    #[cold]
    pub(super) fn count_stop(&mut self, stop: &Stop, has_network: bool) {
        if stop.is_malformed() {
            self.decode_errors += 1;
        } else if matches!(stop.reason, Reason::Truncated { .. }) {
            self.truncated += 1;
        }
        if matches!(stop.reason, Reason::TooDeep) {
            self.too_deep += 1;
        }
        if !has_network {
            self.not_ip += 1;
        }
    }
}
