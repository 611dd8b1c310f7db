//! Which answer is to which command.
//!
//! Without loss the next answer is to the oldest command that waits. After a loss the number of
//! commands or of answers is unknown. Commands before a loss of commands keep their place; for
//! all others order says nothing until the client *takes its turn*: it sends a command having
//! received more than before. A client that was not seen to do that while an answer was due waits
//! for its answers: then all before its turn is answered, and the next answer begins exactly where
//! the command says that it had received to. Of a client that was, commands and answers after a
//! loss are told apart, as `pairing_uncertain`.
//!
//! An answer is sent having received its command. So one whose first bytes were sent before that
//! is to another, which was not seen: following began in the middle.

use std::collections::VecDeque;

use super::command::{Effect, Replies};
use super::oddity::{PAIRING_UNCERTAIN, PIPELINE_OVERFLOW};
use super::resp::{Kind, Value, number};
use super::tell::{Pending, asked, emit, join, said};
use super::{Begin, is_error};
use crate::event::Completeness;
use crate::limits::REDIS_PIPELINE;
use crate::proto::{Context, Side, keys};

/// Commands in the order in which they were sent, and what is known of the connection.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    queue: VecDeque<Pending>,
    /// Order is not known, but of the first `firm` commands.
    doubt: bool,
    /// The client was heard: what the server says is an answer, and not a part of one.
    has_asked: bool,
    firm: usize,
    /// The client was seen to send while an answer was due, having received more than before.
    overlaps: bool,
    /// Answers that begin before this are to commands that are no longer waited for.
    from: u64,
    /// Answers to commands that were given up.
    skip: u64,
    /// Subscribed channels, patterns and sharded channels.
    subscribed: [u64; 3],
    /// How many channels and patterns, and how many sharded channels, the server said last that there
    /// are.
    stated: [Option<u64>; 2],
    monitors: bool,
    replies: Replies,
    is_over: bool,
    texts: usize,
}

impl Pairing {
    /// The connection is no conversation any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the answer that is waited for begins at this offset.
    pub(super) fn awaits_at(&self, offset: u64) -> bool {
        !self.doubt && self.from == offset && !self.queue.is_empty()
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.queue.capacity() * size_of::<Pending>() + self.texts
    }

    /// A command, whole at `time`.
    pub(super) fn command(&mut self, value: Value, begin: Begin, time: i64, cx: &mut Context<'_>) {
        let Some(pending) = asked(value, begin, Some(time)) else { return };
        if begin.turn {
            self.takes_turn(begin, cx);
        }
        if pending.effect == Effect::Replicated {
            self.is_over = true;
            self.flush(None, true, cx);
        } else if self.is_answered(&pending) {
            self.push(pending, cx);
        } else {
            let mut exchange = pending.exchange;
            exchange.detail.push(("reply", "off".to_owned()));
            emit(exchange, Completeness::RequestOnly, cx);
        }
    }

    /// Whether a command is answered, CLIENT REPLY considered.
    fn is_answered(&mut self, pending: &Pending) -> bool {
        if pending.is_named(b"RESET") {
            self.replies = Replies::All;
        }
        if let Effect::Reply(replies) = pending.effect {
            if self.replies != Replies::None || replies == Replies::All {
                self.replies = replies;
            }
            return replies == Replies::All;
        }
        match self.replies {
            Replies::All => true,
            Replies::AllButNext => {
                self.replies = Replies::All;
                false
            }
            Replies::None => false,
        }
    }

    /// The client had received more when it sent this than when it sent what stands before.
    fn takes_turn(&mut self, begin: Begin, cx: &mut Context<'_>) {
        if !self.doubt {
            self.overlaps |= !self.queue.is_empty();
            return;
        }
        if self.overlaps {
            return;
        }
        // It waits: whatever was due has come, and was lost.
        self.flush(None, true, cx);
        (self.doubt, self.firm, self.skip, self.from) = (false, 0, 0, begin.received);
    }

    fn push(&mut self, pending: Pending, cx: &mut Context<'_>) {
        self.texts += pending.memory();
        self.has_asked = true;
        self.queue.push_back(pending);
        if self.queue.len() > REDIS_PIPELINE {
            // Its place in the order is kept by the number of answers to pass over.
            if let Some(mut oldest) = self.pop() {
                oldest.exchange.oddities.push(PIPELINE_OVERFLOW);
                self.skip += oldest.due as u64;
                emit(oldest.exchange, Completeness::RequestOnly, cx);
            }
        }
    }

    fn pop(&mut self) -> Option<Pending> {
        let pending = self.queue.pop_front()?;
        self.firm = self.firm.saturating_sub(1);
        self.texts = self.texts.saturating_sub(pending.memory());
        Some(pending)
    }

    /// An answer, or what nobody asked for; whole at `time`.
    pub(super) fn answer(&mut self, value: Value, begin: Begin, time: i64, cx: &mut Context<'_>) {
        if self.is_unasked(&value, begin) {
            return unasked(value, begin, Some(time), cx);
        }
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let is_due = if self.doubt { self.firm > 0 } else { begin.offset >= self.from };
        let is_after = self.queue.front().is_some_and(|front| begin.received > front.offset);
        if !is_due || !is_after {
            let mut exchange = said(&value, begin, Some(time), cx);
            if self.doubt || !self.has_asked {
                exchange.oddities.push(PAIRING_UNCERTAIN);
            }
            return emit(exchange, Completeness::ResponseOnly, cx);
        }
        if is_queued(&value) {
            // What it does, and is answered, comes with the transaction.
            self.queue.iter_mut().take(1).for_each(Pending::put_off);
        }
        self.confirm(&value);
        let Some(front) = self.queue.front_mut() else { return };
        front.due = front.due.saturating_sub(1);
        let mut answer = said(&value, begin, Some(time), cx);
        if front.effect == Effect::Execute {
            // What the commands of the transaction are answered is within this.
            answer.error = answer.error.or(value.first_error);
        }
        match &mut front.exchange.response {
            // Further answers to the same command.
            Some(response) => {
                response.last_time = Some(time);
                let more = answer.response.and_then(|m| m.body.bytes).unwrap_or(0);
                response.body.bytes = response.body.bytes.map(|bytes| bytes.saturating_add(more));
                response.body.truncated = true;
            }
            None => {
                self.texts -= front.memory().min(self.texts);
                join(front, answer);
                self.texts += front.memory();
            }
        }
        if front.due == 0 || is_error(&value) {
            self.answered(cx);
        }
    }

    /// The first command that waits has all its answers.
    fn answered(&mut self, cx: &mut Context<'_>) {
        let Some(pending) = self.pop() else { return };
        let is_error = pending.exchange.error.is_some();
        match pending.effect {
            Effect::Monitor => self.monitors = !is_error,
            Effect::Replicate => self.is_over = !is_error,
            _ => {}
        }
        if pending.is_named(b"RESET") && !is_error {
            (self.monitors, self.subscribed, self.replies) = (false, [0; 3], Replies::All);
            self.stated = [None; 2];
        }
        emit(pending.exchange, Completeness::Complete, cx);
        if self.is_over {
            self.flush(None, false, cx);
        }
    }

    /// Keeps count of what is subscribed to, and of the answers to leaving all.
    fn confirm(&mut self, value: &Value) {
        let Some(front) = self.queue.front_mut() else { return };
        let kind = match front.exchange.method.as_deref() {
            Some(b"PSUBSCRIBE" | b"PUNSUBSCRIBE") => 1,
            Some(b"SSUBSCRIBE" | b"SUNSUBSCRIBE") => 2,
            _ => 0,
        };
        if is_error(value) {
            return;
        }
        let count = &mut self.subscribed[kind];
        // Who subscribes to a channel twice, or leaves one that he was not subscribed to, changes
        // nothing: the number in the answer says so.
        let stated = value.items.get(2).and_then(|text| number(text));
        let before = core::mem::replace(&mut self.stated[kind / 2], stated);
        let has_changed = stated.is_none() || stated != before;
        match front.effect {
            Effect::Subscribe(_) if has_changed => *count += 1,
            Effect::Unsubscribe(channels) => {
                if channels == 0 && front.exchange.response.is_none() {
                    front.due = usize::try_from(*count).unwrap_or(usize::MAX).max(1);
                }
                *count = count.saturating_sub(u64::from(has_changed));
            }
            _ => {}
        }
    }

    /// Whether the server says this without having been asked.
    fn is_unasked(&self, value: &Value, begin: Begin) -> bool {
        let first = value.items.first().map_or(&b""[..], Vec::as_slice);
        let is_message = matches!(first, b"message" | b"pmessage" | b"smessage");
        // Of a cluster, when a slot moves to another server.
        let is_taken_away = is_confirmation(first)
            && self.queue.front().is_some_and(|front| {
                !front.is_named(&first.to_ascii_uppercase()) && begin.received > front.offset
            });
        match value.kind {
            Kind::Push => !is_confirmation(first) || is_taken_away,
            Kind::Array => {
                (is_message && (self.is_subscribed() || self.queue.is_empty()))
                    || (is_taken_away && self.is_subscribed())
            }
            Kind::Simple => self.monitors && (self.queue.is_empty() || is_told(first)),
            _ => false,
        }
    }

    fn is_subscribed(&self) -> bool {
        self.subscribed.iter().any(|&count| count > 0)
    }

    /// `lost` bytes of `side` are missing, with the end of what there is of a value.
    pub(super) fn lose(
        &mut self,
        side: Side,
        lost: u64,
        part: Option<(Value, Begin)>,
        cx: &mut Context<'_>,
    ) {
        match side {
            Side::Client => {
                if !self.doubt {
                    self.firm = self.queue.len();
                }
                let begun = part.and_then(|(value, begin)| {
                    // Of a word alone it is not known whether it is whole.
                    let is_named = value.items.len() > 1;
                    is_named.then(|| asked(value, begin, None)).flatten()
                });
                if let Some(mut pending) = begun {
                    pending.exchange.gap_bytes += lost;
                    self.firm += usize::from(self.firm == self.queue.len());
                    self.push(pending, cx);
                }
            }
            Side::Server => {
                let is_known = (!self.doubt || self.firm > 0) && self.skip == 0;
                if let Some(front) = self.queue.front_mut().filter(|_| is_known) {
                    front.exchange.gap_bytes += lost;
                    if let Some((value, begin)) = part {
                        let answer = said(&value, begin, None, cx);
                        join(front, answer);
                        if let Some(pending) = self.pop() {
                            emit(pending.exchange, Completeness::Gap, cx);
                        }
                    }
                }
                self.firm = 0;
            }
        }
        self.doubt = true;
    }

    /// Nothing more will come.
    pub(super) fn close(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        let doubt = self.doubt;
        self.flush(error, doubt, cx);
    }

    /// Reports all that waits. `lost`: the answers may have come.
    fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        let firm = self.firm;
        for (at, mut pending) in std::mem::take(&mut self.queue).into_iter().enumerate() {
            if lost && at >= firm {
                pending.exchange.oddities.push(PAIRING_UNCERTAIN);
            }
            let is_part = pending.exchange.response.is_some();
            if pending.exchange.error.is_none() && !lost {
                pending.exchange.error = error;
            }
            let seen = if is_part { Completeness::Gap } else { Completeness::RequestOnly };
            emit(pending.exchange, seen, cx);
        }
        (self.texts, self.firm) = (0, 0);
    }
}

/// Whether this first word is that of an answer to (P, S)(UN)SUBSCRIBE.
pub(super) fn is_confirmation(word: &[u8]) -> bool {
    matches!(
        word,
        b"subscribe"
            | b"psubscribe"
            | b"ssubscribe"
            | b"unsubscribe"
            | b"punsubscribe"
            | b"sunsubscribe"
    )
}

/// Whether the command of this answer waits for the end of its transaction.
fn is_queued(value: &Value) -> bool {
    value.kind == Kind::Simple && value.items.first().is_some_and(|text| text == b"QUEUED")
}

/// Whether a line tells of a command that the server ran: `1339518083.107412 [0 127.0.0.1:60866] "GET"`.
fn is_told(line: &[u8]) -> bool {
    let time = line.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    time > 0 && line[time..].starts_with(b" [")
}

/// What the server says without having been asked: a row of its own.
fn unasked(value: Value, begin: Begin, time: Option<i64>, cx: &mut Context<'_>) {
    let mut exchange = said(&value, begin, time, cx);
    if value.kind == Kind::Simple {
        // The line is another client's command, values and all.
        exchange.method = Some(b"MONITOR".to_vec());
    } else {
        let mut words = value.items.into_iter();
        exchange.method = words.next().map(|word| word.to_ascii_uppercase());
        exchange.target = words.next().map(|channel| keys::pattern(&channel));
    }
    emit(exchange, Completeness::Complete, cx);
}
