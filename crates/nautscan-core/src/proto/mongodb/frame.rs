//! Messages of one direction, as bytes come: a header of four numbers, and a body of which the
//! beginning is kept.
//!
//! Source: MongoDB's manual, "MongoDB Wire Protocol".

use crate::limits::{MONGODB_KEPT, MONGODB_MESSAGE};
use crate::proto::Context;

/// Bytes of a header.
pub(super) const HEADER: usize = 16;

/// What a message is.
pub(super) mod op {
    pub(crate) const REPLY: u32 = 1;
    pub(crate) const UPDATE: u32 = 2001;
    pub(crate) const INSERT: u32 = 2002;
    pub(crate) const QUERY: u32 = 2004;
    pub(crate) const GET_MORE: u32 = 2005;
    pub(crate) const DELETE: u32 = 2006;
    pub(crate) const KILL_CURSORS: u32 = 2007;
    pub(crate) const COMPRESSED: u32 = 2012;
    pub(crate) const MSG: u32 = 2013;
    pub(crate) const ALL: [u32; 9] =
        [REPLY, UPDATE, INSERT, QUERY, GET_MORE, DELETE, KILL_CURSORS, COMPRESSED, MSG];
}

/// A header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Bytes with the header.
    pub(super) length: u32,
    pub(super) number: u32,
    pub(super) answers: u32,
    pub(super) op: u32,
}

impl Head {
    /// Reads a header that can be one.
    pub(super) fn read(header: &[u8; HEADER]) -> Option<Self> {
        let number = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let head =
            Self { length: number(0), number: number(4), answers: number(8), op: number(12) };
        let fits = (HEADER as u32 + 1..=MONGODB_MESSAGE).contains(&head.length);
        (fits && op::ALL.contains(&head.op)).then_some(head)
    }
}

/// A message that is whole.
#[derive(Debug)]
pub(super) struct Framed {
    pub(super) head: Head,
    /// The beginning of the body.
    pub(super) body: Vec<u8>,
    /// Not all of the body is there.
    pub(super) is_cut: bool,
    /// Bytes of it that were lost.
    pub(super) lost: u64,
    /// The last byte is among those.
    pub(super) is_end_lost: bool,
    /// When its first byte was captured.
    pub(super) time: i64,
}

/// Bytes that are not of this protocol.
#[derive(Debug)]
pub(super) struct Malformed;

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Frames {
    header: Vec<u8>,
    /// The message that has come so far, and how much of it is still to come.
    current: Option<(Framed, u64)>,
    begun: i64,
    /// Where a message begins is not known.
    pub(super) is_lost: bool,
}

impl Frames {
    /// Whether a message has begun.
    pub(super) fn is_within(&self) -> bool {
        self.current.is_some() || !self.header.is_empty()
    }

    /// Takes what there is of the next message; answers how many bytes that were, and the message if
    /// it is whole.
    pub(super) fn next(
        &mut self,
        bytes: &[u8],
        cx: &Context<'_>,
    ) -> Result<(usize, Option<Framed>), Malformed> {
        let Some((mut framed, left)) = self.current.take() else { return self.begin(bytes, cx) };
        let used = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let room = if framed.lost > 0 { 0 } else { MONGODB_KEPT - framed.body.len() };
        framed.body.extend_from_slice(&bytes[..used.min(room)]);
        framed.is_cut |= used > room;
        Ok((used, self.after(framed, left - used as u64)))
    }

    fn begin(
        &mut self,
        bytes: &[u8],
        cx: &Context<'_>,
    ) -> Result<(usize, Option<Framed>), Malformed> {
        if self.header.is_empty() {
            self.begun = cx.time;
        }
        let used = bytes.len().min(HEADER - self.header.len());
        self.header.extend_from_slice(&bytes[..used]);
        let Ok(header) = <&[u8; HEADER]>::try_from(self.header.as_slice()) else {
            return Ok((used, None));
        };
        let head = Head::read(header).ok_or(Malformed)?;
        self.header.clear();
        let framed = Framed {
            head,
            body: Vec::new(),
            is_cut: false,
            lost: 0,
            is_end_lost: false,
            time: self.begun,
        };
        Ok((used, self.after(framed, u64::from(head.length) - HEADER as u64)))
    }

    /// The message, if nothing of it is still to come.
    fn after(&mut self, framed: Framed, left: u64) -> Option<Framed> {
        if left == 0 {
            return Some(framed);
        }
        self.current = Some((framed, left));
        None
    }

    /// `lost` bytes are missing. Answers whether it is known where the next message begins, and the
    /// message that ends with them.
    pub(super) fn lose(&mut self, lost: u64) -> Option<Option<Framed>> {
        let is_within = self.current.as_ref().is_some_and(|(_, left)| lost <= *left);
        let (mut framed, left) = self.current.take_if(|_| is_within)?;
        framed.lost += lost;
        framed.is_cut = true;
        framed.is_end_lost = lost == left;
        Some(self.after(framed, left - lost))
    }

    /// Where a message begins is not known any more. Answers the last, as far as it came.
    pub(super) fn reset(&mut self) -> Option<Framed> {
        self.header.clear();
        self.is_lost = true;
        let (mut framed, left) = self.current.take()?;
        framed.lost += left;
        (framed.is_cut, framed.is_end_lost) = (true, true);
        Some(framed)
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let body = self.current.as_ref().map_or(0, |(framed, _)| framed.body.capacity());
        self.header.capacity() + body
    }
}
