//! What belongs together on one channel.

use std::collections::{HashMap, VecDeque};

use super::frame;
use super::method::{self, Id, Method, Role};
use super::oddity::{MALFORMED, PAIRING_UNCERTAIN, WAITING_OVERFLOW};
use super::tell::{self, Said, half, memory, row};
use crate::event::{Completeness, Exchange};
use crate::limits::{AMQP_PATIENCE, AMQP_WAITING};
use crate::proto::frames::{Framed, emit, message};
use crate::proto::{Context, Side};

/// A method that waits for its answer.
#[derive(Debug)]
struct Asked {
    id: Id,
    answers: (u16, u16),
    exchange: Exchange,
    /// It consumes: whether without acknowledgements.
    no_ack: bool,
}

/// A message that waits to be confirmed or acknowledged.
#[derive(Debug)]
struct Tagged {
    tag: u64,
    time: i64,
    exchange: Exchange,
}

/// A method whose content comes.
#[derive(Debug)]
struct Content {
    id: Id,
    said: Said,
    exchange: Exchange,
    /// Bytes of the body that are still to come, once the header has said how many there are.
    left: Option<u64>,
}

/// Whether what is published is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Confirms {
    /// The beginning of the channel was not seen, or something was lost.
    #[default]
    Unknown,
    Off,
    /// The tag of the next message.
    On(u64),
}

/// One channel.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// By who asked.
    asked: [VecDeque<Asked>; 2],
    content: [Option<Content>; 2],
    confirms: Confirms,
    published: VecDeque<Tagged>,
    delivered: VecDeque<Tagged>,
    /// Whether consumers acknowledge nothing.
    consumers: HashMap<Vec<u8>, bool>,
    /// Heap bytes of what waits.
    pub(super) held: usize,
}

/// A frame on its way: who sent it, and how.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a, 'b> {
    pub(super) side: Side,
    pub(super) channel: u16,
    pub(super) framed: &'a Framed<'b>,
    pub(super) ended: Option<i64>,
}

impl Sent<'_, '_> {
    /// An exchange with the frame as the half of who sent it.
    fn row(&self, name: &'static str) -> Exchange {
        let mut exchange = row(name, self.channel);
        *half(&mut exchange, self.side) = Some(message(self.framed, self.ended));
        exchange.gap_bytes = self.framed.lost;
        if self.side == Side::Server {
            exchange.detail.push(("sender", "server".to_owned()));
        }
        exchange
    }
}

impl Channel {
    /// A frame with a method.
    pub(super) fn method(
        &mut self,
        sent: Sent<'_, '_>,
        (id, method, arguments): (Id, Method, &[u8]),
        cx: &mut Context<'_>,
    ) {
        let name = method.name.strip_suffix("-ok").unwrap_or(method.name);
        let mut exchange = sent.row(name);
        let said = tell::describe(&mut exchange, id, arguments, sent.framed.is_cut());
        match method.role {
            _ if method::has_content(id) => self.begin(id, said, exchange, sent, cx),
            Role::Asks(one, other) => self.ask((id, (one, other)), said, exchange, sent, cx),
            Role::Answers => self.answer(id, &said, exchange, sent, cx),
            Role::Tells => match id {
                method::ACK | method::NACK | method::REJECT => {
                    self.acknowledge(&said, id != method::ACK, sent, cx);
                }
                _ if sent.side == Side::Server => emit(exchange, Completeness::Complete, cx),
                _ => emit(exchange, Completeness::RequestOnly, cx),
            },
        }
    }

    fn ask(
        &mut self,
        (id, answers): (Id, (u16, u16)),
        said: Said,
        mut exchange: Exchange,
        sent: Sent<'_, '_>,
        cx: &mut Context<'_>,
    ) {
        let is_close = matches!(id, method::CLOSE | method::CHANNEL_CLOSE);
        if sent.side == Side::Server && is_close {
            return self.closed(said.failed, exchange, sent, cx);
        }
        if id == method::CONSUME && !said.consumer.is_empty() {
            self.consumes(said.consumer, said.no_ack);
        }
        // Asking again does not begin to count anew.
        if id == method::CONFIRM && !matches!(self.confirms, Confirms::On(_)) {
            self.confirms = Confirms::On(1);
        }
        if said.no_wait {
            if sent.side == Side::Server {
                return emit(exchange, Completeness::Complete, cx);
            }
            exchange.detail.push(("reply", "none wanted".to_owned()));
            return emit(exchange, Completeness::RequestOnly, cx);
        }
        self.held += memory(&exchange);
        let queue = &mut self.asked[sent.side.index()];
        queue.push_back(Asked { id, answers, exchange, no_ack: said.no_ack });
        if queue.len() > AMQP_WAITING
            && let Some(mut oldest) = self.take_asked(sent.side, 0)
        {
            oldest.exchange.note(WAITING_OVERFLOW);
            emit(oldest.exchange, seen(sent.side), cx);
        }
    }

    fn take_asked(&mut self, side: Side, at: usize) -> Option<Asked> {
        let asked = self.asked[side.index()].remove(at)?;
        self.held = self.held.saturating_sub(memory(&asked.exchange));
        Some(asked)
    }

    fn consumes(&mut self, consumer: Vec<u8>, no_ack: bool) {
        if self.consumers.len() < AMQP_WAITING {
            self.consumers.insert(consumer, no_ack);
        }
    }

    fn answer(
        &mut self,
        id: Id,
        said: &Said,
        answer: Exchange,
        sent: Sent<'_, '_>,
        cx: &mut Context<'_>,
    ) {
        let asker = sent.side.peer();
        let is_its = |asked: &Asked| {
            asked.id.0 == id.0 && (asked.answers.0 == id.1 || asked.answers.1 == id.1)
        };
        let at = self.asked[asker.index()].iter().position(is_its);
        let Some(asked) = at.and_then(|at| self.take_asked(asker, at)) else {
            if sent.side == Side::Server {
                emit(answer, Completeness::ResponseOnly, cx);
            }
            return;
        };
        if id == method::CONSUME_OK {
            self.consumes(said.consumer.clone(), asked.no_ack);
        }
        if asked.id == (20, 10) {
            self.confirms = Confirms::Off;
        }
        let mut exchange = asked.exchange;
        if id == method::GET_EMPTY {
            exchange.detail.push(("reply", "empty".to_owned()));
        }
        join(&mut exchange, answer, sent);
        emit(exchange, Completeness::Complete, cx);
    }

    /// The server closes: what failed is answered by that; all else is not answered any more.
    fn closed(
        &mut self,
        failed: Option<Id>,
        answer: Exchange,
        sent: Sent<'_, '_>,
        cx: &mut Context<'_>,
    ) {
        let is_it = |asked: &Asked| Some(asked.id) == failed;
        let at = self.asked[Side::Client.index()].iter().position(is_it);
        match at.and_then(|at| self.take_asked(Side::Client, at)) {
            Some(asked) => {
                let mut exchange = asked.exchange;
                join(&mut exchange, answer, sent);
                emit(exchange, Completeness::Complete, cx);
            }
            None => emit(answer, Completeness::Complete, cx),
        }
        self.flush(Some("closed by server"), None, cx);
    }

    /// A method whose content follows.
    fn begin(
        &mut self,
        id: Id,
        said: Said,
        mut exchange: Exchange,
        sent: Sent<'_, '_>,
        cx: &mut Context<'_>,
    ) {
        if let Some(half) = half(&mut exchange, sent.side) {
            half.last_time = None;
        }
        exchange.holds_values = true;
        let content = Content { id, said, exchange, left: None };
        if let Some(old) = self.content[sent.side.index()].replace(content) {
            self.unfinished(old, sent.side, cx);
        }
    }

    /// A method whose content has begun, and in place of its end something else has.
    fn unfinished(&mut self, mut content: Content, side: Side, cx: &mut Context<'_>) {
        if content.exchange.gap_bytes == 0 {
            content.exchange.note(MALFORMED);
        } else if side == Side::Client {
            // Its end was not recognised, so it was not counted.
            self.confirms = Confirms::Unknown;
        }
        emit(content.exchange, seen(side), cx);
    }

    /// A content header or a piece of a body.
    pub(super) fn content(&mut self, sent: Sent<'_, '_>, kind: u8, cx: &mut Context<'_>) {
        let Some(mut content) = self.content[sent.side.index()].take() else { return };
        if kind == frame::HEADER && content.left.is_some() {
            // It is of another, of which the method was not seen.
            return self.unfinished(content, sent.side, cx);
        }
        let framed = sent.framed;
        content.exchange.gap_bytes += framed.lost;
        let Some(mut message) = half(&mut content.exchange, sent.side).take() else { return };
        let more = framed.wire_bytes().unwrap_or(0);
        message.body.bytes = message.body.bytes.map(|bytes| bytes.saturating_add(more));
        let payload = framed.body();
        let payload = if framed.is_cut() { payload } else { &payload[..payload.len() - 1] };
        if kind == frame::HEADER {
            content.left = tell::header(&mut content.exchange, &mut message, payload);
            if content.left.is_none() && !framed.is_cut() {
                content.exchange.note(MALFORMED);
            }
        } else {
            tell::keep(&mut message.body, payload, framed.is_cut(), cx.settings.body_limit);
            let length = framed.length.saturating_sub(framed.head as u64 + 1);
            content.left = content.left.map(|left| left.saturating_sub(length));
        }
        let is_whole = content.left == Some(0);
        if is_whole {
            message.last_time = sent.ended;
        }
        *half(&mut content.exchange, sent.side) = Some(message);
        if is_whole {
            self.finished(content, sent, cx);
        } else {
            self.content[sent.side.index()] = Some(content);
        }
    }

    fn finished(&mut self, content: Content, sent: Sent<'_, '_>, cx: &mut Context<'_>) {
        let Content { id, said, mut exchange, .. } = content;
        let waits = match id {
            method::GET_OK => return self.answer(id, &said, exchange, sent, cx),
            method::PUBLISH => match &mut self.confirms {
                Confirms::On(next) => {
                    *next += 1;
                    Some(*next - 1)
                }
                Confirms::Off => {
                    exchange.detail.push(("reply", "none wanted".to_owned()));
                    None
                }
                Confirms::Unknown => None,
            },
            method::DELIVER => {
                let is_silent = self.consumers.get(&said.consumer).copied();
                is_silent.filter(|silent| !silent).map(|_| said.tag)
            }
            _ => None,
        };
        let Some(tag) = waits else { return emit(exchange, seen(sent.side), cx) };
        self.expire(cx);
        self.held += memory(&exchange);
        let queue = self.tagged(sent.side);
        queue.push_back(Tagged { tag, time: cx.time, exchange });
        if queue.len() > AMQP_WAITING
            && let Some(mut oldest) = self.take_tagged(sent.side, 0)
        {
            oldest.exchange.note(WAITING_OVERFLOW);
            emit(oldest.exchange, seen(sent.side), cx);
        }
    }

    /// Messages of a side that wait to be acknowledged by the other.
    fn tagged(&mut self, side: Side) -> &mut VecDeque<Tagged> {
        match side {
            Side::Client => &mut self.published,
            Side::Server => &mut self.delivered,
        }
    }

    fn take_tagged(&mut self, side: Side, at: usize) -> Option<Tagged> {
        let tagged = self.tagged(side).remove(at)?;
        self.held = self.held.saturating_sub(memory(&tagged.exchange));
        Some(tagged)
    }

    /// Tells deliveries whose acknowledgement takes long.
    fn expire(&mut self, cx: &mut Context<'_>) {
        let now = cx.time;
        let is_old = |front: &Tagged| now.saturating_sub(front.time) > AMQP_PATIENCE;
        while self.delivered.front().is_some_and(is_old) {
            let Some(mut oldest) = self.take_tagged(Side::Server, 0) else { break };
            oldest.exchange.detail.push(("acknowledged", "not seen".to_owned()));
            emit(oldest.exchange, Completeness::Complete, cx);
        }
    }

    fn acknowledge(
        &mut self,
        said: &Said,
        refused: bool,
        sent: Sent<'_, '_>,
        cx: &mut Context<'_>,
    ) {
        let sender = sent.side.peer();
        let is_meant = |tagged: &Tagged| {
            let is_all = said.multiple && (tagged.tag <= said.tag || said.tag == 0);
            is_all || tagged.tag == said.tag
        };
        while let Some(at) = self.tagged(sender).iter().position(is_meant) {
            let Some(mut tagged) = self.take_tagged(sender, at) else { break };
            let exchange = &mut tagged.exchange;
            exchange.gap_bytes = exchange.gap_bytes.saturating_add(sent.framed.lost);
            if sender == Side::Client {
                exchange.response = Some(message(sent.framed, sent.ended));
                exchange.error = refused.then_some("nack");
            } else {
                let begun = exchange.response.as_ref().map(|response| response.first_time);
                let after = sent.ended.zip(begun).map(|(ended, begun)| ended.saturating_sub(begun));
                exchange.detail.extend(after.map(|ns| ("acknowledged_ns", ns.to_string())));
                exchange.error = refused.then_some("rejected");
            }
            emit(tagged.exchange, Completeness::Complete, cx);
            if !said.multiple {
                break;
            }
        }
    }

    /// Reports all that waits. `oddity`: why it is not known whether there were answers.
    pub(super) fn flush(
        &mut self,
        error: Option<&'static str>,
        oddity: Option<&'static str>,
        cx: &mut Context<'_>,
    ) {
        let mut told = |side: Side, mut exchange: Exchange| {
            match oddity {
                Some(oddity) => exchange.note(oddity),
                None if side == Side::Client => exchange.error = exchange.error.or(error),
                None => {}
            }
            emit(exchange, seen(side), cx);
        };
        for side in [Side::Client, Side::Server] {
            if let Some(content) = self.content[side.index()].take() {
                told(side, content.exchange);
            }
            for asked in core::mem::take(&mut self.asked[side.index()]) {
                told(side, asked.exchange);
            }
        }
        for published in core::mem::take(&mut self.published) {
            told(Side::Client, published.exchange);
        }
        for mut delivered in core::mem::take(&mut self.delivered) {
            delivered.exchange.detail.push(("acknowledged", "not seen".to_owned()));
            told(Side::Server, delivered.exchange);
        }
        self.held = 0;
    }

    /// Bytes were lost, and what they were of is not known.
    pub(super) fn lose(&mut self, side: Side, cx: &mut Context<'_>) {
        self.flush(None, Some(PAIRING_UNCERTAIN), cx);
        if side == Side::Client {
            self.confirms = Confirms::Unknown;
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let contents = self.content.iter().flatten();
        let contents: usize = contents.map(|content| memory(&content.exchange)).sum();
        let consumers: usize = self.consumers.keys().map(|name| name.capacity() + 64).sum();
        let queues = self.asked.iter().map(VecDeque::capacity).sum::<usize>()
            + self.published.capacity()
            + self.delivered.capacity();
        size_of::<Self>() + self.held + contents + consumers + queues * size_of::<Asked>()
    }
}

/// How much is seen of what `side` said without its answer.
fn seen(side: Side) -> Completeness {
    match side {
        Side::Client => Completeness::RequestOnly,
        Side::Server => Completeness::Complete,
    }
}

/// Adds an answer to the exchange of what it answers.
fn join(exchange: &mut Exchange, answer: Exchange, sent: Sent<'_, '_>) {
    exchange.gap_bytes = exchange.gap_bytes.saturating_add(answer.gap_bytes);
    exchange.status = answer.status.or(exchange.status);
    exchange.error = answer.error.or(exchange.error);
    exchange.trace_id = exchange.trace_id.or(answer.trace_id);
    exchange.holds_values |= answer.holds_values;
    exchange.target = exchange.target.take().or(answer.target);
    let is_said = |name: &str| matches!(name, "channel" | "sender");
    for (name, value) in answer.detail.into_iter().filter(|(name, _)| !is_said(name)) {
        // What the server says of the same holds: it makes up names of queues.
        match exchange.detail.iter_mut().find(|(asked, _)| *asked == name) {
            Some((_, asked)) => *asked = value,
            None => exchange.detail.push((name, value)),
        }
    }
    for oddity in answer.oddities {
        exchange.note(oddity);
    }
    if sent.side == Side::Server {
        exchange.response = answer.response;
    } else {
        let begun = exchange.response.as_ref().map(|response| response.first_time);
        let after = sent.ended.zip(begun).map(|(ended, begun)| ended.saturating_sub(begun));
        exchange.detail.extend(after.map(|ns| ("acknowledged_ns", ns.to_string())));
    }
}
