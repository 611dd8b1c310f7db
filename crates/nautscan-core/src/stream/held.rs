//! Segments that arrived before their turn.

use super::half::Came;
use crate::limits::{HELD_BYTES, HELD_SEGMENTS};

/// A run of bytes at a place in the stream.
#[derive(Debug)]
struct Run {
    start: u64,
    /// Captured bytes.
    bytes: Vec<u8>,
    /// Bytes behind them that the snap length cut off.
    cut: u32,
    /// When its packet came.
    time: i64,
    /// What its sender had received by then.
    received: u64,
}

impl Run {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64 + u64::from(self.cut)
    }
}

/// Runs in stream order. Invariant: they do not overlap, and their bytes stay under
/// [`HELD_BYTES`], their number under [`HELD_SEGMENTS`].
#[derive(Debug, Default)]
pub(super) struct Held {
    runs: Vec<Run>,
    bytes: usize,
    /// When the first of them came, ns.
    pub(super) since: i64,
}

/// A run that is due.
pub(super) struct Due {
    pub(super) start: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) cut: u32,
    pub(super) came: Came,
}

impl Held {
    /// Nothing held yet; what comes first came at `time`.
    pub(super) fn since(time: i64) -> Self {
        Self { since: time, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Where the first run starts: the end of the hole before it.
    pub(super) fn first(&self) -> Option<u64> {
        self.runs.first().map(|run| run.start)
    }

    /// Whether no more may be held.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= HELD_BYTES || self.runs.len() >= HELD_SEGMENTS
    }

    /// What the sender of the first run had received when that was sent.
    pub(super) fn first_received(&self) -> Option<u64> {
        self.runs.first().map(|run| run.received)
    }

    pub(super) fn memory(&self) -> usize {
        self.bytes + self.runs.capacity() * size_of::<Run>()
    }

    /// Holds `bytes` at `start`, with `cut` more that were not captured. What is held already
    /// stays as it is: the first copy wins.
    pub(super) fn insert(&mut self, mut start: u64, mut bytes: &[u8], mut cut: u32, came: Came) {
        let mut at = self.runs.partition_point(|run| run.end() <= start);
        loop {
            let total = bytes.len() as u64 + u64::from(cut);
            if total == 0 {
                return;
            }
            let Some(run) = self.runs.get(at) else {
                return self.put(at, start, bytes, cut, came);
            };
            let (run_start, run_end) = (run.start, run.end());
            if start < run_start {
                let room = run_start - start;
                let fits = room.min(bytes.len() as u64) as usize;
                let cut_fits = (room - fits as u64).min(u64::from(cut)) as u32;
                self.put(at, start, &bytes[..fits], cut_fits, came);
                at += 1;
            }
            let skip = run_end.saturating_sub(start);
            if skip >= total {
                return;
            }
            let in_bytes = skip.min(bytes.len() as u64) as usize;
            bytes = &bytes[in_bytes..];
            cut -= (skip - in_bytes as u64) as u32;
            start = run_end;
            at += 1;
        }
    }

    fn put(&mut self, at: usize, start: u64, bytes: &[u8], cut: u32, came: Came) {
        let Came { time, received } = came;
        self.bytes += bytes.len();
        self.runs.insert(at, Run { start, bytes: bytes.to_vec(), cut, time, received });
    }

    /// The first run, if it starts at or before `offset`.
    pub(super) fn pop_due(&mut self, offset: u64) -> Option<Due> {
        (self.first()? <= offset).then(|| {
            let run = self.runs.remove(0);
            self.bytes -= run.bytes.len();
            let Run { start, bytes, cut, time, received } = run;
            Due { start, bytes, cut, came: Came { time, received } }
        })
    }

    /// Forgets all; used for runs that turned out to be no part of the stream.
    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(held: &mut Held) -> Vec<(u64, Vec<u8>, u32)> {
        let mut out = Vec::new();
        while let Some(due) = held.pop_due(u64::MAX) {
            out.push((due.start, due.bytes, due.cut));
        }
        out
    }

    #[test]
    fn the_first_copy_wins_and_holes_stay() {
        let mut held = Held::default();
        held.insert(10, b"BB", 0, Came::default());
        held.insert(20, b"DD", 0, Came::default());
        held.insert(8, b"aaaaaaaaaaaaaaaa", 0, Came::default());
        let runs = all(&mut held);
        assert_eq!(
            runs,
            [
                (8, b"aa".to_vec(), 0),
                (10, b"BB".to_vec(), 0),
                (12, b"aaaaaaaa".to_vec(), 0),
                (20, b"DD".to_vec(), 0),
                (22, b"aa".to_vec(), 0),
            ]
        );
        assert_eq!(held.memory(), held.runs.capacity() * size_of::<Run>());
    }

    #[test]
    fn cut_bytes_take_their_place() {
        let mut held = Held::default();
        held.insert(0, b"ab", 8, Came::default());
        held.insert(4, b"XXXXXXXXXX", 0, Came::default());
        assert_eq!(all(&mut held), [(0, b"ab".to_vec(), 8), (10, b"XXXX".to_vec(), 0)]);
    }

    #[test]
    fn nothing_is_due_before_its_turn() {
        let mut held = Held::default();
        held.insert(5, b"x", 0, Came::default());
        assert!(held.pop_due(4).is_none());
        assert_eq!(held.pop_due(5).unwrap().start, 5);
    }
}
