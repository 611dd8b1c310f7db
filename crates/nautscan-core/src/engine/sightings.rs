//! Recognises a packet that was seen before at another point of observation: a veth and its
//! bridge, both directions of `any`, or inside and outside of a tunnel.

use core::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::translation::Resolved;
use crate::limits::SIGHTINGS;
use crate::packet::InterfaceId;
use crate::wire::{Decoded, Network, Transport};

/// How far apart two sightings of one packet may be: a bridge passes it on within
/// microseconds, a busy host within milliseconds.
const WINDOW: i64 = 100_000_000;
/// Where a leg's number stands in [`Point::within`]: above what directions and devices take.
const LEG_SHIFT: u32 = 28;
/// Payload bytes that go into a packet's digest.
const PAYLOAD: usize = 32;

/// Where a packet was observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    interface: u16,
    /// See [`Decoded::point`]; inside a tunnel is another point than outside.
    within: u32,
}

#[derive(Debug, Clone, Copy)]
struct Sighting {
    digest: u64,
    time: i64,
    point: Point,
}

/// Remembers the latest packets, in a table of fixed size.
pub(super) struct Sightings {
    seen: Vec<Sighting>,
    /// Sightings that made room for another packet's while their own packet might still have
    /// been seen again.
    overwritten: u64,
    hasher: RandomState,
}

impl Sightings {
    pub(super) fn new() -> Self {
        Self { seen: Vec::new(), overwritten: 0, hasher: RandomState::default() }
    }

    /// Whether this packet is a further sighting of one that was seen at another point. Asked
    /// only where there are several points.
    #[inline]
    pub(super) fn is_repeat(
        &mut self,
        time: i64,
        interface: InterfaceId,
        decoded: &Decoded<'_>,
        network: &Network,
        resolved: &Resolved,
    ) -> bool {
        let mut point = self.point(interface, decoded);
        // A packet may leave translated where it came in.
        point.within ^= resolved.leg << LEG_SHIFT;
        self.look_up(time, point, decoded, network, resolved)
    }

    /// Where a packet was observed.
    pub(super) fn point(&self, interface: InterfaceId, decoded: &Decoded<'_>) -> Point {
        let mut within = decoded.point;
        if let Some(tunnel) = decoded.tunnel {
            within ^= self.hasher.hash_one(tunnel) as u32;
        }
        Point { interface: interface.0, within }
    }

    fn look_up(
        &mut self,
        time: i64,
        point: Point,
        decoded: &Decoded<'_>,
        network: &Network,
        resolved: &Resolved,
    ) -> bool {
        if self.seen.is_empty() {
            let never = Sighting { digest: 0, time: i64::MIN / 2, point };
            self.seen = vec![never; SIGHTINGS];
        }
        let digest = self.digest(decoded, network, resolved);
        let entry = &mut self.seen[digest as usize % SIGHTINGS];
        let same = entry.digest == digest && (time - entry.time).abs() <= WINDOW;
        if same && entry.point != point {
            return true;
        }
        let is_fresh = (time - entry.time).abs() <= WINDOW;
        self.overwritten += u64::from(is_fresh && entry.digest != digest);
        *entry = Sighting { digest, time, point };
        false
    }

    /// Sightings forgotten for want of room, within the time in which they count.
    pub(super) fn overwritten(&self) -> u64 {
        self.overwritten
    }

    /// What stays the same on the way from one interface of a host to the next. Time to live
    /// changes where it is routed, checksums where they are offloaded. Addresses and ports are
    /// those of its flow, which stay where they are translated.
    fn digest(&self, decoded: &Decoded<'_>, network: &Network, resolved: &Resolved) -> u64 {
        let transport = match decoded.transport {
            Some(Transport::Tcp { sequence, acknowledgement, flags, window, .. }) => {
                (sequence, acknowledgement, flags, window)
            }
            Some(Transport::Icmp { kind, code }) => (u32::from(kind), u32::from(code), 0, 0),
            _ => (0, 0, 0, 0),
        };
        let payload = &decoded.payload[..decoded.payload.len().min(PAYLOAD)];
        let fragment = network.fragment.map(|fragment| (fragment.id, fragment.offset));
        self.hasher.hash_one((
            (resolved.flow.key, resolved.flow.source_is_low, network.identification),
            fragment,
            transport,
            decoded.payload_len,
            payload,
        ))
    }

    pub(super) fn memory(&self) -> usize {
        self.seen.capacity() * size_of::<Sighting>()
    }
}
