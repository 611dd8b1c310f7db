//! Requests that are open, and which of them a record is about.
//!
//! A number may be given to another request once the one that had it has ended. Where that end was lost,
//! what the application had received when it sent a record tells which of the two it is about: one that
//! it had none of yet can it not be.

use super::oddity::{ANSWER_UNCERTAIN, NUMBER_REUSED, REQUESTS_OVERFLOW};
use super::record::{Head, Piece, kind};
use super::request::Request;
use crate::limits::{FASTCGI_HELD, FASTCGI_REQUESTS};
use crate::proto::{Close, Context, Side, UNANSWERED};

/// Those of one connection.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// In the order in which they began, each with the bytes that it is known to hold.
    requests: Vec<(Box<Request>, usize)>,
    held: usize,
    /// The first number that was seen, and whether there were others.
    number: Option<u16>,
    shares: bool,
    /// The last record of the application ended a request: the next begins an answer.
    is_between: bool,
    /// Some were given up: what comes without a request may be theirs.
    has_given_up: bool,
}

impl Open {
    fn see(&mut self, number: u16) {
        self.shares |= *self.number.get_or_insert(number) != number;
    }

    /// A record of the web server.
    pub(super) fn asked(&mut self, piece: &Piece<'_>, cx: &mut Context<'_>) {
        let number = piece.head.number;
        self.see(number);
        if piece.head.kind == kind::BEGIN {
            self.push(Request::begin(piece));
            return self.settle(cx);
        }
        let Some(at) = self.requests.iter().rposition(|(it, _)| it.number == number) else {
            return;
        };
        let request = &mut self.requests[at].0;
        match piece.head.kind {
            kind::ABORT => request.abort(),
            kind::PARAMETERS => request.parameters(piece, cx),
            kind::INPUT => request.input(piece, cx),
            kind::DATA => request.data(piece, cx),
            _ => {}
        }
        self.measure(at);
        self.settle(cx);
    }

    /// A record of the application. Answers whether it is about a request that is known.
    pub(super) fn answered(&mut self, piece: &Piece<'_>, cx: &mut Context<'_>) -> bool {
        self.see(piece.head.number);
        let was_between = core::mem::replace(&mut self.is_between, piece.head.kind == kind::END);
        let mut found = self.find(piece.head.number, piece.received);
        let begins = was_between && self.requests.is_empty() && !self.shares && !self.has_given_up;
        if found.is_none() && begins && piece.head.kind != kind::END {
            self.push(Request::unasked(piece));
            found = Some(self.requests.len() - 1);
        }
        // Of those that were given up, answers come still.
        let Some(mut at) = found else { return self.has_given_up };
        at -= self.pass_over(at, cx);
        if piece.head.kind == kind::END {
            self.take(at).end(piece, cx);
            return true;
        }
        let request = &mut self.requests[at].0;
        match piece.head.kind {
            kind::OUTPUT => request.output(piece, cx),
            _ => request.errors(piece, cx),
        }
        self.measure(at);
        self.settle(cx);
        true
    }

    /// The latest request of that number of which the application had received something; 0: what it
    /// had received is not known.
    fn find(&self, number: u16, received: u64) -> Option<usize> {
        let is_it = |it: &Request| it.number == number && (received == 0 || it.asked_at < received);
        self.requests.iter().rposition(|(it, _)| is_it(it))
    }

    /// Whether a record that begins so is about a request that is open: looked for after a loss.
    pub(super) fn knows(&self, head: Head, received: u64, side: Side) -> bool {
        let received = if side == Side::Client { 0 } else { received };
        self.find(head.number, received).is_some()
    }

    /// Gives up those before `at` that had its number. Answers how many there were.
    fn pass_over(&mut self, at: usize, cx: &mut Context<'_>) -> usize {
        let number = self.requests[at].0.number;
        let has_it = |range: &[(Box<Request>, usize)]| {
            range.iter().position(|(before, _)| before.number == number)
        };
        let mut passed = 0;
        while let Some(old) = has_it(&self.requests[..at - passed]) {
            let mut request = self.take(old);
            let was_lost = request.has_lost_answer();
            request.note(if was_lost { ANSWER_UNCERTAIN } else { NUMBER_REUSED });
            request.give_up(None, None, cx);
            passed += 1;
        }
        passed
    }

    fn push(&mut self, request: Request) {
        self.requests.push((Box::new(request), 0));
        self.measure(self.requests.len() - 1);
    }

    fn take(&mut self, at: usize) -> Request {
        let (request, held) = self.requests.remove(at);
        self.held = self.held.saturating_sub(held);
        *request
    }

    fn measure(&mut self, at: usize) {
        let (request, held) = &mut self.requests[at];
        let now = request.memory();
        self.held = (self.held + now).saturating_sub(*held);
        *held = now;
    }

    /// Gives the oldest up while there is too much.
    fn settle(&mut self, cx: &mut Context<'_>) {
        while self.requests.len() > FASTCGI_REQUESTS
            || self.held > FASTCGI_HELD && self.requests.len() > 1
        {
            self.has_given_up = true;
            let mut request = self.take(0);
            request.note(REQUESTS_OVERFLOW);
            request.give_up(None, None, cx);
        }
    }

    /// Bytes of `side` were lost, and what they were of is not known: of what it had received something
    /// of, if that is known (not 0). A request of which those of both sides were lost may be over, and
    /// its number another's.
    pub(super) fn lose(&mut self, side: Side, received: u64, cx: &mut Context<'_>) {
        self.is_between &= side == Side::Client;
        for at in (0..self.requests.len()).rev() {
            let request = &mut self.requests[at].0;
            let may_be_its = side == Side::Client || received == 0 || request.asked_at < received;
            if may_be_its && request.may_lose(side) {
                self.take(at).give_up(None, None, cx);
            }
        }
    }

    /// The connection is over, or no longer followed (`None`).
    pub(super) fn flush(&mut self, close: Option<Close>, cx: &mut Context<'_>) {
        let before = close.and_then(|close| close.failure(UNANSWERED));
        let during = close.and_then(|close| close.failure("connection closed during response"));
        self.held = 0;
        for (request, _) in core::mem::take(&mut self.requests) {
            request.give_up(before, during, cx);
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.held + self.requests.capacity() * size_of::<(Box<Request>, usize)>()
    }
}
