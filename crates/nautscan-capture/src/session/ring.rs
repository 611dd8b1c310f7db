//! The latest packets, whole, for people who want to look inside.

use std::collections::VecDeque;

use nautscan_core::packet::{InterfaceId, LinkType, Packet};

/// Where a packet of the ring lies, and what else is known of it.
#[derive(Debug, Clone, Copy)]
pub struct RingEntry {
    /// Number of the packet since capture began, from 1.
    pub id: u64,
    /// The flow that the engine put it into.
    pub flow_id: Option<u64>,
    time: i64,
    interface: InterfaceId,
    link_type: LinkType,
    wire_len: u32,
    start: usize,
    len: usize,
}

/// Packets that a ring of any size may hold, if they are short.
const FEWEST: usize = 1024;

/// A fixed amount of memory that holds the latest packets; their index takes as much again at most.
/// Invariant: entries lie in `bytes` in the order of their ids, around the end and on from the
/// beginning, without overlap.
pub struct PacketRing {
    bytes: Vec<u8>,
    capacity: usize,
    /// Where the next packet goes.
    head: usize,
    entries: VecDeque<RingEntry>,
    next_id: u64,
}

impl PacketRing {
    /// A ring of `capacity` bytes; 0 keeps nothing.
    pub fn new(capacity: usize) -> Self {
        Self { bytes: Vec::new(), capacity, head: 0, entries: VecDeque::new(), next_id: 1 }
    }

    /// Adds a packet of flow `flow_id`; the oldest make room.
    #[inline]
    pub fn push(&mut self, packet: &Packet<'_>, flow_id: Option<u64>) {
        let id = self.next_id;
        self.next_id += 1;
        let len = packet.data.len();
        if len > self.capacity || self.capacity == 0 {
            return;
        }
        let start = if self.head + len > self.capacity { 0 } else { self.head };
        self.make_room(start, len);
        if self.entries.len() >= FEWEST.max(self.capacity / size_of::<RingEntry>()) {
            self.entries.pop_front();
        }
        if self.bytes.len() < start + len {
            // Grows to the capacity once, on the way round.
            self.bytes.resize(start + len, 0);
        }
        self.bytes[start..start + len].copy_from_slice(packet.data);
        self.head = start + len;
        self.entries.push_back(RingEntry {
            id,
            flow_id,
            time: packet.time,
            interface: packet.interface,
            link_type: packet.link_type,
            wire_len: packet.wire_len,
            start,
            len,
        });
    }

    /// Notes the flows of packets that were pushed without one: number and flow, by number. Those
    /// that have left are passed over.
    pub(super) fn tell_flows(&mut self, flows: &[(u64, u64)]) {
        let first = flows.first().map_or(0, |&(id, _)| id);
        let mut at = self.entries.partition_point(|entry| entry.id < first);
        for &(id, flow_id) in flows {
            while self.entries.get(at).is_some_and(|entry| entry.id < id) {
                at += 1;
            }
            match self.entries.get_mut(at) {
                Some(entry) if entry.id == id => entry.flow_id = Some(flow_id),
                Some(_) => {}
                None => return,
            }
        }
    }

    fn make_room(&mut self, start: usize, len: usize) {
        let wraps = start < self.head;
        while let Some(oldest) = self.entries.front() {
            let overlaps = oldest.start < start + len && start < oldest.start + oldest.len;
            // When the head goes back to the beginning, what lies behind it is oldest of all.
            let passed = wraps && oldest.start >= self.head;
            // An empty packet takes no room and is passed by its place.
            let empty = oldest.len == 0 && oldest.start >= start && oldest.start < start + len;
            if !(overlaps || passed || empty) {
                break;
            }
            self.entries.pop_front();
        }
    }

    /// Number of packets held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Up to `limit` packets older than `before`, oldest first.
    pub fn recent(&self, limit: usize, before: Option<u64>) -> impl Iterator<Item = &RingEntry> {
        let end = match before {
            Some(id) => self.entries.partition_point(|entry| entry.id < id),
            None => self.entries.len(),
        };
        self.entries.range(end.saturating_sub(limit)..end)
    }

    /// The packet numbered `id`, if it is still held.
    pub fn find(&self, id: u64) -> Option<&RingEntry> {
        let at = self.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        self.entries.get(at)
    }

    /// The packet of an entry of this ring.
    pub fn packet(&self, entry: &RingEntry) -> Packet<'_> {
        Packet {
            time: entry.time,
            interface: entry.interface,
            link_type: entry.link_type,
            wire_len: entry.wire_len,
            data: &self.bytes[entry.start..entry.start + entry.len],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(ring: &mut PacketRing, data: &[u8]) {
        ring.push(
            &Packet {
                time: 7,
                interface: InterfaceId(0),
                link_type: LinkType::ETHERNET,
                wire_len: data.len() as u32,
                data,
            },
            None,
        );
    }

    /// Every packet held is the one that was pushed under its id, whatever the sizes.
    #[test]
    fn held_packets_are_intact() {
        let mut ring = PacketRing::new(1000);
        let bytes = |id: u64| vec![(id % 251) as u8; (id * 37 % 400) as usize];
        for id in 1..5000u64 {
            push(&mut ring, &bytes(id));
            for entry in ring.recent(usize::MAX, None) {
                assert_eq!(ring.packet(entry).data, bytes(entry.id), "after {id}");
            }
            assert_eq!(ring.recent(1, None).next().unwrap().id, id);
            assert!(ring.bytes.len() <= 1000);
        }
    }

    #[test]
    fn what_does_not_fit_is_numbered_but_not_held() {
        let mut ring = PacketRing::new(10);
        push(&mut ring, &[1; 11]);
        push(&mut ring, &[2; 10]);
        assert_eq!((ring.len(), ring.find(1).is_none(), ring.find(2).is_some()), (1, true, true));
    }

    #[test]
    fn a_ring_without_room_holds_nothing() {
        let mut ring = PacketRing::new(0);
        push(&mut ring, b"");
        push(&mut ring, b"x");
        assert!(ring.is_empty());
    }

    #[test]
    fn packets_without_bytes_do_not_grow_the_index() {
        let mut ring = PacketRing::new(64);
        for _ in 0..2 * FEWEST {
            push(&mut ring, b"");
        }
        assert_eq!((ring.len(), ring.find(2 * FEWEST as u64).is_some()), (FEWEST, true));
    }

    #[test]
    fn flows_told_later_reach_their_packets() {
        let mut ring = PacketRing::new(5);
        for _ in 0..8 {
            push(&mut ring, b"x");
        }
        push(&mut ring, &[0; 6]);
        ring.tell_flows(&[(1, 10), (4, 40), (6, 60), (9, 90), (12, 120)]);
        let flows: Vec<_> = ring.recent(9, None).map(|entry| (entry.id, entry.flow_id)).collect();
        assert_eq!(flows, [(4, Some(40)), (5, None), (6, Some(60)), (7, None), (8, None)]);
    }

    #[test]
    fn pages_go_back_in_time() {
        let mut ring = PacketRing::new(1000);
        for _ in 0..10 {
            push(&mut ring, b"x");
        }
        let ids =
            |limit, before| ring.recent(limit, before).map(|entry| entry.id).collect::<Vec<_>>();
        assert_eq!(ids(3, None), [8, 9, 10]);
        assert_eq!(ids(3, Some(8)), [5, 6, 7]);
        assert_eq!(ids(3, Some(1)), [0u64; 0]);
    }
}
