//! A request and its answer, as their records come.

use super::header::{self, Line, Outcome};
use super::names::{Role, protocol_status};
use super::oddity::{
    ANSWER_UNCERTAIN, HEADER_CUT, HEADER_MALFORMED, MALFORMED_RECORD, PARAMETERS_CUT,
};
use super::pairs::{Pairs, field_name};
use super::record::Piece;
use crate::event::{Completeness, Exchange, Message};
use crate::limits::{FASTCGI_ERRORS, FASTCGI_HEADER, FASTCGI_PARAMETERS, FASTCGI_TEXT};
use crate::proto::http1::{Codings, add_content, trace_id, undo_codings};
use crate::proto::{Context, Side};

/// A text that is read once it is whole.
#[derive(Debug, Default)]
enum Text {
    #[default]
    Absent,
    Coming(Vec<u8>),
    /// Read, or given up.
    Over,
}

impl Text {
    fn memory(&self) -> usize {
        if let Self::Coming(bytes) = self { bytes.capacity() } else { 0 }
    }
}

/// A request that is open.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) number: u16,
    /// Where in what the web server sent it began; 0 where that was not seen.
    pub(super) asked_at: u64,
    exchange: Exchange,
    role: Role,
    parameters: Text,
    header: Text,
    /// What the application wrote to its log.
    errors: Vec<u8>,
    error_bytes: u64,
    /// Bytes of the file that a filter is given.
    data_bytes: u64,
    codings: [Codings; 2],
    /// Content of each side is missing, so that what follows is not kept.
    holes: [bool; 2],
    /// Bytes of each side were lost that may have been its.
    lost: [bool; 2],
    aborted: bool,
}

impl Request {
    /// A record begins it.
    pub(super) fn begin(piece: &Piece<'_>) -> Self {
        let mut request = Self::new(piece);
        request.asked_at = piece.offset;
        request.exchange.request = Some(with_body(piece.time));
        request.exchange.gap_bytes = piece.missing;
        let &[high, low, flags, ..] = piece.content else {
            if piece.missing == 0 {
                request.note(MALFORMED_RECORD);
            }
            return request;
        };
        request.role = Role::of(u16::from_be_bytes([high, low]));
        if let Some(role) = request.role.name() {
            request.say("role", role.to_owned());
        }
        let keeps = if flags & 1 == 1 { "true" } else { "false" };
        request.say("keep_conn", keeps.to_owned());
        request
    }

    /// An answer to what was not captured begins.
    pub(super) fn unasked(piece: &Piece<'_>) -> Self {
        Self { parameters: Text::Over, ..Self::new(piece) }
    }

    fn new(piece: &Piece<'_>) -> Self {
        let number = piece.head.number;
        let exchange = Exchange {
            protocol: super::NAME,
            version: Some("1"),
            detail: vec![("request_id", number.to_string())],
            ..Exchange::default()
        };
        Self { number, exchange, ..Self::default() }
    }

    pub(super) fn note(&mut self, oddity: &'static str) {
        self.exchange.note(oddity);
    }

    /// Adds to the detail; what was said last under a name stands.
    fn say(&mut self, name: &'static str, text: String) {
        match self.exchange.detail.iter_mut().find(|pair| pair.0 == name) {
            Some((_, said)) => *said = text,
            None => self.exchange.detail.push((name, text)),
        }
    }

    fn lose(&mut self, piece: &Piece<'_>) {
        self.exchange.gap_bytes = self.exchange.gap_bytes.saturating_add(piece.missing);
    }

    /// Bytes of `side` were lost that may have been its. Answers whether those of both sides were: then
    /// another request may have taken its place.
    pub(super) fn may_lose(&mut self, side: Side) -> bool {
        let at = side.index();
        self.lost[at] = true;
        self.holes[at] = true;
        let half = match side {
            Side::Client => self.exchange.request.as_mut(),
            Side::Server => self.exchange.response.as_mut(),
        };
        if let Some(half) = half.filter(|half| half.last_time.is_none()) {
            (half.body.bytes, half.body.truncated) = (None, true);
        }
        let text = if side == Side::Client { &mut self.parameters } else { &mut self.header };
        let text = core::mem::replace(text, Text::Over);
        if let (Side::Client, Text::Coming(bytes)) = (side, text) {
            self.read_parameters(&bytes);
        }
        if side == Side::Server {
            self.note(ANSWER_UNCERTAIN);
        }
        self.lost == [true; 2]
    }

    /// The web server takes it back.
    pub(super) fn abort(&mut self) {
        self.aborted = true;
    }

    /// The answer to it is to another one with its number, or none.
    pub(super) fn has_lost_answer(&self) -> bool {
        self.lost[Side::Server.index()]
    }

    /// A record of parameters; an empty one ends them.
    pub(super) fn parameters(&mut self, piece: &Piece<'_>, cx: &Context<'_>) {
        self.lose(piece);
        let mut bytes = match core::mem::replace(&mut self.parameters, Text::Over) {
            Text::Absent => Vec::new(),
            Text::Coming(bytes) => bytes,
            Text::Over => {
                self.end_of(piece, Role::Authorizer, cx);
                return;
            }
        };
        let fits = piece.content.len().min(FASTCGI_PARAMETERS - bytes.len());
        bytes.extend_from_slice(&piece.content[..fits]);
        let is_cut = fits < piece.content.len();
        if piece.ends_stream() || piece.missing > 0 || is_cut {
            let rest = self.read_parameters(&bytes);
            if is_cut || rest > 0 && piece.missing == 0 {
                self.note(PARAMETERS_CUT);
            }
            self.end_of(piece, Role::Authorizer, cx);
        } else {
            self.parameters = Text::Coming(bytes);
        }
    }

    /// A record ends a stream; it is the last of those that a request in `role` has.
    fn end_of(&mut self, piece: &Piece<'_>, role: Role, cx: &Context<'_>) {
        let is_last = piece.ends_stream() && self.role == role;
        if let Some(request) = self.exchange.request.as_mut().filter(|_| is_last) {
            request.last_time = Some(cx.time);
        }
    }

    /// Answers how many bytes are no whole parameter.
    fn read_parameters(&mut self, bytes: &[u8]) -> usize {
        let mut pairs = Pairs(bytes);
        let (mut uri, mut server, mut path) = (None, None, [None; 3]);
        for (name, value) in pairs.by_ref().filter(|(_, value)| !value.is_empty()) {
            match name {
                b"REQUEST_METHOD" => self.exchange.method = Some(value.to_vec()),
                b"HTTP_HOST" => self.exchange.host = Some(value.to_vec()),
                b"REQUEST_URI" => uri = Some(value),
                b"SERVER_NAME" => server = Some(value),
                b"SCRIPT_NAME" => {
                    path[0] = Some(value);
                    self.say("script_name", shown(value));
                }
                b"PATH_INFO" => path[1] = Some(value),
                b"QUERY_STRING" => path[2] = Some(value),
                b"SCRIPT_FILENAME" => self.say("script_filename", shown(value)),
                b"REMOTE_ADDR" => self.say("remote_addr", shown(value)),
                b"SERVER_PROTOCOL" => self.say("server_protocol", shown(value)),
                b"REQUEST_SCHEME" => self.say("scheme", shown(value)),
                _ => {}
            }
            if let Some(field) = field_name(name) {
                self.field(Side::Client, &field, value);
            }
        }
        self.exchange.target = uri.map(<[u8]>::to_vec).or_else(|| {
            let [script, info, query] = path;
            let query = query.map(|query| [b"?", query].concat()).unwrap_or_default();
            script.map(|script| [script, info.unwrap_or_default(), &query].concat())
        });
        if self.exchange.host.is_none() {
            self.exchange.host = server.map(<[u8]>::to_vec);
        }
        pairs.0.len()
    }

    /// A header field.
    fn field(&mut self, side: Side, name: &[u8], value: &[u8]) {
        let message = match side {
            Side::Client => &mut self.exchange.request,
            Side::Server => &mut self.exchange.response,
        };
        let Some(message) = message else { return };
        message.headers.push(name, value);
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        if is(b"content-type") {
            message.content_type = Some(value.to_vec());
        } else if is(b"content-encoding") {
            self.codings[side.index()].content_encoding(value);
        } else if side == Side::Client && is(b"traceparent") {
            self.exchange.trace_id = trace_id(value);
        }
    }

    /// A record of the request's content; an empty one ends it.
    pub(super) fn input(&mut self, piece: &Piece<'_>, cx: &Context<'_>) {
        self.lose(piece);
        if let Some(request) = &mut self.exchange.request {
            add(request, piece.content, piece.missing, &mut self.holes[0], cx);
        }
        self.end_of(piece, Role::Responder, cx);
    }

    /// A record of the file that a filter is given.
    pub(super) fn data(&mut self, piece: &Piece<'_>, cx: &Context<'_>) {
        self.lose(piece);
        let bytes = piece.content.len() as u64 + piece.missing;
        self.data_bytes = self.data_bytes.saturating_add(bytes);
        self.end_of(piece, Role::Filter, cx);
    }

    /// A record of the answer: its header, then its content.
    pub(super) fn output(&mut self, piece: &Piece<'_>, cx: &Context<'_>) {
        self.lose(piece);
        if self.exchange.response.is_none() {
            let mut response = with_body(piece.time);
            if self.lost[1] {
                // What there was before it is not known.
                (response.body.bytes, response.body.truncated) = (None, true);
            }
            self.exchange.response = Some(response);
        }
        match core::mem::replace(&mut self.header, Text::Over) {
            Text::Over => self.add_output(piece.content, piece.missing, cx),
            Text::Absent => self.add_header(Vec::new(), piece, cx),
            Text::Coming(header) => self.add_header(header, piece, cx),
        }
    }

    fn add_output(&mut self, content: &[u8], missing: u64, cx: &Context<'_>) {
        if let Some(response) = &mut self.exchange.response {
            add(response, content, missing, &mut self.holes[1], cx);
        }
    }

    fn add_header(&mut self, mut header: Vec<u8>, piece: &Piece<'_>, cx: &Context<'_>) {
        let before = header.len();
        let fits = piece.content.len().min(FASTCGI_HEADER - before);
        header.extend_from_slice(&piece.content[..fits]);
        if let Some((end, behind)) = header::end(&header, before) {
            self.read_header(&header[..end]);
            return self.add_output(&piece.content[behind - before..], piece.missing, cx);
        }
        if piece.missing > 0 || fits < piece.content.len() {
            return self.give_header_up();
        }
        self.header = Text::Coming(header);
    }

    /// What of the answer is content is not known.
    fn give_header_up(&mut self) {
        self.note(HEADER_CUT);
        self.holes[1] = true;
        if let Some(response) = &mut self.exchange.response {
            (response.body.bytes, response.body.truncated) = (None, true);
        }
    }

    fn read_header(&mut self, header: &[u8]) {
        let mut outcome = Outcome::default();
        for line in header::lines(header) {
            outcome.take(&line);
            match line {
                Line::Field(name, value) => self.field(Side::Server, name, value),
                Line::Folded(value) => {
                    if let Some(response) = &mut self.exchange.response {
                        response.headers.extend_last(b" ");
                        response.headers.extend_last(value);
                    }
                }
                Line::Other => {}
            }
        }
        self.exchange.status = outcome.status();
        if !outcome.is_stated() {
            self.say("status_stated", "false".to_owned());
        }
        if outcome.is_malformed() {
            self.note(HEADER_MALFORMED);
        }
    }

    /// What the application writes to its log.
    pub(super) fn errors(&mut self, piece: &Piece<'_>, cx: &Context<'_>) {
        self.lose(piece);
        let bytes = piece.content.len() as u64 + piece.missing;
        self.error_bytes = self.error_bytes.saturating_add(bytes);
        let limit = FASTCGI_ERRORS.min(cx.settings.body_limit);
        let room = limit.saturating_sub(self.errors.len());
        self.errors.extend_from_slice(&piece.content[..piece.content.len().min(room)]);
    }

    /// The record that ends it: how the application ended.
    pub(super) fn end(mut self, piece: &Piece<'_>, cx: &mut Context<'_>) {
        self.lose(piece);
        let mut error = None;
        match piece.content {
            &[a, b, c, d, status, ..] => {
                self.say("app_status", u32::from_be_bytes([a, b, c, d]).to_string());
                let (name, refusal) = protocol_status(status);
                self.say("protocol_status", name.map_or(status.to_string(), str::to_owned));
                error = refusal;
            }
            _ if piece.missing == 0 => self.note(MALFORMED_RECORD),
            _ => {}
        }
        // It is an answer too where there is no other.
        self.exchange.response.get_or_insert_with(|| with_body(piece.time));
        self.finish(error, Some(cx.time), cx);
    }

    /// Nothing more of it is seen. The errors are those of what had no answer, and of what had some.
    pub(super) fn give_up(
        self,
        before: Option<&'static str>,
        during: Option<&'static str>,
        cx: &mut Context<'_>,
    ) {
        let error = if self.exchange.response.is_some() { during } else { before };
        // It may have been answered where bytes were lost.
        let error = error.filter(|_| !self.lost[1]);
        self.finish(error, None, cx);
    }

    fn finish(mut self, error: Option<&'static str>, ended: Option<i64>, cx: &mut Context<'_>) {
        if let Text::Coming(parameters) = core::mem::take(&mut self.parameters) {
            self.read_parameters(&parameters);
            self.note(PARAMETERS_CUT);
        }
        if let Text::Coming(_) = core::mem::take(&mut self.header) {
            self.give_header_up();
        }
        self.say_end();
        self.undo_codings(ended.is_some(), cx);
        let is_cut = self.is_cut(ended);
        let exchange = &mut self.exchange;
        if let Some(response) = &mut exchange.response {
            response.last_time = ended;
        }
        exchange.error = error.or_else(|| self.aborted.then_some("aborted by client"));
        exchange.completeness = match (&exchange.request, &exchange.response) {
            _ if is_cut => Completeness::Gap,
            (None, _) => Completeness::ResponseOnly,
            (_, None) => Completeness::RequestOnly,
            _ => Completeness::Complete,
        };
        if !cx.settings.headers {
            let halves = [&mut exchange.request, &mut exchange.response];
            halves.into_iter().flatten().for_each(|half| half.headers.clear());
        }
        // Of an answer to what was not captured the log alone may have been seen.
        if exchange.request.is_some() || exchange.response.is_some() {
            cx.sink.exchange(exchange);
        }
    }

    /// Whether some of it was lost or cut off.
    fn is_cut(&self, ended: Option<i64>) -> bool {
        let is_asked = self.exchange.request.as_ref().is_none_or(|half| half.last_time.is_some());
        let is_answered = self.exchange.response.is_none() || ended.is_some();
        // An application may end before it has read all that it is sent.
        let is_open = !is_asked && (ended.is_none() || self.lost[0]);
        let was_lost = self.exchange.gap_bytes > 0 || self.lost[1];
        was_lost || is_open || !is_answered
    }

    fn say_end(&mut self) {
        if self.aborted {
            self.say("aborted", "true".to_owned());
        }
        if self.error_bytes > 0 {
            self.say("stderr_bytes", self.error_bytes.to_string());
        }
        if !self.errors.is_empty() {
            let text = shown(self.errors.trim_ascii_end());
            self.say("stderr", text);
        }
        if self.data_bytes > 0 {
            self.say("data_bytes", self.data_bytes.to_string());
        }
    }

    fn undo_codings(&mut self, is_ended: bool, cx: &Context<'_>) {
        let limit = cx.settings.body_limit;
        // What was cut off, or is a part by itself (206), need not decode.
        let is_part = [false, self.exchange.status == Some(206) || !is_ended];
        let halves = [&mut self.exchange.request, &mut self.exchange.response];
        let mut undone = [None; 2];
        for (at, half) in halves.into_iter().enumerate() {
            let codings = &self.codings[at];
            undone[at] = half.as_mut().and_then(|it| undo_codings(it, codings, limit, is_part[at]));
        }
        undone.into_iter().flatten().for_each(|oddity| self.note(oddity));
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let halves = [&self.exchange.request, &self.exchange.response].into_iter().flatten();
        let types = halves.filter_map(|half| half.content_type.as_ref().map(Vec::capacity));
        let texts = self.parameters.memory() + self.header.memory() + self.errors.capacity();
        let detail = self.exchange.detail.capacity() * size_of::<(&str, String)>();
        size_of::<Self>() + self.exchange.memory() + types.sum::<usize>() + texts + detail
    }
}

/// A message of which no content has come yet.
fn with_body(time: i64) -> Message {
    let mut message = Message { first_time: time, ..Message::default() };
    message.body.bytes = Some(0);
    message
}

fn add(message: &mut Message, content: &[u8], missing: u64, hole: &mut bool, cx: &Context<'_>) {
    if !content.is_empty() {
        add_content(message, content, cx.settings.body_limit, *hole);
    }
    if missing > 0 {
        *hole = true;
        message.body.truncated = true;
        let missing = i64::try_from(missing).unwrap_or(i64::MAX);
        message.body.bytes = message.body.bytes.map(|bytes| bytes.saturating_add(missing));
    }
}

fn shown(text: &[u8]) -> String {
    let text = &text[..text.len().min(FASTCGI_TEXT)];
    String::from_utf8_lossy(text).into_owned()
}
