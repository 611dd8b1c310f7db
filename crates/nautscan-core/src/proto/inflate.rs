//! DEFLATE (RFC 1951) as it comes, for streams that are read while they last; bounded in work.

use flate2::{Decompress, FlushDecompress, Status};

use crate::limits::{INFLATED_FREE, INFLATED_RATIO};

/// Heap bytes of a decoder: its window and tables.
pub(super) const DECODER: usize = 48 * 1024;

/// Why inflating ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The bytes are not compressed so.
    Corrupt,
    /// They come to far more than their size.
    TooLarge,
    /// Who takes what comes out wants no more.
    Enough,
}

/// What a stream comes to, held against its size.
#[derive(Debug, Default)]
pub(super) struct Budget {
    took: u64,
    made: u64,
}

impl Budget {
    /// So many bytes are decoded, each of them once.
    pub(super) fn takes(&mut self, bytes: usize) {
        self.took = self.took.saturating_add(bytes as u64);
    }

    /// Bytes that came out.
    pub(super) fn made(&self) -> usize {
        usize::try_from(self.made).unwrap_or(usize::MAX)
    }

    /// So many came out.
    pub(super) fn makes(&mut self, bytes: usize) -> Result<(), Stopped> {
        self.made = self.made.saturating_add(bytes as u64);
        let allowed = self.took.saturating_mul(INFLATED_RATIO).saturating_add(INFLATED_FREE);
        if self.made > allowed { Err(Stopped::TooLarge) } else { Ok(()) }
    }
}

/// Inflates one direction of a stream.
#[derive(Debug)]
pub(super) struct Inflater {
    stream: Box<Decompress>,
    /// Over all resets.
    budget: Budget,
    /// A last block was read: what follows until a reset is not of the stream.
    is_over: bool,
}

impl Inflater {
    /// Of raw DEFLATE, or (`zlib`) with the head and trailer of RFC 1950.
    pub(super) fn new(zlib: bool) -> Self {
        Self { stream: Box::new(Decompress::new(zlib)), budget: Budget::default(), is_over: false }
    }

    /// Forgets what came before, and with it the window.
    pub(super) fn reset(&mut self) {
        self.stream.reset(false);
        self.is_over = false;
    }

    /// A last block was read.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Inflates `input` and hands what comes out to `take`, which answers whether it wants more.
    pub(super) fn push(
        &mut self,
        input: &[u8],
        take: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Stopped> {
        self.take(input, take).map(|_| ())
    }

    /// The same; answers how many bytes were of the stream: all, where it is not over.
    pub(super) fn take(
        &mut self,
        mut input: &[u8],
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> Result<usize, Stopped> {
        let mut chunk = [0u8; 4096];
        let length = input.len();
        while !self.is_over {
            let (used, made) = (self.stream.total_in(), self.stream.total_out());
            let status = self
                .stream
                .decompress(input, &mut chunk, FlushDecompress::None)
                .map_err(|_| Stopped::Corrupt)?;
            let used = (self.stream.total_in() - used) as usize;
            let made = (self.stream.total_out() - made) as usize;
            input = &input[used..];
            // Not all of `input`: what is behind the end of the stream may come again, after a reset.
            self.budget.takes(used);
            self.is_over = status == Status::StreamEnd;
            if made > 0 && !take(&chunk[..made]) {
                return Err(Stopped::Enough);
            }
            self.budget.makes(made)?;
            if made < chunk.len() && (input.is_empty() || used == 0) {
                break;
            }
        }
        Ok(length - input.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, Compression, FlushCompress};

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 1024);
        let mut stream = Compress::new(Compression::best(), false);
        stream.compress_vec(bytes, &mut out, FlushCompress::Sync).unwrap();
        out
    }

    #[test]
    fn comes_out_the_same_however_it_is_cut() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|n| (n % 251).to_be_bytes()).collect();
        let packed = deflated(&text);
        for piece in [1, 7, 5000, usize::MAX] {
            let (mut inflater, mut out) = (Inflater::new(false), Vec::new());
            for bytes in packed.chunks(piece) {
                inflater
                    .push(bytes, |made| {
                        out.extend_from_slice(made);
                        true
                    })
                    .unwrap();
            }
            assert_eq!(out, text);
        }
    }

    /// Reaches `INFLATED_FREE` and `INFLATED_RATIO`.
    #[test]
    fn a_bomb_is_given_up() {
        let bomb = deflated(&vec![0; 8 << 20]);
        let (mut inflater, mut out) = (Inflater::new(false), 0);
        let told = inflater.push(&bomb, |made| {
            out += made.len() as u64;
            true
        });
        assert_eq!(told, Err(Stopped::TooLarge));
        assert!(out <= INFLATED_FREE + INFLATED_RATIO * bomb.len() as u64 + 4096);
        assert_eq!(Inflater::new(false).push(&[0xff; 9], |_| true), Err(Stopped::Corrupt));
    }
}
