//! When the bytes came in which frames are looked for.

use crate::limits::DETECTION_PIECES;

/// Times of packets whose bytes are held, one behind the other: what is found keeps its own.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// From which place on, and when. Places grow.
    marks: Vec<(usize, i64)>,
}

impl Times {
    /// What is held from `at` on came at `time`; `false` if that is of too many packets.
    pub(super) fn add(&mut self, at: usize, time: i64) -> bool {
        if self.marks.last().is_some_and(|last| last.1 == time) {
            return true;
        }
        if self.marks.len() >= DETECTION_PIECES {
            return false;
        }
        self.marks.push((at, time));
        true
    }

    /// The first `bytes` are not held any more.
    pub(super) fn drop_first(&mut self, bytes: usize) {
        let behind = self.marks.partition_point(|mark| mark.0 <= bytes);
        self.marks.drain(..behind.saturating_sub(1));
        self.marks.iter_mut().for_each(|mark| mark.0 = mark.0.saturating_sub(bytes));
    }

    /// Nothing is held any more.
    pub(super) fn clear(&mut self) {
        self.marks.clear();
    }

    /// `held` in pieces, each with its time.
    pub(super) fn pieces<'a>(&self, held: &'a [u8]) -> impl Iterator<Item = (i64, &'a [u8])> {
        let ends = self.marks.iter().skip(1).map(|mark| mark.0).chain([held.len()]);
        let pieces = self.marks.iter().zip(ends);
        pieces.filter_map(|(&(from, time), to)| Some((time, held.get(from..to)?)))
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.marks.capacity() * size_of::<(usize, i64)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_times() {
        let mut times = Times::default();
        for (at, time) in [(0, 7), (2, 7), (4, 9), (6, 8)] {
            assert!(times.add(at, time));
        }
        let pieces = |times: &Times, held: &'static [u8]| times.pieces(held).collect::<Vec<_>>();
        assert_eq!(pieces(&times, b"abcdefg"), [(7, &b"abcd"[..]), (9, b"ef"), (8, b"g")]);
        times.drop_first(5);
        assert_eq!(pieces(&times, b"fg"), [(9, &b"f"[..]), (8, b"g")]);
        times.drop_first(1);
        assert_eq!(pieces(&times, b"g"), [(8, &b"g"[..])]);
    }

    /// Reaches `DETECTION_PIECES`.
    #[test]
    fn of_so_many_packets_bytes_are_held() {
        let mut times = Times::default();
        assert!((0..DETECTION_PIECES).all(|at| times.add(at, at as i64)));
        assert!(!times.add(DETECTION_PIECES, -1));
        assert!(times.add(DETECTION_PIECES, DETECTION_PIECES as i64 - 1), "of the same packet");
    }
}
