//! What is known of one direction of a connection: a few words, and a buffer that is used only
//! while a head is incomplete.

use super::framing::{Codings, Framing};
use crate::proto::Place;

/// A time that nothing was seen at.
pub(super) const UNSEEN: i64 = i64::MIN;

/// What the next bytes of a direction are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// The first byte of a message, or empty lines before it.
    #[default]
    Start,
    /// The rest of a head; its beginning is in the buffer.
    Head,
    /// The first byte of a body that may not be there: the request is unknown and may have
    /// been HEAD.
    Peek(Framing),
    /// A body.
    Body(Framing),
    /// The trailer section of a chunked body.
    Trailer,
    /// What may be of another protocol: the server has not said yet whether it changes to it.
    /// Only the client waits so; what it sent is in the buffer.
    Held,
    /// Anything: framing is lost, and the next start line is looked for.
    Scan,
    /// Nothing: the direction has ended.
    Closed,
}

/// Whether the next byte begins a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LineStart {
    #[default]
    No,
    /// It is the first byte after a loss, or the first sent since more of the other side came.
    Maybe,
    Yes,
}

/// Where a message begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Start {
    /// Offset of its first byte in its direction.
    pub(super) at: u64,
    /// Bytes of the other direction that its sender had received.
    pub(super) received: u64,
    /// Its sender had received more than when it sent what stands before: a likely start of a
    /// message, and in a client that waits for answers the only one.
    pub(super) turn: bool,
    /// Framing was lost between it and the message before.
    pub(super) after_gap: bool,
    /// Length of the latest run of lost bytes before it.
    hole: u32,
    /// Bytes between that run, or the begin of the direction, and it.
    behind_hole: u32,
}

impl Start {
    /// Whether nothing stands before it, or the byte before it was lost.
    pub(super) fn is_first(&self) -> bool {
        self.behind_hole == 0
    }

    /// How many bytes of the latest run before it were lost behind `from`.
    pub(super) fn lost_since(&self, from: u64) -> u64 {
        let end = self.at.saturating_sub(self.behind_hole.into());
        let begin = end.saturating_sub(self.hole.into());
        end.saturating_sub(begin.max(from))
    }
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Half {
    pub(super) state: State,
    /// Beginning of a head, of a trailer section, or of a line that may restart; or what is held.
    pub(super) buf: Vec<u8>,
    /// How much of `buf` was searched for the end of the head.
    pub(super) scanned: u32,
    /// Time of the first byte of the message being read.
    pub(super) begin: i64,
    /// Time of the last bytes seen; [`UNSEEN`] where they were lost.
    pub(super) seen: i64,
    /// Where the message being read begins.
    pub(super) start: Start,
    /// Offset of the first of the bytes given last.
    pub(super) chunk: u64,
    /// Offset behind the last byte given, or lost.
    pub(super) end: u64,
    /// Where the latest run of lost bytes begins and ends.
    pub(super) hole_at: (u64, u64),
    /// What the sender of the bytes given last had received of the other direction.
    pub(super) received: u64,
    /// That was more than the sender of the bytes before them had received.
    pub(super) advanced: bool,
    /// Framing was lost since the last message ended.
    pub(super) lossy: bool,
    /// Content codings of the message being read.
    pub(super) codings: Codings,
    /// Bytes passed over before the first message.
    pub(super) passed: u32,
    /// While scanning: whether the next byte begins a line.
    pub(super) line_start: LineStart,
    /// Empty lines came before the message being read.
    pub(super) blank: bool,
    /// A message was found.
    pub(super) found: bool,
    /// The body being read lacks bytes.
    pub(super) hole: bool,
    /// The buffered start line was looked at.
    pub(super) start_checked: bool,
    /// When the message being read began, the other side's head was not whole.
    pub(super) early: bool,
    /// The direction ended while its bytes were held.
    pub(super) ended: bool,
    /// The state is assumed: if no message begins here, framing is still lost.
    pub(super) assumed: bool,
}

impl Half {
    /// Takes note of where bytes stand that come next.
    #[inline]
    pub(super) fn arrive(&mut self, place: Place, len: usize) {
        self.advanced = place.received > self.received;
        self.received = place.received;
        self.chunk = place.offset;
        self.end = place.offset.saturating_add(len as u64);
    }

    /// A message begins, of which and of what follows `remaining` bytes have come.
    #[inline]
    pub(super) fn message_begins(&mut self, remaining: usize, time: i64) {
        self.begin = time;
        let at = self.end.saturating_sub(remaining as u64);
        self.start = Start {
            at,
            received: self.received,
            turn: at == 0 || (self.advanced && at == self.chunk),
            after_gap: self.lossy,
            hole: small(self.hole_at.1.saturating_sub(self.hole_at.0)),
            behind_hole: at.checked_sub(self.hole_at.1).map_or(u32::MAX, small),
        };
    }

    /// Offset behind the last byte that was captured.
    pub(super) fn captured_to(&self) -> u64 {
        if self.hole_at.1 == self.end { self.hole_at.0 } else { self.end }
    }

    /// Whether no message is under way, as far as is known.
    pub(super) fn is_between(&self) -> bool {
        matches!(self.state, State::Start | State::Scan) && self.buf.is_empty()
    }

    /// Whether no message need be under way: what was read may have ended one.
    pub(super) fn may_be_between(&self) -> bool {
        match self.state {
            State::Scan => true,
            State::Peek(_) => self.buf.is_empty(),
            _ => false,
        }
    }

    /// Starts to look for the next start line.
    pub(super) fn scan(&mut self, line_start: LineStart) {
        self.state = State::Scan;
        self.line_start = line_start;
        self.assumed = false;
        self.lossy = true;
        self.buf = Vec::new();
    }

    /// Goes on to the next message.
    pub(super) fn next_message(&mut self) {
        self.state = State::Start;
        self.blank = false;
        self.assumed = false;
        self.lossy = false;
    }
}

/// As far as it goes in 32 bits, which is farther than anything here looks.
pub(super) fn small(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
