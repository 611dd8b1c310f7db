//! Datagrams on their way from fragments to a whole (RFC 791, RFC 815, RFC 8200 section 4.5).
//!
//! Where fragments overlap, IPv4 keeps the copy that was captured first; an IPv6 datagram with an
//! overlap is discarded (RFC 5722), an exact repetition ignored. Everything is bounded; when full,
//! the oldest datagram is given up.

use std::collections::VecDeque;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::seen::{FlowRef, Load};
use crate::limits::{FRAGMENT_BYTES, FRAGMENT_DATAGRAMS, FRAGMENT_PIECES};
use crate::packet::InterfaceId;
use crate::wire::{Address, Decoded, Fragment, Network};

/// How long the first fragment is kept waiting for the last (RFC 8200 section 4.5; RFC 1122
/// section 3.3.2 allows IPv4 60 to 120 s).
const TIMEOUT: i64 = 60_000_000_000;
/// Largest payload of an IPv4 packet with a header of 20 bytes, and of an IPv6 packet. What would
/// end behind it is a "ping of death".
const MAX_V4: usize = 65_515;
const MAX_V6: usize = 65_535;
/// Lengths of fragments are multiples of this, but for the last.
const UNIT: usize = 8;

/// Which datagram a fragment is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    source: Address,
    destination: Address,
    id: u32,
    /// Only IPv4 has it in the identity; later fragments of IPv6 may name another.
    protocol: u8,
    /// See [`super::places::Places::of`].
    place: u8,
}

impl Key {
    pub(super) fn new(network: &Network, fragment: &Fragment, place: u8) -> Self {
        let protocol = if network.source.is_v6() { 0 } else { fragment.protocol };
        let (source, destination) = (network.source, network.destination);
        Self { source, destination, id: fragment.id, protocol, place }
    }
}

/// What became of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Insert {
    /// It is part of the datagram.
    Kept,
    /// All of it was there before.
    Duplicate,
    /// Part of it was there before.
    Overlap,
    /// It cannot be part of a datagram.
    Refused,
}

#[derive(Debug)]
struct Piece {
    start: usize,
    /// Length on the wire; the capture may have less of it.
    len: usize,
    data: Vec<u8>,
}

impl Piece {
    fn end(&self) -> usize {
        self.start + self.len
    }

    fn memory(captured: usize) -> usize {
        size_of::<Self>() + captured
    }
}

/// A datagram of which fragments were seen.
#[derive(Debug)]
pub(super) struct Datagram {
    /// What the fragment that came first says of all: addresses, tunnel, VLAN.
    pub(super) context: Decoded<'static>,
    pub(super) interface: InterfaceId,
    pub(super) first_time: i64,
    /// Type of the payload, as the fragment at offset 0 says; until then, as any does.
    pub(super) protocol: u8,
    /// Packets that no flow has counted yet.
    pub(super) waiting: Load,
    /// Its flow, once a transport header was seen.
    pub(super) flow: Option<FlowRef>,
    /// Bytes of headers in front of the transport payload, once they were seen.
    pub(super) header_len: usize,
    /// Tells it from a later datagram of the same key.
    number: u64,
    /// In order and without overlap.
    pieces: Vec<Piece>,
    /// Length of all pieces on the wire.
    pub(super) covered: usize,
    total: Option<usize>,
    memory: usize,
    /// Fragments overlapped in IPv6: nothing of it is believed, nothing more is kept.
    is_discarded: bool,
}

impl Datagram {
    /// Whether every byte is accounted for.
    fn is_complete(&self) -> bool {
        self.total == Some(self.covered) && !self.is_discarded
    }

    /// The payload from its first byte on, as far as the capture has it without a hole, and its
    /// length on the wire.
    pub(super) fn join(&self) -> (Vec<u8>, usize) {
        let mut data = Vec::with_capacity(self.covered);
        for piece in &self.pieces {
            if piece.start != data.len() {
                break;
            }
            data.extend(&piece.data);
            if piece.data.len() < piece.len {
                break;
            }
        }
        (data, self.total.unwrap_or(self.covered))
    }

    fn insert(&mut self, fragment: &Fragment, data: &[u8], len: usize, is_v6: bool) -> Insert {
        let (start, end) = (fragment.offset, fragment.offset + len);
        let reach = self.pieces.last().map_or(0, Piece::end);
        let fits = match (self.total, fragment.more) {
            (Some(total), true) => end <= total,
            (Some(total), false) => end == total,
            (None, true) => true,
            (None, false) => end >= reach,
        };
        if self.is_discarded || !fits || self.pieces.len() >= FRAGMENT_PIECES {
            return Insert::Refused;
        }
        let first = self.pieces.partition_point(|piece| piece.end() <= start);
        let overlaps = self.pieces.get(first).is_some_and(|piece| piece.start < end);
        if overlaps && is_v6 {
            let piece = &self.pieces[first];
            if piece.start == start && piece.len == len && piece.data == data {
                return Insert::Duplicate;
            }
            self.discard();
            return Insert::Overlap;
        }
        if !fragment.more {
            self.total = Some(end);
        }
        if start == 0 {
            self.protocol = fragment.protocol;
        }
        if self.fill(first, start, end, data) == 0 {
            return Insert::Duplicate;
        }
        if overlaps { Insert::Overlap } else { Insert::Kept }
    }

    /// Takes from `data` what no piece from `at` on covers; answers how much that was.
    fn fill(&mut self, mut at: usize, start: usize, end: usize, data: &[u8]) -> usize {
        let (mut from, mut taken) = (start, 0);
        while from < end {
            let (next_start, next_end) =
                self.pieces.get(at).map_or((end, end), |piece| (piece.start, piece.end()));
            let to = next_start.min(end);
            if from < to {
                let captured = data.get(from - start..).unwrap_or_default();
                let captured = captured[..captured.len().min(to - from)].to_vec();
                self.memory += Piece::memory(captured.len());
                self.pieces.insert(at, Piece { start: from, len: to - from, data: captured });
                taken += to - from;
                at += 1;
            }
            from = next_end.max(to);
            at += 1;
        }
        self.covered += taken;
        taken
    }

    fn discard(&mut self) {
        self.pieces = Vec::new();
        (self.covered, self.memory, self.is_discarded) = (0, 0, true);
    }
}

/// The datagrams that wait for more fragments.
pub(super) struct Fragments {
    datagrams: HashMap<Key, Datagram, RandomState>,
    /// In order of their first fragments. What has left the table since is skipped.
    order: VecDeque<(Key, u64)>,
    next_number: u64,
    /// Bytes that the pieces hold.
    bytes: usize,
    /// The latest datagram that became whole, and its flow: further sightings of its last
    /// fragment come right behind.
    latest: Option<(Key, FlowRef)>,
}

impl Fragments {
    pub(super) fn new() -> Self {
        Self {
            datagrams: HashMap::default(),
            order: VecDeque::new(),
            next_number: 0,
            bytes: 0,
            latest: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.datagrams.len()
    }

    pub(super) fn memory(&self) -> usize {
        self.bytes
            + self.datagrams.capacity() * size_of::<(Key, Datagram)>()
            + self.order.capacity() * size_of::<(Key, u64)>()
    }

    /// Whether a fragment can be part of any datagram: not empty, of a length that fits its
    /// place, and not behind the end of the largest packet. IPv4 hosts cut a wrong length.
    pub(super) fn sound_len(fragment: &Fragment, len: usize, is_v6: bool) -> Option<usize> {
        let (limit, remainder) = (if is_v6 { MAX_V6 } else { MAX_V4 }, len % UNIT);
        let len = match (fragment.more && remainder != 0, is_v6) {
            (true, true) => return None,
            (true, false) => len - remainder,
            (false, _) => len,
        };
        (len > 0 && fragment.offset + len <= limit).then_some(len)
    }

    /// The oldest datagram, if one must go before `bytes` more are held.
    pub(super) fn make_room(&mut self, bytes: usize) -> Option<Datagram> {
        let is_full = self.datagrams.len() >= FRAGMENT_DATAGRAMS
            || self.bytes + Piece::memory(bytes) > FRAGMENT_BYTES;
        if is_full { self.pop_oldest() } else { None }
    }

    /// A datagram that has waited too long.
    pub(super) fn pop_expired(&mut self, now: i64) -> Option<Datagram> {
        self.skip_gone();
        let (key, _) = self.order.front()?;
        let is_over = now - self.datagrams.get(key)?.first_time >= TIMEOUT;
        if is_over { self.pop_oldest() } else { None }
    }

    pub(super) fn pop_oldest(&mut self) -> Option<Datagram> {
        self.skip_gone();
        let (key, _) = self.order.pop_front()?;
        self.remove(&key)
    }

    /// The datagram of `key`, if it is too old for a fragment of now to be part of it.
    pub(super) fn remove_stale(&mut self, key: &Key, now: i64) -> Option<Datagram> {
        let is_stale = now - self.datagrams.get(key)?.first_time >= TIMEOUT;
        if is_stale { self.remove(key) } else { None }
    }

    /// Adds a fragment, of which `data` was captured and `len` was on the wire.
    pub(super) fn insert(
        &mut self,
        key: Key,
        time: i64,
        interface: InterfaceId,
        decoded: &Decoded<'_>,
        fragment: &Fragment,
        len: usize,
    ) -> (Insert, &mut Datagram) {
        let is_v6 = key.source.is_v6();
        let (order, next_number) = (&mut self.order, &mut self.next_number);
        let datagram = self.datagrams.entry(key).or_insert_with(|| {
            *next_number += 1;
            order.push_back((key, *next_number));
            Datagram {
                context: Decoded { payload: &[], transport: None, ..*decoded },
                interface,
                first_time: time,
                protocol: fragment.protocol,
                waiting: Load::default(),
                flow: None,
                header_len: 0,
                number: *next_number,
                pieces: Vec::new(),
                covered: 0,
                total: None,
                memory: 0,
                is_discarded: false,
            }
        });
        let before = datagram.memory;
        let data = &decoded.payload[..decoded.payload.len().min(len)];
        let insert = datagram.insert(fragment, data, len, is_v6);
        self.bytes = (self.bytes + datagram.memory).saturating_sub(before);
        (insert, datagram)
    }

    /// The datagram of a fragment, if nothing is missing now.
    pub(super) fn take_complete(&mut self, key: &Key) -> Option<Datagram> {
        if self.datagrams.get(key)?.is_complete() { self.remove(key) } else { None }
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut Datagram> {
        self.datagrams.get_mut(key)
    }

    /// The flow of a datagram that waits, or became whole last.
    pub(super) fn flow(&self, key: &Key) -> Option<FlowRef> {
        match self.datagrams.get(key) {
            Some(datagram) => datagram.flow,
            None => self.latest.filter(|(latest, _)| latest == key).map(|(_, flow)| flow),
        }
    }

    /// Notes the flow of a datagram that became whole.
    pub(super) fn set_latest(&mut self, key: Key, flow: FlowRef) {
        self.latest = Some((key, flow));
    }

    fn remove(&mut self, key: &Key) -> Option<Datagram> {
        let datagram = self.datagrams.remove(key)?;
        self.bytes = self.bytes.saturating_sub(datagram.memory);
        if self.order.len() > 2 * self.datagrams.len() + UNIT {
            let datagrams = &self.datagrams;
            self.order.retain(|entry| is_there(datagrams, entry));
        }
        Some(datagram)
    }

    fn skip_gone(&mut self) {
        while self.order.front().is_some_and(|entry| !is_there(&self.datagrams, entry)) {
            self.order.pop_front();
        }
    }
}

fn is_there(datagrams: &HashMap<Key, Datagram, RandomState>, (key, number): &(Key, u64)) -> bool {
    datagrams.get(key).is_some_and(|datagram| datagram.number == *number)
}
