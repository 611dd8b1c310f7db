//! Bodies, trailers, and the end of a message.

use super::chunked::Piece;
use super::content::{self, Outcome};
use super::fields;
use super::framing::{Coding, Codings, Facts, Framing};
use super::half::State;
use super::oddity::{OddSet, Oddity};
use super::pending::{Asked, Pending, Progress};
use super::{Http1, Step, probe, web};
use crate::event::Message;
use crate::limits::HTTP_HEAD;
use crate::proto::events::{self, EventStream};
use crate::proto::growth::Growth;
use crate::proto::{Context, Probe, Side, Verdict};

impl Http1 {
    /// Goes on after a whole head.
    pub(super) fn begin_body(
        &mut self,
        side: Side,
        framing: Framing,
        facts: &mut Facts,
        cx: &mut Context<'_>,
    ) {
        if self.pending(side).and_then(|p| message(p, side)).is_some_and(|m| web::is_call(m)) {
            self.begin_call(side, facts);
        }
        let unknown = side == Side::Server && self.pairing.current().asked == Asked::Unknown;
        let half = self.half(side);
        half.codings = facts.codings;
        half.found = true;
        half.assumed = false;
        half.hole = false;
        if side == Side::Server && framing != Framing::Length(0) {
            self.look_for_events(cx);
        }
        let half = self.half(side);
        match framing {
            Framing::Length(0) => self.end_message(side, true, cx),
            Framing::Unknown => {
                cx.sink.parse_error();
                self.break_off(side, cx);
            }
            _ if unknown => {
                half.state = State::Peek(framing);
                // If there is no body, this was the end.
                let seen = half.seen;
                if let Some(message) = message(self.pairing.current(), side) {
                    message.last_time = Some(seen);
                }
            }
            _ => half.state = State::Body(framing),
        }
    }

    /// Looks at the first bytes after the head of a response to an unseen request: if that was
    /// HEAD, they begin the next response.
    #[inline(never)]
    pub(super) fn peek(
        &mut self,
        side: Side,
        framing: Framing,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Step {
        const ENOUGH: usize = 10;
        let half = self.half(side);
        let take = bytes.len().min(ENOUGH - half.buf.len());
        half.buf.extend_from_slice(&bytes[..take]);
        match probe::response(&half.buf) {
            Probe::Yes => {
                let buf = std::mem::take(&mut half.buf);
                let pending = self.pairing.current();
                pending.note(Oddity::BodyAbsent);
                pending.events = None;
                let end = message(pending, side).and_then(|message| message.last_time);
                self.half(side).next_message();
                self.conclude(side, Progress::Ended, end, cx);
                self.refeed(side, &buf, take, bytes.len(), cx)
            }
            Probe::NeedMore => Step::Used(take),
            Probe::No => {
                half.state = State::Body(framing);
                let buf = std::mem::take(&mut half.buf);
                self.refeed(side, &buf, take, bytes.len(), cx)
            }
        }
    }

    /// Feeds what was held back, of which the last `take` bytes came now, the first of `came`.
    #[inline(never)]
    pub(super) fn refeed(
        &mut self,
        side: Side,
        held: &[u8],
        take: usize,
        came: usize,
        cx: &mut Context<'_>,
    ) -> Step {
        let end = self.half(side).end;
        self.half(side).end = end.saturating_sub((came - take) as u64);
        let verdict = self.feed(side, held, cx);
        self.half(side).end = end;
        match verdict {
            Verdict::Continue => Step::Used(take),
            Verdict::Switched { consumed } => {
                // A head that was whole before would have been found before.
                let consumed = consumed.saturating_sub(held.len() - take).max(1);
                Step::Stop(Verdict::Switched { consumed })
            }
            verdict @ (Verdict::Over { .. } | Verdict::Dead(_)) => Step::Stop(verdict),
        }
    }

    /// Reads body bytes.
    pub(super) fn body(
        &mut self,
        side: Side,
        framing: Framing,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Step {
        match framing {
            Framing::Length(left) => {
                let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                self.content(side, &bytes[..n], cx);
                self.half(side).state = State::Body(Framing::Length(left - n as u64));
                if left == n as u64 {
                    self.end_message(side, true, cx);
                }
                Step::Used(n)
            }
            Framing::UntilClose | Framing::Unknown => {
                self.content(side, bytes, cx);
                Step::Used(bytes.len())
            }
            Framing::Chunked(mut chunked) => {
                let mut at = 0;
                while at < bytes.len() {
                    let (n, piece) = chunked.next(&bytes[at..]);
                    at += n;
                    match piece {
                        Piece::Framing => {}
                        Piece::BareLf => self.note(side, Oddity::BareLf),
                        Piece::Content(content) => self.content(side, content, cx),
                        Piece::Last => {
                            self.half(side).state = State::Trailer;
                            return Step::Used(at);
                        }
                        Piece::Invalid => {
                            self.note(side, Oddity::InvalidChunk);
                            cx.sink.parse_error();
                            self.break_off(side, cx);
                            return Step::Used(at);
                        }
                    }
                }
                self.half(side).state = State::Body(Framing::Chunked(chunked));
                Step::Used(at)
            }
        }
    }

    /// Reads the trailer section.
    pub(super) fn trailer(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        if self.half(side).buf.is_empty() {
            if let Some(n) = self.read_trailers(side, bytes, cx) {
                self.end_message(side, true, cx);
                return Step::Used(n);
            }
            // A line end before the section lets its empty line be found like that of a head.
            let half = self.half(side);
            half.buf.push(b'\n');
            half.scanned = 0;
        }
        let half = self.half(side);
        let before = half.buf.len();
        let take = bytes.len().min(HTTP_HEAD.saturating_sub(before));
        half.buf.extend_from_slice(&bytes[..take]);
        match fields::find_end(&half.buf, &mut half.scanned) {
            Some(end) => {
                let buf = std::mem::take(&mut half.buf);
                self.read_trailers(side, &buf[1..end], cx);
                self.end_message(side, true, cx);
                Step::Used(end - before)
            }
            None if half.buf.len() >= HTTP_HEAD => {
                self.note(side, Oddity::HeadTooLarge);
                cx.sink.parse_error();
                self.break_off(side, cx);
                Step::Used(take)
            }
            None => Step::Used(take),
        }
    }

    /// Reads a whole trailer section; `None`, and nothing noted, if it is not whole.
    fn read_trailers(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Option<usize> {
        let mut text = String::new();
        let mut odd = OddSet::default();
        let used = fields::read(bytes, &mut odd, |name, value| {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&String::from_utf8_lossy(name));
            text.push_str(": ");
            text.push_str(&String::from_utf8_lossy(value));
        })?;
        if let Some(pending) = self.pending(side) {
            pending.note_all(odd);
            if !text.is_empty() && cx.settings.headers {
                let name =
                    if side == Side::Client { "request_trailers" } else { "response_trailers" };
                pending.detail(name, '\n', &text);
            }
        }
        Some(used)
    }

    /// The exchange of the message that `side` is sending.
    pub(super) fn pending(&mut self, side: Side) -> Option<&mut Pending> {
        match side {
            Side::Client => self.pairing.open_request(),
            Side::Server => Some(self.pairing.current()),
        }
    }

    pub(super) fn note(&mut self, side: Side, oddity: Oddity) {
        if let Some(pending) = self.pending(side) {
            pending.note(oddity);
        }
    }

    fn content(&mut self, side: Side, piece: &[u8], cx: &mut Context<'_>) {
        let hole = self.half(side).hole;
        let Some(pending) = self.pending(side) else { return };
        if let Some(call) = &mut pending.call {
            web::add_content(call, side, piece, hole);
        }
        if let Some(message) = message(pending, side) {
            add_content(message, piece, cx.settings.body_limit, hole);
        }
        if pending.events.is_some() && side == Side::Server {
            self.events_come(piece, cx);
        }
    }

    /// Looks whether the response whose body begins is a stream of events.
    #[inline]
    fn look_for_events(&mut self, cx: &mut Context<'_>) {
        let response = &self.pairing.current().exchange.response;
        if events::is_stream(response.as_ref().and_then(|m| m.content_type.as_deref())) {
            self.begin_events(cx);
        }
    }

    #[cold]
    fn begin_events(&mut self, cx: &mut Context<'_>) {
        let codings = self.half(Side::Server).codings;
        // Of a response that is kept apart it is not known yet what it answers.
        let is_told = cx.settings.growing && self.pairing.orphan.is_none();
        let growth = if is_told { Growth::new(self.next_number(), cx.settings) } else { None };
        let stream = EventStream::new(&codings, growth);
        self.pairing.current().events = Some(stream);
        self.events_come(&[], cx);
    }

    /// Tells what is still to be told of the events of the response that is being read.
    pub(super) fn tell_events(&mut self, cx: &mut Context<'_>) {
        let Some(front) = self.pairing.queue.front_mut() else { return };
        let is_late = front.events.as_ref().is_some_and(|stream| stream.is_late(cx.time));
        if is_late
            && front.response == Progress::Open
            && let Some(exchange) = front.open_row(cx.time)
        {
            cx.sink.exchange(&exchange);
        }
    }

    /// Reads events, and tells a row of them if it is time for one.
    #[cold]
    fn events_come(&mut self, piece: &[u8], cx: &mut Context<'_>) {
        let pending = self.pairing.current();
        let Some(stream) = &mut pending.events else { return };
        stream.data(piece, cx.time, cx.settings.body_limit);
        if stream.is_due(cx.time)
            && let Some(exchange) = pending.open_row(cx.time)
        {
            cx.sink.exchange(&exchange);
        }
    }

    /// The message that `side` sends is whole. `last_seen`: its last byte was captured.
    pub(super) fn end_message(&mut self, side: Side, last_seen: bool, cx: &mut Context<'_>) {
        let half = self.half(side);
        half.next_message();
        let time = last_seen.then_some(half.seen);
        self.conclude(side, Progress::Ended, time, cx);
    }

    /// Puts a message away that is over, one way or another.
    pub(super) fn conclude(
        &mut self,
        side: Side,
        progress: Progress,
        time: Option<i64>,
        cx: &mut Context<'_>,
    ) {
        let (codings, heard) = (self.half(side).codings, self.half(side).received);
        let limit = cx.settings.body_limit;
        if let Some(pending) = self.pending(side) {
            let is_part = side == Side::Server && pending.exchange.status == Some(206);
            if let Some(message) = message(pending, side) {
                message.last_time = time;
                if let Some(oddity) = finish_content(message, &codings, limit, is_part) {
                    pending.note(oddity);
                }
            }
            match side {
                Side::Client => (pending.request, pending.heard) = (progress, heard),
                Side::Server => finish_response(pending, progress),
            }
        }
        match side {
            Side::Client => self.pairing.request_over(cx),
            Side::Server => self.pairing.response_over(cx),
        }
    }
}

fn finish_response(pending: &mut Pending, progress: Progress) {
    pending.response = progress;
    let content = pending.exchange.response.as_ref().is_some_and(|m| m.body.bytes != Some(0));
    if content && pending.exchange.status == Some(205) {
        pending.note(Oddity::ContentIn205);
    }
}

/// The half of the exchange that `side` sends.
pub(super) fn message(pending: &mut Pending, side: Side) -> Option<&mut Message> {
    match side {
        Side::Client => pending.exchange.request.as_mut(),
        Side::Server => pending.exchange.response.as_mut(),
    }
}

/// Takes in a piece of content: counts it and keeps what there is room for. `hole`: content
/// before it is missing, so that keeping more would join what does not belong together.
#[inline]
pub(in crate::proto) fn add_content(message: &mut Message, piece: &[u8], limit: usize, hole: bool) {
    let body = &mut message.body;
    body.bytes = body.bytes.map(|n| n.saturating_add(piece.len() as i64));
    if hole || limit == 0 {
        body.truncated |= !piece.is_empty();
        return;
    }
    let kept = body.kept.get_or_insert_default();
    let fits = piece.len().min(limit.saturating_sub(kept.len()));
    kept.extend_from_slice(&piece[..fits]);
    body.truncated |= fits < piece.len();
}

/// Undoes the content codings of a message that is over. The answer is what to note about it.
/// `is_part`: its content is a part of what was coded (206), and need not decode by itself.
fn finish_content(
    message: &mut Message,
    codings: &Codings,
    limit: usize,
    is_part: bool,
) -> Option<Oddity> {
    let body = &mut message.body;
    if codings.applied().is_empty() || body.kept.as_ref().is_none_or(Vec::is_empty) {
        return None;
    }
    if codings.applied().contains(&Coding::Unknown) {
        body.kept = None;
        body.truncated = true;
        return Some(Oddity::UnknownCoding);
    }
    let coded = body.kept.take().unwrap_or_default();
    let (content, outcome) = content::decode(coded, codings.applied(), limit);
    let was_cut = body.truncated;
    body.truncated |= outcome != Outcome::Whole;
    body.kept = Some(content);
    let broken = outcome == Outcome::Corrupt || (outcome == Outcome::Short && !was_cut);
    (broken && !is_part).then_some(Oddity::ContentUndecodable)
}

/// The same for other versions of HTTP, which name their oddities themselves.
pub(in crate::proto) fn undo_codings(
    message: &mut Message,
    codings: &Codings,
    limit: usize,
    is_part: bool,
) -> Option<&'static str> {
    finish_content(message, codings, limit, is_part).map(Oddity::name)
}

/// Undoes codings of bytes that are no content: at most `limit` bytes. `None`: they are not coded
/// so, or how is not known.
pub(in crate::proto) fn decoded(bytes: &[u8], codings: &Codings, limit: usize) -> Option<Vec<u8>> {
    if codings.applied().is_empty() {
        return None;
    }
    let (plain, outcome) = content::decode(bytes.to_vec(), codings.applied(), limit);
    matches!(outcome, Outcome::Whole | Outcome::Limit).then_some(plain)
}
