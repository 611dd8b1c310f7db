//! Is it HTTP/2, and do frames begin here?
//!
//! The client's preface says so. In the middle of a connection only a run of well-formed frames
//! does, of which one is a header block with fields that only this side sends. After a loss, frames
//! of streams that are open count as well.

use super::frame::{HEAD, Head, PREFACE, before_fragment, flag, fragment, kind};
use super::hpack::Decoder;
use crate::limits::DETECTION_BYTES;
use crate::proto::{Probe, Side};

/// What bytes say of frames that may begin with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// Frames begin here.
    Yes,
    No,
    /// So many bytes are needed to tell more.
    More(usize),
}

/// What makes a run certain.
const CERTAIN: u32 = 80;
/// A frame of which nearly every bit of the head is given, or known.
const STRONG: u32 = 40;
/// A frame that could be something else: many of them tell no more.
const WEAK: u32 = 0;
/// Frames of one run at most: enough to be certain, or it is none.
const FRAMES: usize = 32;

/// The registry's question.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    if side == Side::Client {
        let shared = bytes.len().min(PREFACE.len());
        if bytes[..shared] == PREFACE[..shared] {
            return if shared == PREFACE.len() { Probe::Yes } else { Probe::NeedMore };
        }
    } else if let Some(yes) = begins_server(bytes) {
        return yes;
    }
    // Nothing but a header block tells whose frames these are.
    match run(bytes, side, None, &mut { u64::MAX }) {
        Run::Yes => Probe::Yes,
        Run::More(needed) if needed < DETECTION_BYTES => Probe::NeedMore,
        Run::More(_) | Run::No => Probe::No,
    }
}

/// Whether these are the settings that a server sends first (RFC 9113 section 3.4): each of a known
/// identifier. `None`: no.
fn begins_server(bytes: &[u8]) -> Option<Probe> {
    /// Registered ones, RFC 8441 and RFC 9218 included.
    const KNOWN: [u16; 8] = [1, 2, 3, 4, 5, 6, 8, 9];
    let head = Head::read(bytes)?;
    let is_settings = head.kind == kind::SETTINGS && head.flags == 0 && head.is_usual();
    if !is_settings || head.len == 0 || head.len > 6 * 16 {
        return None;
    }
    let payload = &bytes[HEAD..bytes.len().min(HEAD + head.len as usize)];
    let is_known = |setting: &[u8]| KNOWN.contains(&u16::from_be_bytes([setting[0], setting[1]]));
    if !payload.chunks_exact(6).all(is_known) {
        return None;
    }
    Some(if payload.len() == head.len as usize { Probe::Yes } else { Probe::NeedMore })
}

/// Whether frames of `side` begin with these bytes. `is_open`: whether a stream is known to be open;
/// `None`: no stream is known, and only a header block is certain. `budget`: octets of header blocks
/// that may be read, from which those that were are taken; what would exceed it is no frame.
pub(super) fn run(
    bytes: &[u8],
    side: Side,
    is_open: Option<&dyn Fn(u32) -> bool>,
    budget: &mut u64,
) -> Run {
    let (mut at, mut points) = (0, 0);
    for _ in 0..FRAMES {
        let rest = &bytes[at..];
        let Some(head) = Head::read(rest) else {
            return if may_begin(rest) { Run::More(at + HEAD) } else { Run::No };
        };
        if !head.is_usual() || !may_send(side, head) {
            return Run::No;
        }
        let end = at + HEAD + head.len as usize;
        let payload = bytes.get(at + HEAD..end);
        points += match (head.kind, payload) {
            (kind::DATA, _) if is_open.is_some_and(|is_open| is_open(head.stream)) => STRONG,
            (kind::DATA, _) => WEAK,
            (_, None) => return Run::More(end),
            (kind::HEADERS, Some(payload)) => {
                let Some(left) = budget.checked_sub(payload.len() as u64) else { return Run::No };
                *budget = left;
                match block(head, payload) {
                    Block::Of(whose) if whose == side => return Run::Yes,
                    Block::Of(_) | Block::Broken => return Run::No,
                    Block::Unclear if is_open.is_some_and(|is_open| is_open(head.stream)) => STRONG,
                    Block::Unclear => WEAK,
                }
            }
            // What a server promises to answer has the fields of a request.
            (kind::PUSH_PROMISE, Some(payload)) => {
                let Some(left) = budget.checked_sub(payload.len() as u64) else { return Run::No };
                *budget = left;
                match block(head, payload) {
                    Block::Of(Side::Client) if promises(head, payload) => return Run::Yes,
                    Block::Unclear if promises(head, payload) => WEAK,
                    _ => return Run::No,
                }
            }
            (_, Some(payload)) => match is_sound(head, payload) {
                true => STRONG,
                false => return Run::No,
            },
        };
        if is_open.is_some() && points >= CERTAIN {
            return Run::Yes;
        }
        at = end;
        if at > bytes.len() {
            return Run::More(at + HEAD);
        }
    }
    Run::No
}

/// Whether this may be the beginning of a usual head.
fn may_begin(part: &[u8]) -> bool {
    let is = |at: usize, fits: fn(u8) -> bool| part.get(at).is_none_or(|&byte| fits(byte));
    is(0, |byte| byte == 0) && is(1, |byte| byte <= 0x40) && is(3, |byte| byte <= 9)
}

/// Whether this side sends such frames: a client's streams have odd numbers, and it promises nothing.
fn may_send(side: Side, head: Head) -> bool {
    side == Side::Server
        || (head.kind != kind::PUSH_PROMISE
            && (head.stream % 2 == 1
                || !matches!(head.kind, kind::DATA | kind::HEADERS | kind::CONTINUATION)))
}

/// Whether a stream is promised that a server may open, on one that a client did.
fn promises(head: Head, payload: &[u8]) -> bool {
    let at = usize::from(head.has(flag::PADDED));
    let promised =
        payload.get(at..).and_then(<[u8]>::first_chunk).map(|id| u32::from_be_bytes(*id));
    head.stream % 2 == 1 && promised.is_some_and(|id| id > 0 && id >> 31 == 0 && id % 2 == 0)
}

/// What a header block says of its sender.
enum Block {
    Of(Side),
    /// It has no field that tells.
    Unclear,
    /// It is none.
    Broken,
}

fn block(head: Head, payload: &[u8]) -> Block {
    let Some((fields, true)) = fragment(head, payload, before_fragment(head)) else {
        return Block::Broken;
    };
    let (mut whose, mut is_named) = (None, true);
    let read = Decoder::default().decode(fields, |field| {
        let Some(name) = field.name else { return };
        is_named = is_named && is_name(name);
        match name {
            b":status" => whose = whose.or(Some(Side::Server)),
            b":method" | b":path" | b":scheme" | b":authority" => {
                whose = whose.or(Some(Side::Client));
            }
            _ => {}
        }
    });
    match whose {
        // Of a block that goes on in another frame, the last field may be cut.
        _ if !is_named || (read.is_err() && head.has(flag::END_HEADERS)) => Block::Broken,
        Some(side) => Block::Of(side),
        None => Block::Unclear,
    }
}

/// Whether this is the name of a field as HTTP/2 writes it.
fn is_name(name: &[u8]) -> bool {
    /// Names in use have some dozens, and a block may repeat one thousands of times.
    const MOST: usize = 256;
    let name = name.strip_prefix(b":").unwrap_or(name);
    let is_lower = |byte: &u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
    (1..=MOST).contains(&name.len()) && name.iter().all(is_lower)
}

/// Whether the payload of a frame of a fixed form is of that form.
fn is_sound(head: Head, payload: &[u8]) -> bool {
    let word =
        |at: usize| payload.get(at..at + 4).map(|w| u32::from_be_bytes([w[0], w[1], w[2], w[3]]));
    match head.kind {
        kind::RST_STREAM => word(0).is_some_and(|code| code <= 13),
        kind::WINDOW_UPDATE => {
            word(0).is_some_and(|increment| increment > 0 && increment >> 31 == 0)
        }
        kind::GOAWAY => word(4).is_some_and(|code| code <= 13),
        kind::SETTINGS => payload.chunks_exact(6).all(|s| s[0] == 0 && s[1] <= 16),
        kind::PING => true,
        kind::PRIORITY => word(0).is_some_and(|on| on & 0x7fff_ffff != head.stream),
        // Within a block: that begins no run.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Side::{Client as C, Server as S};

    /// `GET http /` of RFC 7541 C.3.1, on stream 1.
    const GET: &[u8] = b"\0\0\x14\x01\x05\0\0\0\x01\x82\x86\x84\x41\x0fwww.example.com";
    /// Status 200 and no more, on stream 1.
    const OK: &[u8] = b"\0\0\x01\x01\x05\0\0\0\x01\x88";
    const UPDATE: &[u8] = b"\0\0\x04\x08\0\0\0\0\0\0\x01\0\0";
    const DATA: &[u8] = b"\0\0\x03\0\0\0\0\0\x05abc";

    #[test]
    fn the_preface_says_it() {
        for cut in 1..PREFACE.len() {
            assert_eq!(probe(C, &PREFACE[..cut]), Probe::NeedMore, "{cut}");
        }
        assert_eq!(probe(C, PREFACE), Probe::Yes);
        assert_eq!(probe(S, PREFACE), Probe::No);
        assert_eq!(probe(C, b"PRI * HTTP/2.0\r\n\r\nXX"), Probe::No);
    }

    #[test]
    fn settings_begin_a_server() {
        let settings = b"\0\0\x0c\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\0\xff\xff";
        for cut in 1..settings.len() {
            assert_eq!(probe(S, &settings[..cut]), Probe::NeedMore, "{cut}");
        }
        assert_eq!((probe(S, settings), probe(C, settings)), (Probe::Yes, Probe::NeedMore));
        let strange = b"\0\0\x06\x04\0\0\0\0\0\x77\x03\0\0\0\x64";
        assert_eq!(probe(S, strange), Probe::No);
    }

    #[test]
    fn a_header_block_says_whose_it_is() {
        assert_eq!((probe(C, GET), probe(S, GET)), (Probe::Yes, Probe::No));
        assert_eq!((probe(C, OK), probe(S, OK)), (Probe::No, Probe::Yes));
        for cut in 1..GET.len() {
            assert_eq!(probe(C, &GET[..cut]), Probe::NeedMore, "{cut}");
        }
        let behind = [UPDATE, UPDATE, DATA, GET].concat();
        assert_eq!(probe(C, &behind), Probe::Yes);
        assert_eq!(probe(C, &behind[..60]), Probe::NeedMore);
        assert_eq!(probe(C, &UPDATE.repeat(5)), Probe::NeedMore, "whose is not known");
    }

    #[test]
    fn others_are_refused() {
        let others: [&[u8]; 6] = [
            b"GET / HTTP/1.1\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
            b"\0\0\0\x14\0\x12\0\x03\0\0\0\x01",
            b"\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01",
            &[0; 64],
            b"*1\r\n$4\r\nPING\r\n",
        ];
        for side in [C, S] {
            for bytes in others {
                assert_eq!(probe(side, bytes), Probe::No, "{}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn after_a_loss_streams_that_are_open_count() {
        let run = |bytes: &[u8], side, is_open| super::run(bytes, side, is_open, &mut { u64::MAX });
        let is_open: &dyn Fn(u32) -> bool = &|stream| stream == 5;
        let twice = [DATA, DATA].concat();
        assert_eq!(run(&twice, S, Some(is_open)), Run::Yes);
        assert_eq!(run(&twice[..20], S, Some(is_open)), Run::More(21));
        assert_eq!(run(&twice, S, Some(&|_| false)), Run::More(33));
        assert_eq!(run(&[UPDATE, UPDATE].concat(), C, Some(&|_| false)), Run::Yes);
        assert_eq!(run(b"abc", C, Some(is_open)), Run::No);
    }
}
