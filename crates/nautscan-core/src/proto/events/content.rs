//! The content coding of a stream, undone while it lasts.

use super::brotli::{self, Brotli};
use super::gzip::Gzip;
use super::zstd::Zstd;
use crate::limits::EVENT_BROTLI_WINDOW;
use crate::proto::http1::{Streamed, is_zlib};
use crate::proto::inflate::{DECODER, Inflater, Stopped};

/// Content that comes in pieces.
#[derive(Debug)]
pub(super) enum Content {
    Plain,
    /// Of a coding whose first bytes, kept here, tell how it goes on.
    Beginning(Streamed, Vec<u8>),
    Inflated(Inflater),
    Gzip(Box<Gzip>),
    Brotli(Box<Brotli>),
    Zstd(Box<Zstd>),
    /// Not read from some point on, which may be its beginning.
    Unread {
        why: &'static str,
        is_broken: bool,
        was_read: bool,
    },
}

impl Content {
    pub(super) fn new(coding: Streamed) -> Self {
        match coding {
            Streamed::Plain => Self::Plain,
            Streamed::Unknown => {
                Self::never("its content coding is not undone while a stream lasts")
            }
            Streamed::Gzip => Self::Gzip(Box::default()),
            Streamed::Zstd => Self::Zstd(Box::default()),
            coding => Self::Beginning(coding, Vec::new()),
        }
    }

    fn never(why: &'static str) -> Self {
        Self::Unread { why, is_broken: false, was_read: false }
    }

    /// Content that came next; what it is without its coding goes to `take`.
    pub(super) fn push(&mut self, bytes: &[u8], take: &mut impl FnMut(&[u8])) {
        let result = match self {
            Self::Plain => return take(bytes),
            Self::Unread { .. } => return,
            Self::Inflated(inflater) => inflater.push(bytes, |plain| {
                take(plain);
                true
            }),
            Self::Gzip(gzip) => gzip.push(bytes, take),
            Self::Brotli(brotli) => brotli.push(bytes, take),
            Self::Zstd(zstd) => zstd.push(bytes, take),
            Self::Beginning(..) => return self.begin(bytes, take),
        };
        match result {
            Ok(()) => {}
            Err(Stopped::TooLarge) => self.give_up("it inflates to too much", true),
            Err(Stopped::Corrupt) => self.give_up("its content does not inflate", true),
            Err(Stopped::Enough) => {
                self.give_up("more came of it than its decoder may hold", false)
            }
        }
    }

    fn begin(&mut self, bytes: &[u8], take: &mut impl FnMut(&[u8])) {
        let Self::Beginning(coding, head) = self else { return };
        head.extend_from_slice(bytes);
        if *coding == Streamed::Deflate && head.len() < 2 {
            return;
        }
        let head = core::mem::take(head);
        *self = match coding {
            Streamed::Brotli if brotli::window(head[0]) > EVENT_BROTLI_WINDOW => {
                Self::never("the window of its content coding is too large")
            }
            Streamed::Brotli => Self::Brotli(Box::default()),
            _ => Self::Inflated(Inflater::new(is_zlib(&head))),
        };
        self.push(&head, take);
    }

    fn give_up(&mut self, why: &'static str, is_broken: bool) {
        *self = Self::Unread { why, is_broken, was_read: true };
    }

    /// Bytes were lost: what is coded behind them can not be read.
    pub(super) fn lose(&mut self) {
        if !matches!(self, Self::Plain | Self::Unread { .. }) {
            self.give_up("bytes were lost, and it is compressed", false);
        }
    }

    /// It is not coded at all.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }

    /// Why it is not read to its end.
    pub(super) fn unread(&self) -> Option<&'static str> {
        match self {
            Self::Unread { why, .. } => Some(why),
            _ => None,
        }
    }

    /// It is not what its coding says.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Self::Unread { is_broken: true, .. })
    }

    /// Some of it was read.
    pub(super) fn was_read(&self) -> bool {
        !matches!(self, Self::Unread { was_read: false, .. })
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Beginning(_, head) => head.capacity(),
            Self::Inflated(_) => DECODER,
            Self::Gzip(gzip) => gzip.memory(),
            Self::Brotli(brotli) => brotli.memory(),
            Self::Zstd(zstd) => zstd.memory(),
            Self::Plain | Self::Unread { .. } => 0,
        }
    }
}
