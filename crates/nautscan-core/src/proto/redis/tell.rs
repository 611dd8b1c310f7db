//! Commands and answers as exchanges.

use super::command::{self, Command, Effect};
use super::oddity::NO_NAME;
use super::resp::{Kind, Value};
use super::{Begin, is_error};
use crate::event::{Body, Completeness, Exchange, Message};
use crate::limits::REDIS_ITEM;
use crate::proto::Context;

/// What stands in place of a password.
const PASSWORD: &str = "[redacted]";

/// A command that waits for its answer.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) exchange: Exchange,
    pub(super) effect: Effect,
    /// Answers to it that are still to come.
    pub(super) due: usize,
    /// Where it begins among what the client sent.
    pub(super) offset: u64,
    /// A password is among the values of its answer.
    pub(super) hides_answer: bool,
}

impl Pending {
    /// Whether it is the command of this name.
    pub(super) fn is_named(&self, name: &[u8]) -> bool {
        self.exchange.method.as_deref() == Some(name)
    }

    /// It waits for the end of a transaction: this one answer says that, and no more.
    pub(super) fn put_off(&mut self) {
        (self.effect, self.due) = (Effect::None, 1);
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let length = |text: &Option<Vec<u8>>| text.as_ref().map_or(0, Vec::capacity);
        let exchange = &self.exchange;
        let detail: usize = exchange.detail.iter().map(|(_, text)| text.capacity()).sum();
        let answer = exchange.response.as_ref().map_or(0, |m| length(&m.body.kept));
        length(&exchange.method) + length(&exchange.target) + detail + answer
    }
}

/// A command as an exchange that waits. `time`: when its last byte was captured.
pub(super) fn asked(value: Value, begin: Begin, time: Option<i64>) -> Option<Pending> {
    let Command { name, target, effect, is_secret, hides_answer } =
        command::read(&value.items, value.len)?;
    let due = match effect {
        Effect::Subscribe(channels) | Effect::Unsubscribe(channels) => channels.max(1),
        _ => 1,
    };
    let text = match &name {
        Some(name) if is_secret => format!("{} {PASSWORD}", String::from_utf8_lossy(name)),
        _ => shown(&value.items.join(&b' ')),
    };
    let body = Body { bytes: wire_bytes(&value, time), kept: None, truncated: false };
    let oddities = if name.is_none() { vec![NO_NAME] } else { Vec::new() };
    let exchange = Exchange {
        protocol: "redis",
        method: name,
        target,
        gap_bytes: value.lost,
        request: Some(message(begin, time, body)),
        oddities,
        detail: vec![("command", text)],
        ..Exchange::default()
    };
    Some(Pending { exchange, effect, due, offset: begin.offset, hides_answer })
}

/// An answer as an exchange without a request.
pub(super) fn said(value: &Value, begin: Begin, time: Option<i64>, cx: &Context<'_>) -> Exchange {
    let (kept, is_cut) = joined(value, cx);
    let body = Body {
        bytes: wire_bytes(value, time),
        truncated: kept.is_some() && (is_cut || value.cut || time.is_none()),
        kept,
    };
    let mut detail = vec![("reply", value.kind.name().to_owned())];
    let is_aggregate = matches!(value.kind, Kind::Array | Kind::Map | Kind::Set | Kind::Push);
    if is_aggregate && !value.is_streamed {
        detail.push(("elements", value.len.to_string()));
    }
    if value.errors > 0 {
        detail.push(("element_errors", value.errors.to_string()));
    }
    let mut error = None;
    if is_error(value) {
        let text = value.items.first().map_or(&b""[..], Vec::as_slice);
        detail.push(("error_message", shown(text)));
        error = Some(command::error_code(text));
    }
    Exchange {
        protocol: "redis",
        version: value.is_resp3.then_some("3"),
        gap_bytes: value.lost,
        response: Some(message(begin, time, body)),
        error,
        detail,
        holds_values: true,
        ..Exchange::default()
    }
}

/// Adds an answer to the exchange of its command.
pub(super) fn join(pending: &mut Pending, answer: Exchange) {
    let exchange = &mut pending.exchange;
    exchange.response = answer.response;
    if let Some(body) = exchange.response.as_mut().map(|response| &mut response.body)
        && pending.hides_answer
    {
        body.truncated |= body.kept.take().is_some();
    }
    exchange.error = answer.error;
    exchange.version = answer.version;
    exchange.holds_values = answer.holds_values;
    exchange.gap_bytes = exchange.gap_bytes.saturating_add(answer.gap_bytes);
    exchange.detail.extend(answer.detail);
}

/// Says that the last of several answers to a command was not seen whole.
pub(super) fn leave_open(response: &mut Message) {
    response.last_time = None;
    (response.body.bytes, response.body.truncated) = (None, true);
}

/// Emits an exchange of which so much was seen, or less where bytes were lost.
pub(super) fn emit(mut exchange: Exchange, seen: Completeness, cx: &mut Context<'_>) {
    let is_gap = exchange.gap_bytes > 0;
    exchange.completeness = if is_gap { Completeness::Gap } else { seen };
    cx.sink.exchange(&exchange);
}

/// The beginning of a text.
fn shown(text: &[u8]) -> String {
    let text = &text[..text.len().min(REDIS_ITEM)];
    String::from_utf8_lossy(text).into_owned()
}

fn message(begin: Begin, time: Option<i64>, body: Body) -> Message {
    Message { first_time: begin.time, last_time: time, body, ..Message::default() }
}

/// Bytes on the wire; not known of a part.
fn wire_bytes(value: &Value, time: Option<i64>) -> Option<i64> {
    time.and(i64::try_from(value.bytes).ok())
}

/// The texts that were kept of a value, one a line, up to the body limit; and whether that cut them.
fn joined(value: &Value, cx: &Context<'_>) -> (Option<Vec<u8>>, bool) {
    let limit = cx.settings.body_limit;
    if limit == 0 {
        return (None, false);
    }
    let mut text = value.items.join(&b'\n');
    let is_cut = text.len() > limit;
    text.truncate(limit);
    ((!text.is_empty()).then_some(text), is_cut)
}
