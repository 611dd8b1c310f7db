//! Which response answers which request.
//!
//! HTTP/1 has no identifiers: responses come in the order of the requests (RFC 9112 section
//! 9.3.2), so pairing is counting, and a lost message shifts every pair after it. The rules:
//!
//! - *Firm* requests are those whose place in the order is certain. The next response answers
//!   the first of them. Without loss all requests are firm.
//! - When bytes of the request stream are lost and framing with them, the number of requests
//!   among them is unknown: requests before the loss stay firm, those after it *float*. When
//!   the same happens to the response stream, every unanswered request floats.
//! - While in doubt, a response finds only firm requests. With none left it is kept apart, and
//!   paired or reported alone when the client next takes its turn.
//! - What ends doubt, and pairs the responses kept apart, is the client's next turn ([`turn`]).
//!
//! [`turn`]: super::turn

use std::collections::VecDeque;

use super::half::Start;
use super::oddity::Oddity;
use super::pending::{self, Asked, Pending, Progress};
use super::turn::answers;
use super::web;
use crate::limits::HTTP_PIPELINE;
use crate::proto::websocket::handshake::Fields;
use crate::proto::{Context, Side};

/// How far the server's stream was followed when a request begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    /// No response is under way, as far as is known.
    pub(super) between: bool,
    /// Offset behind the last byte given, or lost.
    pub(super) to: u64,
    /// Offset behind the last byte captured.
    pub(super) captured_to: u64,
}

/// The exchanges of one connection that are not finished.
#[derive(Default)]
pub(super) struct Pairing {
    /// Requests in order. Only the last may be open; unless the queue holds that one alone,
    /// none has a response that is over.
    pub(super) queue: VecDeque<Box<Pending>>,
    /// A response that no request in the queue is paired with, from its first byte to its end.
    pub(super) orphan: Option<Box<Pending>>,
    /// Responses that came in doubt, in order, until the client's next turn tells whose they are.
    pub(super) apart: VecDeque<Box<Pending>>,
    /// How many unanswered requests at the front of the queue are firm.
    pub(super) firm: usize,
    /// Responses since the last request (outside doubt) or since the loss that did not answer
    /// a firm request read before it.
    pub(super) answers: usize,
    /// What the server had received when it began the last response.
    pub(super) answered_after: u64,
    /// Where the client's stream ends, once the connection does.
    pub(super) asked_to: Option<u64>,
    /// Framing was lost at some time.
    pub(super) lossy: bool,
    /// Loss has made the order uncertain.
    pub(super) doubt: bool,
    /// Requests may be among what was lost since doubt began.
    pub(super) requests_lost: bool,
    /// Requests may be among what was lost since following began.
    pub(super) asks_lost: bool,
    /// Offset from which on requests may have been lost since the last request.
    pub(super) lost_at: Option<u64>,
    /// Responses may be among what was lost since the last one began.
    pub(super) answer_lost: bool,
    /// The client was seen to take its turn while an answer was due.
    pub(super) overlaps: bool,
    /// The client was seen to send a request in the same turn as another.
    pub(super) bursts: bool,
    /// The client was seen to send a request after an earlier one was answered.
    pub(super) turns: bool,
    /// The last request before a loss was answered by a server that had received it and no more.
    pub(super) alone: bool,
    /// A request was seen.
    pub(super) any_request: bool,
    /// The server sends no more.
    pub(super) server_ended: bool,
}

impl Pairing {
    /// Whether a request that begins now is the only one without an answer.
    #[inline]
    pub(super) fn is_clear(&self) -> bool {
        !self.doubt && self.firm == 0
    }

    /// Whether the client is known to send requests before the last is answered.
    pub(super) fn client_pipelines(&self) -> bool {
        self.bursts || self.overlaps
    }

    /// Whether a message that is looked for may begin at `start`. Of a client that waits for its
    /// answers both sides begin messages in turn; of one that pipelines, anywhere; and one that
    /// is not known yet is not held to pipeline in the middle of what was captured, since content
    /// can look like a message.
    pub(super) fn may_begin(&self, start: Start) -> bool {
        start.turn || self.client_pipelines() || (!self.turns && start.is_first())
    }

    /// What the client had received when it sent the request that is answered next.
    pub(super) fn asked_after(&self) -> Option<u64> {
        let front = self.queue.front().filter(|_| self.front_waits());
        front.map(|front| front.start.received)
    }

    /// Takes in a request whose head was read, while [`Self::is_clear`] and the server is
    /// between messages.
    #[inline]
    pub(super) fn push(&mut self, pending: Box<Pending>, cx: &mut Context<'_>) {
        self.turns |= self.any_request;
        self.firm = 1;
        self.answers = 0;
        self.enqueue(pending, cx);
    }

    /// Takes in any other request. True if doubt ended with it.
    pub(super) fn contend(
        &mut self,
        mut pending: Box<Pending>,
        answered: Answered,
        cx: &mut Context<'_>,
    ) -> bool {
        if let Some(last) = self.queue.back_mut() {
            last.until = Some(self.lost_at.unwrap_or(pending.start.at));
        }
        let resolved = self.takes_turn(&pending, answered, cx);
        let received = pending.start.received;
        if !self.overlaps && answered.captured_to <= received && received < answered.to {
            // Its answer begins with what is known to be lost.
            pending.lose_ahead(answered.to - received);
        }
        self.doubt &= !resolved;
        if !self.doubt {
            self.firm += 1;
            self.answers = 0;
        }
        self.enqueue(pending, cx);
        resolved
    }

    #[inline]
    fn enqueue(&mut self, pending: Box<Pending>, cx: &mut Context<'_>) {
        self.any_request = true;
        self.lost_at = None;
        self.queue.push_back(pending);
        if self.queue.len() > HTTP_PIPELINE {
            self.overflow(cx);
        }
    }

    /// Gives up the oldest request without a response; after that, counting has no ground.
    fn overflow(&mut self, cx: &mut Context<'_>) {
        // The one that is being answered stays: what comes next of its response is looked for there.
        let is_answered = self.queue.front().is_some_and(|p| p.response == Progress::Open);
        if let Some(mut oldest) = self.queue.remove(usize::from(is_answered)) {
            oldest.note(Oddity::PipelineOverflow);
            emit(oldest, None, cx);
        }
        self.lose(Side::Server, 0);
        self.overlaps = true;
    }

    /// The exchange that the response which begins now, at `start`, belongs to.
    pub(super) fn answer(&mut self, start: Start) -> &mut Pending {
        if self.lossy && self.orphan.is_none() && self.is_refuted(start) {
            self.retract();
        }
        if self.orphan.is_none() && !self.front_waits() {
            let mut orphan = pending::take();
            orphan.start = start;
            if self.doubt {
                let waits = !self.bursts && !self.overlaps;
                let asked = self.queue.iter().find(|r| waits && answers(r, start));
                orphan.asked = asked.map_or(Asked::Unknown, |request| request.asked);
            } else if self.any_request {
                orphan.note(Oddity::Unsolicited);
            }
            self.orphan = Some(orphan);
        }
        self.current()
    }

    /// The connection ends, and the client's stream at offset `at`.
    pub(super) fn ends(&mut self, at: u64) {
        self.asked_to = Some(at);
    }

    fn front_waits(&self) -> bool {
        self.firm > 0 && self.queue.front().is_some_and(|p| p.response == Progress::Absent)
    }

    /// The exchange whose response is being read; call only after [`Self::answer`].
    pub(super) fn current(&mut self) -> &mut Pending {
        let Self { orphan, queue, .. } = self;
        if let Some(orphan) = orphan {
            return orphan;
        }
        match queue.front_mut() {
            Some(front) => front,
            // Not reached after `answer`; an empty orphan is the harmless reading.
            None => orphan.insert(pending::take()),
        }
    }

    /// The request that is being read.
    pub(super) fn open_request(&mut self) -> Option<&mut Pending> {
        self.queue.back_mut().map(|p| &mut **p).filter(|p| p.request == Progress::Open)
    }

    /// The client waits for the server to change the protocol: what it sends meanwhile may be of
    /// the new one.
    pub(super) fn awaits_switch(&self) -> bool {
        let switch = |p: &Pending| {
            p.response == Progress::Absent && (p.upgrade || p.asked == Asked::Connect)
        };
        self.queue.back().is_some_and(|p| switch(p))
    }

    /// Takes out the exchange of the response just read, with which the connection becomes a
    /// WebSocket. In doubt it finds its request by the proof that it states of the key.
    pub(super) fn take_switched(&mut self, answer: &Fields) -> Box<Pending> {
        let Some(response) = self.orphan.take() else {
            return self.queue.pop_front().unwrap_or_else(pending::take);
        };
        let is_asked = |asked: &Pending| {
            asked.response == Progress::Absent
                && asked.offer.as_ref().is_some_and(|offer| offer.is_answered_by(answer))
        };
        match self
            .queue
            .iter()
            .position(|asked| is_asked(asked))
            .and_then(|at| self.queue.remove(at))
        {
            Some(mut request) => {
                request.request = Progress::Ended;
                request.join(response);
                request
            }
            None => response,
        }
    }

    /// Whether what the client sends now is kept for the protocol that it asked to change to.
    pub(super) fn holds_client(&self) -> bool {
        !self.doubt && self.awaits_switch()
    }

    /// The response that has begun answers the request that was let in after its first byte.
    pub(super) fn answers_latest(&mut self) {
        let is_empty = |o: &Pending| o.response == Progress::Absent && o.informational == 0;
        if self.front_waits()
            && let Some(orphan) = self.orphan.take_if(|o| is_empty(o))
        {
            pending::put(orphan);
        }
    }

    /// The first firm request without a response.
    pub(super) fn waiting(&mut self) -> Option<&mut Pending> {
        if self.orphan.is_none() && self.front_waits() {
            self.queue.front_mut().map(|p| &mut **p)
        } else {
            None
        }
    }

    /// The response that was begun for no request will not be completed.
    pub(super) fn drop_orphan(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        let Some(mut orphan) = self.orphan.take() else { return };
        if orphan.response == Progress::Absent && orphan.informational > 0 {
            // An informational response is all that was seen.
            orphan.response = Progress::Ended;
        }
        if orphan.response == Progress::Absent {
            pending::put(orphan);
        } else {
            orphan.exchange.error = error;
            self.part(orphan, cx);
        }
    }

    /// A final response has begun, at `start`: its head was read.
    #[inline]
    pub(super) fn response_begins(&mut self, start: Start) {
        if self.lossy {
            self.watch(start);
        }
        self.answered_after = start.received;
        if self.orphan.is_none() {
            self.firm = self.firm.saturating_sub(1);
        }
    }

    /// The request being read is over, as its progress says.
    pub(super) fn request_over(&mut self, cx: &mut Context<'_>) {
        let ended = self.server_ended;
        if self.queue.back().is_some_and(|p| p.response.is_over()) {
            if let Some(done) = self.queue.pop_back() {
                emit(done, None, cx);
            }
        } else if ended {
            self.flush(Some("connection closed before response"), true, cx);
        }
    }

    /// The current response is over, as its progress says.
    pub(super) fn response_over(&mut self, cx: &mut Context<'_>) {
        if let Some(orphan) = self.orphan.take() {
            self.answers += 1;
            return self.part(orphan, cx);
        }
        let Some(front) = self.queue.front() else { return };
        if self.doubt && front.request == Progress::Cut {
            self.answers += 1;
        }
        if front.request.is_over()
            && let Some(done) = self.queue.pop_front()
        {
            emit(done, None, cx);
        }
    }

    /// Framing of `side` was lost from offset `at` on: an unknown number of its messages with it.
    pub(super) fn lose(&mut self, side: Side, at: u64) {
        if !self.doubt {
            self.requests_lost = false;
        }
        let is_clear = self.is_clear() && self.queue.is_empty();
        (self.doubt, self.lossy) = (true, true);
        match side {
            Side::Client => {
                self.alone |= is_clear && at > 0 && self.answered_after == at;
                (self.requests_lost, self.asks_lost) = (true, true);
                self.lost_at.get_or_insert(at);
            }
            Side::Server => (self.firm, self.answer_lost) = (0, true),
        }
    }

    /// What followed a point of certainty was not what had to follow: it was none, and requests
    /// that nobody saw wait for their answers.
    pub(super) fn retract(&mut self) {
        self.lose(Side::Server, 0);
        self.requests_lost = true;
        self.overlaps = true;
    }

    /// The server sends no more: what waits will not be answered.
    pub(super) fn server_ends(&mut self, cx: &mut Context<'_>) {
        self.server_ended = true;
        if self.open_request().is_none() {
            self.flush(Some("connection closed before response"), true, cx);
        }
    }

    /// Emits everything. `orderly`: what was not answered never will be.
    pub(super) fn flush(
        &mut self,
        error: Option<&'static str>,
        orderly: bool,
        cx: &mut Context<'_>,
    ) {
        self.drop_orphan(error, cx);
        let answered =
            usize::from(self.queue.front().is_some_and(|p| p.response != Progress::Absent));
        for _ in 0..std::mem::take(&mut self.firm) + answered {
            if let Some(pending) = self.queue.pop_front() {
                emit(pending, error, cx);
            }
        }
        let known = self.turns;
        self.turns |= self.is_repeated();
        self.settle(self.turns || (orderly && !self.bursts), known, cx);
    }

    /// Notes an oddity on whatever is pending.
    pub(super) fn note_all(&mut self, oddity: Oddity) {
        self.queue
            .iter_mut()
            .chain(&mut self.orphan)
            .chain(&mut self.apart)
            .for_each(|p| p.note(oddity));
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let pending = self.queue.iter().chain(&self.orphan).chain(&self.apart);
        let slots = self.queue.capacity() + self.apart.capacity();
        pending.map(|p| p.memory()).sum::<usize>() + slots * size_of::<Box<Pending>>()
    }
}

/// Hands an exchange out.
pub(super) fn emit(mut pending: Box<Pending>, error: Option<&'static str>, cx: &mut Context<'_>) {
    if pending.unsure && pending.response == Progress::Absent {
        cx.sink.parse_error();
        return pending::put(pending);
    }
    pending.settle(error);
    if pending.call.is_some() {
        web::tell(&mut pending, cx.settings);
    }
    cx.sink.exchange(&pending.exchange);
    pending::put(pending);
}
