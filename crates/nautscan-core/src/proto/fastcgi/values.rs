//! What a web server asks of the connection itself: how many requests the application takes
//! (section 4 of the specification).

use std::collections::VecDeque;

use super::oddity::{ANSWER_UNCERTAIN, MALFORMED_RECORD, REQUESTS_OVERFLOW};
use super::pairs::Pairs;
use super::record::{Piece, kind};
use crate::event::{Body, Completeness, Exchange, Message};
use crate::limits::FASTCGI_QUESTIONS;
use crate::proto::Context;
use crate::proto::frames::emit;
use crate::proto::shown::push_text;

/// Questions that wait; their answers come in order.
#[derive(Debug, Default)]
pub(super) struct Values(VecDeque<Exchange>);

impl Values {
    /// A question, or a record of a type that is not known.
    pub(super) fn asked(&mut self, piece: &Piece<'_>, cx: &mut Context<'_>) {
        if piece.head.kind != kind::GET_VALUES {
            return;
        }
        let mut exchange = row();
        let names = read(&mut exchange, piece, " ", |name, _, out| push_text(name, out));
        exchange.target = Some(names.into_bytes()).filter(|names| !names.is_empty());
        exchange.request = Some(message(piece, cx));
        self.0.push_back(exchange);
        if self.0.len() > FASTCGI_QUESTIONS
            && let Some(mut oldest) = self.0.pop_front()
        {
            oldest.note(REQUESTS_OVERFLOW);
            emit(oldest, Completeness::RequestOnly, cx);
        }
    }

    /// An answer, or that a type is not known. Answers whether one was due.
    pub(super) fn answered(&mut self, piece: &Piece<'_>, cx: &mut Context<'_>) -> bool {
        let is_answer = match (piece.head.kind, piece.content) {
            (kind::VALUES, _) => true,
            (kind::UNKNOWN, [asked, ..]) => *asked == kind::GET_VALUES,
            _ => false,
        };
        if !is_answer {
            return true;
        }
        let asked = self.0.pop_front();
        let was_due = asked.is_some();
        let seen = if was_due { Completeness::Complete } else { Completeness::ResponseOnly };
        let mut exchange = asked.unwrap_or_else(row);
        exchange.response = Some(message(piece, cx));
        if piece.head.kind == kind::VALUES {
            let values = read(&mut exchange, piece, "\n", |name, value, out| {
                push_text(name, out);
                out.push_str(": ");
                push_text(value, out);
            });
            exchange.detail.push(("values", values));
        } else {
            exchange.error = Some("UNKNOWN_TYPE");
        }
        emit(exchange, seen, cx);
        was_due
    }

    /// Whether an answer is due.
    pub(super) fn waits(&self) -> bool {
        !self.0.is_empty()
    }

    /// Bytes were lost that may have been an answer, or a question.
    pub(super) fn lose(&mut self, cx: &mut Context<'_>) {
        self.0.iter_mut().for_each(|exchange| exchange.note(ANSWER_UNCERTAIN));
        self.flush(None, cx);
    }

    /// No answer will come, or it is not known any more to what.
    pub(super) fn flush(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        for exchange in core::mem::take(&mut self.0) {
            emit(Exchange { error, ..exchange }, Completeness::RequestOnly, cx);
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let each = self.0.iter().map(Exchange::memory).sum::<usize>();
        each + self.0.capacity() * size_of::<Exchange>()
    }
}

fn row() -> Exchange {
    Exchange {
        protocol: super::NAME,
        version: Some("1"),
        method: Some(b"GET_VALUES".to_vec()),
        ..Exchange::default()
    }
}

fn message(piece: &Piece<'_>, cx: &Context<'_>) -> Message {
    let body = Body { bytes: Some(piece.head.length()), ..Body::default() };
    Message { first_time: piece.time, last_time: Some(cx.time), body, ..Message::default() }
}

/// Reads the pairs of a record into the exchange that it is of: each as text, with `between` between
/// them.
fn read(
    exchange: &mut Exchange,
    piece: &Piece<'_>,
    between: &str,
    say: impl Fn(&[u8], &[u8], &mut String),
) -> String {
    let (mut pairs, mut text) = (Pairs(piece.content), String::new());
    for (name, value) in pairs.by_ref() {
        if !text.is_empty() {
            text.push_str(between);
        }
        say(name, value, &mut text);
    }
    exchange.gap_bytes = exchange.gap_bytes.saturating_add(piece.missing);
    let is_all_there = piece.content.len() == usize::from(piece.head.content);
    if is_all_there && !pairs.0.is_empty() {
        exchange.note(MALFORMED_RECORD);
    }
    text
}
