//! What a client's turn tells of all that came before it.
//!
//! - The client takes its *turn* when it sends a request that acknowledges more of the server's
//!   stream than its bytes before did. Requests sent without that are of one *burst*.
//! - It *waits* if each burst is one request, sent when the last was answered. It *pipelines* if
//!   it was seen to send several requests in a burst, and *overlaps* if it was seen to take its
//!   turn while an answer was due.
//! - Of a client that does not overlap, a turn says that all before it is answered. An answer
//!   then begins exactly where the first request of its burst had acknowledged, or (where an
//!   interim response was lost) where the last byte of that request had; and the answers to a
//!   burst follow each other. So responses that were kept apart find their requests, and what
//!   finds none has lost its counterpart.
//! - That the client is such has to be shown before: by a turn without loss; after a loss, if it
//!   waits, by a request with an answer that was begun by a server that had received just that,
//!   and either a neighbouring request or another such pair; or, where nothing of what it sent
//!   was lost, by two requests. Until then rows are held back.
//! - It is refuted by a request while an answer is due; by more answers than requests, or less;
//!   by an answer that was begun before the server had the request that it would be to.
//! - Of a client that overlaps, doubt ends only when no requests were lost, and as many
//!   responses came in doubt as requests float: then all are answered, whichever belongs to
//!   which.
//!
//! This can err only where a client pipelines of which nothing was seen but what looks like
//! waiting: all of its first burst was lost, or it begins to pipeline in the very bytes that
//! were, and its server takes up each new request before it answers the next old one.

use super::half::Start;
use super::oddity::Oddity;
use super::pair::{Answered, Pairing, emit};
use super::pending::{Pending, Progress};
use crate::limits::HTTP_PIPELINE;
use crate::proto::Context;

/// A response kept apart, until it is paired.
type Slot = Option<Box<Pending>>;

impl Pairing {
    /// What a request says of those before it. True if they are settled, so that doubt ends.
    pub(super) fn takes_turn(
        &mut self,
        next: &Pending,
        answered: Answered,
        cx: &mut Context<'_>,
    ) -> bool {
        let Start { turn, received, .. } = next.start;
        let counts = self.overlaps || self.bursts || !turn;
        if self.doubt && counts && answered.between && self.is_counted() {
            self.settle(false, false, cx);
            return true;
        }
        if !turn {
            self.bursts = true;
            return false;
        }
        // An answer that a request waits for has come, or bytes that may have held it are lost.
        let waited = answered.between && answered.captured_to <= received && self.firm == 0;
        self.overlaps |= !waited || self.has_deficit();
        if self.overlaps || !self.doubt {
            return false;
        }
        let known = self.turns;
        let is_shown = self.any_request
            && self.lost_at.is_none()
            && (!self.asks_lost || self.has_exact(self.queue.len().wrapping_sub(1)));
        self.turns |= !self.bursts && (is_shown || self.is_repeated());
        if !self.turns {
            return false;
        }
        self.settle(true, known, cx);
        let is_first = !(self.bursts && next.start.after_gap);
        !self.overlaps && is_first && answered.to <= received
    }

    /// Whether as many responses came in doubt as requests float, none of which were lost.
    fn is_counted(&self) -> bool {
        !self.requests_lost && self.firm == 0 && self.answers >= self.queue.len()
    }

    /// Reports all requests and responses before a turn of the client, or before the end of the
    /// connection. `sure`: the client has waited for the answers, so that those kept apart can
    /// be told to answer a request, or one that was lost. `known`: it was known for that before.
    pub(super) fn settle(&mut self, sure: bool, known: bool, cx: &mut Context<'_>) {
        self.overlaps |= sure && self.has_excess();
        let sure = sure && !self.overlaps;
        if sure {
            self.pair_apart(known);
        }
        self.firm = 0;
        let mut apart = std::mem::take(&mut self.apart);
        for at in 0..self.queue.len() {
            let until = self.until(at);
            let request = &mut self.queue[at];
            if request.response != Progress::Absent {
                continue;
            }
            let mut open = !sure;
            for response in &mut apart {
                if !sure || may_answer(request, until, response) {
                    open = true;
                    response.note(Oddity::PairingUncertain);
                }
            }
            if open && !request.gap {
                request.note(Oddity::PairingUncertain);
            }
        }
        for mut response in apart {
            if !sure {
                response.note(Oddity::PairingUncertain);
            }
            emit(response, None, cx);
        }
        self.queue.drain(..).for_each(|request| emit(request, None, cx));
    }

    /// Whether requests were lost since the last one that nothing can have answered yet: no
    /// response has begun since, and none was lost.
    fn has_deficit(&self) -> bool {
        !self.answer_lost && self.lost_at.is_some_and(|at| self.answered_after <= at)
    }

    /// Offset from which on the server, when it had received it, had been asked something else
    /// than the request at `at` of the queue, which it has received whole before.
    fn until(&self, at: usize) -> Option<u64> {
        let is_whole = !self.bursts && self.queue[at].request == Progress::Ended;
        let request = &self.queue[at];
        request.until.or(self.lost_at).or(self.asked_to).filter(|_| is_whole)
    }

    /// Whether a response is exactly where the one answer to a request has to be that was sent
    /// alone: begun by a server that had received all of that and no more.
    fn is_exact(&self, at: usize, response: &Pending) -> bool {
        let start = response.start;
        answers(&self.queue[at], start)
            && response.response == Progress::Ended
            && self.until(at) == Some(start.received)
    }

    /// Whether the request at `at` of the queue, if there is one, has such an answer.
    fn has_exact(&self, at: usize) -> bool {
        at < self.queue.len() && self.apart.iter().any(|response| self.is_exact(at, response))
    }

    /// Whether two requests at least have such answers, of which one may stand before the loss: the
    /// client waits.
    pub(super) fn is_repeated(&self) -> bool {
        let has_answer = |at: &usize| self.has_exact(*at);
        let before = usize::from(self.alone);
        (0..self.queue.len()).filter(has_answer).nth(1 - before).is_some()
    }

    /// Whether more responses came than the last burst has requests, though none was lost since
    /// it began: then answers were still due when it did.
    fn has_excess(&self) -> bool {
        let first = self.queue.iter().rposition(|r| !follows(r)).unwrap_or(0);
        let Some(request) = self.queue.get(first).filter(|r| r.start.turn) else { return false };
        let is_later = |r: &Pending| r.start.at >= request.start.received && !is_interim(r);
        let later = self.apart.iter().filter(|response| is_later(response)).count();
        self.lost_at.is_none() && later > self.queue.len() - first
    }

    /// Pairs the requests of each burst with responses kept apart, from that on which begins where
    /// the answer to the first has to. `known`: the client has shown before that it waits;
    /// otherwise all of a burst and of its answers has to be there to show it.
    fn pair_apart(&mut self, known: bool) {
        let apart = std::mem::take(&mut self.apart);
        let mut apart: Vec<Slot> = apart.into_iter().map(Some).collect();
        let mut at = 0;
        while at < self.queue.len() {
            let len = 1 + self.queue.iter().skip(at + 1).take_while(|r| follows(r)).count();
            if let Some((from, run)) = self.run_of(at, len, &apart, known) {
                for n in 0..run.min(len) {
                    if let Some(response) = apart[from + n].take() {
                        join(&mut self.queue[at + n], response);
                    }
                }
            }
            at += len;
        }
        self.apart = apart.into_iter().flatten().collect();
    }

    /// Where the answers to the burst of `len` requests at `at` are among `apart`, and how many
    /// stand there without a gap.
    fn run_of(&self, at: usize, len: usize, apart: &[Slot], known: bool) -> Option<(usize, usize)> {
        let request = &self.queue[at];
        if !request.start.turn
            || request.response != Progress::Absent
            || (self.bursts && request.start.after_gap)
        {
            return None;
        }
        let is_final = |slot: &Slot, is: &dyn Fn(Start) -> bool| {
            slot.as_ref().is_some_and(|r| !is_interim(r) && is(r.start))
        };
        let from =
            apart.iter().position(|slot| is_final(slot, &|begin| answers(request, begin)))?;
        let next = self.queue.get(at + len).map(|next| next.start);
        let until = next.filter(|next| next.turn).map_or(u64::MAX, |next| next.received);
        let is_next = |begin: Start| !begin.after_gap && begin.at < until;
        let rest = apart[from + 1..].iter();
        let run = 1 + rest.take_while(|slot| is_final(slot, &is_next)).count();
        let all_asked = next.map_or(self.lost_at.is_none(), |n| n.turn && !n.after_gap);
        let all_answered = match apart.get(from + run) {
            Some(slot) => slot.as_ref().is_some_and(|r| !r.start.after_gap && r.start.at >= until),
            None => !self.answer_lost,
        };
        let is_whole = all_asked && all_answered && run == len;
        let is_exact = apart[from].as_ref().is_some_and(|r| self.is_exact(at, r));
        let may_be = known && (run <= len || !all_asked);
        (is_whole || is_exact || may_be).then_some((from, run))
    }

    /// Watches a response begin, at `start`, for what it shows of the client.
    #[cold]
    pub(super) fn watch(&mut self, start: Start) {
        // Two responses to what was received at once: the client does not wait for each.
        self.bursts |= self.doubt && start.received == self.answered_after && start.at > 0;
        // An answer to one request when there was more: likewise.
        if let (Some(at), None) = (self.lost_at, &self.orphan) {
            let is_whole = self.queue.front().is_some_and(|p| p.request == Progress::Ended);
            self.bursts |= is_whole && start.received > at;
        }
        self.answer_lost = false;
    }

    /// Whether a response that begins at `start` shows that the client did not wait: it was begun
    /// before the server had the request with which the client took its turn, but after that
    /// should have been answered.
    #[cold]
    pub(super) fn is_refuted(&self, start: Start) -> bool {
        let turn = self.queue.iter().rev().find(|request| request.start.turn);
        turn.is_some_and(|request| {
            request.response == Progress::Absent
                && start.at >= request.start.received
                && start.received <= request.start.at
        })
    }

    /// Puts a response away that is paired with no request.
    pub(super) fn part(&mut self, response: Box<Pending>, cx: &mut Context<'_>) {
        if !self.doubt {
            return emit(response, None, cx);
        }
        // Of a client that overlaps, no turn will tell how many requests were lost.
        let hopeless = self.overlaps && self.requests_lost;
        self.apart.push_back(response);
        let most = if hopeless { 0 } else { HTTP_PIPELINE };
        while self.apart.len() > most {
            if let Some(mut oldest) = self.apart.pop_front() {
                oldest.note(Oddity::PairingUncertain);
                emit(oldest, None, cx);
            }
        }
    }
}

/// Gives a request its answer.
fn join(request: &mut Pending, response: Box<Pending>) {
    // What the client received while it asked was of the answer too, but not its end. What of that was
    // captured is something else, that was not understood.
    let lost = response.start.lost_since(request.start.received);
    let lost = lost.saturating_sub(request.lost_ahead);
    if response.start.at == request.heard && lost > 0 {
        request.lose(lost);
    }
    request.join(response);
}

/// Whether a response that begins at `start` begins where the answer has to that a client gets
/// who waits for it.
pub(super) fn answers(request: &Pending, start: Start) -> bool {
    let begins = start.at == request.start.received || start.at == request.heard;
    begins && start.received > request.start.at
}

/// Whether a response can be the answer to a request. `until`: a server that had received more
/// than this was asked something else since.
fn may_answer(request: &Pending, until: Option<u64>, response: &Pending) -> bool {
    let (asked, begun) = (request.start, response.start);
    begun.at >= asked.received
        && begun.received > asked.at
        && until.is_none_or(|until| begun.received <= until)
}

/// Whether only informational responses were seen.
fn is_interim(response: &Pending) -> bool {
    response.exchange.status.is_some_and(|status| matches!(status, 100..=199) && status != 101)
}

/// Whether a request is of the same burst as the one before it, and nothing was lost between.
fn follows(request: &Pending) -> bool {
    !request.start.turn && !request.start.after_gap
}
