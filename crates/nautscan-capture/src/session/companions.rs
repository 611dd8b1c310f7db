//! Connections that may be one, before and after the translation of their addresses, go to one
//! engine: those that begin alike. Whether they are one, the engine decides.

use std::collections::{HashMap, VecDeque};
use std::hash::RandomState;

use nautscan_core::Translation;
use nautscan_core::packet::Packet;
use nautscan_core::wire::{Shard, protocol};

use crate::limits::{BEGUN_ALIKE, COMPANIONS};

/// As far as the engine looks back: further, and no two connections are one.
const WINDOW: i64 = 1_000_000_000;

#[derive(Debug, Clone, Copy)]
struct Begun {
    time: i64,
    shard: u64,
}

/// Which shards go with which others.
#[derive(Default)]
pub(super) struct Companions {
    hasher: RandomState,
    /// The latest beginnings, by digest.
    begun: HashMap<u64, Begun>,
    /// Keys of `begun`, the oldest first.
    latest: VecDeque<u64>,
    /// From a connection's own shard to that of its companion.
    leads: HashMap<u64, u64>,
    /// Keys of `leads`, the oldest first.
    order: VecDeque<u64>,
    forgotten: u64,
    /// Beginnings forgotten while another that is alike might still have come.
    overwritten: u64,
}

impl Companions {
    /// Knowing what the host's connection tracking tells. All that is not TCP is together anyway.
    pub(super) fn knowing(translations: &[Translation]) -> Self {
        let mut companions = Self::default();
        for told in translations.iter().filter(|told| told.protocol == protocol::TCP) {
            companions.lead(Shard::of_ends(&told.after), Shard::of_ends(&told.before));
        }
        companions
    }

    /// Where a packet belongs.
    pub(super) fn shard_of(&mut self, packet: &Packet<'_>) -> Shard {
        let (shard, digest) = Shard::of_translated(packet, &self.hasher);
        match shard {
            Shard::Flow(own) => Shard::Flow(self.follow(own, digest, packet.time)),
            Shard::FirstFragment { flow, datagram } => {
                Shard::FirstFragment { flow: self.follow(flow, None, packet.time), datagram }
            }
            later => later,
        }
    }

    fn follow(&mut self, own: u64, digest: Option<u64>, time: i64) -> u64 {
        let known = self.leads.get(&own).copied();
        let Some(digest) = digest else { return known.unwrap_or(own) };
        let alike = self.begun.get(&digest).filter(|begun| (begun.time - time).abs() <= WINDOW);
        let Some(begun) = alike.copied() else {
            let shard = known.unwrap_or(own);
            self.begin(digest, Begun { time, shard });
            return shard;
        };
        if begun.shard != known.unwrap_or(own) {
            self.lead(own, begun.shard);
        }
        begun.shard
    }

    fn begin(&mut self, digest: u64, begun: Begun) {
        if self.begun.insert(digest, begun).is_some() {
            return;
        }
        self.latest.push_back(digest);
        if self.begun.len() > BEGUN_ALIKE
            && let Some(oldest) = self.latest.pop_front()
            && let Some(oldest) = self.begun.remove(&oldest)
        {
            self.overwritten += u64::from(begun.time - oldest.time <= WINDOW);
        }
    }

    fn lead(&mut self, own: u64, shard: u64) {
        if self.leads.insert(own, shard).is_some() {
            return;
        }
        self.order.push_back(own);
        if self.leads.len() > COMPANIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.leads.remove(&oldest);
            self.forgotten += 1;
        }
    }

    /// Connections that were forgotten for want of room.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Beginnings of connections that were forgotten too soon for want of room.
    pub(super) fn overwritten(&self) -> u64 {
        self.overwritten
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nautscan_core::flow::Endpoints;
    use nautscan_core::wire::Address;

    #[test]
    fn what_begins_alike_stays_together() {
        let mut companions = Companions::default();
        assert_eq!(companions.follow(1, Some(7), 0), 1);
        assert_eq!(companions.follow(2, Some(7), 1000), 1);
        assert_eq!(companions.follow(2, None, WINDOW * 100), 1, "all that comes after");
        assert_eq!(companions.follow(3, Some(8), 0), 3);
        assert_eq!(companions.follow(4, Some(7), 2 * WINDOW), 4, "too late to be the same");
        assert_eq!(companions.follow(1, Some(7), 2 * WINDOW), 4, "now the other leads");
    }

    /// Both sides of a translation that the host told of, though nobody saw it begin.
    #[test]
    fn what_the_host_translates_stays_together() {
        let ends = |server: u8, server_port| Endpoints {
            client: Address::v4([192, 0, 2, 9]),
            client_port: 40_000,
            server: Address::v4([10, 0, 0, server]),
            server_port,
        };
        let (before, after) = (ends(1, 8080), ends(2, 80));
        let told = Translation { protocol: protocol::TCP, before, after, until: 0 };
        let mut companions = Companions::knowing(&[told]);
        let (one, other) = (Shard::of_ends(&before), Shard::of_ends(&after));
        assert_ne!(one, other);
        assert_eq!(companions.follow(other, None, 0), one);
        assert_eq!(companions.follow(one, None, 0), one);
        assert_eq!(Shard::of_ends(&after.swapped()), other, "both directions");
    }

    /// Reaches `BEGUN_ALIKE`: the oldest is forgotten, and no other; if that is too soon, it is counted.
    #[test]
    fn so_many_beginnings_are_remembered() {
        let mut companions = Companions::default();
        for digest in 0..=BEGUN_ALIKE as u64 {
            companions.follow(digest, Some(digest), 0);
        }
        assert_eq!((companions.begun.len(), companions.overwritten()), (BEGUN_ALIKE, 1));
        for digest in 1..=BEGUN_ALIKE as u64 {
            assert_eq!(companions.follow(u64::MAX, Some(digest), 0), digest);
        }
        assert_eq!(companions.follow(u64::MAX, Some(0), 0), BEGUN_ALIKE as u64, "forgotten");
        let mut slowly = Companions::default();
        for digest in 0..=BEGUN_ALIKE as u64 {
            slowly.follow(digest, Some(digest), digest as i64 * WINDOW);
        }
        assert_eq!((slowly.begun.len(), slowly.overwritten()), (BEGUN_ALIKE, 0));
    }

    /// Reaches `COMPANIONS`: the oldest is forgotten, and that is counted.
    #[test]
    fn so_many_companions_are_remembered() {
        let mut companions = Companions::default();
        for own in 0..=COMPANIONS as u64 {
            companions.lead(own, u64::MAX);
        }
        assert_eq!((companions.leads.len(), companions.forgotten()), (COMPANIONS, 1));
        assert_eq!(companions.follow(0, None, 0), 0);
        assert_eq!(companions.follow(1, None, 0), u64::MAX);
    }
}
