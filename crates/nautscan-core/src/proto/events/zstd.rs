//! Zstandard (RFC 8878) as it comes.
//!
//! The decoder gives content out only once a window of it follows, which of a stream of events is too
//! late, or all of it when a frame has ended. So each frame is told to have ended when it begins, and what
//! has come is looked at and left there, since blocks refer to it. That holds the whole of a frame, up to
//! a cap.

use core::fmt;
use std::io::{self, Write};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::limits::{EVENT_ZSTD, ZSTD_WINDOW};
use crate::proto::inflate::{Budget, Stopped};

const MAGIC: u32 = 0xfd2f_b528;
/// Of skippable frames, without the last four bits.
const SKIPPABLE: u32 = 0x184d_2a50;
const BLOCK_HEAD: usize = 3;
const CHECKSUM: usize = 4;
/// The most that a block holds (RFC 8878 section 3.1.1.2.4).
const BLOCK: usize = 128 * 1024;
/// An empty last block, and room for a checksum.
const END: [u8; BLOCK_HEAD + CHECKSUM] = [1, 0, 0, 0, 0, 0, 0];

/// What comes next.
#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Frame,
    /// Blocks of a frame, and whether a checksum follows the last.
    Blocks { checksum: usize },
    /// A checksum, or a frame that carries no content.
    Skip(u64),
}

/// Undoes the coding of one stream.
#[derive(Default)]
pub(super) struct Zstd {
    state: State,
    decoder: Option<FrameDecoder>,
    /// Bytes of the frame that were given out.
    given: usize,
    /// Input in which nothing is whole yet.
    held: Vec<u8>,
    budget: Budget,
}

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstd").field("state", &self.state).finish_non_exhaustive()
    }
}

/// Hands what stands behind `from` on, and takes nothing.
struct Look<'a, T> {
    from: usize,
    seen: usize,
    take: &'a mut T,
}

impl<T: FnMut(&[u8])> Write for Look<'_, T> {
    fn write(&mut self, all: &[u8]) -> io::Result<usize> {
        self.seen = all.len();
        if let Some(new) = all.get(self.from..).filter(|new| !new.is_empty()) {
            (self.take)(new);
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Zstd {
    /// Decodes `input` and hands what comes out to `take`.
    pub(super) fn push(
        &mut self,
        input: &[u8],
        take: &mut impl FnMut(&[u8]),
    ) -> Result<(), Stopped> {
        self.budget.takes(input.len());
        self.held.extend_from_slice(input);
        let held = core::mem::take(&mut self.held);
        let mut rest = &held[..];
        while let Some(used) = self.step(rest, take)? {
            rest = &rest[used..];
        }
        let used = held.len() - rest.len();
        self.held = held;
        self.held.drain(..used);
        Ok(())
    }

    /// Takes one head, block or checksum; answers how long it is, `None`: it is not whole.
    fn step(
        &mut self,
        rest: &[u8],
        take: &mut impl FnMut(&[u8]),
    ) -> Result<Option<usize>, Stopped> {
        match self.state {
            State::Frame => self.frame(rest),
            State::Blocks { checksum } => self.block(rest, checksum, take),
            State::Skip(0) => {
                self.state = State::Frame;
                Ok(Some(0))
            }
            State::Skip(left) => {
                let used = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                self.state = State::Skip(left - used as u64);
                Ok((used > 0).then_some(used))
            }
        }
    }

    /// The head of a frame (section 3.1.1.1), or of one to be skipped (section 3.1.2).
    fn frame(&mut self, rest: &[u8]) -> Result<Option<usize>, Stopped> {
        let &[a, b, c, d, flags, ..] = rest else { return Ok(None) };
        let magic = u32::from_le_bytes([a, b, c, d]);
        if magic & !0xf == SKIPPABLE {
            let Some(&[w, x, y, z]) = rest.get(4..8) else { return Ok(None) };
            self.state = State::Skip(u32::from_le_bytes([w, x, y, z]).into());
            return Ok(Some(8));
        }
        if magic != MAGIC {
            return Err(Stopped::Corrupt);
        }
        let is_single = flags & 0x20 != 0;
        let dictionary = [0, 1, 2, 4][usize::from(flags & 3)];
        let size = [usize::from(is_single), 2, 4, 8][usize::from(flags >> 6)];
        let head = 5 + usize::from(!is_single) + dictionary + size;
        let Some(mut bytes) = rest.get(..head) else { return Ok(None) };
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW);
        let begun = decoder.init(&mut bytes).map_err(drop);
        let ended = decoder.decode_blocks(&END[..], BlockDecodingStrategy::UptoBlocks(1));
        begun.and(ended.map_err(drop)).map_err(|()| Stopped::Corrupt)?;
        let checksum = if flags & 4 != 0 { CHECKSUM } else { 0 };
        (self.decoder, self.given, self.state) = (Some(decoder), 0, State::Blocks { checksum });
        Ok(Some(head))
    }

    /// A block (section 3.1.1.2).
    fn block(
        &mut self,
        rest: &[u8],
        checksum: usize,
        take: &mut impl FnMut(&[u8]),
    ) -> Result<Option<usize>, Stopped> {
        let &[a, b, c, ..] = rest else { return Ok(None) };
        let head = u32::from_le_bytes([a, b, c, 0]);
        let (is_last, kind, size) = (head & 1 != 0, head >> 1 & 3, (head >> 3) as usize);
        if size > BLOCK || kind == 3 {
            return Err(Stopped::Corrupt);
        }
        // One that repeats a byte has that alone.
        let length = BLOCK_HEAD + if kind == 1 { 1 } else { size };
        let Some(bytes) = rest.get(..length) else { return Ok(None) };
        let Some(decoder) = &mut self.decoder else { return Err(Stopped::Corrupt) };
        // Of a last block the decoder reads the checksum as well, which it compares with nothing.
        let source = io::Read::chain(bytes, &END[BLOCK_HEAD..]);
        decoder
            .decode_blocks(source, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|_| Stopped::Corrupt)?;
        let mut look = Look { from: self.given, seen: 0, take };
        // What it says is what `Look` has answered.
        let _ = decoder.collect_to_writer(&mut look);
        let seen = look.seen;
        let new = seen.checked_sub(self.given).ok_or(Stopped::Corrupt)?;
        self.given = seen;
        self.budget.makes(new)?;
        if is_last {
            (self.decoder, self.state) = (None, State::Skip(checksum as u64));
        } else if seen > EVENT_ZSTD {
            return Err(Stopped::Enough);
        }
        Ok(Some(length))
    }

    /// Heap bytes held: input, what came of it, in a buffer that doubles, and tables.
    pub(super) fn memory(&self) -> usize {
        const TABLES: usize = 256 * 1024;
        let decoder = self.decoder.as_ref().map_or(0, |_| TABLES + 2 * self.given);
        size_of::<Self>() + self.held.capacity() + decoder
    }
}
