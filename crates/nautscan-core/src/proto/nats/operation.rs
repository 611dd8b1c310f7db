//! One operation: a line, and a payload behind some.
//!
//! Source: the client protocol of NATS, <https://docs.nats.io/reference/reference-protocols/nats-protocol>.

use crate::limits::{NATS_LINE, NATS_PAYLOAD};
use crate::proto::Side;
use crate::proto::frames::Head;

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    Info(&'a [u8]),
    Connect(&'a [u8]),
    /// PUB and HPUB of a client, MSG and HMSG of a server.
    Message(Address<'a>),
    Sub {
        subject: &'a [u8],
        queue: Option<&'a [u8]>,
        id: &'a [u8],
    },
    Unsub {
        id: &'a [u8],
        after: Option<&'a [u8]>,
    },
    Ping,
    Pong,
    Ok,
    Err(&'a [u8]),
}

/// The line before a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub(super) subject: &'a [u8],
    /// Of what is delivered: the subscription.
    pub(super) id: Option<&'a [u8]>,
    pub(super) reply: Option<&'a [u8]>,
    /// Bytes of headers, if there are headers.
    pub(super) headers: Option<usize>,
    /// Bytes of headers and payload.
    pub(super) total: usize,
}

/// Bytes of the end of a line, and of that behind a payload.
pub(super) const END: usize = 2;

/// Reads a line without its end. `None`: there is no such operation.
pub(super) fn read(line: &[u8]) -> Option<Operation<'_>> {
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let rest = rest.trim_ascii();
    // PERMISSIONS VIOLATION and its like have their words in any case; operations have, too.
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    Some(match word.len() {
        3 if is("PUB") => Operation::Message(address(rest, false, false)?),
        3 if is("MSG") => Operation::Message(address(rest, true, false)?),
        4 if is("HPUB") => Operation::Message(address(rest, false, true)?),
        4 if is("HMSG") => Operation::Message(address(rest, true, true)?),
        3 if is("SUB") => subscribe(rest)?,
        5 if is("UNSUB") => match words(rest).as_deref()? {
            [id] => Operation::Unsub { id, after: None },
            [id, after] => Operation::Unsub { id, after: Some(after) },
            _ => return None,
        },
        4 if is("INFO") && rest.first() == Some(&b'{') => Operation::Info(rest),
        7 if is("CONNECT") && rest.first() == Some(&b'{') => Operation::Connect(rest),
        4 if is("PING") && rest.is_empty() => Operation::Ping,
        4 if is("PONG") && rest.is_empty() => Operation::Pong,
        3 if is("+OK") && rest.is_empty() => Operation::Ok,
        4 if is("-ERR") => Operation::Err(rest),
        _ => return None,
    })
}

/// The words of a line. `None`: more than any has, or bytes that are no text.
fn words(rest: &[u8]) -> Option<Vec<&[u8]>> {
    const MOST: usize = 5;
    let words: Vec<_> = rest
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .filter(|word| !word.is_empty())
        .take(MOST + 1)
        .collect();
    let is_text = |word: &&[u8]| {
        core::str::from_utf8(word).is_ok_and(|word| !word.chars().any(char::is_control))
    };
    (words.len() <= MOST && words.iter().all(is_text)).then_some(words)
}

fn address(rest: &[u8], has_id: bool, has_headers: bool) -> Option<Address<'_>> {
    let words = words(rest)?;
    let (subject, words) = words.split_first()?;
    let (id, words) = if has_id {
        let (id, words) = words.split_first()?;
        (Some(*id), words)
    } else {
        (None, words)
    };
    let sizes = if has_headers { 2 } else { 1 };
    let (reply, sizes) = match words.len().checked_sub(sizes)? {
        0 => (None, words),
        1 => (Some(words[0]), &words[1..]),
        _ => return None,
    };
    let total = number(sizes[sizes.len() - 1]).filter(|total| *total <= NATS_PAYLOAD)?;
    let headers = if has_headers {
        Some(number(sizes[0]).filter(|headers| *headers <= total)?)
    } else {
        None
    };
    Some(Address { subject, id, reply, headers, total })
}

fn subscribe(rest: &[u8]) -> Option<Operation<'_>> {
    Some(match words(rest)?.as_slice() {
        [subject, id] => Operation::Sub { subject, queue: None, id },
        [subject, queue, id] => Operation::Sub { subject, queue: Some(queue), id },
        _ => return None,
    })
}

fn number(text: &[u8]) -> Option<usize> {
    let is_number = (1..=9).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(text).ok().filter(|_| is_number)?.parse().ok()
}

/// The line that bytes begin with, without its end.
pub(super) fn line(bytes: &[u8]) -> Option<&[u8]> {
    let end = memchr::memchr(b'\n', &bytes[..bytes.len().min(NATS_LINE)])?;
    bytes[..end].strip_suffix(b"\r")
}

/// The head of an operation is its line; the body is the payload with the end behind it.
pub(super) fn head(bytes: &[u8]) -> Head {
    let Some(line) = line(bytes) else {
        let has_end = memchr::memchr(b'\n', bytes).is_some();
        let is_long = bytes.len() >= NATS_LINE;
        return if has_end || is_long { Head::Malformed } else { Head::More };
    };
    let head = line.len() + END;
    match read(line) {
        Some(Operation::Message(address)) => {
            Head::Whole { head, body: (address.total + END) as u64 }
        }
        // Brokers send an empty line now and then.
        None if !line.is_empty() => Head::Malformed,
        _ => Head::Whole { head, body: 0 },
    }
}

/// Whether `side` can say this.
pub(super) fn is_of(side: Side, line: &[u8]) -> bool {
    match read(line) {
        Some(Operation::Message(address)) => address.id.is_some() == (side == Side::Server),
        Some(Operation::Info(_) | Operation::Ok | Operation::Err(_)) => side == Side::Server,
        Some(Operation::Connect(_) | Operation::Sub { .. } | Operation::Unsub { .. }) => {
            side == Side::Client
        }
        Some(Operation::Ping | Operation::Pong) => true,
        None => line.is_empty(),
    }
}

/// Whether bytes begin with an operation of `side` that no other protocol has, as far as they go.
/// `None`: the line is not whole.
pub(super) fn begins(side: Side, bytes: &[u8]) -> Option<bool> {
    let Head::Whole { head, body } = head(bytes) else {
        return if self::head(bytes) == Head::More { None } else { Some(false) };
    };
    let line = &bytes[..head - END];
    let is_telling = matches!(
        read(line),
        Some(Operation::Message(_) | Operation::Info(_) | Operation::Connect(_))
    );
    let end = usize::try_from(body).ok().and_then(|body| head.checked_add(body));
    let end = end.and_then(|end| bytes.get(end - END..end));
    Some(is_telling && is_of(side, line) && end.is_none_or(|end| end == b"\r\n"))
}
