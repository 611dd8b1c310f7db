//! What is known of one direction of a connection: a few words, and a buffer that is used only
//! while a head is incomplete.

use super::framing::{Codings, Framing};

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
    /// It is the first byte after a loss or after the other side spoke.
    Maybe,
    Yes,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Half {
    pub(super) state: State,
    /// Beginning of a head, of a trailer section, or of a line that may restart; or what is held.
    pub(super) buf: Vec<u8>,
    /// How much of `buf` was searched for the end of the head.
    pub(super) scanned: usize,
    /// Time of the first byte of the message being read.
    pub(super) begin: i64,
    /// Time of the last bytes seen.
    pub(super) seen: i64,
    /// Content codings of the message being read.
    pub(super) codings: Codings,
    /// Bytes passed over before the first message.
    pub(super) passed: u64,
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
    /// Whether no message is under way, as far as is known.
    pub(super) fn is_between(&self) -> bool {
        matches!(self.state, State::Start | State::Scan) && self.buf.is_empty()
    }

    /// Starts to look for the next start line.
    pub(super) fn scan(&mut self, line_start: LineStart) {
        self.state = State::Scan;
        self.line_start = line_start;
        self.assumed = false;
        self.buf = Vec::new();
    }

    /// Goes on to the next message.
    pub(super) fn next_message(&mut self) {
        self.state = State::Start;
        self.blank = false;
        self.assumed = false;
    }
}
