//! A sliding window over a byte stream.
//!
//! Why `read()` into a small buffer and not `mmap`: a mapped file that is truncated meanwhile
//! kills the process with SIGBUS, a file that grows needs remapping, and pipes and compressed
//! files need a buffer anyway. Nor is it slower: walking a cached pcap file of 0.9 GB and 1M
//! packets, looking at 54 bytes of each, took 0.15 s with buffers of 64 to 256 KiB, 0.18 s with
//! 4 MiB, and 0.17 s mapped (sequential advice, populated at once or in windows).

use std::io::{self, ErrorKind, Read};

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
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
}

impl Window {
    pub(super) fn new(capacity: usize) -> Self {
        Self { buffer: vec![0; capacity], start: 0, end: 0, offset: 0 }
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
        while self.end - self.start < need {
            match reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(Fill::End),
                Ok(count) => self.end += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Fill::Idle),
                Err(error) => return Err(error),
            }
        }
        Ok(Fill::Ready)
    }

    fn make_room(&mut self, need: usize) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < need {
            self.buffer.resize(need.next_power_of_two(), 0);
        }
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
