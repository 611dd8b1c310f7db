//! Connections of data go to the engine that has the conversation which announced them (FTP).
//!
//! An announcement brings one connection, as it does in the engine: the first SYN to its place within
//! [`AGE`]. What only looks like one moves a single connection to another engine, and no more.

use std::collections::{HashMap, VecDeque};

use nautscan_core::packet::Packet;
use nautscan_core::proto::ftp;
use nautscan_core::wire::{Address, Shard, Transport, decode, protocol, tcp::flag};

use crate::limits::{MEETING, MEETINGS};

/// How long a connection may be waited for, ns: as long as the engine does.
const AGE: i64 = 300_000_000_000;
/// Bytes of a packet that may begin a connection: all headers with options.
const LARGEST_SYN: usize = 160;

/// Where somebody listens.
type Listener = (Address, u16);

/// Which conversation named a place, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Announced {
    shard: u64,
    time: i64,
}

/// Which shards go with which others.
#[derive(Default)]
pub(super) struct Meetings {
    /// What is waited for.
    at: HashMap<Listener, Announced>,
    /// Every announcement, the oldest first; `at` has the latest of each place.
    latest: VecDeque<(Listener, Announced)>,
    /// From a connection's own shard to that which announced it.
    leads: HashMap<u64, u64>,
    /// Keys of `leads`, the oldest first.
    order: VecDeque<u64>,
    forgotten: u64,
}

impl Meetings {
    /// Where a packet belongs whose own shard is `own`.
    #[inline]
    pub(super) fn shard_of(&mut self, packet: &Packet<'_>, own: u64) -> u64 {
        let is_awaited = !self.latest.is_empty() && is_short_beginning(packet);
        if is_awaited || Shard::may_announce(packet) {
            self.meet(packet, own);
        }
        self.lead_of(own)
    }

    /// Where a shard belongs.
    #[inline]
    pub(super) fn lead_of(&self, own: u64) -> u64 {
        if self.leads.is_empty() { own } else { self.leads.get(&own).copied().unwrap_or(own) }
    }

    /// Places and connections that were forgotten too soon, for want of room.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    #[cold]
    fn meet(&mut self, packet: &Packet<'_>, own: u64) {
        self.expire(packet.time);
        let decoded = decode(packet);
        let (Some(network), Some(Transport::Tcp { destination_port, flags, .. })) =
            (decoded.network, decoded.transport)
        else {
            return;
        };
        if network.protocol != protocol::TCP {
            return;
        }
        if flags & (flag::SYN | flag::ACK) == flag::SYN {
            self.begins((network.destination, destination_port), own);
        } else if let Some((named, port)) = ftp::announced(decoded.payload) {
            // One that was brought here itself announces for where it was brought.
            let said = Announced { shard: self.lead_of(own), time: packet.time };
            self.listens((network.source, port), said);
            if let Some(named) = named.map(Address::from).filter(|named| *named != network.source) {
                self.listens((named, port), said);
            }
        }
    }

    /// A connection to a place begins.
    fn begins(&mut self, place: Listener, own: u64) {
        // A SYN that is sent again finds its lead.
        if let Some(said) = self.at.remove(&place) {
            self.lead(own, said.shard);
        }
    }

    fn listens(&mut self, place: Listener, said: Announced) {
        self.at.insert(place, said);
        self.latest.push_back((place, said));
        if self.latest.len() > MEETINGS {
            self.forgotten += u64::from(self.forget_oldest());
        }
    }

    /// Forgets what nothing came to.
    fn expire(&mut self, now: i64) {
        while self.latest.front().is_some_and(|(_, said)| now - said.time > AGE) {
            self.forget_oldest();
        }
    }

    /// Forgets the oldest announcement; whether it was still waited for.
    fn forget_oldest(&mut self) -> bool {
        let Some((place, said)) = self.latest.pop_front() else { return false };
        let is_awaited = self.at.get(&place) == Some(&said);
        if is_awaited {
            self.at.remove(&place);
        }
        is_awaited
    }

    fn lead(&mut self, own: u64, shard: u64) {
        if self.leads.insert(own, shard).is_some() {
            return;
        }
        self.order.push_back(own);
        if self.leads.len() > MEETING
            && let Some(oldest) = self.order.pop_front()
        {
            self.leads.remove(&oldest);
            self.forgotten += 1;
        }
    }
}

/// Whether a packet may be the SYN of a client, told at little cost.
#[inline]
fn is_short_beginning(packet: &Packet<'_>) -> bool {
    packet.data.len() <= LARGEST_SYN && Shard::may_begin(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(port: u16) -> Listener {
        (Address::v4([10, 0, 0, 2]), port)
    }

    fn said(shard: u64, time: i64) -> Announced {
        Announced { shard, time }
    }

    #[test]
    fn an_announcement_brings_one_connection() {
        let mut meetings = Meetings::default();
        meetings.listens(place(2000), said(7, 0));
        meetings.begins(place(2001), 1);
        meetings.begins(place(2000), 2);
        meetings.begins(place(2000), 3);
        assert_eq!([1, 2, 3].map(|own| meetings.lead_of(own)), [1, 7, 3]);
        // The same ports again, announced by somebody else.
        meetings.listens(place(2000), said(8, 1));
        meetings.begins(place(2000), 2);
        assert_eq!(meetings.lead_of(2), 8);
    }

    #[test]
    fn an_announcement_is_waited_on_for_so_long() {
        let mut meetings = Meetings::default();
        meetings.listens(place(2000), said(7, 0));
        meetings.listens(place(2000), said(8, AGE));
        meetings.listens(place(2001), said(9, 1));
        meetings.expire(AGE + 1);
        meetings.begins(place(2000), 1);
        assert_eq!((meetings.lead_of(1), meetings.at.len()), (8, 1), "announced anew since");
        meetings.expire(2 * AGE + 1);
        assert!(meetings.at.is_empty() && meetings.latest.is_empty());
        assert_eq!(meetings.forgotten(), 0);
    }

    /// Reaches `MEETINGS`: the oldest is forgotten, and counted if nothing has come to it.
    #[test]
    fn so_many_places_are_remembered() {
        let mut meetings = Meetings::default();
        for port in 0..MEETINGS as u16 {
            meetings.listens(place(port), said(u64::from(port), 0));
        }
        meetings.begins(place(0), 1);
        meetings.listens(place(MEETINGS as u16), said(2, 0));
        assert_eq!((meetings.latest.len(), meetings.forgotten()), (MEETINGS, 0));
        meetings.listens(place(MEETINGS as u16 + 1), said(2, 0));
        assert_eq!((meetings.latest.len(), meetings.forgotten()), (MEETINGS, 1));
        assert_eq!(meetings.at.len(), MEETINGS);
        assert!(!meetings.at.contains_key(&place(1)) && meetings.at.contains_key(&place(2)));
    }

    /// Reaches `MEETING`: the oldest is forgotten, and counted.
    #[test]
    fn so_many_connections_are_led() {
        let mut meetings = Meetings::default();
        for own in 0..=MEETING as u64 {
            meetings.lead(own, u64::MAX);
        }
        assert_eq!((meetings.leads.len(), meetings.forgotten()), (MEETING, 1));
        assert_eq!([0, 1].map(|own| meetings.lead_of(own)), [0, u64::MAX]);
    }
}
