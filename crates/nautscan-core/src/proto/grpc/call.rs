//! What makes a row of gRPC of an exchange of HTTP: what was called, the call's status, its messages.

use super::frame::{Framing, Messages};
use super::show::{self, Shown};
use super::status;
use crate::event::{Exchange, Message};
use crate::proto::Settings;
use crate::proto::http1::Codings;

/// The response has no status, though it is whole.
const NO_STATUS: &str = "grpc_status_missing";
/// The content ended within a message.
const MESSAGE: &str = "grpc_message_unfinished";
/// A message does not fit the schema that was given.
const MISMATCH: &str = "schema_mismatch";

/// Names and meanings of the oddities of calls.
pub(in crate::proto) const ODDITIES: [(&str, &str); 3] = [
    (MESSAGE, "gRPC: the content ended within a message."),
    (NO_STATUS, "gRPC: the response ended without a grpc-status."),
    (
        MISMATCH,
        "gRPC: a message is not of the type that the given schemas name for its method; it is shown without names.",
    ),
];

/// One side of a call.
#[derive(Debug, Default)]
pub(in crate::proto) struct HalfCall {
    /// `None`: its content is not that of gRPC.
    pub(in crate::proto) messages: Option<Messages>,
    /// `grpc-encoding`: how messages are compressed.
    pub(in crate::proto) encoding: Option<Vec<u8>>,
    /// Its content has a content coding: frames are seen once that is undone.
    pub(in crate::proto) is_coded: bool,
    /// It was read to its end.
    pub(in crate::proto) is_ended: bool,
}

impl HalfCall {
    /// A side of which the content is of that media type.
    pub(in crate::proto) fn new(
        content_type: Option<&[u8]>,
        encoding: Option<Vec<u8>>,
        codings: &Codings,
    ) -> Self {
        let messages = Messages::of(content_type);
        Self { messages, encoding, is_coded: !codings.is_empty(), is_ended: false }
    }

    /// Takes in content as it comes.
    pub(in crate::proto) fn feed(&mut self, content: &[u8]) {
        match &mut self.messages {
            Some(messages) if !self.is_coded => messages.feed(content),
            _ => {}
        }
    }

    /// Heap bytes held.
    pub(in crate::proto) fn memory(&self) -> usize {
        self.messages.as_ref().map_or(0, Messages::memory)
    }

    /// Content was lost.
    pub(in crate::proto) fn lose(&mut self) {
        if let Some(messages) = &mut self.messages {
            messages.is_lost = true;
        }
    }

    /// Reads the content whose coding was undone, if all of it was kept.
    fn catch_up(&mut self, message: Option<&Message>) {
        let Some(messages) = self.messages.as_mut().filter(|_| self.is_coded) else { return };
        match message.map(|message| &message.body) {
            Some(body) if !body.truncated => {
                messages.feed(body.kept.as_deref().unwrap_or_default());
            }
            _ => messages.is_lost = true,
        }
    }
}

/// What was seen of a call besides what the exchange says.
#[derive(Debug, Default)]
pub(in crate::proto) struct Call {
    /// The client's and the server's side.
    pub(in crate::proto) halves: [HalfCall; 2],
    /// `grpc-status`, as stated.
    pub(in crate::proto) status: Option<Vec<u8>>,
    /// `grpc-message`, as stated.
    pub(in crate::proto) message: Option<Vec<u8>>,
    /// The response is whole, so that a status would have been seen.
    pub(in crate::proto) is_whole: bool,
}

impl Call {
    /// Heap bytes held.
    pub(in crate::proto) fn memory(&self) -> usize {
        self.halves.iter().map(HalfCall::memory).sum()
    }

    /// Makes a row of gRPC of an exchange.
    pub(in crate::proto) fn tell(mut self, exchange: &mut Exchange, settings: &Settings) {
        exchange.protocol = "grpc";
        // That of HTTP below it says nothing of gRPC.
        exchange.version = None;
        let [request, response] = &mut self.halves;
        request.catch_up(exchange.request.as_ref());
        response.catch_up(exchange.response.as_ref());
        self.take_trailers(exchange, settings);
        let path = exchange.target.clone().unwrap_or_default();
        if let Some((service, method)) = status::called(&path) {
            exchange.method = Some(method.to_vec());
            detail(exchange, "service", lossy(service));
        }
        let [request, response] = &self.halves;
        let framing = [response, request].into_iter().find_map(|half| half.messages.as_ref());
        match framing.map(Messages::framing) {
            Some(Framing::Web) => detail(exchange, "grpc_web", "binary".to_owned()),
            Some(Framing::WebText) => detail(exchange, "grpc_web", "text".to_owned()),
            Some(Framing::Plain) | None => {}
        }
        match exchange.status.take() {
            None | Some(200) => {}
            Some(other) => detail(exchange, "http_status", other.to_string()),
        }
        exchange.status = self.status.as_deref().and_then(status::status);
        match exchange.status {
            Some(0) => {}
            Some(other) => exchange.error = Some(status::status_name(other)),
            None if self.is_whole => exchange.note(NO_STATUS),
            None => {}
        }
        if let Some(text) = self.message.take().filter(|text| !text.is_empty()) {
            detail(exchange, "grpc_message", status::message(&text));
        }
        for (at, half) in self.halves.iter().enumerate() {
            if half.is_ended && half.messages.as_ref().is_some_and(Messages::is_within) {
                exchange.note(MESSAGE);
            }
            tell_messages(exchange, at, half, &path, settings);
        }
    }
}

impl Call {
    /// What gRPC-Web says at the end of the content.
    fn take_trailers(&mut self, exchange: &mut Exchange, settings: &Settings) {
        let Self { halves: [_, response], status, message, .. } = self;
        let Some(text) = response.messages.as_ref().and_then(Messages::trailers) else { return };
        let mut lines = Vec::new();
        for line in text.split(|byte| *byte == b'\n') {
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
            match name.to_ascii_lowercase().as_slice() {
                b"grpc-status" => *status = Some(value.to_vec()),
                b"grpc-message" => *message = Some(value.to_vec()),
                _ => {}
            }
            lines.push([lossy(name), lossy(value)].join(": "));
        }
        if settings.headers && !lines.is_empty() {
            detail(exchange, "response_trailers", lines.join("\n"));
        }
    }
}

fn tell_messages(
    exchange: &mut Exchange,
    at: usize,
    half: &HalfCall,
    path: &[u8],
    settings: &Settings,
) {
    const NAMES: [[&str; 4]; 2] = [
        ["request_messages", "request_message_bytes", "request_compressed", "request_encoding"],
        ["response_messages", "response_message_bytes", "response_compressed", "response_encoding"],
    ];
    let [count, bytes, compressed, encoding] = NAMES[at];
    tell_content(exchange, at, half, path, settings);
    let Some(messages) = half.messages.as_ref().filter(|messages| !messages.is_lost) else {
        return;
    };
    detail(exchange, count, messages.count.to_string());
    detail(exchange, bytes, messages.bytes.to_string());
    if messages.compressed > 0 {
        detail(exchange, compressed, messages.compressed.to_string());
    }
    if let Some(text) = half.encoding.as_deref().filter(|text| *text != b"identity") {
        detail(exchange, encoding, lossy(text));
    }
}

/// What was kept of the messages of one side, if they are of Protocol Buffers.
fn tell_content(
    exchange: &mut Exchange,
    at: usize,
    half: &HalfCall,
    path: &[u8],
    settings: &Settings,
) {
    const TEXT: [&str; 2] = ["request_protobuf", "response_protobuf"];
    const TYPE: [&str; 2] = ["request_message_type", "response_message_type"];
    let message = if at == 0 { &exchange.request } else { &exchange.response };
    let (Some(messages), Some(message)) = (&half.messages, message) else { return };
    if !messages.is_protobuf() {
        return;
    }
    let mut codings = Codings::default();
    codings.content_encoding(half.encoding.as_deref().unwrap_or_default());
    let kept = message.body.kept.as_deref().unwrap_or_default();
    let kept = messages.framing().plain(kept);
    let method = settings.schemas.as_ref().and_then(|schemas| schemas.method(path));
    let kind = method.map(|method| if at == 0 { &method.input } else { &method.output });
    let Shown { text, named, mismatched } =
        show::shown(&kept, &codings, kind, settings.hides_fields);
    if settings.hides_fields && kind.is_some_and(|kind| kind.may_hold_secrets) {
        // What the text hides by its name stands in the content.
        let message = if at == 0 { &mut exchange.request } else { &mut exchange.response };
        message.iter_mut().for_each(withhold);
    }
    if let Some(text) = text {
        detail(exchange, TEXT[at], text);
    }
    let Some(kind) = kind else { return };
    if named > 0 {
        detail(exchange, TYPE[at], kind.descriptor.full_name().to_owned());
    }
    if mismatched > 0 {
        exchange.note(MISMATCH);
        let side = if at == 0 { "request" } else { "response" };
        let told = format!("{side} is no {}", kind.descriptor.full_name());
        match exchange.detail.iter_mut().find(|pair| pair.0 == MISMATCH) {
            Some((_, text)) => *text = [text.as_str(), "; ", &told].concat(),
            None => exchange.detail.push((MISMATCH, told)),
        }
    }
}

fn withhold(message: &mut Message) {
    if message.body.kept.take().is_some() {
        message.body.truncated = true;
    }
}

/// Adds a value to the detail; the first under a name stays.
fn detail(exchange: &mut Exchange, name: &'static str, value: String) {
    if !exchange.detail.iter().any(|pair| pair.0 == name) {
        exchange.detail.push((name, value));
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
