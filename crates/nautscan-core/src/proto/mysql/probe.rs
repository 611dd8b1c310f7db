//! Is it MySQL?

use super::command;
use super::envelope;
use super::frame::HEADER;
use super::greeting::{FIXED, Greeting, Login, VERSION, can};
use super::read::Reader;
use crate::proto::{Probe, Side};

/// First words of statements, to know a query by where following began in the middle.
#[rustfmt::skip]
static WORDS: &[&str] = &[
    "ALTER", "ANALYZE", "BEGIN", "CALL", "CHECK", "COMMIT", "CREATE", "DEALLOCATE", "DELETE", "DESC",
    "DESCRIBE", "DO", "DROP", "EXECUTE", "EXPLAIN", "FLUSH", "GRANT", "HANDLER", "INSERT", "KILL",
    "LOAD", "LOCK", "OPTIMIZE", "PREPARE", "RELEASE", "RENAME", "REPLACE", "REVOKE", "ROLLBACK",
    "SAVEPOINT", "SELECT", "SET", "SHOW", "START", "TRUNCATE", "UNLOCK", "UPDATE", "USE", "VALUES",
    "WITH", "XA",
];

/// Bytes of a greeting at most, and of a refusal: a version has some tens.
const GREETING: usize = 512;
/// Bytes of a packet looked at for the first word of its statement.
const QUERY: usize = 256;
/// Numbers of errors.
const ERRORS: core::ops::RangeInclusive<u16> = 1000..=9999;

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    let Some((head, body)) = bytes.split_first_chunk::<HEADER>() else {
        return if bytes.get(2).is_none_or(|high| *high == 0) {
            Probe::NeedMore
        } else {
            Probe::No
        };
    };
    let [a, b, c, number] = *head;
    let length = u32::from_le_bytes([a, b, c, 0]) as usize;
    match (side, number) {
        (Side::Server, 0) if length <= GREETING => {
            says_first(&body[..body.len().min(length)], length)
        }
        (Side::Client, 0) => match begins_command(body, length) {
            Probe::No => begins_envelope(bytes),
            other => other,
        },
        (Side::Client, 1) => begins_login(body, length),
        _ => Probe::No,
    }
}

/// Whether a command of a client, or more, is what these bytes begin with, and nothing of one before
/// it.
pub(super) fn is_command(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((head, body)) = rest.split_first_chunk::<HEADER>() {
        let [a, b, c, number] = *head;
        let length = u32::from_le_bytes([a, b, c, 0]) as usize;
        if number != 0 || !body.first().is_some_and(|first| command::is_known(*first)) {
            return false;
        }
        let Some(next) = body.get(length..) else {
            return begins_command(body, length) == Probe::Yes;
        };
        rest = next;
    }
    rest.is_empty() && !bytes.is_empty()
}

/// Whether these are envelopes, each whole.
pub(super) fn is_enveloped(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((head, content)) = rest.split_first_chunk::<{ envelope::HEADER }>() {
        let Some(next) = content.get(envelope::Head::read(head).packed..) else { return false };
        rest = next;
    }
    rest.is_empty() && !bytes.is_empty()
}

/// Do these bytes greet a client, or refuse it?
fn says_first(body: &[u8], length: usize) -> Probe {
    match body {
        [] => Probe::NeedMore,
        [VERSION, version @ ..] => {
            if !is_version(version) {
                return Probe::No;
            }
            if body.len() < length {
                return Probe::NeedMore;
            }
            // The last byte of the fixed part is zero.
            let filler = memchr::memchr(0, version).and_then(|end| version.get(end + 13));
            match (filler, Greeting::read(body)) {
                (Some(0), Some(_)) => Probe::Yes,
                _ => Probe::No,
            }
        }
        [0xff, rest @ ..] => {
            let Some(code) = Reader(rest).u16() else { return Probe::NeedMore };
            let text = rest.get(2..).unwrap_or_default();
            let is_text = text.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
            match (ERRORS.contains(&code) && is_text && length > 8, body.len() < length) {
                (false, _) => Probe::No,
                (true, true) => Probe::NeedMore,
                (true, false) => Probe::Yes,
            }
        }
        _ => Probe::No,
    }
}

/// Digits first, and text up to a zero.
fn is_version(version: &[u8]) -> bool {
    let end = memchr::memchr(0, version).unwrap_or(version.len());
    let text = &version[..end];
    text.first().is_none_or(u8::is_ascii_digit) && text.iter().all(|b| (b' '..0x7f).contains(b))
}

/// Do these bytes answer a greeting that was not captured?
fn begins_login(body: &[u8], length: usize) -> Probe {
    if length < FIXED {
        return Probe::No;
    }
    let Some(fixed) = body.get(..FIXED) else { return Probe::NeedMore };
    let can = Reader(fixed).u32().map_or(0, u64::from);
    let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    let is_login = can & can::PROTOCOL_41 != 0
        && is_zero(&fixed[9..28])
        && (is_zero(&fixed[28..]) || can & can::MYSQL == 0)
        && Login::read(body, length as u64).is_some();
    if is_login { Probe::Yes } else { Probe::No }
}

/// Do these bytes, of so many, begin with a statement, or run one?
fn begins_command(body: &[u8], length: usize) -> Probe {
    match body {
        [] if length > 0 => Probe::NeedMore,
        [command::QUERY, text @ ..] => {
            let text = match text {
                [0, 1, text @ ..] => text,
                [0] => b"",
                text => text,
            };
            begins_statement(text, length)
        }
        [command::PREPARE, text @ ..] => begins_statement(text, length),
        [command::EXECUTE, _, _, _, _, 0..=15, 1, 0, 0, 0, ..] if body.len() <= length => {
            Probe::Yes
        }
        [command::EXECUTE, ..] if body.len() < 10 && length >= 10 => Probe::NeedMore,
        _ => Probe::No,
    }
}

fn begins_statement(text: &[u8], length: usize) -> Probe {
    let text = &text[..text.len().min(QUERY).min(length)];
    let text = text.trim_ascii_start();
    if text.starts_with(b"/*") {
        // Code or a comment, which these two bytes behind a header are enough of.
        return if length > 8 { Probe::Yes } else { Probe::No };
    }
    let word = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let is_word = |known: &&str| known.as_bytes().eq_ignore_ascii_case(&text[..word]);
    let is_known = WORDS.iter().any(is_word);
    match text.get(word) {
        Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b'@' | b'`') if is_known => Probe::Yes,
        None if is_known && word + 1 == length => Probe::Yes,
        None if word < 12 && text.len() < QUERY && word < length => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// Whether these bytes, which are just enough to tell, begin an envelope that packs nothing, with a
/// command in it.
pub(super) fn is_envelope(bytes: &[u8]) -> bool {
    let first = bytes.get(envelope::HEADER + HEADER);
    begins_envelope(bytes) != Probe::No && first.is_some_and(|first| command::is_known(*first))
}

/// Is it an envelope that packs nothing, with a statement in it?
fn begins_envelope(bytes: &[u8]) -> Probe {
    let Some((head, content)) = bytes.split_first_chunk::<{ envelope::HEADER }>() else {
        return if bytes[HEADER..].iter().all(|byte| *byte == 0) {
            Probe::NeedMore
        } else {
            Probe::No
        };
    };
    let head = envelope::Head::read(head);
    if head.unpacked != 0 || head.packed <= HEADER {
        return Probe::No;
    }
    let Some((inner, body)) = content.split_first_chunk::<HEADER>() else { return Probe::NeedMore };
    let [a, b, c, number] = *inner;
    let length = u32::from_le_bytes([a, b, c, 0]) as usize;
    if number != 0 || length + HEADER > head.packed {
        return Probe::No;
    }
    begins_command(body, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Side::{Client as C, Server as S};

    #[test]
    fn mysql_is_known_by_its_bytes() {
        let greeting = b"\x34\0\0\0\x0a5.0.54\0\x5e\0\0\0abcdefgh\0\x2c\xa2\x08\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0";
        let mut login = b"\x25\0\0\x01\x85\xa6\x03\0\0\0\0\x01\x08".to_vec();
        login.extend([0; 23]);
        login.extend(b"bob\0\0");
        let yes: [(Side, &[u8]); 8] = [
            (S, greeting),
            (S, b"\x17\0\0\0\xff\x10\x04Too many connections"),
            (C, &login),
            (C, b"\x09\0\0\0\x03SELECT 1"),
            (C, b"\x0b\0\0\0\x03\0\x01SELECT 1"),
            (C, b"\x0f\0\0\0\x16INSERT INTO t "),
            (C, b"\x0a\0\0\0\x17\x01\0\0\0\0\x01\0\0\0"),
            (C, b"\x0d\0\0\0\0\0\0\x09\0\0\0\x03SELECT 1"),
        ];
        for (side, bytes) in yes {
            assert_eq!(probe(side, bytes), Probe::Yes, "{}", bytes.escape_ascii());
            for cut in 0..5 {
                assert_eq!(probe(side, &bytes[..cut]), Probe::NeedMore, "{}", bytes.escape_ascii());
            }
        }
        let no: [(Side, &[u8]); 9] = [
            (C, b"GET / HTTP/1.1"),
            (C, b"\x16\x03\x01\x02\0\x01"),
            (S, b"HTTP/1.1 200 OK"),
            (S, b"\x05\0\0\0\x0ahello"),
            (C, b"\x01\0\0\0\x0e"),
            (C, b"\x09\0\0\0\x03HELLO 1 "),
            (C, b"\x3a\0\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0"),
            (S, b"\x01\0\0\x01\x01"),
            (C, b"\x20\0\0\x01\x85\xa6\x03\0\0\0\0\x01\x08aaaaaaaaaaaaaaaaaaaaaaaa"),
        ];
        for (side, bytes) in no {
            assert_eq!(probe(side, bytes), Probe::No, "{}", bytes.escape_ascii());
        }
    }
}
