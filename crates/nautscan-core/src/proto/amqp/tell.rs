//! Methods and contents as exchanges.

use super::fields::{Fields, shown};
use super::method::{self, Id};
use super::oddity::MALFORMED;
use crate::event::{Body, Exchange, Headers, Message};
use crate::proto::http1::trace_id;
use crate::proto::{Side, keys};

/// An exchange of a method.
pub(super) fn row(name: &'static str, channel: u16) -> Exchange {
    Exchange {
        protocol: "amqp",
        version: Some("0-9-1"),
        method: Some(name.as_bytes().to_vec()),
        detail: vec![("channel", channel.to_string())],
        ..Exchange::default()
    }
}

/// The half that `side` said.
pub(super) fn half(exchange: &mut Exchange, side: Side) -> &mut Option<Message> {
    match side {
        Side::Client => &mut exchange.request,
        Side::Server => &mut exchange.response,
    }
}

/// What a method says that others need.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// It asks for no answer.
    pub(super) no_wait: bool,
    /// What it delivers need not be acknowledged.
    pub(super) no_ack: bool,
    pub(super) tag: u64,
    pub(super) multiple: bool,
    pub(super) consumer: Vec<u8>,
    /// The method that failed.
    pub(super) failed: Option<Id>,
}

/// Adds what the arguments of a method say.
pub(super) fn describe(exchange: &mut Exchange, id: Id, arguments: &[u8], is_cut: bool) -> Said {
    let mut said = Said::default();
    if read(exchange, id, Fields(arguments), &mut said).is_none() && !is_cut {
        exchange.note(MALFORMED);
    }
    said
}

fn read(e: &mut Exchange, id: Id, mut f: Fields<'_>, said: &mut Said) -> Option<()> {
    match id {
        method::START => {
            f.short()?;
            server(e, &f.table()?);
            e.detail.push(("mechanisms", shown(f.long_text()?)));
        }
        method::START_OK => {
            f.table()?;
            let mechanism = f.text()?;
            e.detail.push(("mechanism", shown(mechanism)));
            let words: Vec<_> = f.long_text()?.split(|byte| *byte == 0).take(4).collect();
            // Of PLAIN the name stands before the password (RFC 4616); where one of the three is missing,
            // any may be the password.
            if let (b"PLAIN", [_, user, _]) = (mechanism, &words[..]) {
                e.detail.push(("user", shown(user)));
            }
        }
        method::OPEN => e.target = Some(f.text()?.to_vec()),
        method::CLOSE | method::CHANNEL_CLOSE => {
            let code = f.short()?;
            reply(e, code, f.text()?);
            said.failed = Some((f.short()?, f.short()?)).filter(|id| *id != (0, 0));
        }
        method::EXCHANGE_DECLARE => {
            f.short()?;
            exchange(e, f.text()?);
            e.detail.push(("type", shown(f.text()?)));
            said.no_wait = flags(e, f.byte()?, &["passive", "durable", "auto_delete", "internal"]);
        }
        method::EXCHANGE_DELETE => {
            f.short()?;
            exchange(e, f.text()?);
            said.no_wait = flags(e, f.byte()?, &["if_unused"]);
        }
        method::EXCHANGE_BIND | method::EXCHANGE_UNBIND => {
            f.short()?;
            exchange(e, f.text()?);
            e.detail.push(("source", shown(f.text()?)));
            e.detail.push(("routing_key", shown(f.text()?)));
            said.no_wait = f.byte()? & 1 != 0;
        }
        method::QUEUE_DECLARE => {
            f.short()?;
            queue(e, f.text()?);
            let names = ["passive", "durable", "exclusive", "auto_delete"];
            said.no_wait = flags(e, f.byte()?, &names);
        }
        method::QUEUE_DECLARE_OK => {
            let name = f.text()?;
            if e.target.is_none() {
                // The server made up the name.
                queue(e, name);
            }
            e.detail.push(("messages", f.long()?.to_string()));
            e.detail.push(("consumers", f.long()?.to_string()));
        }
        method::QUEUE_BIND | method::QUEUE_UNBIND => {
            f.short()?;
            queue(e, f.text()?);
            e.detail.push(("exchange", shown(f.text()?)));
            e.detail.push(("routing_key", shown(f.text()?)));
            said.no_wait = id == method::QUEUE_BIND && f.byte()? & 1 != 0;
        }
        method::QUEUE_PURGE => {
            f.short()?;
            queue(e, f.text()?);
            said.no_wait = f.byte()? & 1 != 0;
        }
        method::QUEUE_DELETE => {
            f.short()?;
            queue(e, f.text()?);
            said.no_wait = flags(e, f.byte()?, &["if_unused", "if_empty"]);
        }
        method::CONFIRM => said.no_wait = f.byte()? & 1 != 0,
        (60, _) => return read_basic(e, id, f, said),
        _ => {}
    }
    Some(())
}

fn read_basic(e: &mut Exchange, id: Id, mut f: Fields<'_>, said: &mut Said) -> Option<()> {
    match id {
        method::CONSUME => {
            f.short()?;
            queue(e, f.text()?);
            said.consumer = f.text()?.to_vec();
            let bits = f.byte()?;
            said.no_wait = flags(e, bits, &["no_local", "no_ack", "exclusive"]);
            said.no_ack = bits & 2 != 0;
        }
        method::CONSUME_OK => said.consumer = f.text()?.to_vec(),
        method::CANCEL => {
            said.consumer = f.text()?.to_vec();
            e.detail.push(("consumer", shown(&said.consumer)));
            said.no_wait = f.byte()? & 1 != 0;
        }
        method::PUBLISH => {
            f.short()?;
            addressed(e, f.text()?, f.text()?);
            flags(e, f.byte()?, &["mandatory", "immediate"]);
        }
        method::RETURN => {
            let code = f.short()?;
            reply(e, code, f.text()?);
            addressed(e, f.text()?, f.text()?);
        }
        method::DELIVER | method::GET_OK => {
            if id == method::DELIVER {
                said.consumer = f.text()?.to_vec();
                e.detail.push(("consumer", shown(&said.consumer)));
            }
            said.tag = f.longlong()?;
            flags(e, f.byte()?, &["redelivered"]);
            let (exchange, key) = (f.text()?, f.text()?);
            if id == method::DELIVER {
                addressed(e, exchange, key);
            } else {
                e.detail.push(("exchange", shown(exchange)));
                e.detail.push(("routing_key", shown(key)));
            }
        }
        method::GET => {
            f.short()?;
            queue(e, f.text()?);
            said.no_ack = f.byte()? & 1 != 0;
        }
        method::ACK | method::REJECT | method::NACK => {
            said.tag = f.longlong()?;
            let bits = f.byte()?;
            said.multiple = id != method::REJECT && bits & 1 != 0;
        }
        _ => {}
    }
    Some(())
}

/// What the server says of itself.
fn server(e: &mut Exchange, table: &Headers) {
    for (name, title) in [(&b"product"[..], "product"), (b"version", "server_version")] {
        e.detail.extend(table.get(name).map(|value| (title, shown(value))));
    }
}

/// A reply code with its text.
fn reply(e: &mut Exchange, code: u16, text: &[u8]) {
    e.status = Some(code.into());
    e.error = method::failure(code);
    if e.error.is_some() {
        e.detail.push(("error_message", shown(text)));
    }
}

fn exchange(e: &mut Exchange, name: &[u8]) {
    e.target = Some(keys::topic(name, b'.'));
    e.detail.push(("exchange", shown(name)));
}

fn queue(e: &mut Exchange, name: &[u8]) {
    if !name.is_empty() {
        e.target = Some(keys::topic(name, b'.'));
        e.detail.push(("queue", shown(name)));
    }
}

/// Where a message goes or came from. Through the exchange without a name, the key is the queue's name.
fn addressed(e: &mut Exchange, exchange: &[u8], key: &[u8]) {
    let key_form = keys::topic(key, b'.');
    e.target = Some(match (exchange, key) {
        ([], _) => key_form,
        (_, []) => keys::topic(exchange, b'.'),
        _ => [keys::topic(exchange, b'.'), key_form].join(&b'/'),
    });
    e.detail.push(("exchange", shown(exchange)));
    e.detail.push(("routing_key", shown(key)));
}

/// Adds the flags that are set; answers whether the one behind them is, which wants no answer.
fn flags(e: &mut Exchange, bits: u8, names: &[&'static str]) -> bool {
    for (at, name) in names.iter().enumerate() {
        if bits & (1 << at) != 0 {
            e.detail.push((name, "true".to_owned()));
        }
    }
    bits & (1 << names.len()) != 0
}

/// A content header: answers the size of the body. `None`: it is not as it ought to be.
pub(super) fn header(e: &mut Exchange, half: &mut Message, content: &[u8]) -> Option<u64> {
    let mut f = Fields(content);
    f.long()?;
    let size = f.longlong()?;
    let has = f.short()?;
    if properties(e, half, has, f).is_none() {
        e.note(MALFORMED);
    }
    Some(size)
}

fn properties(e: &mut Exchange, half: &mut Message, has: u16, mut f: Fields<'_>) -> Option<()> {
    let has = |bit: u16| has & (1 << bit) != 0;
    if has(15) {
        half.content_type = Some(f.text()?.to_vec());
    }
    if has(14) {
        e.detail.push(("content_encoding", shown(f.text()?)));
    }
    if has(13) {
        half.headers = f.table()?;
        e.trace_id = half.headers.get(b"traceparent").and_then(trace_id);
    }
    if has(12) {
        let mode = if f.byte()? == 2 { "persistent" } else { "transient" };
        e.detail.push(("delivery_mode", mode.to_owned()));
    }
    if has(11) {
        e.detail.push(("priority", f.byte()?.to_string()));
    }
    let texts = [(10, "correlation_id"), (9, "reply_to"), (8, "expiration_ms"), (7, "message_id")];
    for (bit, name) in texts {
        if has(bit) {
            e.detail.push((name, shown(f.text()?)));
        }
    }
    if has(6) {
        f.longlong()?;
    }
    for (bit, name) in [(5, "message_type"), (4, "user"), (3, "app_id")] {
        if has(bit) {
            e.detail.push((name, shown(f.text()?)));
        }
    }
    Some(())
}

/// Adds a piece of a body, up to the limit.
pub(super) fn keep(body: &mut Body, piece: &[u8], is_cut: bool, limit: usize) {
    let kept = body.kept.as_ref().map_or(0, Vec::len);
    let fits = &piece[..piece.len().min(limit.saturating_sub(kept))];
    if !fits.is_empty() && !body.truncated {
        body.kept.get_or_insert_default().extend_from_slice(fits);
    }
    body.truncated |= is_cut || fits.len() < piece.len();
}

/// Heap bytes of an exchange.
pub(super) fn memory(exchange: &Exchange) -> usize {
    let text = |text: &Option<Vec<u8>>| text.as_ref().map_or(0, Vec::capacity);
    let message = |half: &Option<Message>| {
        half.as_ref().map_or(0, |half| {
            text(&half.body.kept) + text(&half.content_type) + half.headers.memory()
        })
    };
    let detail: usize = exchange.detail.iter().map(|(_, text)| text.capacity() + 40).sum();
    let texts = text(&exchange.method) + text(&exchange.target);
    size_of::<Exchange>()
        + texts
        + detail
        + message(&exchange.request)
        + message(&exchange.response)
}
