//! One stream: a request and its response in the making.

use super::fields::{GrpcFields, Section};
use super::oddity::{INFORMATIONAL, LENGTH, PSEUDO, UNSEEN};
use super::tunnel::Tunnel;
use crate::event::{Completeness, Exchange, Message};
use crate::limits::HTTP_INFORMATIONAL;
use crate::proto::events::{self, EventStream};
use crate::proto::growth::Growth;
use crate::proto::grpc::{Call, HalfCall};
use crate::proto::http1::{Codings, add_content, undo_codings};
use crate::proto::{Context, Side};

/// How far one half of an exchange has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Progress {
    /// Nothing of it was seen.
    #[default]
    Absent,
    /// Its head was read; more may come.
    Open,
    /// Read to its end.
    Ended,
    /// Its end was not seen, and will not be.
    Cut,
}

impl Progress {
    /// No more of it will come.
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Cut)
    }
}

/// What is known of the content of one half besides what the exchange says.
#[derive(Debug, Default)]
pub(super) struct Content {
    codings: Codings,
    stated: Option<u64>,
    /// Content before this was lost.
    has_hole: bool,
    /// Frames were lost, and with them an unknown part of it.
    is_unmeasured: bool,
    call: HalfCall,
}

impl Content {
    /// What a head says of it is of something else.
    pub(super) fn forget(&mut self) {
        *self = Self { has_hole: self.has_hole, ..Self::default() };
    }
}

/// An exchange that is not finished.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) exchange: Exchange,
    /// Request and response.
    pub(super) progress: [Progress; 2],
    /// Bytes of it were lost or cut off.
    pub(super) gap: bool,
    pub(super) content: [Content; 2],
    /// How a gRPC call ended.
    ending: GrpcFields,
    pub(super) is_grpc: bool,
    /// Fields were left out since they are not known.
    unseen: bool,
    informational: usize,
    pub(super) id: u32,
    /// The events of its response, if that is a stream of them.
    pub(super) events: Option<Box<EventStream>>,
    /// The WebSocket that it asks for, or is.
    pub(super) tunnel: Option<Tunnel>,
}

impl Stream {
    /// A stream of that number.
    pub(super) fn new(id: u32) -> Self {
        let exchange = Exchange {
            protocol: "http",
            version: Some("2"),
            detail: vec![("stream", id.to_string())],
            ..Exchange::default()
        };
        Self { exchange, id, ..Self::default() }
    }

    /// The stream on which an upgraded connection answers the request that asked for the upgrade
    /// (RFC 9113 section 3.1 of old: RFC 7540 section 3.2).
    pub(super) fn upgraded(asked: Exchange) -> Self {
        let mut stream = Self::new(1);
        let detail = ("upgraded_from", asked.version.unwrap_or("1.1").to_owned());
        stream.exchange.detail.push(detail);
        stream.exchange = Exchange {
            method: asked.method,
            host: asked.host,
            target: asked.target,
            trace_id: asked.trace_id,
            request: asked.request,
            ..stream.exchange
        };
        stream.progress[0] = Progress::Ended;
        stream
    }

    pub(super) fn response(&self) -> Progress {
        self.progress[1]
    }

    /// Notes an oddity, once.
    pub(super) fn note(&mut self, oddity: &'static str) {
        self.exchange_mut().note(oddity);
    }

    /// Adds a value to the detail; the first under a name stays.
    pub(super) fn detail(&mut self, name: &'static str, value: String) {
        let detail = &mut self.exchange_mut().detail;
        if !detail.iter().any(|pair| pair.0 == name) {
            detail.push((name, value));
        }
    }

    /// Says that bytes of what `side` sends were lost.
    pub(super) fn lose(&mut self, side: Side, bytes: u64) {
        self.note_gap(bytes);
        self.may_lose(side);
    }

    fn note_gap(&mut self, bytes: u64) {
        self.gap = true;
        let exchange = self.exchange_mut();
        exchange.gap_bytes = exchange.gap_bytes.saturating_add(bytes);
    }

    /// Says that bytes of DATA were lost. `content`: how many of them were content, if that is known.
    pub(super) fn lose_content(
        &mut self,
        side: Side,
        bytes: u64,
        content: Option<u64>,
        cx: &Context<'_>,
    ) {
        if content == Some(0) {
            return self.note_gap(bytes);
        }
        if let (Some(Tunnel::Open(socket)), Some(lost)) = (&mut self.tunnel, content) {
            socket.lose(side, lost, cx);
            return self.note_gap(bytes);
        }
        self.lose(side, bytes);
        let is_open = self.progress[side.index()] == Progress::Open;
        if let Some(message) = self.message(side).filter(|_| is_open) {
            let body = &mut message.body;
            let add = |lost| body.bytes.map(|bytes| bytes.saturating_add_unsigned(lost));
            body.bytes = content.and_then(add);
            body.truncated = true;
        }
    }

    /// Says that frames were lost that may be of what `side` sends.
    pub(super) fn lose_place(&mut self, side: Side) {
        self.may_lose(side);
        self.content[side.index()].is_unmeasured = true;
        self.unmeasure(side);
    }

    /// How much content the message has is not known.
    fn unmeasure(&mut self, side: Side) {
        if let Some(message) = self.message(side) {
            message.body.bytes = None;
            message.body.truncated = true;
        }
    }

    /// Says that bytes were lost that may be of what `side` sends.
    fn may_lose(&mut self, side: Side) {
        self.gap |= self.progress[side.index()] == Progress::Open;
        let content = &mut self.content[side.index()];
        content.has_hole = true;
        content.call.lose();
        if let Some(stream) = self.events.as_mut().filter(|_| side == Side::Server) {
            stream.lose();
        }
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.may_lose(side);
        }
    }

    /// Whether bytes of the request were lost, and with them maybe its end.
    pub(super) fn has_lost_request(&self) -> bool {
        self.content[0].has_hole
    }

    /// Whether bytes of the response were lost, and with them maybe its end.
    pub(super) fn may_have_ended(&self) -> bool {
        self.content[1].has_hole
    }

    fn message(&mut self, side: Side) -> Option<&mut Message> {
        match side {
            Side::Client => self.exchange.request.as_mut(),
            Side::Server => self.exchange.response.as_mut(),
        }
    }

    /// A header block of `side` that began at `begin`: a head, or trailers.
    pub(super) fn section(
        &mut self,
        side: Side,
        mut section: Section,
        begin: i64,
        cx: &Context<'_>,
    ) {
        if section.unseen > 0 {
            self.unseen = true;
            self.note(UNSEEN);
        }
        for oddity in core::mem::take(&mut section.odd) {
            self.note(oddity);
        }
        match (side, self.progress[side.index()]) {
            (_, Progress::Open) => self.trailers(side, &mut section, cx),
            (Side::Client, Progress::Absent) => self.request_head(section, begin, cx),
            (Side::Server, Progress::Absent) => self.response_head(section, begin, cx),
            (_, Progress::Ended | Progress::Cut) => {}
        }
    }

    fn request_head(&mut self, mut section: Section, begin: i64, cx: &Context<'_>) {
        let pseudo = core::mem::take(&mut section.pseudo);
        let is_connect = pseudo.method.as_deref() == Some(b"CONNECT");
        let has_all = pseudo.method.is_some() && (is_connect || pseudo.path.is_some());
        self.check_head(Side::Client, has_all, &section);
        let exchange = &mut self.exchange;
        // A plain CONNECT has no path: what it asks of is the authority.
        exchange.target = match is_connect && pseudo.path.is_none() {
            true => pseudo.authority.clone(),
            false => pseudo.path,
        };
        exchange.method = pseudo.method;
        self.tunnel = Tunnel::asked(is_connect, pseudo.protocol.as_deref(), &section, cx.time);
        let exchange = &mut self.exchange;
        exchange.host = pseudo.authority.or(section.host.take());
        exchange.trace_id = section.trace_id;
        for (name, text) in [("scheme", pseudo.scheme), ("connect_protocol", pseudo.protocol)] {
            if let Some(text) = text {
                self.detail(name, String::from_utf8_lossy(&text).into_owned());
            }
        }
        if let Some(timeout) = section.grpc.timeout.take() {
            self.detail("timeout", String::from_utf8_lossy(&timeout).into_owned());
        }
        self.head(Side::Client, section, begin, cx);
    }

    fn response_head(&mut self, mut section: Section, begin: i64, cx: &Context<'_>) {
        let status = section.status();
        if let Some(status @ 100..=199) = status {
            self.informational += 1;
            if self.informational > HTTP_INFORMATIONAL {
                return self.note(INFORMATIONAL);
            }
            let detail = &mut self.exchange.detail;
            return match detail.iter_mut().find(|pair| pair.0 == "informational") {
                Some((_, text)) => text.push_str(&format!(",{status}")),
                None => detail.push(("informational", status.to_string())),
            };
        }
        self.check_head(Side::Server, status.is_some(), &section);
        self.exchange.status = status;
        self.tunnel = self.tunnel.take().and_then(|tunnel| tunnel.answered(status, &section));
        self.end_of_call(&mut section.grpc);
        self.head(Side::Server, section, begin, cx);
    }

    /// `has_all`: the head has the fields that it must have.
    fn check_head(&mut self, side: Side, has_all: bool, section: &Section) {
        let content = &mut self.content[side.index()];
        // Without them, these are trailers, and the head was lost.
        self.gap |= content.has_hole && !has_all;
        content.has_hole &= !has_all;
        content.is_unmeasured &= !has_all;
        if !has_all && section.unseen == 0 && !section.is_large && !self.gap {
            self.note(PSEUDO);
        }
    }

    fn head(&mut self, side: Side, section: Section, begin: i64, cx: &Context<'_>) {
        let (kind, encoding) = (section.content_type.as_deref(), section.grpc.encoding);
        let call = HalfCall::new(kind, encoding, &section.codings);
        self.is_grpc |= call.messages.is_some();
        let content = &mut self.content[side.index()];
        content.codings = section.codings;
        content.stated = section.content_length;
        content.call = call;
        let mut message =
            Message { first_time: begin, content_type: section.content_type, ..Message::default() };
        message.body.bytes = Some(0);
        if cx.settings.headers {
            message.headers = section.headers;
        }
        self.progress[side.index()] = Progress::Open;
        if side == Side::Server && events::is_stream(message.content_type.as_deref()) {
            let codings = self.content[side.index()].codings;
            self.events = Some(EventStream::new(&codings, Growth::new(self.id, cx.settings)));
        }
        match side {
            Side::Client => self.exchange.request = Some(message),
            Side::Server => self.exchange.response = Some(message),
        }
        if self.content[side.index()].is_unmeasured {
            self.unmeasure(side);
        }
    }

    fn trailers(&mut self, side: Side, section: &mut Section, cx: &Context<'_>) {
        if side == Side::Server {
            self.end_of_call(&mut section.grpc);
        }
        let name = match side {
            Side::Client => "request_trailers",
            Side::Server => "response_trailers",
        };
        if cx.settings.headers && !section.headers.is_empty() {
            self.detail(name, section.lines());
        }
    }

    fn end_of_call(&mut self, fields: &mut GrpcFields) {
        let GrpcFields { status, message, .. } = fields;
        self.ending.status = status.take().or(self.ending.status.take());
        self.ending.message = message.take().or(self.ending.message.take());
    }

    /// Content that `side` sends.
    pub(super) fn content(&mut self, side: Side, bytes: &[u8], cx: &Context<'_>) {
        if self.tunnel.is_some() && self.tunnel_content(side, bytes, cx) {
            return;
        }
        let content = &mut self.content[side.index()];
        content.call.feed(bytes);
        let has_hole = content.has_hole;
        if let Some(message) = self.message(side) {
            add_content(message, bytes, cx.settings.body_limit, has_hole);
        }
        if let Some(stream) = self.events.as_mut().filter(|_| side == Side::Server) {
            stream.data(bytes, cx.time, cx.settings.body_limit);
        }
    }

    /// The row of an event stream that goes on, if it is time for one.
    pub(super) fn open_row(&mut self, now: i64) -> Option<Exchange> {
        if let Some(Tunnel::Open(socket)) = &mut self.tunnel {
            return socket.open_row(now);
        }
        match self.events.as_mut()?.is_due(now) {
            true => self.row_so_far(now),
            false => None,
        }
    }

    /// The same of what came before and is still to be told.
    pub(super) fn late_row(&mut self, now: i64) -> Option<Exchange> {
        if let Some(Tunnel::Open(socket)) = &mut self.tunnel {
            return socket.late_row(now);
        }
        self.events.as_ref().filter(|stream| stream.is_late(now))?;
        self.row_so_far(now)
    }

    fn row_so_far(&mut self, now: i64) -> Option<Exchange> {
        let is_open = self.progress[1] == Progress::Open;
        let stream = self.events.as_mut().filter(|_| is_open)?;
        let mut exchange = self.exchange.clone();
        stream.tell_open(&mut exchange, now);
        Some(exchange)
    }

    /// What `side` sends is over; `ended`: its last byte was captured then, if it was.
    pub(super) fn end(&mut self, side: Side, ended: Option<i64>, cx: &Context<'_>) {
        let at = side.index();
        if self.progress[at] != Progress::Open {
            return;
        }
        self.progress[at] = Progress::Ended;
        self.close_content(side, ended, cx);
        self.content[at].call.is_ended = true;
        let Content { stated, has_hole, .. } = self.content[at];
        let got = self.message(side).and_then(|message| message.body.bytes);
        let asks_for_none =
            side == Side::Server && self.exchange.method.as_deref().is_none_or(|m| m == b"HEAD");
        let may_differ = has_hole || asks_for_none || self.exchange.status == Some(304);
        if !may_differ && stated.is_some_and(|stated| i64::try_from(stated).ok() != got) {
            self.note(LENGTH);
        }
    }

    /// No more of what `side` sends will come.
    pub(super) fn cut(&mut self, side: Side, cx: &Context<'_>) {
        if self.progress[side.index()] == Progress::Open {
            self.progress[side.index()] = Progress::Cut;
            self.close_content(side, None, cx);
        }
    }

    fn close_content(&mut self, side: Side, time: Option<i64>, cx: &Context<'_>) {
        let codings = self.content[side.index()].codings;
        let limit = cx.settings.body_limit;
        let is_part = side == Side::Server && self.exchange.status == Some(206);
        let Some(message) = self.message(side) else { return };
        message.last_time = time;
        let oddity = undo_codings(message, &codings, limit, is_part);
        message.body.kept.take_if(|kept| kept.is_empty());
        if let Some(oddity) = oddity {
            self.note(oddity);
        }
    }

    /// Makes the exchange say what was seen. `error`: why what is not finished is not.
    pub(super) fn finish(mut self, error: Option<&'static str>, cx: &Context<'_>) -> Exchange {
        if let Some(row) = self.finish_tunnel(error, None) {
            return row;
        }
        let response = self.response();
        for side in [Side::Client, Side::Server] {
            self.gap |= self.progress[side.index()] == Progress::Open;
            self.cut(side, cx);
        }
        if self.is_grpc {
            self.finish_call(cx);
        }
        if let Some(stream) = self.events.take() {
            if stream.tell(&mut self.exchange) {
                self.note(events::UNDECODABLE);
            }
            if let Some(growth) = &stream.growth {
                growth.mark_last(&mut self.exchange);
            }
        }
        let may_have_ended = self.may_have_ended();
        self.gap |= may_have_ended && response == Progress::Absent;
        let exchange = &mut self.exchange;
        if response != Progress::Ended && exchange.error.is_none() && !may_have_ended {
            exchange.error = error;
        }
        exchange.completeness = match self.progress {
            _ if self.gap => Completeness::Gap,
            [Progress::Absent, _] => Completeness::ResponseOnly,
            [_, Progress::Absent] => Completeness::RequestOnly,
            _ => Completeness::Complete,
        };
        self.exchange
    }

    #[inline(never)]
    fn finish_call(&mut self, cx: &Context<'_>) {
        let is_whole = self.response() == Progress::Ended && !self.unseen && !self.gap;
        let [request, response] = &mut self.content;
        let call = Call {
            halves: [core::mem::take(&mut request.call), core::mem::take(&mut response.call)],
            status: self.ending.status.take(),
            message: self.ending.message.take(),
            is_whole,
        };
        call.tell(&mut self.exchange, cx.settings);
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let events = self.events.as_ref().map_or(0, |events| events.memory());
        let tunnel = self.tunnel.as_ref().map_or(0, Tunnel::memory);
        let calls = self.content.iter().map(|content| content.call.memory());
        size_of::<Self>() + self.exchange.memory() + events + tunnel + calls.sum::<usize>()
    }
}
