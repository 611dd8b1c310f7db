//! Zstandard streams: frames one after another, skippable frames among them.
//!
//! The decoder is `ruzstd`: hostile bytes are parsed by memory-safe code, and no C compiler is
//! needed to build. It wants each block whole, so blocks are gathered here first; this also
//! lets a quiet pipe pause anywhere in a block. It holds back as much output as the frame's
//! window (2 MiB by default) until the frame ends, so a live stream through zstd lags by that.

use std::io::{self, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::window::{Fill, Window};
use crate::MAX_ZSTD_BLOCK;

/// Magic number, descriptor, window, dictionary id and content size at their longest.
const FRAME_HEADER_MAX: usize = 18;
const BLOCK_HEADER: usize = 3;
const CHECKSUM: usize = 4;
const MAGIC: u32 = 0xfd2f_b528;

/// True if a stream that starts like this is Zstandard.
pub(super) fn is_magic(first: [u8; 4]) -> bool {
    let magic = u32::from_le_bytes(first);
    magic == MAGIC || is_skippable(magic)
}

fn is_skippable(magic: u32) -> bool {
    magic & 0xffff_fff0 == 0x184d_2a50
}

/// Where in the stream the reader is.
enum State {
    BetweenFrames,
    InFrame {
        checksum: bool,
    },
    Skipping(usize),
    /// All blocks were decoded and the rest of their content is being read out.
    Ending,
    /// The frame broke off; what it decoded to so far is being read out, then the error is given.
    Broken(io::ErrorKind, String),
}

/// The decoded content of a Zstandard stream.
pub(super) struct ZstdReader<R> {
    inner: R,
    window: Window,
    decoder: FrameDecoder,
    state: State,
}

impl<R: Read> ZstdReader<R> {
    pub(super) fn new(inner: R, capacity: usize) -> Self {
        Self {
            inner,
            window: Window::new(capacity.max(2 * MAX_ZSTD_BLOCK)),
            decoder: FrameDecoder::new(),
            state: State::BetweenFrames,
        }
    }

    /// Takes one frame header, block or skipped stretch in. `false` at the end of the stream.
    fn advance(&mut self) -> io::Result<bool> {
        match &self.state {
            State::BetweenFrames => self.start_frame(),
            State::Skipping(left) => self.skip(*left).map(|()| true),
            State::InFrame { checksum } => self.block_or_break(*checksum).map(|()| true),
            State::Ending => self.end_frame().map(|()| true),
            State::Broken(kind, what) => Err(io::Error::new(*kind, what.clone())),
        }
    }

    fn start_frame(&mut self) -> io::Result<bool> {
        let fill = self.fill(FRAME_HEADER_MAX)?;
        let data = self.window.data();
        let Some(magic) = data.first_chunk::<4>() else {
            return if data.is_empty() { Ok(false) } else { Err(cut()) };
        };
        if is_skippable(u32::from_le_bytes(*magic)) {
            let Some(head) = data.first_chunk::<8>() else {
                return Err(cut());
            };
            let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
            self.window.consume(8);
            self.state = State::Skipping(length as usize);
            return Ok(true);
        }
        let mut rest = data;
        if let Err(error) = self.decoder.reset(&mut rest) {
            return Err(if fill == Fill::End && data.len() < FRAME_HEADER_MAX {
                cut()
            } else {
                broken(&error)
            });
        }
        let checksum = data.get(4).is_some_and(|descriptor| descriptor & 4 != 0);
        let taken = data.len() - rest.len();
        self.window.consume(taken);
        self.state = State::InFrame { checksum };
        Ok(true)
    }

    fn skip(&mut self, left: usize) -> io::Result<()> {
        if left > 0 && self.fill(1)? == Fill::End {
            return Err(cut());
        }
        let count = left.min(self.window.data().len());
        self.window.consume(count);
        self.state = match left - count {
            0 => State::BetweenFrames,
            left => State::Skipping(left),
        };
        Ok(())
    }

    fn block_or_break(&mut self, checksum: bool) -> io::Result<()> {
        match self.block(checksum) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                self.release_held(checksum);
                self.state = State::Broken(error.kind(), error.to_string());
                Ok(())
            }
            result => result,
        }
    }

    fn block(&mut self, checksum: bool) -> io::Result<()> {
        let size = self.block_size(checksum)?;
        if self.fill(size)? == Fill::End {
            return Err(cut());
        }
        let mut data = &self.window.data()[..size];
        self.decoder
            .decode_blocks(&mut data, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|error| broken(&error))?;
        self.window.consume(size);
        if self.decoder.is_finished() {
            self.state = State::Ending;
        }
        Ok(())
    }

    /// Makes the decoder hand out what it holds back, by ending the frame with an empty block.
    fn release_held(&mut self, checksum: bool) {
        const EMPTY_LAST_BLOCK: [u8; BLOCK_HEADER + CHECKSUM] = [1, 0, 0, 0, 0, 0, 0];
        let length = BLOCK_HEADER + if checksum { CHECKSUM } else { 0 };
        let end = self
            .decoder
            .decode_blocks(&EMPTY_LAST_BLOCK[..length], BlockDecodingStrategy::UptoBlocks(1));
        // A decoder that refuses has nothing more to give; the frame's own error follows.
        drop(end);
    }

    /// Compares the checksum, which is complete once all content was read out.
    fn end_frame(&mut self) -> io::Result<()> {
        let stored = self.decoder.get_checksum_from_data();
        let found = self.decoder.get_calculated_checksum();
        if stored.is_some() && found.is_some() && stored != found {
            return Err(broken(&"the checksum does not match"));
        }
        self.state = State::BetweenFrames;
        Ok(())
    }

    /// Bytes of the next block with its header, and the checksum behind the last one.
    fn block_size(&mut self, checksum: bool) -> io::Result<usize> {
        if self.fill(BLOCK_HEADER)? == Fill::End {
            return Err(cut());
        }
        let data = self.window.data();
        let header = u32::from_le_bytes([data[0], data[1], data[2], 0]);
        let (last, kind, size) = (header & 1 != 0, (header >> 1) & 3, (header >> 3) as usize);
        // A run-length block stores one byte, whatever size it decodes to.
        let stored = if kind == 1 { 1 } else { size };
        if stored > MAX_ZSTD_BLOCK {
            return Err(broken(&format!("a block of {stored} bytes")));
        }
        let trailer = if last && checksum { CHECKSUM } else { 0 };
        Ok(BLOCK_HEADER + stored + trailer)
    }

    fn fill(&mut self, need: usize) -> io::Result<Fill> {
        if self.window.data().len() >= need {
            return Ok(Fill::Ready);
        }
        match self.window.fill(&mut self.inner, need)? {
            Fill::Idle => Err(io::ErrorKind::WouldBlock.into()),
            fill => Ok(fill),
        }
    }
}

impl<R: Read> Read for ZstdReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if !self.advance()? {
                return Ok(0);
            }
        }
    }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the zstd stream ends inside a frame")
}

fn broken(error: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("broken zstd stream: {error}"))
}
