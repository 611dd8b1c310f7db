//! A conversation that goes under several addresses, because a host on its way translates them.

use core::cmp::Reverse;

use super::key::{Endpoints, FlowKey};
use crate::limits::FLOW_LEGS;
use crate::wire::{Address, Stations};

/// An address with its port.
pub type End = (Address, u16);

/// One stretch of the way, on which the conversation has one pair of addresses. In `ends` the
/// client is who sent its first packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// The addresses.
    pub ends: Endpoints,
    /// Time to live of the first packet: the higher, the nearer to its sender.
    pub hop_limit: u8,
    /// When the first packet was seen there.
    pub time: i64,
    /// Who sent its frame to whom.
    pub stations: Stations,
}

impl Leg {
    /// Its place on the way from the first packet's sender on. By what the packets say, not by
    /// which came to us first; the time decides only between legs that no router is between.
    fn place(&self) -> impl Ord + use<> {
        let Endpoints { client, client_port, server, server_port } = self.ends;
        (Reverse(self.hop_limit), self.time, (client, client_port), (server, server_port))
    }

    fn client(&self) -> End {
        (self.ends.client, self.ends.client_port)
    }

    fn server(&self) -> End {
        (self.ends.server, self.ends.server_port)
    }

    /// Whether it has one end of each of two others: then only one of two translations was made
    /// there. A bridge shows it late, and its time would say otherwise.
    fn is_between(&self, one: &Self, other: &Self) -> bool {
        one.client() != other.client()
            && one.server() != other.server()
            && (self.client(), self.server()) == (one.client(), other.server())
    }
}

/// The legs of a flow that has more than one: those at its two ends tell the true ones.
#[derive(Debug, Clone)]
pub struct Nat {
    nearest: Leg,
    farthest: Leg,
    legs: Vec<Leg>,
    /// Whether the sender of the first packet is the lower endpoint of the flow's key.
    pub source_is_low: bool,
    /// Initial sequence number of TCP.
    pub sequence: Option<u32>,
    /// Keys of its other legs.
    pub aliases: Vec<FlowKey>,
}

/// The client's and the server's address on the other side of a translation, where it differs.
pub type Translated = (Option<End>, Option<End>);

impl Nat {
    /// Of a flow that has one leg so far.
    pub fn new(leg: Leg, source_is_low: bool, sequence: Option<u32>) -> Self {
        let legs = vec![leg];
        Self { nearest: leg, farthest: leg, legs, source_is_low, sequence, aliases: Vec::new() }
    }

    /// Whether it can have another leg.
    pub fn has_room(&self) -> bool {
        self.legs.len() < FLOW_LEGS
    }

    /// Adds a leg, of which this is the key.
    pub fn add(&mut self, leg: Leg, key: FlowKey) {
        self.legs.push(leg);
        self.aliases.push(key);
        let legs = &self.legs;
        let is_between =
            |leg: &Leg| legs.iter().any(|one| legs.iter().any(|other| leg.is_between(one, other)));
        let outer = || legs.iter().filter(|leg| !is_between(leg));
        let nearest = outer().min_by_key(|leg| leg.place()).copied();
        let farthest = outer().max_by_key(|leg| leg.place()).copied();
        self.nearest = nearest.unwrap_or(self.nearest);
        self.farthest = farthest.unwrap_or(self.farthest);
    }

    /// The frame's sender where the first packet was nearest to who sent it, and its receiver
    /// where it was farthest from there.
    pub fn stations(&self) -> Stations {
        let (source, destination) =
            (self.nearest.stations.source, self.farthest.stations.destination);
        Stations { source, destination }
    }

    /// Who talks to whom in truth: who began under the address that it gave itself, who was
    /// reached under the address that it has.
    #[cold]
    pub(super) fn ends(&self, client_is_low: bool) -> Endpoints {
        let (from, to) = (self.nearest.ends, self.farthest.ends);
        let ends = Endpoints { server: to.server, server_port: to.server_port, ..from };
        if client_is_low == self.source_is_low { ends } else { ends.swapped() }
    }

    /// The addresses that are not among [`Self::ends`]: under which the server saw the client,
    /// and under which the client reached the server.
    pub(super) fn translated(&self, client_is_low: bool) -> Translated {
        let (from, to) = (self.nearest.ends, self.farthest.ends);
        let differs = |one: End, other: End| (one != other).then_some(one);
        let source = differs((to.client, to.client_port), (from.client, from.client_port));
        let reached = differs((from.server, from.server_port), (to.server, to.server_port));
        if client_is_low == self.source_is_low { (source, reached) } else { (reached, source) }
    }

    /// Bytes that it holds, itself included.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>()
            + self.legs.capacity() * size_of::<Leg>()
            + self.aliases.capacity() * size_of::<FlowKey>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(client: (u8, u16), server: (u8, u16), hop_limit: u8, time: i64) -> (Leg, FlowKey, bool) {
        let address = |last| Address::v4([10, 0, 0, last]);
        let (key, source_is_low) =
            FlowKey::new(6, address(client.0), client.1, address(server.0), server.1);
        let (ends, stations) = (key.endpoints(source_is_low), Stations::default());
        (Leg { ends, hop_limit, time, stations }, key, source_is_low)
    }

    /// Both addresses are translated; whichever leg comes first.
    #[test]
    fn the_ends_do_not_depend_on_which_leg_comes_first() {
        for (hops, times) in [((64, 63), (9, 5)), ((64, 64), (5, 9))] {
            let before = leg((1, 1000), (9, 8080), hops.0, times.0);
            let after = leg((8, 2000), (2, 80), hops.1, times.1);
            for [one, other] in [[before, after], [after, before]] {
                let mut nat = Nat::new(one.0, one.2, None);
                nat.add(other.0, other.1);
                let ends = nat.ends(one.2);
                assert_eq!((ends.client, ends.server), (before.0.ends.client, after.0.ends.server));
                assert_eq!((ends.client_port, ends.server_port), (1000, 80));
                assert_eq!(nat.ends(!one.2), ends.swapped());
                let (client, server) = nat.translated(one.2);
                assert_eq!(client, Some((after.0.ends.client, 2000)));
                assert_eq!(server, Some((before.0.ends.server, 8080)));
                assert_eq!(nat.translated(!one.2), (server, client));
            }
        }
    }

    /// On a bridge that translates both, between the two; seen there last.
    #[test]
    fn what_is_half_translated_is_no_end() {
        let before = leg((2, 1000), (9, 8080), 64, 0);
        let after = leg((8, 1000), (2, 80), 64, 1);
        let half = leg((2, 1000), (2, 80), 64, 2);
        for order in [[before, after, half], [half, after, before], [after, half, before]] {
            let [first, ..] = order;
            let mut nat = Nat::new(first.0, first.2, None);
            for (leg, key, _) in &order[1..] {
                nat.add(*leg, *key);
            }
            let (client, server) = nat.translated(first.2);
            assert_eq!((client, server), (Some(after.0.client()), Some(before.0.server())));
        }
    }

    #[test]
    fn an_end_that_stays_has_no_other() {
        let (before, key, source_is_low) = leg((1, 1000), (9, 8080), 64, 0);
        let (after, other, _) = leg((1, 1000), (2, 80), 63, 1);
        let mut nat = Nat::new(before, source_is_low, None);
        assert_eq!(nat.translated(source_is_low), (None, None), "one leg");
        nat.add(after, other);
        assert_ne!(key, other);
        assert_eq!(nat.translated(source_is_low), (None, Some((before.ends.server, 8080))));
    }

    /// Reaches `FLOW_LEGS`: no more are added.
    #[test]
    fn a_flow_has_so_many_legs() {
        let (first, _, source_is_low) = leg((1, 1000), (9, 80), 64, 0);
        let mut nat = Nat::new(first, source_is_low, None);
        let mut legs = 1;
        while nat.has_room() {
            let (next, key, _) = leg((1, 1000), (legs as u8 + 10, 80), 64 - legs as u8, 0);
            nat.add(next, key);
            legs += 1;
        }
        assert_eq!((legs, nat.aliases.len()), (FLOW_LEGS, FLOW_LEGS - 1));
    }
}
