//! WebSocket (RFC 6455) with per-message compression (RFC 7692), observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | never: HTTP/1 hands it over, and a stream of HTTP/2 holds its own |
//! | `handshake` | what was offered and agreed upon |
//! | `frame` | heads of frames |
//! | `half` | state of one direction: frames, messages, what is read of them |
//! | `recent` | the latest messages, as rows show them |
//! | `close` | codes by name |
//! | `tell` | a WebSocket as a row |
//! | `oddity` | what is noted on rows |
//!
//! A WebSocket is one exchange, from the request that asks for it to the end of the connection, or of
//! the stream of HTTP/2 that stands for one (RFC 8441). Frames state their length, so that a loss within one's payload costs that message;
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
        "It is known by its handshake, over HTTP/1 or HTTP/2 (RFC 8441): one whose beginning was not captured is not followed; what is encrypted is opaque.",
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
#[derive(Debug)]
pub(in crate::proto) struct WebSocket {
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

    /// One that goes on with a handshake, of which [`handshake`] has told. `growth`: when it is told while
    /// it lasts.
    pub(in crate::proto) fn after(asked: Exchange, growth: Option<Growth>) -> Self {
        let mut socket = Self::new();
        socket.go_on(asked, growth);
        socket
    }

    fn go_on(&mut self, asked: Exchange, growth: Option<Growth>) {
        let extensions = asked.detail.iter().find(|pair| pair.0 == "extensions");
        self.shared.agreed =
            extensions.map_or(Agreed::default(), |(_, text)| Agreed::of(text.as_bytes()));
        self.before = asked.completeness;
        self.growth = growth;
        self.shared.exchange = asked;
    }

    /// The exchange as far as it is known without what frames say.
    pub(in crate::proto) fn exchange(&mut self) -> &mut Exchange {
        &mut self.shared.exchange
    }

    /// Bytes that `side` sent next.
    pub(in crate::proto) fn take(&mut self, side: Side, bytes: &[u8], cx: &Context<'_>) {
        let at = side.index();
        self.halves[at].data(bytes, &mut self.shared, cx);
        if self.halves[at].closing.is_some() {
            self.closed_by.get_or_insert(at);
        }
    }

    /// `lost` bytes that `side` sent are missing.
    pub(in crate::proto) fn lose(&mut self, side: Side, lost: u64, cx: &Context<'_>) {
        self.halves[side.index()].lose(lost, &mut self.shared, cx);
    }

    /// Nobody knows how many bytes that `side` sent are missing here, if any.
    pub(in crate::proto) fn may_lose(&mut self, side: Side) {
        self.halves[side.index()].lose_place(&mut self.shared);
    }

    /// A side has said that it closes it.
    pub(in crate::proto) fn is_closed(&self) -> bool {
        self.halves.iter().any(|half| half.closing.is_some())
    }

    /// A row of what goes on, if something is new and it is time for one.
    pub(in crate::proto) fn open_row(&mut self, now: i64) -> Option<Exchange> {
        let is_due = self.growth.as_mut()?.is_due(now);
        if is_due { self.row_so_far(now) } else { None }
    }

    /// The same of what came before and is still to be told.
    pub(in crate::proto) fn late_row(&mut self, now: i64) -> Option<Exchange> {
        let is_late = self.growth?.is_late(now);
        if is_late { self.row_so_far(now) } else { None }
    }

    fn row_so_far(&mut self, now: i64) -> Option<Exchange> {
        let growth = self.growth.as_mut()?;
        let mut exchange = self.shared.exchange.clone();
        tell::tell(&mut exchange, &self.halves, self.closed_by);
        growth.mark_open(&mut exchange, now);
        Some(exchange)
    }

    /// The last row. `error`: why it ended, if not by a close frame; `is_cut`: it would have gone on.
    pub(in crate::proto) fn last_row(
        &mut self,
        error: Option<&'static str>,
        is_cut: bool,
    ) -> Exchange {
        let is_closed = self.is_closed();
        let Self { halves, shared, before, closed_by, growth } = self;
        let mut exchange = core::mem::take(&mut shared.exchange);
        exchange.error = exchange.error.or(error).filter(|_| !is_closed);
        tell::tell(&mut exchange, halves, *closed_by);
        let is_gap = is_cut || shared.gap || halves.iter().any(Half::is_within);
        exchange.completeness = if is_gap { Completeness::Gap } else { *before };
        if (is_cut || !halves[1].is_followed())
            && let Some(response) = &mut exchange.response
        {
            response.last_time = None;
        }
        if let Some(growth) = growth {
            growth.mark_last(&mut exchange);
        }
        exchange
    }

    /// The last row, where a connection has ended so.
    pub(in crate::proto) fn closed_row(&mut self, close: Close) -> Exchange {
        let is_over = self.is_closed() || matches!(close, Close::Finished | Close::Reset(_));
        let error = match close {
            // Silence fails nothing: a WebSocket may be silent for as long as it likes.
            Close::Timeout => None,
            // A close frame may be among what was not followed.
            Close::Finished if !self.halves.iter().all(Half::is_followed) => None,
            _ => close.failure("connection closed without a close frame"),
        };
        self.last_row(error, !is_over)
    }

    /// Heap bytes held.
    pub(in crate::proto) fn held(&self) -> usize {
        let halves: usize = self.halves.iter().map(Half::memory).sum();
        size_of::<Self>() + halves + self.shared.exchange.memory()
    }
}

impl Parser for WebSocket {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        self.take(side, bytes, cx);
        if let Some(row) = self.open_row(cx.time) {
            cx.sink.exchange(&row);
        }
        Verdict::Continue
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        self.shared.exchange.gap_bytes = self.shared.exchange.gap_bytes.saturating_add(lost);
        self.lose(side, lost, cx);
        Verdict::Continue
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let row = self.closed_row(close);
        if row.request.is_some() || row.response.is_some() {
            cx.sink.exchange(&row);
        }
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        if let Some(row) = self.late_row(cx.time) {
            cx.sink.exchange(&row);
        }
    }

    fn inherit(&mut self, mut asked: Exchange, cx: &mut Context<'_>) {
        let id = asked.growing.take().map_or(FIRST_NUMBER, |growing| growing.id);
        self.go_on(asked, Growth::new(id, cx.settings));
        if let Some(row) = self.open_row(cx.time) {
            cx.sink.exchange(&row);
        }
    }

    fn memory(&self) -> usize {
        self.held()
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
