//! What belongs together: operations and what answers them.
//!
//! Most operations are not answered. PING is, by PONG, in order; a message with a subject to reply to is
//! answered by a message to that subject; and where the client wants each operation confirmed
//! (`verbose`), `+OK` and `-ERR` come in order.

use std::collections::VecDeque;

use super::oddity::{PAIRING_UNCERTAIN, WAITING_OVERFLOW};
use super::operation::{self, Address, END, Operation};
use super::tell::{self, row, shown};
use crate::event::{Completeness, Exchange};
use crate::limits::{NATS_HELD, NATS_PATIENCE, NATS_WAITING};
use crate::proto::frames::{Framed, emit, message};
use crate::proto::{Context, Side};

/// The status of a message of JetStream that says no more than that it is there.
const HEARTBEAT: i32 = 100;

/// A message that waits for one to its reply subject.
#[derive(Debug)]
struct Request {
    reply: Vec<u8>,
    exchange: Exchange,
    memory: usize,
    time: i64,
}

impl Request {
    /// Its row, if no reply was seen.
    fn unseen(mut self) -> Exchange {
        self.exchange.detail.push(("reply", "not seen".to_owned()));
        self.exchange
    }
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// The client wants each operation confirmed; not known where CONNECT was not seen.
    verbose: Option<bool>,
    /// CONNECT, until something tells whether it was accepted.
    connecting: Option<Exchange>,
    /// What `+OK` and `-ERR` answer, in order; `None`: its row is told otherwise.
    confirmed: VecDeque<Option<Exchange>>,
    /// Heap bytes of those.
    confirming: usize,
    /// By who asked.
    pings: [VecDeque<Exchange>; 2],
    requests: VecDeque<Request>,
    held: usize,
    /// Subjects that the client was asked to reply to, and when.
    asked: VecDeque<(Vec<u8>, i64)>,
    /// Until then a PONG may be of a PING that was not seen, or is not waited for any more.
    unpaired_until: Option<i64>,
}

/// What an operation means for the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Same,
    /// What follows is TLS.
    Encrypted,
    /// Such a thing is never said there.
    Misplaced,
}

/// An operation on its way: who said it, and how.
struct Said<'a, 'b> {
    side: Side,
    framed: &'a Framed<'b>,
    ended: Option<i64>,
}

impl Session {
    /// An operation that `side` said. `ended`: when its last byte was captured, if it was.
    pub(super) fn operation(
        &mut self,
        side: Side,
        framed: &Framed<'_>,
        ended: Option<i64>,
        cx: &mut Context<'_>,
    ) -> Next {
        let line = &framed.bytes[..framed.head.saturating_sub(END).min(framed.bytes.len())];
        if !operation::is_of(side, line) {
            return Next::Misplaced;
        }
        let said = Said { side, framed, ended };
        match operation::read(line) {
            Some(Operation::Info(object)) => return self.info(&said, object, cx),
            Some(Operation::Connect(object)) => self.connect(&said, object),
            Some(Operation::Message(address)) if side == Side::Server => {
                self.delivered(&said, &address, cx);
            }
            Some(Operation::Message(address)) => self.published(&said, &address, cx),
            Some(Operation::Sub { subject, queue, id }) => {
                let mut exchange = self.row("SUB", &said);
                tell::address(&mut exchange, subject);
                exchange.detail.extend(queue.map(|queue| ("queue", shown(queue))));
                exchange.detail.push(("subscription", shown(id)));
                self.confirm(exchange, cx);
            }
            Some(Operation::Unsub { id, after }) => {
                let mut exchange = self.row("UNSUB", &said);
                exchange.detail.push(("subscription", shown(id)));
                exchange.detail.extend(after.map(|after| ("after_messages", shown(after))));
                self.confirm(exchange, cx);
            }
            Some(Operation::Ping) => self.ping(&said, cx),
            Some(Operation::Pong) => self.pong(&said, cx),
            Some(Operation::Ok) => self.ok(&said, cx),
            Some(Operation::Err(text)) => self.err(&said, text, cx),
            None => {}
        }
        Next::Same
    }

    /// An exchange with what was said as the half of who said it.
    fn row(&self, method: &'static str, said: &Said<'_, '_>) -> Exchange {
        let mut exchange = row(method);
        let half = Some(message(said.framed, said.ended));
        match said.side {
            Side::Client => exchange.request = half,
            Side::Server => exchange.response = half,
        }
        exchange.gap_bytes = said.framed.lost;
        exchange
    }

    fn info(&mut self, said: &Said<'_, '_>, object: &[u8], cx: &mut Context<'_>) -> Next {
        let mut exchange = self.row("INFO", said);
        let is_encrypted = tell::info(&mut exchange, object);
        emit(exchange, Completeness::Complete, cx);
        if is_encrypted { Next::Encrypted } else { Next::Same }
    }

    fn connect(&mut self, said: &Said<'_, '_>, object: &[u8]) {
        let mut exchange = self.row("CONNECT", said);
        self.verbose = Some(tell::connect(&mut exchange, object));
        if self.verbose == Some(true) {
            self.confirming += memory(&exchange);
            self.confirmed.push_back(Some(exchange));
        } else {
            self.connecting = Some(exchange);
        }
    }

    /// The server goes on: CONNECT was accepted, which nothing says by itself.
    fn accepted(&mut self, cx: &mut Context<'_>) {
        if let Some(exchange) = self.connecting.take() {
            self.unanswered(exchange, cx);
        }
    }

    /// Something that nobody answers.
    fn unanswered(&self, mut exchange: Exchange, cx: &mut Context<'_>) {
        if self.verbose == Some(false) {
            exchange.detail.push(("reply", "none wanted".to_owned()));
        }
        emit(exchange, Completeness::RequestOnly, cx);
    }

    /// An operation that is confirmed if the client wants that.
    fn confirm(&mut self, exchange: Exchange, cx: &mut Context<'_>) {
        if self.verbose != Some(true) {
            return self.unanswered(exchange, cx);
        }
        self.confirming += memory(&exchange);
        self.await_confirmation(Some(exchange), cx);
    }

    fn await_confirmation(&mut self, exchange: Option<Exchange>, cx: &mut Context<'_>) {
        self.confirmed.push_back(exchange);
        if self.confirmed.len() > NATS_WAITING || self.confirming > NATS_HELD {
            // Which confirmation is of what is not known any more.
            self.verbose = None;
            self.confirming = 0;
            for mut exchange in core::mem::take(&mut self.confirmed).into_iter().flatten() {
                exchange.oddities.push(WAITING_OVERFLOW);
                emit(exchange, Completeness::RequestOnly, cx);
            }
        }
    }

    /// What a confirmation, or an error in its place, is to: `Some(None)`, its row is told otherwise.
    fn take_confirmed(&mut self) -> Option<Option<Exchange>> {
        let confirmed = self.confirmed.pop_front()?;
        let held = confirmed.as_ref().map_or(0, memory);
        self.confirming = self.confirming.saturating_sub(held);
        Some(confirmed)
    }

    fn published(&mut self, said: &Said<'_, '_>, address: &Address<'_>, cx: &mut Context<'_>) {
        let method = if address.headers.is_some() { "HPUB" } else { "PUB" };
        let mut exchange = self.row(method, said);
        self.describe(&mut exchange, said, address, cx);
        if let Some(at) = self.asked.iter().position(|asked| asked.0 == address.subject) {
            let asked = self.asked.remove(at).map(|asked| asked.1);
            let after = said.ended.zip(asked).map(|(ended, asked)| ended.saturating_sub(asked));
            exchange.detail.extend(after.map(|ns| ("answers_after_ns", ns.to_string())));
        }
        self.expire(said.framed.time, cx);
        let Some(reply) = address.reply else { return self.confirm(exchange, cx) };
        if self.verbose == Some(true) {
            self.await_confirmation(None, cx);
        }
        self.wait(reply, exchange, said.framed.time, cx);
    }

    fn wait(&mut self, reply: &[u8], mut exchange: Exchange, time: i64, cx: &mut Context<'_>) {
        for before in self.requests.iter_mut().filter(|request| request.reply == reply) {
            // As pulls of JetStream do: what comes to this subject next may be to either, and what comes
            // after that to the other, or to the next that names it.
            before.exchange.note(PAIRING_UNCERTAIN);
            exchange.note(PAIRING_UNCERTAIN);
        }
        let memory = memory(&exchange) + 2 * reply.len();
        self.held += memory;
        self.requests.push_back(Request { reply: reply.to_vec(), exchange, memory, time });
        while self.requests.len() > NATS_WAITING || self.held > NATS_HELD {
            let Some(mut oldest) = self.take_request(0) else { break };
            oldest.exchange.oddities.push(WAITING_OVERFLOW);
            emit(oldest.exchange, Completeness::RequestOnly, cx);
        }
    }

    fn take_request(&mut self, at: usize) -> Option<Request> {
        let request = self.requests.remove(at)?;
        self.held = self.held.saturating_sub(request.memory);
        Some(request)
    }

    /// Tells requests that have waited for long.
    fn expire(&mut self, now: i64, cx: &mut Context<'_>) {
        while self.requests.front().is_some_and(|r| now.saturating_sub(r.time) > NATS_PATIENCE) {
            let Some(oldest) = self.take_request(0) else { break };
            emit(oldest.unseen(), Completeness::RequestOnly, cx);
        }
    }

    /// Subject, headers and payload of a message.
    fn describe(
        &self,
        exchange: &mut Exchange,
        said: &Said<'_, '_>,
        address: &Address<'_>,
        cx: &Context<'_>,
    ) {
        tell::address(exchange, address.subject);
        exchange.detail.extend(address.id.map(|id| ("subscription", shown(id))));
        exchange.detail.extend(address.reply.map(|reply| ("reply_to", shown(reply))));
        let half = match said.side {
            Side::Client => exchange.request.take(),
            Side::Server => exchange.response.take(),
        };
        let Some(mut half) = half else { return };
        let content = (said.framed.body(), said.framed.is_cut());
        tell::content(exchange, &mut half, address, content, cx.settings.body_limit);
        match said.side {
            Side::Client => exchange.request = Some(half),
            Side::Server => exchange.response = Some(half),
        }
    }

    fn delivered(&mut self, said: &Said<'_, '_>, address: &Address<'_>, cx: &mut Context<'_>) {
        self.accepted(cx);
        let method = if address.headers.is_some() { "HMSG" } else { "MSG" };
        let mut exchange = self.row(method, said);
        self.describe(&mut exchange, said, address, cx);
        // A heartbeat of JetStream says that the reply is still to come.
        let is_sign = exchange.status == Some(HEARTBEAT);
        let is_reply = |request: &Request| !is_sign && request.reply == address.subject;
        if let Some(at) = self.requests.iter().position(is_reply)
            && let Some(request) = self.take_request(at)
        {
            let mut asked = request.exchange;
            asked.response = exchange.response;
            (asked.status, asked.error) = (exchange.status, exchange.error);
            asked.gap_bytes = asked.gap_bytes.saturating_add(exchange.gap_bytes);
            asked.trace_id = asked.trace_id.or(exchange.trace_id);
            exchange.oddities.into_iter().for_each(|oddity| asked.note(oddity));
            let reason = exchange.detail.into_iter().filter(|(name, _)| *name == "reason");
            asked.detail.extend(reason);
            return emit(asked, Completeness::Complete, cx);
        }
        if let Some(reply) = address.reply {
            self.asked.push_back((reply.to_vec(), said.framed.time));
            if self.asked.len() > NATS_WAITING {
                self.asked.pop_front();
            }
        }
        emit(exchange, Completeness::Complete, cx);
    }

    fn ping(&mut self, said: &Said<'_, '_>, cx: &mut Context<'_>) {
        let mut exchange = self.row("PING", said);
        if said.side == Side::Server {
            exchange.detail.push(("sender", "server".to_owned()));
        }
        if self.is_unpaired(cx.time) {
            exchange.oddities.push(PAIRING_UNCERTAIN);
            return emit(exchange, seen(said.side), cx);
        }
        self.pings[said.side.index()].push_back(exchange);
        if self.pings[said.side.index()].len() > NATS_WAITING {
            self.unpaired_until = Some(cx.time.saturating_add(NATS_PATIENCE));
            for mut ping in core::mem::take(&mut self.pings[said.side.index()]) {
                ping.oddities.push(WAITING_OVERFLOW);
                emit(ping, seen(said.side), cx);
            }
        }
    }

    fn is_unpaired(&self, now: i64) -> bool {
        self.unpaired_until.is_some_and(|until| now < until)
    }

    fn pong(&mut self, said: &Said<'_, '_>, cx: &mut Context<'_>) {
        if said.side == Side::Server {
            self.accepted(cx);
        }
        let Some(mut exchange) = self.pings[said.side.peer().index()].pop_front() else {
            if said.side == Side::Server && !self.is_unpaired(cx.time) {
                emit(self.row("PING", said), Completeness::ResponseOnly, cx);
            }
            return;
        };
        exchange.gap_bytes = exchange.gap_bytes.saturating_add(said.framed.lost);
        match &exchange.response {
            // The server asked.
            Some(asked) => {
                let after = said.ended.map(|ended| ended.saturating_sub(asked.first_time));
                exchange.detail.extend(after.map(|ns| ("acknowledged_ns", ns.to_string())));
            }
            None => exchange.response = Some(message(said.framed, said.ended)),
        }
        emit(exchange, Completeness::Complete, cx);
    }

    fn ok(&mut self, said: &Said<'_, '_>, cx: &mut Context<'_>) {
        if let Some(Some(mut exchange)) = self.take_confirmed() {
            exchange.response = Some(message(said.framed, said.ended));
            emit(exchange, Completeness::Complete, cx);
        }
    }

    fn err(&mut self, said: &Said<'_, '_>, text: &[u8], cx: &mut Context<'_>) {
        let answered = match self.take_confirmed() {
            Some(Some(exchange)) => Some(exchange),
            // Without confirmations, what is refused before anything else was said is CONNECT.
            Some(None) | None => self.connecting.take(),
        };
        let mut exchange = answered.unwrap_or_else(|| row("-ERR"));
        exchange.response = Some(message(said.framed, said.ended));
        exchange.gap_bytes = exchange.gap_bytes.saturating_add(said.framed.lost);
        exchange.error = Some(tell::error(text));
        exchange.detail.push(("error_message", shown(text)));
        emit(exchange, Completeness::Complete, cx);
    }

    /// Bytes were lost, and what they were of is not known: which answer is to what neither.
    pub(super) fn lose(&mut self, cx: &mut Context<'_>) {
        self.flush(None, true, cx);
        self.verbose = self.verbose.filter(|verbose| !verbose);
        self.unpaired_until = Some(cx.time.saturating_add(NATS_PATIENCE));
    }

    /// Reports all that waits. `lost`: the answers may have come.
    pub(super) fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        let mut told = |mut exchange: Exchange, error: Option<&'static str>| {
            let side = if exchange.request.is_some() { Side::Client } else { Side::Server };
            let seen = seen(side);
            if lost {
                exchange.note(PAIRING_UNCERTAIN);
            } else if seen == Completeness::RequestOnly {
                exchange.error = error;
            }
            emit(exchange, seen, cx);
        };
        if let Some(mut exchange) = self.connecting.take() {
            // Who is accepted is told nothing: that nothing came is no failure.
            exchange.detail.push(("reply", "none wanted".to_owned()));
            told(exchange, None);
        }
        for exchange in core::mem::take(&mut self.confirmed).into_iter().flatten() {
            told(exchange, error);
        }
        for request in core::mem::take(&mut self.requests) {
            // Nobody need answer: that there was no reply is no failure.
            told(request.unseen(), None);
        }
        for pings in &mut self.pings {
            core::mem::take(pings).into_iter().for_each(|exchange| told(exchange, error));
        }
        (self.held, self.confirming) = (0, 0);
        self.asked.clear();
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let exchanges = self.confirmed.capacity()
            + self.pings.iter().map(VecDeque::capacity).sum::<usize>()
            + self.requests.capacity();
        let asked: usize = self.asked.iter().map(|(reply, _)| reply.capacity() + 32).sum();
        exchanges * size_of::<Request>() + self.held + self.confirming + asked
    }
}

/// Heap bytes of what a client said.
fn memory(exchange: &Exchange) -> usize {
    let body = exchange.request.as_ref().map_or(0, |request| {
        request.body.kept.as_ref().map_or(0, Vec::capacity) + request.headers.memory()
    });
    let detail: usize = exchange.detail.iter().map(|(_, text)| text.capacity() + 40).sum();
    body + detail + exchange.target.as_ref().map_or(0, Vec::capacity)
}

/// How much is seen of what `side` said without its answer.
fn seen(side: Side) -> Completeness {
    match side {
        Side::Client => Completeness::RequestOnly,
        Side::Server => Completeness::Complete,
    }
}
