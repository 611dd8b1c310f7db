//! Frames: a type, a channel, a length, the content and a byte that ends it.

use super::method::{self, Id, Method};
use crate::limits::AMQP_FRAME;
use crate::proto::Side;
use crate::proto::frames::{Framed, Head};

/// What a client begins with.
pub(super) const BEGIN: &[u8] = b"AMQP\0\0\x09\x01";
/// What ends each frame.
const END: u8 = 0xce;
/// Type, channel and length.
const HEAD: usize = 7;

pub(super) const METHOD: u8 = 1;
pub(super) const HEADER: u8 = 2;
pub(super) const BODY: u8 = 3;
const HEARTBEAT: u8 = 8;

/// The head of a frame, or the beginning of a connection.
pub(super) fn head(bytes: &[u8]) -> Head {
    let begin = &bytes[..bytes.len().min(BEGIN.len())];
    match bytes {
        [] => Head::More,
        [b'A', ..] if !BEGIN.starts_with(begin) => Head::Malformed,
        [b'A', ..] if begin.len() < BEGIN.len() => Head::More,
        [b'A', ..] => Head::Whole { head: BEGIN.len(), body: 0 },
        [METHOD | HEADER | BODY | HEARTBEAT, rest @ ..] => match rest {
            [_, _, a, b, c, d, ..] => {
                let length = u32::from_be_bytes([*a, *b, *c, *d]);
                let fits = length <= AMQP_FRAME && (bytes[0] != HEARTBEAT || length == 0);
                let body = u64::from(length) + 1;
                if fits { Head::Whole { head: HEAD, body } } else { Head::Malformed }
            }
            _ => Head::More,
        },
        _ => Head::Malformed,
    }
}

/// Type and channel of a frame. `None`: it is the beginning of a connection.
pub(super) fn kind(framed: &Framed<'_>) -> Option<(u8, u16)> {
    match framed.bytes {
        [b'A', ..] => None,
        [kind, high, low, ..] => Some((*kind, u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

/// Whether a frame ends as frames do, as far as it was seen.
pub(super) fn is_ended(framed: &Framed<'_>) -> bool {
    framed.is_cut() || matches!(framed.bytes, [b'A', ..] | [.., END])
}

/// The content of a frame, and the method that it begins with.
pub(super) fn method(content: &[u8]) -> Option<(Id, Method, &[u8])> {
    let (numbers, arguments) = content.split_first_chunk::<4>()?;
    let [a, b, c, d] = *numbers;
    let id = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    Some((id, method::of(id)?, arguments))
}

/// Whether bytes begin with a frame of `side` that no other protocol has. `None`: it is not whole, and
/// may be.
pub(super) fn begins(side: Side, bytes: &[u8]) -> Option<bool> {
    let (head, body) = match head(bytes) {
        Head::Whole { head, body } => (head, body),
        Head::More => return if bytes.starts_with(b"A") { None } else { may_begin(bytes) },
        Head::Malformed => return Some(false),
    };
    if head == BEGIN.len() {
        return Some(side == Side::Client);
    }
    if bytes[0] != METHOD {
        return Some(false);
    }
    let content = &bytes[HEAD..];
    let whole = usize::try_from(body).ok()?;
    if content.len() >= 4 && self::method(content).is_none_or(|(_, m, _)| !is_of(m, side)) {
        return Some(false);
    }
    if content.len() < whole {
        return if whole > 4 { None } else { Some(false) };
    }
    Some(whole > 4 && content[whole - 1] == END)
}

/// A few bytes of what may be a frame with a method.
fn may_begin(bytes: &[u8]) -> Option<bool> {
    let length = bytes.get(3..5).unwrap_or_default();
    if bytes.first().is_none_or(|kind| *kind == METHOD)
        && length.first().is_none_or(|byte| *byte == 0)
    {
        None
    } else {
        Some(false)
    }
}

/// Whether `side` sends a method.
pub(super) fn is_of(method: Method, side: Side) -> bool {
    method.side.is_none_or(|sender| sender == side)
}
