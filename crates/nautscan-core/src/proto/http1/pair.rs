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
//! - While in doubt, a response finds only firm requests. With none left it is reported
//!   without a request, and floating requests without a response.
//! - Doubt ends when a request begins while no firm request waits, the server is between
//!   messages, and either
//!   (a) requests were not lost, and as many responses came in doubt as requests float: then
//!   all are answered, whichever belongs to which; or
//!   (b) the client works in *lockstep*: it was seen to send a request only after the response
//!   to the last, at least once before the loss or three times since; it was never seen to do
//!   otherwise; and more responses than floating requests came since the loss (or responses
//!   were lost too). A client in lockstep has one request on its way at most, so that the
//!   request that begins now is the only one.
//!
//! (b) can err only for a client that begins to pipeline within the very bytes that were lost.

use std::collections::VecDeque;

use super::oddity::Oddity;
use super::pending::{self, Asked, Pending, Progress};
use crate::limits::HTTP_PIPELINE;
use crate::proto::{Context, Side};

/// Turns of request and response that show a client to work in lockstep when no turn was
/// seen before the loss.
const TRUST: u8 = 3;

/// The exchanges of one connection that are not finished.
#[derive(Default)]
pub(super) struct Pairing {
    /// Requests in order. Only the last may be open; unless the queue holds that one alone,
    /// none has a response that is over.
    queue: VecDeque<Box<Pending>>,
    /// A response that no request in the queue is paired with, from its first byte to its end.
    orphan: Option<Box<Pending>>,
    /// How many unanswered requests at the front of the queue are firm.
    firm: usize,
    /// Responses since the last request (outside doubt) or since the loss that did not answer
    /// a firm request read before it.
    answers: usize,
    /// Loss has made the order uncertain.
    doubt: bool,
    /// Requests may be among what was lost.
    requests_lost: bool,
    /// Responses may be among what was lost.
    responses_lost: bool,
    /// The client was seen to send a request before the response to an earlier one ended.
    pipelines: bool,
    /// Turns in lockstep seen, up to [`TRUST`].
    lockstep: u8,
    /// Responses that ended since the last request began.
    since_request: u8,
    /// A response has ended and the client has sent nothing since.
    client_quiet: bool,
    /// A request was seen.
    any_request: bool,
    /// The server sends no more.
    server_ended: bool,
}

impl Pairing {
    /// The client sent something, or something of it was lost.
    #[inline]
    pub(super) fn client_acts(&mut self) {
        self.client_quiet = false;
    }

    /// Takes in a request whose head was read. `between`: the server is between messages, as
    /// far as is known. True if doubt ended with it.
    pub(super) fn push(
        &mut self,
        pending: Box<Pending>,
        between: bool,
        cx: &mut Context<'_>,
    ) -> bool {
        let in_turn = between && self.since_request == 1;
        if in_turn {
            self.lockstep = if self.doubt { (self.lockstep + 1).min(TRUST) } else { TRUST };
        }
        let resolved = self.doubt && between && self.is_certain();
        if resolved {
            self.flush(None, cx);
            self.doubt = false;
        }
        if self.firm > 0 || !between {
            self.pipelines = true;
        }
        if !self.doubt {
            self.firm += 1;
            self.answers = 0;
        }
        self.since_request = 0;
        self.any_request = true;
        self.queue.push_back(pending);
        if self.queue.len() > HTTP_PIPELINE {
            self.overflow(cx);
        }
        resolved
    }

    /// Whether every request before the one that begins now has been answered (see above).
    fn is_certain(&self) -> bool {
        let floating = self.queue.len() - self.firm;
        let counted = !self.requests_lost && self.answers >= floating;
        let in_lockstep = !self.pipelines && self.lockstep >= TRUST;
        self.firm == 0
            && (counted || (in_lockstep && (self.answers > floating || self.responses_lost)))
    }

    /// Gives up the oldest request; after that, counting has no ground.
    fn overflow(&mut self, cx: &mut Context<'_>) {
        if let Some(mut oldest) = self.queue.pop_front() {
            oldest.note(Oddity::PipelineOverflow);
            emit(oldest, None, cx);
        }
        self.lose(Side::Server);
        self.pipelines = true;
    }

    /// The exchange that the response which begins now belongs to.
    pub(super) fn answer(&mut self) -> &mut Pending {
        if self.orphan.is_none() && !self.front_waits() {
            let mut orphan = pending::take();
            if self.doubt {
                orphan.note(Oddity::PairingUncertain);
            } else if self.any_request {
                orphan.note(Oddity::Unsolicited);
            }
            self.orphan = Some(orphan);
        }
        self.current()
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

    /// Whether what the client sends now is kept for the protocol that it asked to change to.
    pub(super) fn holds_client(&self) -> bool {
        !self.doubt && self.awaits_switch()
    }

    /// The client sent requests before the answer to an earlier one.
    pub(super) fn client_pipelines(&mut self) {
        self.pipelines = true;
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
            emit(orphan, error, cx);
        }
    }

    /// A final response has begun: its head was read.
    pub(super) fn response_begins(&mut self) {
        if self.doubt && self.client_quiet {
            self.pipelines = true;
        }
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
            self.flush(Some("connection closed before response"), cx);
        }
    }

    /// The current response is over, as its progress says.
    pub(super) fn response_over(&mut self, cx: &mut Context<'_>) {
        self.client_quiet = true;
        self.since_request = self.since_request.saturating_add(1);
        if let Some(orphan) = self.orphan.take() {
            self.answers += 1;
            emit(orphan, None, cx);
            return;
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

    /// Framing of `side` was lost: an unknown number of its messages with it.
    pub(super) fn lose(&mut self, side: Side) {
        if !self.doubt {
            (self.requests_lost, self.responses_lost) = (false, false);
        }
        self.doubt = true;
        match side {
            Side::Client => self.requests_lost = true,
            Side::Server => {
                self.responses_lost = true;
                self.firm = 0;
            }
        }
    }

    /// What followed a point of certainty was not what had to follow: it was none.
    pub(super) fn retract(&mut self) {
        self.lose(Side::Server);
        self.requests_lost = true;
        self.pipelines = true;
    }

    /// The server sends no more: what waits will not be answered.
    pub(super) fn server_ends(&mut self, cx: &mut Context<'_>) {
        self.server_ended = true;
        if self.open_request().is_none() {
            self.flush(Some("connection closed before response"), cx);
        }
    }

    /// Emits everything.
    pub(super) fn flush(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        self.drop_orphan(error, cx);
        let answered =
            usize::from(self.queue.front().is_some_and(|p| p.response != Progress::Absent));
        let firm = std::mem::take(&mut self.firm) + answered;
        for (i, mut pending) in self.queue.drain(..).enumerate() {
            let floats = i >= firm;
            if floats && !pending.gap {
                pending.note(Oddity::PairingUncertain);
            }
            emit(pending, if floats { None } else { error }, cx);
        }
    }

    /// Notes an oddity on whatever is pending.
    pub(super) fn note_all(&mut self, oddity: Oddity) {
        self.queue.iter_mut().chain(&mut self.orphan).for_each(|p| p.note(oddity));
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let pending: usize = self.queue.iter().chain(&self.orphan).map(|p| p.memory()).sum();
        pending + self.queue.capacity() * size_of::<Box<Pending>>()
    }
}

/// Hands an exchange out.
fn emit(mut pending: Box<Pending>, error: Option<&'static str>, cx: &mut Context<'_>) {
    if pending.unsure && pending.response == Progress::Absent {
        cx.sink.parse_error();
        return pending::put(pending);
    }
    pending.settle(error);
    cx.sink.exchange(&pending.exchange);
    pending::put(pending);
}
