//! WebSockets on a stream (RFC 8441): asked for by extended CONNECT, granted by a status of 2xx. From
//! there on the content of both sides is WebSocket's, and the end of the stream that of a connection.

use super::fields::Section;
use super::oddity::NOT_ENABLED;
use super::stream::{Content, Progress, Stream};
use crate::event::{Completeness, Exchange};
use crate::limits::H2_EARLY;
use crate::proto::growth::Growth;
use crate::proto::websocket::WebSocket;
use crate::proto::websocket::handshake::{Fields, tell_agreed};
use crate::proto::{Close, Context, Side};

/// A WebSocket that a stream asks for, or is.
#[derive(Debug)]
pub(super) enum Tunnel {
    Asked(Box<Asked>),
    Open(Box<WebSocket>),
}

/// One that is not followed yet.
#[derive(Debug)]
pub(super) struct Asked {
    offer: Fields,
    /// What the server has granted.
    answer: Option<Fields>,
    /// When the request's head ended.
    time: i64,
    /// What the client sent before the answer was read, and when the first of it came.
    early: Vec<u8>,
    early_time: i64,
    /// What came behind it is not held.
    is_cut: bool,
}

fn handshake(section: &Section) -> Fields {
    let mut fields = Fields::default();
    section.headers.iter().for_each(|(name, value)| fields.field(name, value));
    fields
}

impl Tunnel {
    /// What a request asks for whose head ended at `time`.
    pub(super) fn asked(
        is_connect: bool,
        protocol: Option<&[u8]>,
        section: &Section,
        time: i64,
    ) -> Option<Self> {
        if !is_connect || protocol != Some(b"websocket") {
            return None;
        }
        let (early, early_time) = (Vec::new(), time);
        let offer = handshake(section);
        Some(Self::Asked(Box::new(Asked {
            offer,
            answer: None,
            time,
            early,
            early_time,
            is_cut: false,
        })))
    }

    /// What is left of it once it is answered.
    pub(super) fn answered(mut self, status: Option<i32>, section: &Section) -> Option<Self> {
        if let Self::Asked(asked) = &mut self {
            matches!(status, Some(200..=299)).then_some(())?;
            asked.answer = Some(handshake(section));
        }
        Some(self)
    }

    /// Nobody knows how many bytes that `side` sent are missing, if any.
    pub(super) fn may_lose(&mut self, side: Side) {
        match self {
            Self::Open(socket) => socket.may_lose(side),
            Self::Asked(asked) => asked.is_cut |= side == Side::Client,
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Open(socket) => socket.held(),
            Self::Asked(asked) => {
                let answer = asked.answer.as_ref().map_or(0, Fields::memory);
                size_of::<Asked>() + asked.offer.memory() + answer + asked.early.capacity()
            }
        }
    }
}

impl Asked {
    /// Holds what a client sends before it can have been granted anything, as captures may show it.
    fn hold(&mut self, bytes: &[u8], time: i64) {
        self.is_cut |= self.early.len() + bytes.len() > H2_EARLY;
        if self.is_cut {
            return;
        }
        if self.early.is_empty() {
            self.early_time = time;
        }
        self.early.extend_from_slice(bytes);
    }
}

impl Stream {
    /// The exchange, wherever it is.
    pub(super) fn exchange_mut(&mut self) -> &mut Exchange {
        match &mut self.tunnel {
            Some(Tunnel::Open(socket)) => socket.exchange(),
            _ => &mut self.exchange,
        }
    }

    /// It is a WebSocket.
    pub(super) fn is_tunnel(&self) -> bool {
        matches!(self.tunnel, Some(Tunnel::Open(_)))
    }

    /// Content of a WebSocket; false: it is content of the exchange as well.
    #[cold]
    pub(super) fn tunnel_content(&mut self, side: Side, bytes: &[u8], cx: &Context<'_>) -> bool {
        let is_open = self.progress[side.index()] == Progress::Open;
        match &mut self.tunnel {
            Some(Tunnel::Open(socket)) => {
                if is_open {
                    socket.take(side, bytes, cx);
                }
                true
            }
            Some(Tunnel::Asked(asked)) => {
                if side == Side::Client {
                    asked.hold(bytes, cx.time);
                }
                false
            }
            None => false,
        }
    }

    /// Goes on with the WebSocket that was granted, if one was. `may_connect`: the server has permitted to
    /// ask for it, or may have done so.
    pub(super) fn open_tunnel(&mut self, may_connect: bool, cx: &mut Context<'_>) {
        let Some(tunnel) = &mut self.tunnel else { return };
        let Tunnel::Asked(asked) = tunnel else { return };
        let Some(answer) = asked.answer.take() else { return };
        let mut exchange = core::mem::take(&mut self.exchange);
        tell_agreed(&mut exchange, Some(&asked.offer), &answer);
        if !may_connect {
            exchange.note(NOT_ENABLED);
        }
        exchange.completeness = if self.gap { Completeness::Gap } else { Completeness::Complete };
        if let Some(request) = &mut exchange.request {
            request.last_time = Some(asked.time);
        }
        if let Some(response) = &mut exchange.response {
            response.last_time = Some(cx.time);
        }
        let mut socket = WebSocket::after(exchange, Growth::new(self.id, cx.settings));
        if !asked.early.is_empty() {
            let (time, place, settings) = (asked.early_time, cx.place, cx.settings);
            let early = Context { time, place, settings, sink: &mut *cx.sink };
            socket.take(Side::Client, &asked.early, &early);
        }
        if asked.is_cut {
            socket.may_lose(Side::Client);
        }
        // What a head says of content is not of a tunnel's.
        self.content.iter_mut().for_each(Content::forget);
        (self.events, self.is_grpc) = (None, false);
        *tunnel = Tunnel::Open(Box::new(socket));
    }

    /// The last row of a WebSocket; `None`: it is none. `error`: why it ended, if that is known otherwise;
    /// `close`: its connection has ended so, and it goes on as far as was seen.
    pub(super) fn finish_tunnel(
        &mut self,
        error: Option<&'static str>,
        close: Option<Close>,
    ) -> Option<Exchange> {
        let Some(Tunnel::Open(socket)) = &mut self.tunnel else { return None };
        let has_ended = self.progress[Side::Server.index()].is_over();
        let exchange = socket.exchange();
        exchange.error = exchange.error.or(error);
        Some(match close {
            _ if has_ended => socket.closed_row(Close::Finished),
            Some(close) => socket.closed_row(close),
            None => socket.last_row(None, true),
        })
    }
}
