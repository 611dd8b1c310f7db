//! What a live session's threads and its caller share.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use nautscan_core::RecordBatch;
use nautscan_core::event::Table;

use super::live::LiveStatus;
use super::ring::PacketRing;

pub(super) struct Shared {
    pub(super) ring: Mutex<PacketRing>,
    pub(super) status: Mutex<LiveStatus>,
    pub(super) queue: Mutex<Queue>,
    /// A batch was put into the queue, or none will come any more.
    pub(super) arrived: Condvar,
    pub(super) stop: AtomicBool,
    max_batches: usize,
}

/// Batches that wait to be taken.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) batches: VecDeque<(Table, RecordBatch)>,
    pub(super) batches_dropped: u64,
    pub(super) rows_dropped: u64,
    pub(super) ended: bool,
}

impl Shared {
    pub(super) fn new(ring_bytes: usize, max_batches: usize) -> Self {
        Self {
            ring: Mutex::new(PacketRing::new(ring_bytes)),
            status: Mutex::default(),
            queue: Mutex::default(),
            arrived: Condvar::new(),
            stop: AtomicBool::new(false),
            max_batches: max_batches.max(1),
        }
    }

    /// Adds a batch; the oldest makes room, and is counted.
    pub(super) fn enqueue(&self, table: Table, batch: RecordBatch) {
        let mut queue = lock(&self.queue);
        if queue.batches.len() >= self.max_batches
            && let Some((_, oldest)) = queue.batches.pop_front()
        {
            queue.batches_dropped += 1;
            queue.rows_dropped += oldest.num_rows() as u64;
        }
        queue.batches.push_back((table, batch));
        self.arrived.notify_one();
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
