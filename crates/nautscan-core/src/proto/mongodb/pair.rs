//! Which answer is to which message: an answer says the number of what it answers.

use std::collections::HashMap;

use super::errors;
use super::frame::{Framed, HEADER};
use super::message::{self, Asked, Said};
use super::oddity::{ANSWER_UNCERTAIN, NOT_UNPACKED, NUMBER_REUSED, PIPELINE_OVERFLOW};
use crate::event::{Body, Completeness, Exchange, Message};
use crate::limits::{MONGODB_FIELD, MONGODB_PIPELINE, MONGODB_STREAMS};
use crate::proto::Context;

/// What a message does, to tell it again of answers that follow unasked.
type Named = (Option<Vec<u8>>, Option<Vec<u8>>);

/// A message that waits.
#[derive(Debug)]
struct Waiting {
    exchange: Exchange,
    /// The answer may have been lost.
    is_uncertain: bool,
}

/// Messages that wait, by number.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    waiting: HashMap<u32, Waiting>,
    /// Numbers of answers that others follow unasked.
    streams: HashMap<u32, Named>,
    texts: usize,
    /// Nothing waits of which the answer cannot have been lost.
    is_uncertain: bool,
}

impl Pairs {
    /// A message of the client. False: too many wait.
    pub(super) fn asked(&mut self, framed: &Framed, cx: &mut Context<'_>) -> bool {
        let asked = message::asked(framed);
        let is_silent = asked.is_silent;
        let exchange = begin(asked, framed, cx.time);
        if is_silent {
            emit(exchange, Completeness::RequestOnly, cx);
            return true;
        }
        self.texts += memory(&exchange);
        let waiting = Waiting { exchange, is_uncertain: false };
        self.is_uncertain = false;
        if let Some(Waiting { exchange: mut before, .. }) =
            self.waiting.insert(framed.head.number, waiting)
        {
            self.texts = self.texts.saturating_sub(memory(&before));
            before.oddities.push(NUMBER_REUSED);
            emit(before, Completeness::RequestOnly, cx);
        }
        if self.waiting.len() <= MONGODB_PIPELINE {
            return true;
        }
        let overflows = |waiting: &mut Waiting| waiting.exchange.oddities.push(PIPELINE_OVERFLOW);
        self.waiting.values_mut().for_each(overflows);
        self.flush(None, cx);
        false
    }

    /// A message of the server.
    pub(super) fn said(&mut self, framed: &Framed, cx: &mut Context<'_>) {
        let said = message::said(framed);
        let (mut exchange, seen) = match self.waiting.remove(&framed.head.answers) {
            Some(Waiting { exchange, .. }) => {
                self.texts = self.texts.saturating_sub(memory(&exchange));
                (exchange, Completeness::Complete)
            }
            None => (self.unasked(framed.head.answers), Completeness::ResponseOnly),
        };
        if said.has_more && self.streams.len() < MONGODB_STREAMS {
            let named = (exchange.method.clone(), exchange.target.clone());
            self.streams.insert(framed.head.number, named);
        }
        exchange.response = Some(wire(framed, cx.time));
        exchange.gap_bytes = exchange.gap_bytes.saturating_add(framed.lost);
        answer(&mut exchange, said);
        emit(exchange, seen, cx);
    }

    /// What follows an answer unasked, or answers what was not seen.
    fn unasked(&mut self, answers: u32) -> Exchange {
        let (method, target) = self.streams.remove(&answers).unwrap_or_default();
        Exchange { protocol: "mongodb", method, target, ..Exchange::default() }
    }

    /// Bytes of the server were lost that may have been answers.
    pub(super) fn lose_answers(&mut self) {
        if !core::mem::replace(&mut self.is_uncertain, true) {
            self.waiting.values_mut().for_each(|waiting| waiting.is_uncertain = true);
        }
    }

    /// Tells all that waits, in the order of its time.
    pub(super) fn flush(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        let mut all: Vec<_> = self.waiting.drain().collect();
        self.texts = 0;
        let begun = |it: &Waiting| it.exchange.request.as_ref().map(|it| it.first_time);
        all.sort_unstable_by_key(|(number, waiting)| (begun(waiting), *number));
        for (_, Waiting { mut exchange, is_uncertain }) in all {
            if is_uncertain {
                exchange.oddities.push(ANSWER_UNCERTAIN);
            } else {
                exchange.error = error;
            }
            emit(exchange, Completeness::RequestOnly, cx);
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let waiting = self.waiting.capacity() * size_of::<(u32, Waiting)>();
        let streams = self.streams.capacity() * (size_of::<(u32, Named)>() + 4 * MONGODB_FIELD);
        waiting + streams + self.texts
    }
}

fn begin(asked: Asked, framed: &Framed, time: i64) -> Exchange {
    let counted = asked.documents.map(|count| count.to_string());
    let detail = [
        ("documents_sent", counted),
        ("application", asked.application),
        ("compression", asked.compressor.map(str::to_owned)),
    ];
    Exchange {
        protocol: "mongodb",
        method: asked.method.map(String::into_bytes),
        target: asked.target.map(String::into_bytes),
        request: Some(wire(framed, time)),
        gap_bytes: framed.lost,
        oddities: asked.is_unreadable.then_some(NOT_UNPACKED).into_iter().collect(),
        detail: detail.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        ..Exchange::default()
    }
}

fn answer(exchange: &mut Exchange, said: Said) {
    if said.is_unreadable {
        exchange.note(NOT_UNPACKED);
    }
    let failed = said.failed;
    if let Some(failed) = &failed {
        exchange.error = Some(failed.code.map_or("error response", errors::name));
    }
    let failed = failed.unwrap_or_default();
    let text = |count: Option<u64>| count.map(|count| count.to_string());
    let detail = [
        ("documents", text(said.documents)),
        ("matched", text(said.matched)),
        ("modified", text(said.modified)),
        ("write_errors", text(said.write_errors)),
        ("error_code", text(failed.code)),
        ("error_name", failed.name),
        ("error_message", failed.message),
    ];
    exchange.detail.extend(detail.into_iter().filter_map(|(name, value)| Some((name, value?))));
}

/// A message as it was on the wire.
fn wire(framed: &Framed, time: i64) -> Message {
    debug_assert!(framed.head.length as usize > HEADER);
    let body = Body { bytes: Some(i64::from(framed.head.length)), ..Body::default() };
    let last_time = (!framed.is_end_lost).then_some(time);
    Message { first_time: framed.time, last_time, body, ..Message::default() }
}

fn memory(exchange: &Exchange) -> usize {
    let detail: usize = exchange.detail.iter().map(|(_, text)| text.capacity() + 32).sum();
    let texts = [&exchange.method, &exchange.target];
    detail + texts.into_iter().flatten().map(Vec::capacity).sum::<usize>()
}

/// Emits an exchange of which so much was seen, or less where bytes were lost.
fn emit(mut exchange: Exchange, seen: Completeness, cx: &mut Context<'_>) {
    exchange.completeness = if exchange.gap_bytes > 0 { Completeness::Gap } else { seen };
    cx.sink.exchange(&exchange);
}
