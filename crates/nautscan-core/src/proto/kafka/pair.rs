//! Which answer is to which request: an answer says the number of what it answers, and those of one
//! connection come in the order of the requests.

use std::collections::VecDeque;

use super::api::{self, Api};
use super::facts::{Facts, Ids, shown};
use super::half::{ANSWER, Asked, Begun, Head, LENGTH, length};
use super::oddity::{
    ANSWER_UNCERTAIN, BEHIND_FIELDS, MALFORMED_FIELDS, PASSED_OVER, UNREAD_VERSION,
    WAITING_OVERFLOW,
};
use super::read::Reader;
use crate::event::{Completeness, Exchange};
use crate::limits::{KAFKA_HELD, KAFKA_MESSAGE, KAFKA_WAITING};
use crate::proto::Context;

/// A request that waits.
#[derive(Debug)]
struct Waiting {
    number: i32,
    key: i16,
    version: i16,
    exchange: Exchange,
    /// The answer may have been lost.
    is_uncertain: bool,
}

/// Requests that wait, in their order.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    waiting: VecDeque<Waiting>,
    held: usize,
    /// An answer was recognised: what follows is where messages begin.
    pub(super) is_synced: bool,
    /// What is sent to authenticate is no message of Kafka's own.
    has_raw_tokens: bool,
}

impl Pairs {
    /// The beginning of a request.
    pub(super) fn begin(&self, head: &[u8]) -> Head<Begun> {
        let asked = match super::half::asked(head) {
            Head::Wants(wanted) => return Head::Wants(wanted),
            Head::Malformed if self.has_raw_tokens => return raw(head),
            Head::Malformed => return Head::Malformed,
            Head::Whole(asked) => asked,
        };
        let api = Api::of(asked.key);
        if self.has_raw_tokens && api.is_none_or(|api| asked.version > api.last) {
            return raw(head);
        }
        let left = asked.length - asked.head as u64;
        let reader = api.and_then(|api| {
            let is_flexible = api.is_flexible(asked.version);
            let fields = api.layout(asked.version)?.request;
            Some(Reader::new(fields, asked.version, is_flexible, is_flexible, left))
        });
        Head::Whole(Begun {
            exchange: Some(row(&asked)),
            reader,
            key: asked.key,
            ..plain(asked.length, left, asked.number, asked.version)
        })
    }

    /// A request is whole, but for what was lost of it. `ended`: when its last byte was captured.
    pub(super) fn asked(&mut self, begun: Begun, ended: Option<i64>, cx: &mut Context<'_>) {
        let (message, has_more) = (begun.message(ended), begun.has_more());
        let Some(mut exchange) = begun.exchange else { return };
        exchange.request = Some(message);
        exchange.gap_bytes += begun.lost;
        begun.facts.ask(&mut exchange);
        if begun.is_malformed {
            exchange.note(MALFORMED_FIELDS);
        }
        if has_more {
            exchange.note(BEHIND_FIELDS);
        }
        if begun.key == api::PRODUCE && begun.facts.acks == Some(0) {
            exchange.detail.push(("reply", "none wanted".to_owned()));
            return emit(exchange, Completeness::RequestOnly, cx);
        }
        if (begun.key, begun.version) == (api::SASL_HANDSHAKE, 0) {
            self.has_raw_tokens = true;
        } else if self.has_raw_tokens && begun.key != api::API_VERSIONS {
            // Whoever asks has authenticated.
            self.has_raw_tokens = false;
        }
        self.held += memory(&exchange);
        let Begun { number, key, version, .. } = begun;
        let is_uncertain = false;
        self.waiting.push_back(Waiting { number, key, version, exchange, is_uncertain });
        while self.waiting.len() > KAFKA_WAITING || self.held > KAFKA_HELD {
            self.forget(WAITING_OVERFLOW, cx);
        }
    }

    /// Whether an answer to something that waits begins here. `None`: not decided.
    pub(super) fn answers(&self, bytes: &[u8]) -> Option<bool> {
        if length(bytes)?.is_err() {
            return Some(false);
        }
        let number = bytes.get(4..)?.first_chunk::<4>()?;
        let number = i32::from_be_bytes(*number);
        Some(self.waiting.iter().any(|waiting| waiting.number == number))
    }

    /// The beginning of an answer. What was passed over is told.
    pub(super) fn answer(&mut self, head: &[u8], cx: &mut Context<'_>) -> Head<Begun> {
        let length = match length(head) {
            None => return Head::Wants(LENGTH),
            Some(Err(_)) if self.has_raw_tokens => return raw(head),
            Some(Err(_)) => return Head::Malformed,
            Some(Ok(length)) => length,
        };
        let Some(number) = head.get(4..).and_then(|bytes| bytes.first_chunk::<4>()) else {
            return Head::Wants(ANSWER);
        };
        let number = i32::from_be_bytes(*number);
        let left = length - ANSWER as u64;
        let Some(at) = self.waiting.iter().position(|waiting| waiting.number == number) else {
            if self.has_raw_tokens {
                return raw(head);
            }
            if !self.is_synced {
                return Head::Malformed;
            }
            let unasked = Exchange {
                protocol: "kafka",
                detail: vec![("correlation_id", number.to_string())],
                ..Exchange::default()
            };
            return Head::Whole(Begun {
                exchange: Some(unasked),
                ..plain(length, left, number, 0)
            });
        };
        self.is_synced = true;
        for _ in 0..at {
            self.forget(PASSED_OVER, cx);
        }
        let Some(Waiting { key, version, exchange, .. }) = self.waiting.pop_front() else {
            return Head::Malformed;
        };
        self.held = self.held.saturating_sub(memory(&exchange));
        let reader = Api::of(key).and_then(|api| {
            let fields = api.layout(version)?.answer;
            let is_flexible = api.is_flexible(version);
            Some(Reader::new(fields, version, is_flexible, api.tags_answer(version), left))
        });
        Head::Whole(Begun {
            exchange: Some(exchange),
            reader,
            key,
            is_paired: true,
            ..plain(length, left, number, version)
        })
    }

    /// An answer is whole, but for what was lost of it. `ended`: when its last byte was captured.
    pub(super) fn said(
        &mut self,
        begun: Begun,
        ended: Option<i64>,
        ids: &mut Ids,
        cx: &mut Context<'_>,
    ) {
        let message = begun.message(ended);
        let (is_whole, has_more) = (begun.is_read(), begun.has_more());
        let Some(mut exchange) = begun.exchange else { return };
        exchange.response = Some(message);
        exchange.gap_bytes += begun.lost;
        begun.facts.answer(&mut exchange, is_whole);
        ids.learn(begun.facts.named);
        if begun.is_malformed {
            exchange.note(MALFORMED_FIELDS);
        }
        if has_more {
            exchange.note(BEHIND_FIELDS);
        }
        let seen =
            if begun.is_paired { Completeness::Complete } else { Completeness::ResponseOnly };
        emit(exchange, seen, cx);
    }

    /// Bytes of the server were lost that may have been answers.
    pub(super) fn lose_answers(&mut self) {
        // Those before one that is uncertain are so too.
        let newer = self.waiting.iter_mut().rev().take_while(|waiting| !waiting.is_uncertain);
        newer.for_each(|waiting| waiting.is_uncertain = true);
    }

    /// Tells the oldest request without its answer.
    fn forget(&mut self, why: &'static str, cx: &mut Context<'_>) {
        let Some(Waiting { mut exchange, is_uncertain, .. }) = self.waiting.pop_front() else {
            return;
        };
        self.held = self.held.saturating_sub(memory(&exchange));
        exchange.note(if is_uncertain { ANSWER_UNCERTAIN } else { why });
        emit(exchange, Completeness::RequestOnly, cx);
    }

    /// Tells all that waits.
    pub(super) fn flush(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        self.held = 0;
        for Waiting { mut exchange, is_uncertain, .. } in core::mem::take(&mut self.waiting) {
            if is_uncertain {
                exchange.note(ANSWER_UNCERTAIN);
            } else {
                exchange.error = error;
            }
            emit(exchange, Completeness::RequestOnly, cx);
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.held + self.waiting.capacity() * size_of::<Waiting>()
    }
}

/// A message of which nothing is read yet.
fn plain(length: u64, left: u64, number: i32, version: i16) -> Begun {
    Begun {
        exchange: None,
        length,
        left,
        lost: 0,
        time: 0,
        number,
        key: -1,
        version,
        reader: None,
        facts: Facts::default(),
        is_malformed: false,
        is_paired: false,
    }
}

/// What authenticates is passed over.
fn raw(head: &[u8]) -> Head<Begun> {
    let Some(length) = head.first_chunk::<LENGTH>() else { return Head::Wants(LENGTH) };
    let length = u32::from_be_bytes(*length);
    let left = (u64::from(length) + LENGTH as u64).checked_sub(head.len() as u64);
    match left {
        Some(left) if length <= KAFKA_MESSAGE => Head::Whole(plain(u64::from(length), left, 0, 0)),
        _ => Head::Malformed,
    }
}

/// The row of a request.
fn row(asked: &Asked) -> Exchange {
    let api = Api::of(asked.key);
    let unknown = api.is_none().then(|| ("api_key", asked.key.to_string()));
    let client = asked.client.as_deref().filter(|client| !client.is_empty());
    let detail = [
        Some(("api_version", asked.version.to_string())),
        unknown,
        Some(("correlation_id", asked.number.to_string())),
        client.map(|client| ("client_id", shown(client))),
    ];
    let is_new = api.is_none_or(|api| asked.version > api.last);
    Exchange {
        protocol: "kafka",
        method: api.map(|api| api.name.as_bytes().to_vec()),
        detail: detail.into_iter().flatten().collect(),
        oddities: is_new.then_some(UNREAD_VERSION).into_iter().collect(),
        ..Exchange::default()
    }
}

pub(super) fn memory(exchange: &Exchange) -> usize {
    let detail: usize = exchange.detail.iter().map(|(_, text)| text.capacity() + 40).sum();
    let texts = [&exchange.method, &exchange.target];
    detail + texts.into_iter().flatten().map(Vec::capacity).sum::<usize>()
}

/// Emits an exchange of which so much was seen, or less where bytes were lost.
fn emit(mut exchange: Exchange, seen: Completeness, cx: &mut Context<'_>) {
    let halves = [&exchange.request, &exchange.response];
    let is_open = halves.into_iter().flatten().any(|half| half.last_time.is_none());
    let is_gap = exchange.gap_bytes > 0 || is_open;
    exchange.completeness = if is_gap { Completeness::Gap } else { seen };
    cx.sink.exchange(&exchange);
}
