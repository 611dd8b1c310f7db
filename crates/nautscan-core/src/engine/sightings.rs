//! Recognises a packet that was seen before at another point of observation: a veth and its
//! bridge, both directions of `any`, or inside and outside of a tunnel.

use core::hash::BuildHasher;

use foldhash::fast::RandomState;

use crate::limits::SIGHTINGS;
use crate::packet::InterfaceId;
use crate::wire::{Decoded, Network, Transport};

/// How far apart two sightings of one packet may be: a bridge passes it on within
/// microseconds, a busy host within milliseconds.
const WINDOW: i64 = 100_000_000;
/// Payload bytes that go into a packet's digest.
const PAYLOAD: usize = 32;

/// Where a packet was observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point {
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
        place: u8,
        decoded: &Decoded<'_>,
        network: &Network,
    ) -> bool {
        let mut within = decoded.point;
        if let Some(tunnel) = decoded.tunnel {
            within ^= self.hasher.hash_one(tunnel) as u32;
        }
        let point = Point { interface: interface.0, within };
        self.look_up(time, point, place, decoded, network)
    }

    fn look_up(
        &mut self,
        time: i64,
        point: Point,
        place: u8,
        decoded: &Decoded<'_>,
        network: &Network,
    ) -> bool {
        if self.seen.is_empty() {
            let never = Sighting { digest: 0, time: i64::MIN / 2, point };
            self.seen = vec![never; SIGHTINGS];
        }
        let digest = self.digest(place, decoded, network);
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
    /// changes where it is routed, checksums where they are offloaded.
    fn digest(&self, place: u8, decoded: &Decoded<'_>, network: &Network) -> u64 {
        let ports = decoded.transport.as_ref().and_then(Transport::ports);
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
            (network.source, network.destination, network.protocol, network.identification, place),
            fragment,
            ports,
            transport,
            decoded.payload_len,
            payload,
        ))
    }

    pub(super) fn memory(&self) -> usize {
        self.seen.capacity() * size_of::<Sighting>()
    }
}
