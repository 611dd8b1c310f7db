//! Websocket, observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it websocket? |
//! | `oddity` | what is noted on rows |
//!
//! An invented protocol: a message is the word `websocket`, a byte that says how long its
//! body is, and the body. Answers come in the order of the requests.

mod oddity;
mod probe;
#[cfg(test)]
mod tests;

pub use oddity::ODDITIES;

use std::collections::VecDeque;

use super::frames::{Framed, Frames, Head, Loss};
use super::{About, Close, Context, Parser, Protocol, Settings, Side, UNANSWERED, Verdict};
use crate::event::{Body, Completeness, Exchange, Message};
use crate::limits::WEBSOCKET_WAITING;
use oddity::WAITING_OVERFLOW;

/// Registry line.
pub const PROTOCOL: Protocol =
    Protocol { name: "websocket", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "Websocket",
    extracts: "Say what comes out of it: method, target, status, error, latency.",
    limits: &["Say what is not read, not known or cut; one sentence each."],
    oddities: ODDITIES,
};

/// What each message begins with.
const MAGIC: &[u8] = b"websocket";
/// Bytes kept of a message.
const KEPT: usize = 1024;

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Websocket::default())
}

/// Where a message ends.
fn head(bytes: &[u8]) -> Head {
    let (magic, rest) = bytes.split_at(bytes.len().min(MAGIC.len()));
    match rest.first() {
        _ if !MAGIC.starts_with(magic) => Head::Malformed,
        Some(length) => Head::Whole { head: MAGIC.len() + 1, body: u64::from(*length) },
        None => Head::More,
    }
}

/// Follows one connection.
struct Websocket {
    frames: [Frames; 2],
    /// Requests without an answer, in order.
    waiting: VecDeque<Exchange>,
}

impl Default for Websocket {
    fn default() -> Self {
        let frames = || Frames::new(head, KEPT);
        Self { frames: [frames(), frames()], waiting: VecDeque::new() }
    }
}

/// One half of an exchange.
fn message(framed: &Framed<'_>, ended: i64) -> Message {
    let body = Body { bytes: framed.wire_bytes(), ..Body::default() };
    Message { first_time: framed.time, last_time: Some(ended), body, ..Message::default() }
}

fn emit(mut exchange: Exchange, seen: Completeness, cx: &mut Context<'_>) {
    exchange.completeness = if exchange.gap_bytes > 0 { Completeness::Gap } else { seen };
    cx.sink.exchange(&exchange);
}

/// A message of `side` is whole, but for what was lost of it.
fn told(waiting: &mut VecDeque<Exchange>, side: Side, framed: &Framed<'_>, cx: &mut Context<'_>) {
    let half = Some(message(framed, cx.time));
    if side == Side::Client {
        waiting.push_back(Exchange {
            protocol: "websocket",
            method: Some(framed.body().to_vec()),
            request: half,
            gap_bytes: framed.lost,
            ..Exchange::default()
        });
        if waiting.len() > WEBSOCKET_WAITING
            && let Some(mut oldest) = waiting.pop_front()
        {
            oldest.oddities.push(WAITING_OVERFLOW);
            emit(oldest, Completeness::RequestOnly, cx);
        }
        return;
    }
    let (mut exchange, seen) = match waiting.pop_front() {
        Some(asked) => (asked, Completeness::Complete),
        None => {
            (Exchange { protocol: "websocket", ..Exchange::default() }, Completeness::ResponseOnly)
        }
    };
    exchange.response = half;
    exchange.gap_bytes += framed.lost;
    emit(exchange, seen, cx);
}

impl Websocket {
    fn flush(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        for mut exchange in core::mem::take(&mut self.waiting) {
            exchange.error = error;
            emit(exchange, Completeness::RequestOnly, cx);
        }
    }
}

impl Parser for Websocket {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let mut at = 0;
        while at < bytes.len() {
            let Ok((used, framed)) = self.frames[side.index()].next(&bytes[at..], cx) else {
                self.flush(None, cx);
                return Verdict::Dead("not websocket");
            };
            at += used;
            if let Some(framed) = framed {
                told(&mut self.waiting, side, &framed, cx);
            }
        }
        Verdict::Continue
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        match self.frames[side.index()].lose(lost) {
            Loss::Within(None) => Verdict::Continue,
            Loss::Within(Some(framed)) => {
                told(&mut self.waiting, side, &framed, cx);
                Verdict::Continue
            }
            // Which answer is to which request is not known any more: say so, or find the next
            // message where the protocol allows that (see `turns`).
            Loss::Beyond(_) => {
                self.flush(None, cx);
                Verdict::Dead("lost its place")
            }
        }
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let error = close.failure(UNANSWERED);
        self.flush(error, cx);
    }

    fn memory(&self) -> usize {
        let frames: usize = self.frames.iter().map(Frames::memory).sum();
        let texts = self.waiting.iter().flat_map(|exchange| &exchange.method);
        let texts: usize = texts.map(Vec::capacity).sum();
        size_of::<Self>() + frames + texts + self.waiting.capacity() * size_of::<Exchange>()
    }
}
