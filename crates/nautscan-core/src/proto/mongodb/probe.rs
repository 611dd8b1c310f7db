//! Is it MongoDB?

use super::bson::Document;
use super::frame::{HEADER, Head, op};
use crate::proto::{Probe, Side};

/// Bytes of a collection's full name at most.
const NAME: usize = 256;
/// Flags of OP_MSG that are to be zero, since nobody may pass over them.
const REQUIRED: u32 = 0xfffc;
/// Types of elements.
const TYPES: core::ops::RangeInclusive<u8> = 1..=0x13;

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else {
        // The high byte of a length, and of an operation.
        let is = |at: usize, most: u8| bytes.get(at).is_none_or(|byte| *byte <= most);
        return if is(3, 2) && is(14, 0) && is(15, 0) { Probe::NeedMore } else { Probe::No };
    };
    let Some(head) = Head::read(header) else { return Probe::No };
    let body = &body[..body.len().min(head.length as usize - HEADER)];
    // Old drivers answer -1 instead of nothing.
    let is_asked = matches!(head.answers, 0 | u32::MAX);
    let is_whole = body.len() == head.length as usize - HEADER;
    let begins = match (side, head.op) {
        (Side::Client, op::MSG) if is_asked => begins_sections(body),
        (Side::Client, op::QUERY) if is_asked => named(body, 8),
        (Side::Client, op::INSERT) if is_asked => named(body, 0),
        (Side::Client, op::UPDATE | op::DELETE) if is_asked => named(body, 4),
        (Side::Client, op::GET_MORE) if is_asked => named(body, usize::MAX),
        (Side::Server, op::MSG) if !is_asked => begins_sections(body),
        (Side::Server, op::REPLY) => begins_reply(body),
        (_, op::COMPRESSED) => begins_packed(body),
        _ => Some(false),
    };
    match begins {
        Some(true) => Probe::Yes,
        Some(false) => Probe::No,
        None if is_whole => Probe::No,
        None => Probe::NeedMore,
    }
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
}

/// `None` here and below: not decided by these bytes.
fn begins_sections(body: &[u8]) -> Option<bool> {
    let flags = number(body)?;
    if flags & REQUIRED != 0 {
        return Some(false);
    }
    let rest = &body[4..];
    match rest.first()? {
        0 => begins_document(&rest[1..]),
        // A sequence: a length, a name and documents.
        1 => {
            let name = rest.get(5..)?;
            let end = name.iter().take(NAME).position(|byte| *byte == 0)?;
            if !name[..end].iter().all(u8::is_ascii_alphanumeric) {
                return Some(false);
            }
            begins_document(&name[end + 1..])
        }
        _ => Some(false),
    }
}

/// A length, a type and the beginning of a name, or nothing.
fn begins_document(bytes: &[u8]) -> Option<bool> {
    let length = number(bytes)? as usize;
    if !(Document::EMPTY..=1 << 26).contains(&length) {
        return Some(false);
    }
    let kind = *bytes.get(4)?;
    if length == Document::EMPTY {
        return Some(kind == 0);
    }
    let letter = *bytes.get(5)?;
    let is_name = letter.is_ascii_graphic() || letter == 0 || letter >= 0x80;
    Some(TYPES.contains(&kind) && is_name)
}

/// Flags, a full name with a dot, and behind so many bytes a document.
fn named(body: &[u8], then: usize) -> Option<bool> {
    let name = body.get(4..)?;
    let end = name.iter().take(NAME).position(|byte| *byte == 0);
    let known = &name[..end.unwrap_or(name.len().min(NAME))];
    let is_text = known.iter().all(|byte| *byte > b' ' && *byte != 0x7f);
    let Some(end) = end.filter(|_| is_text) else {
        return if is_text && name.len() < NAME { None } else { Some(false) };
    };
    if !known.contains(&b'.') {
        return Some(false);
    }
    if then == usize::MAX {
        return Some(true);
    }
    begins_document(name.get(end + 1 + then..)?)
}

fn begins_reply(body: &[u8]) -> Option<bool> {
    let (flags, count) = (number(body)?, number(body.get(16..)?)?);
    if flags & !0xf != 0 {
        return Some(false);
    }
    if count == 0 { Some(true) } else { begins_document(&body[20..]) }
}

fn begins_packed(body: &[u8]) -> Option<bool> {
    let op = number(body)?;
    let length = number(&body[4..])?;
    let compressor = *body.get(8)?;
    Some(op::ALL.contains(&op) && op != op::COMPRESSED && length > 4 && compressor <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Side::{Client as C, Server as S};

    fn message(answers: u32, op: u32, body: &[u8]) -> Vec<u8> {
        let head = [(body.len() + HEADER) as u32, 7, answers, op];
        [head.map(u32::to_le_bytes).concat().as_slice(), body].concat()
    }

    #[test]
    fn mongodb_is_known_by_its_bytes() {
        let document = b"\x0f\0\0\0\x10ping\0\x01\0\0\0\0";
        let modern = [b"\0\0\0\0\0", &document[..]].concat();
        let query = [b"\0\0\0\0a.$cmd\0\0\0\0\0\xff\xff\xff\xff", &document[..]].concat();
        let reply = [&[0; 16][..], b"\x01\0\0\0", document].concat();
        let yes = [
            (C, message(0, op::MSG, &modern)),
            (C, message(u32::MAX, op::QUERY, &query)),
            (S, message(7, op::MSG, &modern)),
            (S, message(7, op::REPLY, &reply)),
            (C, message(0, op::COMPRESSED, b"\xdd\x07\0\0\x13\0\0\0\x02xx")),
        ];
        for (side, bytes) in yes {
            assert_eq!(probe(side, &bytes), Probe::Yes, "{}", bytes.escape_ascii());
            for cut in 0..20 {
                assert_eq!(probe(side, &bytes[..cut]), Probe::NeedMore, "{cut}");
            }
        }
        let no: [(Side, &[u8]); 6] = [
            (C, b"GET / HTTP/1.1\r\nHost: a\r\n"),
            (C, b"\x09\0\0\0\x03SELECT 1 and more of it"),
            (C, &message(7, op::MSG, &modern)),
            (S, &message(0, op::MSG, &modern)),
            (C, &message(0, op::MSG, b"\0\x01\0\0\0")),
            (C, &message(0, op::QUERY, b"\0\0\0\0nodot\0\0\0\0\0\0\0\0\0")),
        ];
        for (side, bytes) in no {
            assert_eq!(probe(side, bytes), Probe::No, "{}", bytes.escape_ascii());
        }
    }
}
