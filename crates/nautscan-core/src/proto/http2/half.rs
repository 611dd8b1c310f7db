//! State of one direction.

use super::frame::{Head, flag};
use super::hpack::Decoder;
use super::sought::Times;

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
    /// The last octet was lost.
    pub(super) is_end_lost: bool,
}

impl Payload {
    /// How many of the next `octets` of DATA are content; `None`: where the padding begins is not known.
    pub(super) fn content_within(&self, octets: u64) -> Option<u64> {
        let padding = match self.pad {
            None if self.head.has(flag::PADDED) => return None,
            pad => u64::from(pad.unwrap_or(0)),
        };
        Some(octets.min(u64::from(self.left).saturating_sub(padding)))
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
    /// When its last octet was captured, if it was.
    pub(super) end: Option<i64>,
}

#[derive(Debug, Default)]
pub(super) struct Half {
    pub(super) state: State,
    /// The beginning of what is read: a head, a payload, what may hold frames.
    pub(super) buf: Vec<u8>,
    /// When that came, while frames are looked for.
    pub(super) times: Times,
    /// Bytes were given up since they were.
    pub(super) has_passed: bool,
    /// While frames are looked for: so much has to be in `buf` to tell more.
    pub(super) needed: usize,
    /// Bytes in which frames were looked for.
    pub(super) sought: u64,
    /// Octets of header blocks that were read meanwhile, again and again where heads overlap.
    pub(super) looked: u64,
    /// When the first byte of the frame was captured.
    pub(super) begin: i64,
    pub(super) block: Option<Block>,
    pub(super) hpack: Decoder,
    /// It was read from its first byte on, and nothing was lost since.
    pub(super) is_whole: bool,
}

impl Half {
    /// Holds bytes in which frames may begin. If they are of too many packets, those before are given up.
    pub(super) fn hold(&mut self, bytes: &[u8], time: i64) {
        if bytes.is_empty() {
            return;
        }
        if !self.times.add(self.buf.len(), time) {
            self.pass_over();
            self.times.add(0, time);
        }
        self.buf.extend_from_slice(bytes);
    }

    /// No frames were found in what is held.
    pub(super) fn pass_over(&mut self) {
        self.has_passed |= !self.buf.is_empty();
        self.buf.clear();
        self.times.clear();
        self.needed = 0;
    }

    /// What comes next is `state`, and no search of before counts any more.
    pub(super) fn begin(&mut self, state: State) {
        self.pass_over();
        self.state = state;
        (self.sought, self.looked, self.has_passed) = (0, 0, false);
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let block = self.block.as_ref().map_or(0, |block| block.bytes.capacity());
        self.buf.capacity() + self.times.memory() + block + self.hpack.memory()
    }
}
