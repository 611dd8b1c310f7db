//! Packets of one file into order of time.
//!
//! Several queues, processors or interfaces hand packets to the program that captures, and the file
//! then holds some of them behind later ones. The reader parses a stretch of records ahead; one
//! that is in order goes on as it is, uncopied. From the first stretch that is not, packets are
//! copied here and held until one is read that is later by several times as much as any packet was
//! found to lie back; when the file has been in order for a while, copying ends.
//!
//! A packet further back than [`REORDER_NANOS`] is not out of order: the clock was set back, or two
//! captures follow each other in one file. It goes on as it comes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::record::{Notes, Record};
use crate::{REORDER_BYTES, REORDER_NANOS, REORDER_PACKETS};

/// How many times as long as packets were found to lie back they are held: the next may lie back
/// further.
const CAUTION: i64 = 8;
/// They are held this long at least, ns.
const LEAST_HOLD: i64 = 1_000_000;
/// Records in order after which the file is taken to be.
const CALM: usize = 1024;
/// Dead bytes are given up when they are more than the live ones and this.
const SLACK: usize = 1 << 20;

/// Packets that are held.
///
/// Invariant: the bytes of every held record, and of every record handed out since the last
/// [`Sorter::take`], lie in `bytes`.
pub(super) struct Sorter {
    held: BinaryHeap<Reverse<Held>>,
    bytes: Vec<u8>,
    /// Bytes of `held`.
    live: usize,
    /// Records taken in: their number keeps those of one time in the order of the file.
    taken: u64,
    /// Records since the last one that was out of order.
    calm: usize,
    /// Latest time among those held.
    latest: i64,
    /// How long a packet is held, ns.
    hold: i64,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    time: i64,
    number: u64,
    record: Record,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        (self.time, self.number) == (other.time, other.number)
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.number).cmp(&(other.time, other.number))
    }
}

impl Sorter {
    /// A sorter that holds packets for `hold` nanoseconds at least.
    pub(super) fn new(hold: i64) -> Self {
        Self {
            held: BinaryHeap::new(),
            bytes: Vec::new(),
            live: 0,
            taken: 0,
            calm: 0,
            latest: i64::MIN,
            hold,
        }
    }

    /// Where the bytes of records handed out lie.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the records of `stretch`, whose bytes lie in `window`, and leaves there those whose
    /// turn has come.
    pub(super) fn take(&mut self, stretch: &mut Vec<Record>, window: &[u8], notes: &mut Notes) {
        self.hold = self.hold.max(hold_for(depth(stretch, self.latest)));
        self.compact();
        let records = std::mem::take(stretch);
        for record in &records {
            self.calm += 1;
            if record.time < self.latest.saturating_sub(REORDER_NANOS) {
                self.calm = 0;
                self.release_all(stretch);
            }
            if self.held.is_empty() {
                self.latest = record.time;
            } else if record.time < self.latest {
                self.calm = 0;
                notes.reordered += 1;
            }
            self.latest = self.latest.max(record.time);
            self.hold(record, window);
            self.release_due(stretch, notes);
        }
    }

    fn hold(&mut self, record: &Record, window: &[u8]) {
        let (start, len) = (record.start as usize, record.len as usize);
        let record = Record { start: self.bytes.len() as u32, ..*record };
        self.bytes.extend_from_slice(&window[start..start + len]);
        self.live += len;
        self.taken += 1;
        self.held.push(Reverse(Held { time: record.time, number: self.taken, record }));
    }

    fn release_due(&mut self, out: &mut Vec<Record>, notes: &mut Notes) {
        let due = self.latest.saturating_sub(self.hold);
        while let Some(Reverse(first)) = self.held.peek() {
            let is_full = self.held.len() > REORDER_PACKETS || self.live > REORDER_BYTES;
            if first.time > due && !is_full {
                return;
            }
            notes.reorder_full += u64::from(first.time > due);
            self.release_first(out);
        }
    }

    /// Hands out everything that is held.
    pub(super) fn release_all(&mut self, out: &mut Vec<Record>) {
        while !self.held.is_empty() {
            self.release_first(out);
        }
    }

    fn release_first(&mut self, out: &mut Vec<Record>) {
        if let Some(Reverse(first)) = self.held.pop() {
            self.live -= first.record.len as usize;
            out.push(first.record);
        }
    }

    /// Whether anything is held.
    pub(super) fn holds_any(&self) -> bool {
        !self.held.is_empty()
    }

    /// How long packets are held, ns: to be told to the next sorter of this file.
    pub(super) fn patience(&self) -> i64 {
        self.hold
    }

    /// Whether the file has been in order for so long that it need not be held any more.
    pub(super) fn is_calm(&self) -> bool {
        self.calm >= CALM
    }

    fn compact(&mut self) {
        if self.bytes.len() - self.live <= self.live.max(SLACK) {
            return;
        }
        let mut bytes = Vec::with_capacity(self.live + SLACK);
        let mut held = std::mem::take(&mut self.held).into_vec();
        for Reverse(Held { record, .. }) in &mut held {
            let start = record.start as usize;
            record.start = bytes.len() as u32;
            bytes.extend_from_slice(&self.bytes[start..start + record.len as usize]);
        }
        self.bytes = bytes;
        self.held = held.into();
    }
}

/// How far back records lie at most, of those that are out of order; `latest` was before them.
fn depth(stretch: &[Record], mut latest: i64) -> i64 {
    let mut depth = 0;
    for record in stretch {
        let back = latest.saturating_sub(record.time);
        if back > REORDER_NANOS {
            latest = record.time;
        } else {
            depth = depth.max(back);
            latest = latest.max(record.time);
        }
    }
    depth
}

fn hold_for(depth: i64) -> i64 {
    depth.saturating_mul(CAUTION).clamp(LEAST_HOLD, REORDER_NANOS)
}
