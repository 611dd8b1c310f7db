//! The flow table: a slab of flows with an index over it, bounded.
//!
//! Expiry is a hand that sweeps the slab as packet time passes: sequential memory, no list to
//! keep in order on every packet. When the table is full, the stalest of a few flows under the
//! hand gives way (approximate LRU), and is counted.

use core::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::{Flow, FlowKey};

/// Flows looked at to find one that gives way.
const EVICTION_SAMPLE: usize = 8;
/// Packet time in which the hand goes round once.
const SWEEP_SECONDS: usize = 10;

/// A slot's number in the slab.
type Slot = u32;

/// All flows that are being followed.
pub struct FlowTable {
    slots: Vec<Option<Flow>>,
    free: Vec<Slot>,
    index: HashTable<Slot>,
    /// Seeded at random, so that nobody can choose addresses that collide.
    hasher: RandomState,
    hand: usize,
    max_flows: usize,
    /// Slot of the latest packet: the next one is often of the same flow.
    latest: Slot,
}

impl FlowTable {
    /// An empty table that holds at most `max_flows`.
    pub fn new(max_flows: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::default(),
            hand: 0,
            max_flows: max_flows.max(1),
            latest: 0,
        }
    }

    /// Number of flows.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The slot of `key`.
    #[inline]
    pub fn find(&mut self, key: &FlowKey) -> Option<Slot> {
        if let Some(Some(flow)) = self.slots.get(self.latest as usize)
            && flow.key == *key
        {
            return Some(self.latest);
        }
        let slots = &self.slots;
        let found = self.index.find(self.hasher.hash_one(key), |&slot| {
            slots[slot as usize].as_ref().is_some_and(|flow| flow.key == *key)
        });
        if let Some(&slot) = found {
            self.latest = slot;
        }
        found.copied()
    }

    /// The flow in `slot`, which [`Self::find`] or [`Self::insert`] has just given.
    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut Flow> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// Adds a flow whose key is not in the table.
    pub fn insert(&mut self, flow: Flow) -> Slot {
        let hash = self.hasher.hash_one(flow.key);
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(flow);
                slot
            }
            None => {
                self.slots.push(Some(flow));
                (self.slots.len() - 1) as Slot
            }
        };
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.index.insert_unique(hash, slot, |&other| {
            slots[other as usize].as_ref().map_or(0, |flow| hasher.hash_one(flow.key))
        });
        self.latest = slot;
        slot
    }

    /// Lets go of a flow.
    pub fn remove(&mut self, slot: Slot) {
        let Some(flow) = self.slots.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        let hash = self.hasher.hash_one(flow.key);
        if let Ok(entry) = self.index.find_entry(hash, |&other| other == slot) {
            entry.remove();
        }
        self.slots[slot as usize] = None;
        self.free.push(slot);
    }

    /// Moves the hand on by one second's share and calls `visit` on each flow it passes;
    /// those for which it answers true are let go.
    pub fn sweep(&mut self, mut visit: impl FnMut(&mut Flow) -> bool) {
        for _ in 0..self.slots.len().div_ceil(SWEEP_SECONDS) {
            let slot = self.advance_hand();
            if self.slots[slot as usize].as_mut().is_some_and(&mut visit) {
                self.remove(slot);
            }
        }
    }

    /// Lets go of up to `count` flows in the order of their slots, each after `visit`; answers
    /// whether there are more. Until there are none, the table is of no other use.
    pub fn drain(&mut self, count: usize, mut visit: impl FnMut(&mut Flow)) -> bool {
        if !self.index.is_empty() {
            self.index = HashTable::new();
            self.free = Vec::new();
            self.latest = 0;
            self.hand = 0;
        }
        for _ in 0..count {
            let Some(slot) = self.slots.get_mut(self.hand) else {
                self.slots = Vec::new();
                self.hand = 0;
                return false;
            };
            self.hand += 1;
            if let Some(flow) = slot {
                visit(flow);
                *slot = None;
            }
        }
        true
    }

    /// Bytes of the table itself: slab, free list and index, as far as they were ever used.
    pub fn memory(&self) -> usize {
        self.slots.len() * size_of::<Option<Flow>>()
            + self.free.capacity() * size_of::<Slot>()
            + self.index.allocation_size()
    }

    /// All flows, for accounting.
    pub fn iter(&self) -> impl Iterator<Item = &Flow> {
        self.slots.iter().flatten()
    }

    fn advance_hand(&mut self) -> Slot {
        let slot = self.hand;
        self.hand = if slot + 1 < self.slots.len() { slot + 1 } else { 0 };
        slot as Slot
    }

    /// The flow that must give way before another can be added, if the table is full: the stalest
    /// of the next ones under the hand; ended and half-open ones go first.
    pub fn victim(&mut self) -> Option<Slot> {
        if self.index.len() < self.max_flows {
            return None;
        }
        let mut victim: Option<(bool, i64, Slot)> = None;
        let mut looked_at = 0;
        // The table is full, so nearly every slot holds a flow; the bound is for the rest.
        for _ in 0..self.slots.len().min(EVICTION_SAMPLE * 64) {
            let slot = self.advance_hand();
            let Some(flow) = &self.slots[slot as usize] else { continue };
            let candidate = (flow.requests > 0 && flow.ended.is_none(), flow.last_time, slot);
            if victim.is_none_or(|best| candidate < best) {
                victim = Some(candidate);
            }
            looked_at += 1;
            if looked_at == EVICTION_SAMPLE {
                break;
            }
        }
        Some(victim?.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Macs, State};
    use crate::packet::InterfaceId;
    use crate::wire::Address;

    fn flow(port: u16, time: i64) -> Flow {
        let (key, client_is_low) =
            FlowKey::new(17, Address::v4([10, 0, 0, 1]), port, Address::v4([10, 0, 0, 2]), 53);
        Flow {
            key,
            client_is_low,
            state: State::Active,
            ended: None,
            vlan: None,
            rare: None,
            interface: InterfaceId(0),
            id: u64::from(port),
            first_time: time,
            last_time: time,
            sent: Default::default(),
            duplicates: 0,
            requests: 0,
            reported: i64::MIN,
            protocol: None,
            tcp: None,
            udp: None,
            unrecognised: 0,
            lone: None,
            macs: Macs::default(),
        }
    }

    #[test]
    fn finds_what_was_put_in_and_not_what_was_taken_out() {
        let mut table = FlowTable::new(100);
        for port in 0..50 {
            table.insert(flow(port, 0));
        }
        let slot = table.find(&flow(7, 0).key).unwrap();
        assert_eq!(table.get_mut(slot).unwrap().id, 7);
        table.remove(slot);
        table.remove(slot);
        assert!(table.find(&flow(7, 0).key).is_none());
        assert_eq!(table.len(), 49);
    }

    #[test]
    fn a_full_table_gives_up_an_old_flow_and_never_grows() {
        let mut table = FlowTable::new(16);
        let mut evicted = 0;
        for port in 0..1000 {
            if let Some(slot) = table.victim() {
                table.remove(slot);
                evicted += 1;
            }
            table.insert(flow(port, i64::from(port)));
            assert!(table.len() <= 16);
        }
        assert_eq!(evicted, 1000 - 16);
        assert!(table.slots.len() <= 17);
        assert!(table.find(&flow(999, 0).key).is_some(), "the newest stays");
    }

    #[test]
    fn what_is_taken_out_at_the_end_comes_in_the_order_of_the_slots() {
        let mut table = FlowTable::new(100);
        for port in 0..20 {
            table.insert(flow(port, 0));
        }
        let slot = table.find(&flow(7, 0).key).unwrap();
        table.remove(slot);
        let mut ids = Vec::new();
        while table.drain(3, |flow| ids.push(flow.id)) {}
        assert_eq!(ids, (0..20).filter(|&id| id != 7).collect::<Vec<_>>());
        table.insert(flow(3, 0));
        assert!(table.find(&flow(3, 0).key).is_some(), "of use again");
    }

    #[test]
    fn a_sweep_round_visits_every_flow() {
        let mut table = FlowTable::new(100);
        for port in 0..95 {
            table.insert(flow(port, 0));
        }
        let mut gone = Vec::new();
        for _ in 0..SWEEP_SECONDS {
            table.sweep(|flow| {
                let goes = flow.id % 2 == 0;
                gone.extend(goes.then_some(flow.id));
                goes
            });
        }
        assert_eq!((gone.len(), table.len()), (48, 47));
    }
}
