//! A sliding window over a byte stream.
//!
//! Why `read()` into a small buffer and not `mmap`: a mapped file that is truncated meanwhile
//! kills the process with SIGBUS, a file that grows needs remapping, and pipes and compressed
//! files need a buffer anyway. Nor is it slower: walking a cached pcap file of 0.9 GB and 1M
//! packets, looking at 54 bytes of each, took 0.15 s with buffers of 64 to 256 KiB, 0.18 s with
//! 4 MiB, and 0.17 s mapped (sequential advice, populated at once or in windows).

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;

use nautscan_core::packet::Packet;

use crate::block::{Block, BlockPool};

/// A packet, and where its bytes stand in a block that can be shared.
pub(crate) struct Lent<'a> {
    pub(crate) packet: Packet<'a>,
    /// `None`: the packet lies in memory that is not shared.
    pub(crate) block: Option<&'a Block>,
    /// Index in `block` of the packet's first byte.
    pub(crate) start: usize,
}

/// Outcome of asking for more bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    /// As many as asked for are there.
    Ready,
    /// Not enough arrived within the reader's timeout.
    Idle,
    /// The stream ended first.
    End,
}

/// Invariant: `start <= end <= buffer.len()`; `buffer[start..end]` is unread data whose first
/// byte is byte `offset` of the stream.
pub(super) struct Window {
    buffer: Block,
    /// Blocks of which others may hold shares.
    lent: BlockPool,
    start: usize,
    end: usize,
    offset: u64,
}

impl Window {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            buffer: BlockPool::new_block(capacity),
            lent: BlockPool::default(),
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    /// The bytes at hand.
    #[inline]
    pub(super) fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The whole buffer: for ranges that [`Window::position`] was added to. They stay valid
    /// until the next `fill`.
    #[inline]
    pub(super) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// The same, to be shared: what a share shows stays as it is.
    #[inline]
    pub(super) fn block(&self) -> &Block {
        &self.buffer
    }

    /// Index of the first unread byte in [`Window::buffer`].
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.start
    }

    /// Offset in the stream of the first unread byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes `count` bytes off the front, at most what is at hand.
    #[inline]
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Reads until `need` bytes are at hand. `need` must be capped by the caller: the buffer
    /// grows to it.
    ///
    /// A reader says "nothing within my timeout" by `WouldBlock`.
    pub(super) fn fill(&mut self, reader: &mut dyn Read, need: usize) -> io::Result<Fill> {
        self.make_room(need);
        // Nobody else holds it: nothing is copied.
        let buffer = Arc::make_mut(&mut self.buffer);
        while self.end - self.start < need {
            match reader.read(&mut buffer[self.end..]) {
                Ok(0) => return Ok(Fill::End),
                Ok(count) => self.end += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Fill::Idle),
                Err(error) => return Err(error),
            }
        }
        Ok(Fill::Ready)
    }

    /// Moves what is unread to the front of a buffer that is nobody else's and has room for
    /// `need` bytes.
    fn make_room(&mut self, need: usize) {
        let unread = self.start..self.end;
        (self.start, self.end) = (0, unread.len());
        let size = self.buffer.len().max(need.next_power_of_two());
        if size == self.buffer.len()
            && let Some(buffer) = Arc::get_mut(&mut self.buffer)
        {
            return buffer.copy_within(unread, 0);
        }
        let mut fresh = self.lent.take(size);
        Arc::make_mut(&mut fresh)[..unread.len()].copy_from_slice(&self.buffer[unread]);
        let old = std::mem::replace(&mut self.buffer, fresh);
        self.lent.give(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slides_and_grows() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut reader = &bytes[..];
        let mut window = Window::new(16);
        assert_eq!(window.fill(&mut reader, 4).expect("read"), Fill::Ready);
        assert_eq!(window.data(), &bytes[..16]);
        window.consume(10);
        assert_eq!(window.fill(&mut reader, 100).expect("read"), Fill::Ready);
        assert_eq!(window.offset(), 10);
        assert_eq!(&window.data()[..100], &bytes[10..110]);
        assert_eq!(window.fill(&mut reader, 1000).expect("read"), Fill::End);
        assert_eq!(window.data(), &bytes[10..]);
    }

    #[test]
    fn what_is_lent_stays_as_it_is_and_is_used_again() {
        let bytes: Vec<u8> = (0..=255).cycle().take(4096).collect();
        let mut reader = &bytes[..];
        let mut window = Window::new(16);
        let mut lent = std::collections::VecDeque::new();
        let mut seen = Vec::new();
        for round in 0..250 {
            assert_eq!(window.fill(&mut reader, 16).expect("read"), Fill::Ready);
            seen.extend_from_slice(&window.data()[..11]);
            window.consume(11);
            lent.push_back((window.block().clone(), window.buffer().to_vec()));
            if lent.len() > 3 {
                let (block, then) = lent.pop_front().expect("four");
                assert_eq!(*block, *then, "round {round}");
            }
            assert!(window.lent.len() <= 4, "those that were given back are used again");
        }
        assert_eq!(seen, bytes[..seen.len()]);
    }

    #[test]
    fn silence_is_idle_and_loses_nothing() {
        struct Quiet(bool);
        impl Read for Quiet {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 = !self.0;
                if self.0 {
                    buffer[0] = 7;
                    return Ok(1);
                }
                Err(ErrorKind::WouldBlock.into())
            }
        }
        let mut window = Window::new(8);
        let mut reader = Quiet(false);
        assert_eq!(window.fill(&mut reader, 2).expect("read"), Fill::Idle);
        assert_eq!(window.fill(&mut reader, 2).expect("read"), Fill::Ready);
        assert_eq!(window.data(), &[7, 7]);
    }
}
