//! Lines and values of one direction, as bytes come.

use super::answer::Line;
use super::command::Wants;
use crate::event::{Body, Message};
use crate::limits::MEMCACHED_LINE;
use crate::proto::Context;

/// What has just become whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A line; see [`Half::line`].
    Line,
    /// A value, its line end included.
    Value,
}

/// A line longer than is read.
#[derive(Debug)]
pub(super) struct TooLong;

/// A message that is whole.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) message: Message,
    /// Where it began.
    pub(super) offset: u64,
    /// What its sender had received then.
    pub(super) received: u64,
    /// Bytes lost within it.
    pub(super) lost: u64,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Half {
    line: Vec<u8>,
    /// The line is whole, and the next byte begins another.
    is_line_whole: bool,
    /// Bytes of a value that are still to come, its line end included.
    left: Option<u64>,
    /// When and where the message began; `None`: none has.
    begun: Option<(i64, u64, u64)>,
    bytes: u64,
    lost: u64,
    lines: u64,
    kept: Vec<u8>,
    /// What is kept next is a line or value of its own.
    is_next: bool,
    is_cut: bool,
}

/// Bytes of a value's line end.
const END: u64 = 2;

impl Half {
    /// Takes what there is of the next part; answers how many bytes that were, and the part if it is
    /// whole. `place`: offset of the first byte.
    pub(super) fn next(
        &mut self,
        bytes: &[u8],
        place: u64,
        limit: usize,
        cx: &Context<'_>,
    ) -> Result<(usize, Option<Part>), TooLong> {
        self.begun.get_or_insert((cx.time, place, cx.place.received));
        let (used, part) = match self.left {
            Some(left) => self.value(bytes, left, limit),
            None => self.read_line(bytes)?,
        };
        self.bytes += used as u64;
        Ok((used, part))
    }

    fn value(&mut self, bytes: &[u8], left: u64, limit: usize) -> (usize, Option<Part>) {
        let used = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let content = usize::try_from(left.saturating_sub(END)).unwrap_or(usize::MAX).min(used);
        self.keep(&bytes[..content], limit);
        let left = left - used as u64;
        self.left = Some(left).filter(|left| *left > 0);
        (used, (left == 0).then_some(Part::Value))
    }

    fn read_line(&mut self, bytes: &[u8]) -> Result<(usize, Option<Part>), TooLong> {
        if core::mem::take(&mut self.is_line_whole) {
            self.line.clear();
        }
        let end = memchr::memchr(b'\n', bytes);
        let used = end.map_or(bytes.len(), |end| end + 1);
        if self.line.len() + used > MEMCACHED_LINE {
            return Err(TooLong);
        }
        self.line.extend_from_slice(&bytes[..used]);
        self.is_line_whole = end.is_some();
        if self.is_line_whole {
            self.lines += 1;
        }
        Ok((used, end.map(|_| Part::Line)))
    }

    /// The last line, without its end.
    pub(super) fn line(&self) -> &[u8] {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// Whether the last line is the first of its message.
    pub(super) fn is_first_line(&self) -> bool {
        self.lines == 1
    }

    /// What the sender had received when the message began.
    pub(super) fn received(&self) -> u64 {
        self.begun.map_or(0, |(_, _, received)| received)
    }

    /// Whether the first line of the message has come.
    pub(super) fn has_line(&self) -> bool {
        self.lines > 0
    }

    /// When the message began that is not whole.
    pub(super) fn begun(&self) -> Option<i64> {
        self.begun.map(|(time, ..)| time)
    }

    /// Whether a message has begun and is not whole.
    pub(super) fn is_within(&self) -> bool {
        self.begun.is_some()
    }

    /// A value of so many bytes follows.
    pub(super) fn expect(&mut self, length: u64) {
        self.left = Some(length.saturating_add(END));
        self.is_next = true;
    }

    /// Keeps an answer's line where it is what the answer says, and not about a value.
    pub(super) fn keep_line(&mut self, wants: Wants, line: Line, limit: usize) {
        let is_fact = match (wants, line) {
            (_, Line::Value(_) | Line::LastValue(_)) => false,
            (Wants::Values | Wants::End, line) => line == Line::More,
            (_, _) => true,
        };
        if is_fact {
            self.is_next = true;
            let line = self.line().to_vec();
            self.keep(&line, limit);
        }
    }

    fn keep(&mut self, bytes: &[u8], limit: usize) {
        let is_next = !bytes.is_empty() && core::mem::take(&mut self.is_next);
        if is_next && !self.kept.is_empty() && self.kept.len() < limit {
            self.kept.push(b'\n');
        }
        let fits = bytes.len().min(limit.saturating_sub(self.kept.len()));
        self.kept.extend_from_slice(&bytes[..fits]);
        self.is_cut |= fits < bytes.len();
    }

    /// `lost` bytes are missing. False if it cannot be known where the next line begins.
    pub(super) fn lose(&mut self, lost: u64) -> bool {
        // The end of a value has to be seen for its message to go on.
        let Some(left) = self.left.filter(|left| lost < *left) else { return false };
        self.bytes += lost;
        self.lost += lost;
        self.is_cut = true;
        self.left = Some(left - lost);
        true
    }

    /// What there is of a message that is not read to its end.
    pub(super) fn part(&mut self) -> Option<Whole> {
        let time = self.begun()?;
        let mut part = self.finish(time);
        let Message { last_time, body, .. } = &mut part.message;
        (*last_time, body.bytes, body.truncated) = (None, None, true);
        Some(part)
    }

    /// The message is whole at `time`.
    pub(super) fn finish(&mut self, time: i64) -> Whole {
        let (first_time, offset, received) = self.begun.unwrap_or((time, 0, 0));
        let kept = core::mem::take(&mut self.kept);
        let bytes = i64::try_from(self.bytes).ok();
        let kept = (!kept.is_empty()).then_some(kept);
        let body = Body { bytes, truncated: self.is_cut, kept };
        let message = Message { first_time, last_time: Some(time), body, ..Message::default() };
        let lost = self.lost;
        self.begin();
        Whole { message, offset, received, lost }
    }

    /// What comes begins a message.
    pub(super) fn begin(&mut self) {
        let mut line = core::mem::take(&mut self.line);
        if line.capacity() > 4096 {
            line = Vec::new();
        }
        line.clear();
        *self = Self { line, ..Self::default() };
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.line.capacity() + self.kept.capacity()
    }
}
