//! Questions that wait, and which answer is whose.

use std::collections::VecDeque;

use domain::base::iana::Opcode;

use super::message::{Heard, Question, error_of, first_record, method};
use super::oddity::Oddity;
use super::transfer::Transfer;
use super::{ANSWER_WAIT, detail, naming};
use crate::event::{Body, Completeness, Exchange, Message};
use crate::limits::DNS_WAITING;
use crate::proto::{Context, Side};

/// When the bytes of a message were captured, and where from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) side: Side,
    /// Of its first byte.
    pub(super) first: i64,
    /// Of its last byte.
    pub(super) last: i64,
}

/// A question without an answer so far.
struct Waiting {
    exchange: Exchange,
    side: Side,
    id: u16,
    opcode: Opcode,
    question: Option<Question>,
    /// When it was sent last.
    sent: i64,
    copies: u32,
    /// Its answer may have several messages.
    transfer: Option<Transfer>,
    /// Bytes lost in which its answer may have been.
    lost: Option<u64>,
}

/// What was answered last, to know its repetition.
struct Answered {
    side: Side,
    id: u16,
    question: Option<Question>,
}

/// The questions and answers of one flow.
pub(super) struct Pairing {
    /// `protocol` column of the rows, and source of names.
    name: &'static str,
    waiting: VecDeque<Box<Waiting>>,
    /// No question waits too long before this.
    due: i64,
    answered: Option<Answered>,
    /// A question was seen: answers to none are odd from here on.
    has_asked: bool,
    /// An answer may have several messages.
    is_stream: bool,
}

impl Pairing {
    pub(super) fn new(name: &'static str, is_stream: bool) -> Self {
        let waiting = VecDeque::new();
        Self { name, waiting, due: i64::MAX, answered: None, has_asked: false, is_stream }
    }

    /// A question. `alone`: its answers come elsewhere.
    pub(super) fn question(
        &mut self,
        mut heard: Heard<'_>,
        arrival: Arrival,
        alone: bool,
        cx: &mut Context<'_>,
    ) {
        self.expire(arrival.first, cx);
        self.has_asked = true;
        if let Some(waiting) = self.waiting.iter_mut().find(|w| w.is_copied_by(&heard, arrival)) {
            waiting.copies += 1;
            waiting.sent = arrival.last;
            return;
        }
        if heard.message.header_counts().qdcount() > 1 && !alone {
            Oddity::Several.note(&mut heard.oddities);
        }
        if heard.question.is_none() {
            Oddity::NoQuestion.note(&mut heard.oddities);
        }
        if arrival.side == Side::Server {
            Oddity::FromServer.note(&mut heard.oddities);
        }
        let waiting = Waiting::new(self.name, heard, arrival, self.is_stream);
        if alone {
            return waiting.emit(None, cx);
        }
        if self.waiting.len() >= DNS_WAITING
            && let Some(mut oldest) = self.waiting.pop_front()
        {
            Oddity::Overflow.note(&mut oldest.exchange.oddities);
            oldest.emit(None, cx);
        }
        self.due = self.due.min(waiting.sent.saturating_add(ANSWER_WAIT));
        self.waiting.push_back(Box::new(waiting));
    }

    /// An answer to a question of the other side.
    pub(super) fn answer(&mut self, mut heard: Heard<'_>, arrival: Arrival, cx: &mut Context<'_>) {
        self.expire(arrival.first, cx);
        let at = self.waiting.iter().position(|waiting| waiting.is_answered_by(&heard, arrival));
        if let Some(waiting) = at.and_then(|at| self.waiting.get_mut(at))
            && waiting.transfer.is_some()
        {
            naming::of_answer(&heard, self.name, arrival.side.peer(), cx);
            if !waiting.receives(heard, arrival) {
                return;
            }
            if let Some(waiting) = at.and_then(|at| self.waiting.remove(at)) {
                self.answered = Some(waiting.done());
                waiting.transferred(cx);
            }
            return;
        }
        let waiting = at.and_then(|at| self.waiting.remove(at));
        // A stray answer is not to be trusted, but the question may be before the capture.
        let trusted = waiting.is_some() || !self.has_asked;
        if trusted {
            naming::of_answer(&heard, self.name, arrival.side.peer(), cx);
        }
        if let Some(waiting) = waiting {
            self.answered = Some(waiting.done());
            return waiting.answered(heard, arrival, cx);
        }
        if self.has_asked {
            self.explain(&mut heard, arrival.side);
        }
        if heard.question.is_none() {
            Oddity::NoQuestion.note(&mut heard.oddities);
        }
        respond(unasked(self.name, &heard), heard, arrival, cx);
    }

    /// Says why an answer has no question.
    fn explain(&self, heard: &mut Heard<'_>, side: Side) {
        let id = heard.id();
        let repeats = self.answered.as_ref().is_some_and(|last| {
            (last.id, last.side) == (id, side) && is_same(&last.question, &heard.question)
        });
        let is_mixed_up = self.waiting.iter().any(|waiting| waiting.id == id);
        let oddity = match (repeats, is_mixed_up) {
            (true, _) => Oddity::Repeated,
            (false, true) => Oddity::Mismatch,
            (false, false) => Oddity::Unsolicited,
        };
        oddity.note(&mut heard.oddities);
    }

    /// What a host announces without being asked.
    pub(super) fn announcement(
        &self,
        mut heard: Heard<'_>,
        arrival: Arrival,
        cx: &mut Context<'_>,
    ) {
        naming::of_announcement(&heard, self.name, arrival.side, cx);
        // Nothing need be asked: what it is about is its first record.
        heard.question = heard.question.or_else(|| first_record(heard.message));
        respond(unasked(self.name, &heard), heard, arrival, cx);
    }

    /// Emits questions that have waited too long at `now`.
    pub(super) fn expire(&mut self, now: i64, cx: &mut Context<'_>) {
        if now <= self.due {
            return;
        }
        let (over, waiting) = core::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|waiting| now > waiting.sent.saturating_add(ANSWER_WAIT));
        self.waiting = waiting;
        let over: VecDeque<Box<Waiting>> = over;
        over.into_iter().for_each(|waiting| waiting.emit(Some("no answer"), cx));
        let due = self.waiting.iter().map(|w| w.sent.saturating_add(ANSWER_WAIT)).min();
        self.due = due.unwrap_or(i64::MAX);
    }

    /// Emits all questions that wait: no answer can come any more, because of `error`.
    pub(super) fn flush(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        self.due = i64::MAX;
        self.waiting.drain(..).for_each(|waiting| waiting.emit(error, cx));
    }

    /// Bytes that `side` sent were lost, in which messages may have begun. They are counted for the
    /// question that has waited longest, and may have answered any.
    pub(super) fn lost(&mut self, side: Side, bytes: u64) {
        let mut left = bytes;
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.side == side.peer()) {
            let before = waiting.lost.unwrap_or(0);
            waiting.lost = Some(before.saturating_add(core::mem::take(&mut left)));
        }
    }

    pub(super) fn memory(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(|waiting| waiting.memory()).sum();
        self.waiting.capacity() * size_of::<Box<Waiting>>() + waiting
    }
}

impl Waiting {
    fn new(name: &'static str, heard: Heard<'_>, arrival: Arrival, is_stream: bool) -> Self {
        let exchange = Exchange {
            method: method(heard.opcode(), heard.question.as_ref()),
            target: target(&heard),
            request: Some(message(&heard, arrival)),
            detail: detail::of_question(&heard),
            ..begun(name, &heard)
        };
        Self {
            exchange: Exchange { oddities: heard.oddities.clone(), ..exchange },
            side: arrival.side,
            id: heard.id(),
            opcode: heard.opcode(),
            transfer: is_stream.then(|| Transfer::of(&heard)).flatten(),
            question: heard.question,
            sent: arrival.last,
            copies: 0,
            lost: None,
        }
    }

    /// Whether a question is this one, sent again.
    fn is_copied_by(&self, heard: &Heard<'_>, arrival: Arrival) -> bool {
        (self.side, self.id, self.opcode) == (arrival.side, heard.id(), heard.opcode())
            && is_same(&self.question, &heard.question)
    }

    /// Whether an answer is to this question. Servers that refuse may leave the question out, and
    /// one that cannot be read here may be read there.
    fn is_answered_by(&self, heard: &Heard<'_>, arrival: Arrival) -> bool {
        (self.side, self.id, self.opcode) == (arrival.side.peer(), heard.id(), heard.opcode())
            && (heard.question.is_none()
                || self.question.is_none()
                || is_same(&self.question, &heard.question))
    }

    /// It, as what was answered last.
    fn done(&self) -> Answered {
        Answered { side: self.side.peer(), id: self.id, question: self.question.clone() }
    }

    /// Takes a message of a transfer; whether that is the last.
    fn receives(&mut self, heard: Heard<'_>, arrival: Arrival) -> bool {
        let is_lossy = self.lost.is_some();
        let is_last = self.transfer.as_mut().is_none_or(|transfer| transfer.take(&heard, is_lossy));
        self.sent = arrival.last;
        let exchange = &mut self.exchange;
        let Some(response) = &mut exchange.response else {
            complete(exchange, &heard, arrival);
            return is_last;
        };
        let Message { last_time, body, .. } = message(&heard, arrival);
        let (before, more) = (response.body.bytes, body.bytes);
        response.last_time = last_time;
        response.body.bytes = before.zip(more).map(|(before, more)| before.saturating_add(more));
        exchange.status = Some(i32::from(heard.rcode().to_int()));
        exchange.error = error_of(heard.rcode());
        exchange.gap_bytes += heard.lost as u64;
        if heard.cut > 0 {
            exchange.completeness = Completeness::Gap;
        }
        heard.oddities.iter().for_each(|oddity| exchange.note(oddity));
        is_last
    }

    fn answered(self: Box<Self>, heard: Heard<'_>, arrival: Arrival, cx: &mut Context<'_>) {
        respond(self.told(), heard, arrival, cx);
    }

    /// Emits a question whose answer has ended, and may have had more messages than those seen.
    fn transferred(self: Box<Self>, cx: &mut Context<'_>) {
        let lost = self.lost;
        let mut exchange = self.told();
        if let Some(lost) = lost {
            exchange.completeness = Completeness::Gap;
            exchange.gap_bytes = exchange.gap_bytes.saturating_add(lost);
        }
        cx.sink.exchange(&exchange);
    }

    /// Emits a question without an answer.
    fn emit(self, error: Option<&'static str>, cx: &mut Context<'_>) {
        let lost = self.lost;
        let mut exchange = self.told();
        if let Some(response) = &mut exchange.response {
            // Of a transfer, the end was not seen.
            response.last_time = None;
        }
        if exchange.response.is_some() || lost.is_some() {
            exchange.completeness = Completeness::Gap;
            exchange.gap_bytes = exchange.gap_bytes.saturating_add(lost.unwrap_or(0));
            return cx.sink.exchange(&exchange);
        }
        exchange.error = error;
        if exchange.completeness == Completeness::Complete {
            exchange.completeness = Completeness::RequestOnly;
        }
        cx.sink.exchange(&exchange);
    }

    fn told(mut self) -> Exchange {
        if self.copies > 0 {
            self.exchange.detail.push(("retransmissions", self.copies.to_string()));
        }
        if let Some(transfer) = self.transfer.filter(|transfer| transfer.messages > 1) {
            let detail = &mut self.exchange.detail;
            detail.retain(|(name, _)| *name != "answers_total");
            detail.push(("answers_total", transfer.records.to_string()));
            detail.push(("messages", transfer.messages.to_string()));
        }
        self.exchange
    }

    fn memory(&self) -> usize {
        let detail: usize = self.exchange.detail.iter().map(|(_, text)| text.capacity()).sum();
        let name = self.question.as_ref().map_or(0, |question| question.name.capacity());
        // The name is the target too; what else is there is short.
        size_of::<Self>() + detail + 2 * name
    }
}

fn is_same(one: &Option<Question>, other: &Option<Question>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_same(other),
        (None, None) => true,
        _ => false,
    }
}

/// An exchange of which nothing was asked.
fn unasked(name: &'static str, heard: &Heard<'_>) -> Exchange {
    let exchange = begun(name, heard);
    Exchange {
        method: method(heard.opcode(), heard.question.as_ref()),
        target: target(heard),
        completeness: match exchange.completeness {
            Completeness::Complete => Completeness::ResponseOnly,
            other => other,
        },
        ..exchange
    }
}

fn begun(name: &'static str, heard: &Heard<'_>) -> Exchange {
    let completeness = if heard.cut > 0 { Completeness::Gap } else { Completeness::Complete };
    Exchange { protocol: name, completeness, gap_bytes: heard.lost as u64, ..Exchange::default() }
}

fn target(heard: &Heard<'_>) -> Option<Vec<u8>> {
    heard.question.as_ref().map(|question| question.name.clone().into_bytes())
}

fn message(heard: &Heard<'_>, arrival: Arrival) -> Message {
    let bytes = i64::try_from(heard.len).ok().filter(|_| heard.is_sent);
    Message {
        first_time: arrival.first,
        last_time: heard.is_sent.then_some(arrival.last),
        body: Body { bytes, ..Body::default() },
        ..Message::default()
    }
}

/// Completes an exchange by an answer, and emits it.
fn respond(mut exchange: Exchange, heard: Heard<'_>, arrival: Arrival, cx: &mut Context<'_>) {
    complete(&mut exchange, &heard, arrival);
    cx.sink.exchange(&exchange);
}

/// Says what an answer says.
fn complete(exchange: &mut Exchange, heard: &Heard<'_>, arrival: Arrival) {
    if exchange.target.is_none() {
        // The question could not be read; its answer repeats it.
        exchange.method = method(heard.opcode(), heard.question.as_ref());
        exchange.target = target(heard);
    }
    exchange.status = Some(i32::from(heard.rcode().to_int()));
    exchange.error = error_of(heard.rcode());
    exchange.response = Some(message(heard, arrival));
    if heard.cut > 0 && exchange.request.is_some() {
        exchange.completeness = Completeness::Gap;
        exchange.gap_bytes += heard.lost as u64;
    }
    detail::add_answer(&mut exchange.detail, heard);
    heard.oddities.iter().for_each(|oddity| exchange.note(oddity));
}
