//! WebSocket (RFC 6455) with per-message compression (RFC 7692), observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | never: it is handed over by HTTP |
//! | `handshake` | what was offered and agreed upon |
//! | `frame` | heads of frames |
//! | `half` | state of one direction: frames, messages, what is read of them |
//! | `recent` | the latest messages, as rows show them |
//! | `close` | codes by name |
//! | `tell` | a WebSocket as a row |
//! | `oddity` | what is noted on rows |
//!
//! A WebSocket is one exchange, from the request that asks for the upgrade to the end of the
//! connection. Frames state their length, so that a loss within one's payload costs that message;
//! one that holds a frame's head ends the following of that side, since nothing marks where the
//! next begins.

mod close;
mod frame;
mod half;
pub(super) mod handshake;
mod oddity;
mod probe;
mod recent;
mod tell;
#[cfg(test)]
mod tests;

pub use oddity::ODDITIES;

use super::growth::{FIRST_NUMBER, Growth};
use super::{About, Close, Context, Parser, Protocol, Settings, Side, Verdict};
use crate::event::{Completeness, Exchange};
use half::{Half, Shared};
use handshake::Agreed;

/// The value of the `protocol` column.
const NAME: &str = "websocket";

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: NAME, probe: probe::probe, open, about: &ABOUT };

/// The same as HTTP hands it over, with compression: for tests.
#[cfg(any(test, fuzzing))]
pub const UPGRADED: Protocol =
    Protocol { name: NAME, probe: probe::probe, open: open_upgraded, about: &ABOUT };

static ABOUT: About = About {
    title: "WebSocket",
    extracts: "One row a WebSocket, the HTTP request that asked for it and its frames together, which grows while it lasts: method, host, target, status and header fields of the handshake, subprotocol, extensions, trace id; bytes and number of messages each way, by type, fragments, pings and pongs; close code by number and name, who closed it and why; the latest messages with time, direction, type and length. What they say, permessage-deflate undone, only where nothing is redacted.",
    limits: &[
        "It is known by its handshake over HTTP/1: one whose beginning was not captured is not followed, nor one over HTTP/2 (extended CONNECT); what is encrypted is opaque.",
        "Where bytes are lost that held a frame's head, that side is not followed any further, and the row says so; a loss within a frame costs the message.",
        "The latest 16 messages of each side are shown, up to 256 bytes each. After a loss compressed messages can not be read, unless it was agreed that each is compressed alone.",
        "Compressed messages that come to more than 64 times their size, and more than 1 MiB, are not read.",
        "Payloads are not read where an extension other than permessage-deflate was agreed upon; a subprotocol's messages (STOMP, MQTT) are shown as they are.",
    ],
    oddities: ODDITIES,
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(WebSocket::new())
}

#[cfg(any(test, fuzzing))]
fn open_upgraded(settings: &Settings) -> Box<dyn Parser> {
    Box::new(tests_support::upgraded("permessage-deflate; client_no_context_takeover", settings))
}

/// Follows one WebSocket.
struct WebSocket {
    halves: [Half; 2],
    shared: Shared,
    /// Of what was seen before the frames.
    before: Completeness,
    /// Which side sent a close frame first.
    closed_by: Option<usize>,
    growth: Option<Growth>,
}

impl WebSocket {
    fn new() -> Self {
        let exchange = Exchange { protocol: NAME, ..Exchange::default() };
        Self {
            halves: [Half::new(Side::Client), Half::new(Side::Server)],
            shared: Shared { exchange, ..Shared::default() },
            // Nothing was handed over: the beginning is missing.
            before: Completeness::Gap,
            closed_by: None,
            growth: None,
        }
    }

    /// Tells a row of what goes on, if it is time for one.
    fn grow(&mut self, cx: &mut Context<'_>) {
        if self.growth.as_mut().is_some_and(|growth| growth.is_due(cx.time)) {
            self.tell_open(cx);
        }
    }

    fn tell_open(&mut self, cx: &mut Context<'_>) {
        let Some(growth) = &mut self.growth else { return };
        let mut exchange = self.shared.exchange.clone();
        tell::tell(&mut exchange, &self.halves, self.closed_by);
        growth.mark_open(&mut exchange, cx.time);
        cx.sink.exchange(&exchange);
    }

    /// Tells the last row. `is_cut`: it would have gone on.
    fn finish(&mut self, error: Option<&'static str>, is_cut: bool, cx: &mut Context<'_>) {
        let Self { halves, shared, before, closed_by, growth } = self;
        let mut exchange = core::mem::take(&mut shared.exchange);
        exchange.error = error;
        tell::tell(&mut exchange, halves, *closed_by);
        if exchange.request.is_none() && exchange.response.is_none() {
            return;
        }
        let is_gap = is_cut || shared.gap || halves.iter().any(Half::is_within);
        exchange.completeness = if is_gap { Completeness::Gap } else { *before };
        if is_cut && let Some(response) = &mut exchange.response {
            response.last_time = None;
        }
        if let Some(growth) = growth {
            growth.mark_last(&mut exchange);
        }
        cx.sink.exchange(&exchange);
    }
}

impl Parser for WebSocket {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let at = side.index();
        self.halves[at].data(bytes, &mut self.shared, cx);
        if self.halves[at].closing.is_some() {
            self.closed_by.get_or_insert(at);
        }
        self.grow(cx);
        Verdict::Continue
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        self.halves[side.index()].lose(lost, &mut self.shared, cx);
        Verdict::Continue
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let is_closed = self.halves.iter().any(|half| half.closing.is_some());
        let is_over = is_closed || matches!(close, Close::Finished | Close::Reset(_));
        // Silence fails nothing: a WebSocket may be silent for as long as it likes.
        let error = match is_closed || close == Close::Timeout {
            true => None,
            false => close.failure("connection closed without a close frame"),
        };
        self.finish(error, !is_over, cx);
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        if self.growth.is_some_and(|growth| growth.is_late(cx.time)) {
            self.tell_open(cx);
        }
    }

    fn inherit(&mut self, mut asked: Exchange, cx: &mut Context<'_>) {
        let extensions = asked.detail.iter().find(|pair| pair.0 == "extensions");
        self.shared.agreed =
            extensions.map_or(Agreed::default(), |(_, text)| Agreed::of(text.as_bytes()));
        self.before = asked.completeness;
        let id = asked.growing.take().map_or(FIRST_NUMBER, |growing| growing.id);
        self.growth = Growth::new(id, cx.settings);
        self.shared.exchange = asked;
        self.grow(cx);
    }

    fn memory(&self) -> usize {
        let halves: usize = self.halves.iter().map(Half::memory).sum();
        size_of::<Self>() + halves + self.shared.exchange.memory()
    }
}

/// A WebSocket as HTTP hands it over.
#[cfg(any(test, fuzzing))]
pub(in crate::proto) mod tests_support {
    use super::*;
    use crate::event::Message;
    use crate::proto::Place;

    struct Nowhere;

    impl crate::proto::Sink for Nowhere {
        fn exchange(&mut self, _: &Exchange) {}
        fn parse_error(&mut self) {}
    }

    /// One that has agreed upon `extensions`.
    pub(in crate::proto) fn upgraded(extensions: &str, settings: &Settings) -> impl Parser + use<> {
        let message = || Some(Message { last_time: Some(0), ..Message::default() });
        let asked = Exchange {
            protocol: NAME,
            method: Some(b"GET".to_vec()),
            status: Some(101),
            request: message(),
            response: message(),
            detail: vec![("extensions", extensions.to_owned())],
            ..Exchange::default()
        };
        let mut parser = WebSocket::new();
        let (place, sink) = (Place::default(), &mut Nowhere);
        parser.inherit(asked, &mut Context { time: 0, place, settings, sink });
        parser
    }
}
