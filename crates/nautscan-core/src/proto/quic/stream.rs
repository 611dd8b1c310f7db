//! What CRYPTO frames carry, put in order (RFC 9000 section 19.6).

use crate::limits::{QUIC_CRYPTO, QUIC_PIECES};

/// Bytes before a handshake message: type and length (RFC 8446 section 4).
const HEADER: usize = 4;

/// The stream of one side.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// All that came from its beginning on without a hole.
    front: Vec<u8>,
    /// Where the next message begins in it.
    at: usize,
    /// What came beyond the first hole, in order, without overlaps.
    later: Vec<(usize, Vec<u8>)>,
}

/// More came than is held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMuch;

impl Stream {
    /// Takes the bytes of a frame; those that are there already stay.
    pub(super) fn add(&mut self, offset: u64, bytes: &[u8]) -> Result<(), TooMuch> {
        let offset = usize::try_from(offset).map_err(|_| TooMuch)?;
        let end = offset.saturating_add(bytes.len());
        if end > QUIC_CRYPTO {
            return Err(TooMuch);
        }
        if offset > self.front.len() {
            return self.add_later(offset, bytes);
        }
        if let Some(new) = bytes.get(self.front.len() - offset..) {
            self.front.extend_from_slice(new);
            self.join();
        }
        Ok(())
    }

    fn add_later(&mut self, offset: usize, bytes: &[u8]) -> Result<(), TooMuch> {
        let end = offset + bytes.len();
        let (mut at, mut missing) = (offset, Vec::new());
        for (start, known) in &self.later {
            if at < *start && at < end {
                missing.push((at, end.min(*start)));
            }
            at = at.max(start + known.len());
        }
        if at < end {
            missing.push((at, end));
        }
        if self.later.len() + missing.len() > QUIC_PIECES {
            return Err(TooMuch);
        }
        let pieces =
            missing.iter().map(|&(from, to)| (from, bytes[from - offset..to - offset].to_vec()));
        self.later.extend(pieces);
        self.later.sort_unstable_by_key(|&(start, _)| start);
        Ok(())
    }

    /// Moves to the front what follows it.
    fn join(&mut self) {
        let has = |front: &Vec<u8>, piece: &(usize, Vec<u8>)| piece.0 <= front.len();
        let mut joined = 0;
        while let Some(piece) = self.later.get(joined).filter(|piece| has(&self.front, piece)) {
            let known = self.front.len() - piece.0;
            self.front.extend_from_slice(piece.1.get(known..).unwrap_or_default());
            joined += 1;
        }
        self.later.drain(..joined);
    }

    /// Type and body of the next message, if it is there whole.
    pub(super) fn message(&mut self) -> Option<(u8, &[u8])> {
        let (&[kind, a, b, c], rest) = self.front.get(self.at..)?.split_first_chunk::<HEADER>()?;
        let body = rest.get(..u32::from_be_bytes([0, a, b, c]) as usize)?;
        self.at += HEADER + body.len();
        Some((kind, body))
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let later = self.later.iter().map(|(_, bytes)| bytes.capacity());
        self.front.capacity()
            + self.later.capacity() * size_of::<(usize, Vec<u8>)>()
            + later.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole() -> Vec<u8> {
        let body: Vec<u8> = (0..=255u8).cycle().take(1000).collect();
        [&[1, 0, 3, 0xe8][..], &body].concat()
    }

    proptest! {
        #[test]
        fn order_repeats_and_overlaps_change_nothing(
            mut cuts in prop::collection::vec((0usize..1004, 1usize..200), 0..40),
            order in any::<u64>(),
        ) {
            let all = whole();
            let mut pieces: Vec<(usize, usize)> =
                (0..all.len()).step_by(97).map(|at| (at, (at + 97).min(all.len()))).collect();
            pieces.extend(cuts.drain(..).map(|(at, length)| (at, (at + length).min(all.len()))));
            pieces.sort_unstable_by_key(|&(at, to)| (at as u64).wrapping_mul(order | 1) ^ to as u64);
            let mut stream = Stream::default();
            for (from, to) in pieces {
                stream.add(from as u64, &all[from..to]).unwrap();
            }
            prop_assert_eq!(stream.message(), Some((1, &all[4..])));
            prop_assert_eq!(stream.message(), None);
            prop_assert!(stream.later.is_empty());
        }
    }

    /// Reaches `QUIC_CRYPTO`: what lies beyond is not held.
    #[test]
    fn a_stream_is_held_up_to_the_cap() {
        let mut stream = Stream::default();
        assert_eq!(stream.add(0, &vec![1; QUIC_CRYPTO]), Ok(()));
        assert_eq!(stream.add(QUIC_CRYPTO as u64, b"x"), Err(TooMuch));
        assert_eq!(stream.add(u64::MAX >> 2, b"x"), Err(TooMuch));
        assert!(stream.memory() <= 2 * QUIC_CRYPTO);
    }

    /// Reaches `QUIC_PIECES`: a hole more is not held.
    #[test]
    fn pieces_are_held_up_to_the_cap() {
        let mut stream = Stream::default();
        for piece in 0..QUIC_PIECES {
            assert_eq!(stream.add(2 + 2 * piece as u64, b"x"), Ok(()));
        }
        assert_eq!(stream.add(1, b"x"), Err(TooMuch));
        assert_eq!(stream.add(0, b"x"), Ok(()));
    }
}
