//! HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112), observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it HTTP/1, and does a message begin here? |
//! | `start`, `fields`, `head` | start line, field lines, a whole head |
//! | `framing`, `chunked` | how long is the body? |
//! | `content` | content codings, bounded |
//! | `half` | state of one direction |
//! | `pending`, `pair`, `turn` | exchanges in the making; which response answers which request |
//! | `message` | heads of one direction, as bytes come |
//! | `body` | bodies and trailers, and the end of a message |
//! | `switch` | the connection changes its protocol |
//! | `loss` | gaps, broken framing, and the way back |
//! | `web` | calls of gRPC-Web |
//! | `oddity` | what a peer did that it should not |
//!
//! In the ordinary case a message arrives whole in one slice and is read from there; only
//! incomplete heads are buffered. Body bytes that are not kept are not touched.

mod body;
mod chunked;
mod content;
mod fields;
mod framing;
mod half;
mod head;
mod loss;
mod message;
mod oddity;
mod pair;
mod pending;
mod probe;
mod start;
mod switch;
#[cfg(test)]
mod tests;
mod turn;
mod web;

pub(super) use body::{add_content, decoded, undo_codings};
pub(super) use content::{
    gzip_header, is_gzip_prefix, is_zlib, unpack_zlib, unpack_zstd, unpack_zstd_beginning,
};
pub(super) use framing::{Codings, Streamed, trace_id};
pub use oddity::ODDITIES;

use super::growth::FIRST_NUMBER;
use super::{
    About, Close, Context, Early, Parser, Place, Protocol, Settings, Side, UNANSWERED, Verdict,
    websocket,
};
use crate::event::Exchange;
use crate::limits::HTTP_HEAD;
use half::{Half, State};
use pair::Pairing;

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "http", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "HTTP/1.0 and HTTP/1.1",
    extracts: "Method, host, target, status, header fields, bodies without their codings (chunked, gzip, deflate, br, zstd), trace id, informational responses, trailers; pipelines; of an event stream (`text/event-stream`) the number of events by their names, the last event ID, retry time and latest events, on a row that grows while it lasts; an upgrade to a WebSocket goes on as one; after CONNECT or another upgrade what follows is looked at anew. Calls of gRPC-Web have `protocol` `grpc`, see HTTP/2.",
    limits: &[
        "HTTP/3 is not read, and what is encrypted is opaque; of HTTP/2 see there.",
        "Bodies are kept up to the body limit; their sizes are of all bytes.",
        "Of an event stream 16 names are counted apart and the latest 16 events shown, up to 256 bytes each, where nothing is redacted. Streams coded with br or zstd are not read.",
        "A head of more than 64 KiB, or more than 128 requests waiting on one connection, are noted as oddities.",
    ],
    oddities: ODDITIES,
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::<Http1>::default()
}

/// Follows one HTTP/1 connection.
#[derive(Default)]
struct Http1 {
    halves: [Half; 2],
    pairing: Pairing,
    /// A message that states a version of HTTP was read.
    is_http: bool,
    /// A request is let in because its response has begun.
    answering: bool,
    /// Nothing more is held: there was too much of it, or the connection ends.
    holds_nothing: bool,
    /// What was held as a head and is none is being read again.
    rescans: bool,
    /// Exchanges so far that are told while they last.
    growing: u32,
    /// What goes on in the protocol to which the connection changes.
    unanswered: Option<Box<Exchange>>,
}

/// What became of bytes.
enum Step {
    /// So many were consumed, or the state moved on.
    Used(usize),
    /// The parser is done with the connection.
    Stop(Verdict),
}

impl Http1 {
    fn half(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.index()]
    }

    /// The number of the next exchange that is told while it lasts.
    #[cold]
    fn next_number(&mut self) -> u32 {
        self.growing = self.growing.wrapping_add(1);
        FIRST_NUMBER.wrapping_add(self.growing)
    }

    /// Consumes all of `bytes` that did not come just now.
    #[inline(never)]
    fn feed(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        self.run(side, bytes, cx)
    }

    /// Consumes all of `bytes`; a verdict other than `Continue` ends it early.
    #[inline(always)]
    fn run(&mut self, side: Side, mut bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let whole = bytes.len();
        while !bytes.is_empty() {
            if self.halves[0].state == State::Held && !self.holds_client() {
                let verdict = self.release(cx);
                if verdict != Verdict::Continue {
                    return verdict;
                }
            }
            let used = whole - bytes.len();
            match self.step(side, bytes, cx) {
                Step::Used(n) => bytes = &bytes[n..],
                Step::Stop(Verdict::Switched { consumed }) => {
                    return Verdict::Switched { consumed: used + consumed };
                }
                Step::Stop(verdict) => return verdict,
            }
        }
        Verdict::Continue
    }

    fn step(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let state = self.halves[side.index()].state;
        match state {
            State::Start if side == Side::Client && self.holds_client() => self.hold(bytes, cx),
            State::Start => self.start(side, bytes, cx),
            State::Held => self.hold(bytes, cx),
            State::Head => self.more_head(side, bytes, cx),
            State::Peek(framing) => self.peek(side, framing, bytes, cx),
            State::Body(framing) => self.body(side, framing, bytes, cx),
            State::Trailer => self.trailer(side, bytes, cx),
            State::Scan => self.scan(side, bytes, cx),
            State::Closed => Step::Used(bytes.len()),
        }
    }

    /// Whether what the client sends now may be of the protocol that it asked to change to.
    #[inline]
    fn holds_client(&self) -> bool {
        !self.holds_nothing && self.pairing.holds_client()
    }

    /// Holds what the client sends until the server has said whether the protocol changes.
    #[inline(never)]
    fn hold(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let half = self.half(Side::Client);
        if half.state != State::Held {
            half.state = State::Held;
            half.message_begins(bytes.len(), cx.time);
        }
        let take = bytes.len().min(HTTP_HEAD - half.buf.len());
        half.buf.extend_from_slice(&bytes[..take]);
        let full = half.buf.len() == HTTP_HEAD;
        self.holds_nothing |= full;
        Step::Used(take)
    }

    /// Takes what was held for HTTP after all, at the time when it began.
    #[inline(never)]
    fn release(&mut self, cx: &mut Context<'_>) -> Verdict {
        let half = self.half(Side::Client);
        let held = std::mem::take(&mut half.buf);
        half.state = State::Start;
        let (time, ended) = (half.begin, half.ended);
        let behind = (half.chunk, half.end, half.seen);
        half.seen = time;
        (half.chunk, half.end) = (half.start.at, half.start.at.saturating_add(held.len() as u64));
        half.advanced = half.start.turn;
        let place = Place { offset: half.chunk, received: half.start.received };
        let mut cx = Context { time, place, settings: cx.settings, sink: &mut *cx.sink };
        let verdict = self.feed(Side::Client, &held, &mut cx);
        let half = self.half(Side::Client);
        // What made it end may be bytes of this side: they are of now, not of then.
        (half.chunk, half.end, half.seen) = behind;
        if ended && verdict == Verdict::Continue && self.half(Side::Client).state != State::Held {
            self.finish(Side::Client, None, true, &mut cx);
        }
        verdict
    }

    /// As [`Self::release`], whether or not the server has said anything.
    fn release_now(&mut self, cx: &mut Context<'_>) -> Verdict {
        if self.half(Side::Client).state != State::Held {
            return Verdict::Continue;
        }
        self.holds_nothing = true;
        self.release(cx)
    }
}

impl Parser for Http1 {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let half = self.half(side);
        half.arrive(cx.place, bytes.len());
        half.seen = cx.time;
        if half.state == State::Scan && half.advanced {
            self.may_begin(side);
        }
        self.run(side, bytes, cx)
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        if side == Side::Client {
            let verdict = self.release_now(cx);
            if verdict != Verdict::Continue {
                return verdict;
            }
        }
        self.lost(side, cx.place.offset, lost, cx);
        Verdict::Continue
    }

    fn end(&mut self, side: Side, cx: &mut Context<'_>) -> Verdict {
        if self.half(side).state == State::Held {
            self.half(side).ended = true;
            return Verdict::Continue;
        }
        self.finish(side, Some("connection closed during response"), true, cx);
        if side == Side::Server {
            self.pairing.ends(self.halves[0].end);
            self.pairing.server_ends(cx);
        }
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let during = close.failure("connection closed during response");
        let before = close.failure(UNANSWERED);
        // A verdict has no meaning any more: the connection is over.
        let _ = self.release_now(cx);
        self.finish(Side::Client, None, close == Close::Finished, cx);
        self.finish(Side::Server, during, close == Close::Finished, cx);
        let orderly = before.is_some();
        self.pairing.ends(self.halves[0].end);
        self.pairing.flush(before, orderly, cx);
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        if self.growing > 0 {
            self.tell_events(cx);
        }
    }

    fn early(&mut self) -> Option<Early> {
        let half = self.half(Side::Client);
        if half.state != State::Held {
            return None;
        }
        half.state = State::Closed;
        let bytes = std::mem::take(&mut half.buf);
        let place = Place { offset: half.start.at, received: half.start.received };
        Some(Early { side: Side::Client, time: half.begin, place, bytes })
    }

    fn successor(&mut self) -> Option<&'static Protocol> {
        let asked = self.unanswered.as_deref()?;
        (asked.protocol == websocket::PROTOCOL.name).then_some(&websocket::PROTOCOL)
    }

    fn unanswered(&mut self) -> Option<Box<Exchange>> {
        self.unanswered.take()
    }

    fn memory(&self) -> usize {
        let buffers: usize = self.halves.iter().map(|h| h.buf.capacity()).sum();
        size_of::<Self>() + buffers + self.pairing.memory()
    }
}
