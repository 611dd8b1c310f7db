//! The latest beginnings of conversations, to know one again that was translated.

use core::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::super::sightings::Point;
use crate::flow::{End, FlowKey, Leg};
use crate::limits::BEGINNINGS;
use crate::wire::{Address, Beginning, Stations, protocol};

/// How far apart the sightings of a first packet on both sides of a translation may be: a packet
/// may wait as long for the hardware address of the next host (RFC 1122 section 2.3.2.2), and is
/// sent anew after a second (RFC 6298 section 2).
const WINDOW: i64 = 1_000_000_000;

/// Places in the table for one hash: with a single one, a connection's own three entries would at
/// times drive each other out.
const PLACES: usize = 4;

/// A first packet where it was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    pub(super) beginning: Beginning,
    pub(super) hop_limit: u8,
    pub(super) point: Point,
    pub(super) key: FlowKey,
    pub(super) source_is_low: bool,
    pub(super) time: i64,
}

impl Begun {
    /// Without the frame's stations, which only the caller can know.
    pub(super) fn leg(&self) -> Leg {
        Leg {
            ends: self.key.endpoints(self.source_is_low),
            hop_limit: self.hop_limit,
            time: self.time,
            stations: Stations::default(),
        }
    }

    fn ends(&self) -> (End, End) {
        let ends = self.key.endpoints(self.source_is_low);
        ((ends.client, ends.client_port), (ends.server, ends.server_port))
    }

    /// Whether `other` can be this packet with other addresses. Their digests are the same.
    fn is_translated(&self, other: &Self) -> bool {
        let (one, two) = (&self.beginning, &other.beginning);
        let (from, to) = (self.ends(), other.ends());
        let keeps_an_end = from.0 == to.0 || from.1 == to.1;
        let is_routed = self.hop_limit != other.hop_limit;
        let is_tcp = self.key.protocol() == protocol::TCP;
        let is_elsewhere = self.point != other.point;
        if self.key == other.key || one.identification != two.identification {
            return false;
        }
        if one.is_distinct && is_tcp {
            // A bridge that translates lowers no time to live, and a packet may leave where it came
            // in; then it has two new ends, or its answer would not come back the same way.
            return is_routed || is_elsewhere || !keeps_an_end;
        }
        keeps_an_end && is_routed && is_elsewhere
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    begun: Begun,
    /// Others begin in the same way: then it tells nothing.
    is_ambiguous: bool,
}

/// A table of fixed size. Each beginning is in it three times: with its sender's address, which
/// stays if the receiver's is translated; with its receiver's; and without either.
pub(super) struct Beginnings {
    entries: Vec<Option<Entry>>,
    hasher: RandomState,
    overwritten: u64,
}

impl Beginnings {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), hasher: RandomState::default(), overwritten: 0 }
    }

    pub(super) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// The packet that `begun` is a translation of, if there is exactly one; either way `begun`
    /// is remembered.
    pub(super) fn find(&mut self, begun: &Begun) -> Option<Begun> {
        if self.entries.is_empty() {
            self.entries.resize(BEGINNINGS, None);
        }
        let (source, destination) = begun.ends();
        let digest = begun.beginning.digest;
        let hash = |end: Option<(bool, End)>| self.hasher.hash_one((digest, end.map(plain)));
        let hashes = [hash(Some((false, source))), hash(Some((true, destination))), hash(None)];
        let mut found = None;
        for hash in hashes {
            found = found.or(self.find_by(hash, begun));
        }
        found
    }

    fn find_by(&mut self, hash: u64, begun: &Begun) -> Option<Begun> {
        let first = hash as usize % (BEGINNINGS / PLACES) * PLACES;
        let places = &mut self.entries[first..first + PLACES];
        let counts = |entry: &Entry| is_near(entry.begun.time, begun.time);
        let Some(entry) = places.iter_mut().flatten().find(|it| it.hash == hash && counts(it))
        else {
            let is_free = |place: &Option<Entry>| !place.as_ref().is_some_and(counts);
            let place = places.iter().position(is_free).unwrap_or_else(|| {
                self.overwritten += 1;
                oldest(places)
            });
            places[place] = Some(Entry { hash, begun: *begun, is_ambiguous: false });
            return None;
        };
        if entry.begun.key == begun.key {
            return None;
        }
        if !entry.begun.is_translated(begun) {
            entry.is_ambiguous = true;
            return None;
        }
        (!entry.is_ambiguous).then_some(entry.begun)
    }

    /// Beginnings forgotten for want of room, within the time in which they count.
    pub(super) fn overwritten(&self) -> u64 {
        self.overwritten
    }

    pub(super) fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<Option<Entry>>()
    }
}

fn oldest(places: &[Option<Entry>]) -> usize {
    let time = |place: usize| places[place].map(|entry| entry.begun.time);
    (0..places.len()).min_by_key(|&place| time(place)).unwrap_or_default()
}

fn is_near(one: i64, other: i64) -> bool {
    (one - other).abs() <= WINDOW
}

fn plain((is_destination, (address, port)): (bool, End)) -> (bool, Address, u16) {
    (is_destination, address, port)
}
