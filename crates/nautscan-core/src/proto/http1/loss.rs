//! Gaps, broken framing and ends: what is touched is marked, and the way back is looked for.

use super::body::message;
use super::fields;
use super::framing::Framing;
use super::half::{LineStart, State, UNSEEN, small};
use super::message::{Head, Need};
use super::oddity::{OddSet, Oddity};
use super::pending::{self, Asked, Progress, renew, set};
use super::{Http1, Step, probe, start};
use crate::event::Body;
use crate::limits::{HTTP_PROBE, HTTP_SCAN};
use crate::proto::{Context, Side, Verdict};

impl Http1 {
    /// `lost` bytes of `side` from `offset` on were not captured.
    #[inline(never)]
    pub(super) fn lost(&mut self, side: Side, offset: u64, lost: u64, cx: &mut Context<'_>) {
        let half = self.half(side);
        let end = offset.saturating_add(lost);
        // What the other side's acknowledgement told already is not lost again.
        let mut from = offset.max(half.end);
        if from >= end {
            return;
        }
        if half.hole_at.1 != from {
            half.hole_at.0 = from;
        }
        half.hole_at.1 = end;
        half.end = end;
        if side == Side::Server && half.state == State::Start {
            // What the client had received before it asked is no answer to it.
            from = from.max(self.pairing.asked_after().unwrap_or(0));
            if from >= end {
                return;
            }
        }
        self.lose(side, end - from, cx);
    }

    /// The client had received the server's stream up to `received` when it sent what comes now:
    /// a last byte that is still due, and belongs to what is being read, is lost.
    pub(super) fn catch_up(&mut self, received: u64, cx: &mut Context<'_>) {
        let server = self.half(Side::Server);
        let end = server.end;
        let is_reading = match server.state {
            State::Body(framing) => !matches!(framing, Framing::UntilClose),
            State::Head | State::Trailer | State::Scan => true,
            _ => false,
        };
        if is_reading && received.checked_sub(end) == Some(1) {
            self.lost(Side::Server, end, 1, cx);
        }
    }

    /// The sender has received more: where framing is lost, a message may begin here.
    #[cold]
    pub(super) fn may_begin(&mut self, side: Side) {
        let pipelines = self.pairing.client_pipelines();
        let half = self.half(side);
        if !pipelines {
            // What was held of the line before is the end of something else.
            half.buf = Vec::new();
        }
        if half.buf.is_empty() && half.line_start == LineStart::No {
            half.line_start = LineStart::Maybe;
        }
    }

    fn lose(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) {
        match self.half(side).state {
            State::Body(Framing::Length(left)) => {
                let within = left.min(lost);
                self.lose_content(side, within);
                self.half(side).state = State::Body(Framing::Length(left - within));
                if within == left {
                    self.end_message(side, false, cx);
                }
                if lost > within {
                    self.lose_between(side, lost - within, cx);
                }
            }
            State::Body(Framing::Chunked(mut chunked)) if lost <= chunked.skippable() => {
                self.lose_content(side, lost);
                chunked.skip(lost);
                self.half(side).state = State::Body(Framing::Chunked(chunked));
            }
            State::Body(Framing::UntilClose) => {
                self.lose_content(side, lost);
                self.half(side).seen = UNSEEN;
            }
            State::Body(_) | State::Peek(_) => self.lose_message(side, lost, false, cx),
            State::Trailer => self.lose_message(side, lost, true, cx),
            State::Head => {
                self.cut_head(side, lost, cx);
                self.desync(side);
            }
            State::Start => self.lose_between(side, lost, cx),
            State::Scan => self.desync(side),
            State::Held | State::Closed => {}
        }
    }

    /// The loss lies in a body, and where it ends is known.
    fn lose_content(&mut self, side: Side, lost: u64) {
        self.half(side).hole = true;
        let Some(pending) = self.pending(side) else { return };
        pending.lose(lost);
        if let Some(stream) = pending.events.as_mut().filter(|_| side == Side::Server) {
            stream.lose();
        }
        if let Some(message) = message(pending, side) {
            message.body.truncated = true;
            message.body.bytes = message.body.bytes.map(|n| n.saturating_add_unsigned(lost));
        }
    }

    /// The loss begins between messages.
    fn lose_between(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) {
        if side == Side::Server {
            // The first byte lost belongs to the answer to the first request that waits. If that
            // was not seen, an interim response to it stands alone.
            match self.pairing.waiting() {
                Some(pending) => pending.lose_ahead(lost),
                None => self.pairing.drop_orphan(None, cx),
            }
        }
        self.desync(side);
    }

    /// The loss takes the end of a message with it. `sized`: all of its content was seen.
    fn lose_message(&mut self, side: Side, lost: u64, sized: bool, cx: &mut Context<'_>) {
        if let Some(pending) = self.pending(side) {
            pending.lose(lost);
            if let Some(message) = message(pending, side).filter(|_| !sized) {
                message.body.bytes = None;
                message.body.truncated = true;
            }
        }
        self.conclude(side, Progress::Cut, None, cx);
        self.desync(side);
    }

    /// Framing is gone: look for the next start line, which may be the next byte.
    fn desync(&mut self, side: Side) {
        let half = self.half(side);
        let at = if half.hole_at.1 == half.end { half.hole_at.0 } else { half.start.at };
        half.scan(LineStart::Maybe);
        self.pairing.lose(side, at);
    }

    /// A success that names no length, of a request that was not seen, may have opened a tunnel (RFC 9110
    /// section 9.3.6): what follows it is then no content.
    #[cold]
    fn doubt_content(&mut self, side: Side) {
        let Some(pending) = self.pending(side) else { return };
        let is_success = matches!(pending.exchange.status, Some(200..=299));
        let may_be_tunnel = side == Side::Server && is_success && pending.asked == Asked::Unknown;
        if may_be_tunnel
            && let Some(message) = message(pending, side).filter(|it| it.content_type.is_none())
        {
            message.body = Body { truncated: true, ..Body::default() };
        }
    }

    /// The peer broke its own framing: the message has no end that can be known.
    pub(super) fn break_off(&mut self, side: Side, cx: &mut Context<'_>) {
        if let Some(message) = self.pending(side).and_then(|p| message(p, side)) {
            message.body.bytes = None;
            message.body.truncated = true;
        }
        self.conclude(side, Progress::Cut, None, cx);
        self.desync(side);
    }

    /// A head is longer than is kept.
    pub(super) fn too_large(&mut self, side: Side, head: &[u8], cx: &mut Context<'_>) {
        cx.sink.parse_error();
        match self.head(side, head, Need::Rest, cx) {
            Head::Read(_) if self.is_open(side) => {
                self.note(side, Oddity::HeadTooLarge);
                self.break_off(side, cx);
            }
            _ => self.desync(side),
        }
        self.half(side).line_start = LineStart::No;
    }

    /// Whether a message of `side` has begun and is not over.
    fn is_open(&mut self, side: Side) -> bool {
        self.pending(side).is_some_and(|p| match side {
            Side::Client => p.request == Progress::Open,
            Side::Server => p.response == Progress::Open,
        })
    }

    /// What begins here is no message.
    pub(super) fn garbage(&mut self, side: Side, cx: &mut Context<'_>) {
        let early = side == Side::Client && self.pairing.awaits_switch();
        let half = self.half(side);
        if half.assumed {
            self.pairing.retract();
        } else if half.found && !early {
            cx.sink.parse_error();
        }
        if side == Side::Server {
            self.pairing.drop_orphan(None, cx);
        }
        self.desync(side);
    }

    /// What was buffered as the beginning of a message is none.
    #[inline(never)]
    pub(super) fn rescan(
        &mut self,
        side: Side,
        take: usize,
        came: usize,
        cx: &mut Context<'_>,
    ) -> Step {
        let buf = std::mem::take(&mut self.half(side).buf);
        self.half(side).state = State::Start;
        self.garbage(side, cx);
        if self.rescans {
            return self.pass_over(side, &buf, take, cx);
        }
        self.rescans = true;
        let step = self.refeed(side, &buf, take, came, cx);
        self.rescans = false;
        step
    }

    /// Looks for no message in what is held, of which the last `take` bytes came now. Not reached
    /// as long as [`restart`] keeps its word; this bounds the stack if it does not.
    #[cold]
    fn pass_over(&mut self, side: Side, held: &[u8], take: usize, cx: &mut Context<'_>) -> Step {
        let is_line = held.ends_with(b"\n");
        self.half(side).line_start = if is_line { LineStart::Yes } else { LineStart::No };
        self.pass(side, held.len(), cx).minus(held.len() - take)
    }

    /// Looks for the next start line.
    #[inline(never)]
    pub(super) fn scan(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let line_start = self.half(side).line_start;
        if line_start == LineStart::No {
            let (n, found) = match memchr::memchr(b'\n', bytes) {
                Some(lf) => (lf + 1, LineStart::Yes),
                None => (bytes.len(), LineStart::No),
            };
            self.half(side).line_start = found;
            return self.pass(side, n, cx);
        }
        let half = self.half(side);
        let held = half.buf.len();
        let lf = memchr::memchr(b'\n', bytes);
        let end = lf.map_or(bytes.len(), |lf| lf + 1);
        if held == 0 {
            self.message_begins(side, bytes.len(), cx.time);
        }
        let half = self.half(side);
        let mut may_restart = held + end <= HTTP_PROBE;
        if may_restart && held > 0 {
            half.buf.extend_from_slice(&bytes[..end]);
            may_restart = probe::may_restart(side, &half.buf);
        } else if may_restart {
            may_restart = probe::may_restart(side, &bytes[..end]);
        }
        if !may_restart {
            half.buf = Vec::new();
            half.line_start = LineStart::No;
            return self.pass(side, held, cx).minus(held);
        }
        if held == 0 {
            half.buf.extend_from_slice(&bytes[..end]);
        }
        if lf.is_none() {
            return Step::Used(end);
        }
        let start = half.start;
        let may_begin = half.hole_at.1 == 0 || self.pairing.may_begin(start);
        let half = self.half(side);
        let is_line = line_start == LineStart::Yes || start.turn;
        let begun = restart(side, &half.buf, is_line).filter(|_| may_begin);
        let Some(Begun { status }) = begun else {
            half.buf = Vec::new();
            half.line_start = LineStart::Yes;
            return self.pass(side, held + end, cx).minus(held);
        };
        half.scanned = 0;
        half.start_checked = true;
        half.blank = false;
        half.state = State::Head;
        if let Some(status) = status {
            self.answers_early(status, cx);
        }
        self.choose_answer(side);
        Step::Used(end)
    }

    /// Counts bytes that were passed over; gives up on a side that never sent a message.
    fn pass(&mut self, side: Side, n: usize, cx: &mut Context<'_>) -> Step {
        let half = self.half(side);
        half.passed = half.passed.saturating_add(small(n as u64));
        if half.found || u64::from(half.passed) <= HTTP_SCAN {
            return Step::Used(n);
        }
        // `Dead` is counted as a parse error by whoever is told.
        self.pairing.note_all(Oddity::NotHttp);
        self.pairing.flush(None, false, cx);
        Step::Stop(Verdict::Dead("no HTTP/1 message found"))
    }

    /// A head will not be completed: read what there is of it.
    fn cut_head(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) {
        let buf = std::mem::take(&mut self.half(side).buf);
        if !self.read_part(side, &buf, cx) {
            if side == Side::Server {
                self.pairing.drop_orphan(None, cx);
            }
            return;
        }
        if let Some(pending) = self.pending(side) {
            pending.lose(lost);
        }
        self.cut_message(side, cx);
    }

    /// Reads a head of which no more will come; false if it is none.
    fn read_part(&mut self, side: Side, buf: &[u8], cx: &mut Context<'_>) -> bool {
        match (self.head(side, buf, Need::Rest, cx), side) {
            (Head::Read(_), _) => self.is_open(side),
            (Head::Part, Side::Client) => self.cut_request_line(buf, cx),
            (Head::Part, Side::Server) => self.cut_status_line(),
            _ => false,
        }
    }

    /// Puts a message away of which the end of the head was not read.
    fn cut_message(&mut self, side: Side, cx: &mut Context<'_>) {
        if let Some(message) = self.pending(side).and_then(|pending| message(pending, side)) {
            message.body.bytes = None;
            message.body.truncated = true;
        }
        self.conclude(side, Progress::Cut, None, cx);
    }

    /// A message of `side` begins, as far as is known.
    pub(super) fn message_begins(&mut self, side: Side, remaining: usize, time: i64) {
        let early = side == Side::Server && self.halves[0].state == State::Head;
        let half = self.half(side);
        half.message_begins(remaining, time);
        half.early = early;
    }

    /// The server answers, as its status line says. If the client's head was not whole when the
    /// answer began, it is this that is answered: servers do not wait for the end of a head
    /// that they refuse, nor for one that HTTP/0.9 would not have.
    pub(super) fn answers_early(&mut self, status: i32, cx: &mut Context<'_>) {
        let is_interim = (100..200).contains(&status) && status != 101;
        if !self.halves[1].early || is_interim {
            return;
        }
        self.halves[1].early = false;
        let client = self.half(Side::Client);
        if client.state != State::Head {
            return;
        }
        let buf = std::mem::take(&mut client.buf);
        self.answering = true;
        if self.read_part(Side::Client, &buf, cx) {
            self.note(Side::Client, Oddity::HeadUnfinished);
            self.cut_message(Side::Client, cx);
            self.pairing.answers_latest();
        }
        self.answering = false;
        let at_line = if buf.ends_with(b"\n") { LineStart::Yes } else { LineStart::No };
        let client = self.half(Side::Client);
        client.scan(at_line);
        client.found = true;
    }

    /// Of a request line that is not whole the method is certain if a space follows it, and it is
    /// one that is known: any word of a content stands before a space.
    fn cut_request_line(&mut self, buf: &[u8], cx: &mut Context<'_>) -> bool {
        let end = memchr::memchr(b' ', buf).filter(|&end| probe::is_known_method(&buf[..end]));
        let Some(end) = end else { return false };
        let mut pending = pending::take();
        renew(&mut pending.exchange.request, self.halves[0].begin).content_type = None;
        set(&mut pending.exchange.method, &buf[..end]);
        pending.exchange.target = None;
        pending.exchange.host = None;
        pending.asked = Asked::of(&buf[..end]);
        pending.request = Progress::Open;
        self.take_request(pending, cx);
        true
    }

    /// Of a status line that is not whole nothing is certain but that a response began.
    fn cut_status_line(&mut self) -> bool {
        let (begin, start) = (self.halves[1].begin, self.halves[1].start);
        let Some(pending) = self.pairing.waiting() else { return false };
        renew(&mut pending.exchange.response, begin).content_type = None;
        pending.response = Progress::Open;
        self.pairing.response_begins(start);
        true
    }

    /// `side` sends no more. `orderly`: it said so itself, which ends a body that lasts until
    /// the connection closes.
    pub(super) fn finish(
        &mut self,
        side: Side,
        error: Option<&'static str>,
        orderly: bool,
        cx: &mut Context<'_>,
    ) {
        self.flush_peek(side, cx);
        let state = self.half(side).state;
        let error = error.filter(|_| side == Side::Server);
        if let State::Body(Framing::UntilClose) | State::Peek(Framing::UntilClose) = state {
            self.doubt_content(side);
        }
        match state {
            State::Body(Framing::UntilClose) | State::Peek(Framing::UntilClose) if orderly => {
                let last_seen = self.half(side).seen != UNSEEN;
                self.end_message(side, last_seen, cx);
            }
            State::Head => {
                if side == Side::Server {
                    self.pairing.current().exchange.error = error;
                }
                self.cut_head(side, 0, cx);
            }
            State::Body(_) | State::Peek(_) | State::Trailer => {
                if let Some(pending) = self.pending(side) {
                    pending.gap = true;
                    pending.exchange.error = error.filter(|_| pending.asked != Asked::Unknown);
                    if let Some(message) = message(pending, side) {
                        message.body.truncated |= state != State::Trailer;
                    }
                }
                self.conclude(side, Progress::Cut, None, cx);
            }
            State::Start | State::Scan | State::Held | State::Closed => {}
        }
        let half = self.half(side);
        half.state = State::Closed;
        half.buf = Vec::new();
    }

    /// Bytes that were held back to see whether a body begins were of the body.
    fn flush_peek(&mut self, side: Side, cx: &mut Context<'_>) {
        if let State::Peek(framing) = self.half(side).state {
            let buf = std::mem::take(&mut self.half(side).buf);
            if !buf.is_empty() {
                self.half(side).state = State::Body(framing);
                self.feed(side, &buf, cx);
            }
        }
    }
}

/// A start line that is trusted in the middle of a stream.
struct Begun {
    /// Of a response.
    status: Option<i32>,
}

/// Reads a line, its end included, as the beginning of a message. What is accepted here must be one
/// to [`Http1::head`] as well, or its head would be looked for again and again.
fn restart(side: Side, line: &[u8], is_line: bool) -> Option<Begun> {
    let mut odd = OddSet::default();
    let text = fields::line(line, &mut odd)?.text;
    if !probe::restarts(side, text.trim_ascii_end(), is_line) {
        return None;
    }
    match side {
        Side::Server => {
            let status = start::status_line(text, &mut odd)?.status;
            Some(Begun { status: Some(status) })
        }
        Side::Client => start::request_line(text, &mut odd).map(|_| Begun { status: None }),
    }
}

impl Step {
    /// The same step, of which `held` bytes were consumed earlier.
    fn minus(self, held: usize) -> Self {
        match self {
            Self::Used(n) => Self::Used(n - held),
            stop => stop,
        }
    }
}
