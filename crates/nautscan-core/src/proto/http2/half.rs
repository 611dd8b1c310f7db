//! State of one direction.

use super::frame::{Head, flag};
use super::hpack::Decoder;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// The first bytes of this side.
    #[default]
    Start,
    /// Frames are looked for.
    Seek,
    /// The head of a frame.
    Head,
    /// The payload of one.
    Payload(Payload),
}

/// The payload of a frame that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) head: Head,
    /// Octets to come.
    pub(super) left: u32,
    /// Of DATA: octets of padding at its end, once that is known.
    pub(super) pad: Option<u8>,
    /// Octets that were lost, or are more than is held.
    pub(super) lost: u64,
}

impl Payload {
    /// Of DATA: octets of content to come; `None`: how much of them is padding is not known.
    pub(super) fn content_left(&self) -> Option<u32> {
        let pad = if self.head.has(flag::PADDED) { self.pad? } else { 0 };
        Some(self.left.saturating_sub(u32::from(pad)))
    }
}

/// A header block of which frames are still to come.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) stream: u32,
    /// The stream that is promised.
    pub(super) promised: Option<u32>,
    pub(super) ends_stream: bool,
    /// When its first byte was captured.
    pub(super) begin: i64,
    pub(super) bytes: Vec<u8>,
    /// Not all of it is here.
    pub(super) is_cut: bool,
    /// Because it is too large.
    pub(super) is_large: bool,
    /// Octets of it that were lost.
    pub(super) lost: u64,
}

#[derive(Debug, Default)]
pub(super) struct Half {
    pub(super) state: State,
    /// The beginning of what is read: a head, a payload, what may hold frames.
    pub(super) buf: Vec<u8>,
    /// While frames are looked for: so much has to be in `buf` to tell more.
    pub(super) needed: usize,
    /// Bytes in which frames were looked for.
    pub(super) sought: u64,
    /// When the first byte of the frame was captured.
    pub(super) begin: i64,
    pub(super) block: Option<Block>,
    pub(super) hpack: Decoder,
    /// It was read from its first byte on, and nothing was lost since.
    pub(super) is_whole: bool,
}

impl Half {
    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let block = self.block.as_ref().map_or(0, |block| block.bytes.capacity());
        self.buf.capacity() + block + self.hpack.memory()
    }
}
