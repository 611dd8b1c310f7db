//! Is it PostgreSQL?

use super::client::code;
use super::frame::SERVER;
use crate::limits::POSTGRES_START;
use crate::proto::{Probe, Side};

/// First words of statements, to know a query by where following began in the middle.
static WORDS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "BEGIN",
    "CALL",
    "CLOSE",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "DO",
    "DROP",
    "END",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "INSERT",
    "LISTEN",
    "LOCK",
    "MERGE",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "REFRESH",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "TABLE",
    "TRUNCATE",
    "UNLISTEN",
    "UPDATE",
    "VACUUM",
    "VALUES",
    "WITH",
];

/// Longest message by which a connection is known.
const LONGEST: u32 = 1 << 24;
/// Bytes of a message looked at for the first word of its statement.
const QUERY: usize = 256;

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    match (side, bytes) {
        (_, []) => Probe::NeedMore,
        (Side::Client, [0, ..]) => begins_connection(bytes),
        (Side::Client, [kind @ (b'Q' | b'P'), ..]) => begins_query(*kind, bytes),
        (Side::Client, _) => Probe::No,
        (Side::Server, _) => answers(bytes),
    }
}

/// Do these bytes begin a connection: a length and one of the codes?
fn begins_connection(bytes: &[u8]) -> Probe {
    let Some((head, rest)) = bytes.split_first_chunk::<8>() else {
        // A length that is small enough.
        return if bytes.get(1).is_none_or(|b| *b == 0) { Probe::NeedMore } else { Probe::No };
    };
    let [a, b, c, d, code @ ..] = *head;
    let (length, code) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes(code));
    let fits = match code {
        code::ENCRYPTION | code::GSS_ENCRYPTION => length == 8,
        code::CANCEL => (16..=POSTGRES_START).contains(&length),
        version => {
            let fits = version >> 16 == u32::from(code::VERSION)
                && version & 0xffff < 100
                && (9..=POSTGRES_START).contains(&length);
            return if fits { names_parameter(length, rest) } else { Probe::No };
        }
    };
    if fits { Probe::Yes } else { Probe::No }
}

/// Whether these can begin the first parameter's name, or end the parameters: other protocols have
/// numbers where PostgreSQL has its version (Kafka those of its request for metadata).
fn names_parameter(length: u32, rest: &[u8]) -> Probe {
    let Some(name) = rest.get(..4.min(length as usize - 8)) else { return Probe::NeedMore };
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let is_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte));
    if is_name && (!name.is_empty() || length == 9) { Probe::Yes } else { Probe::No }
}

/// Do these bytes begin a message with a statement?
fn begins_query(kind: u8, bytes: &[u8]) -> Probe {
    let Some((_, head)) = bytes.split_first() else { return Probe::NeedMore };
    let Some((length, body)) = head.split_first_chunk::<4>() else {
        return if head.first().is_none_or(|b| *b == 0) { Probe::NeedMore } else { Probe::No };
    };
    if !(6..=LONGEST).contains(&u32::from_be_bytes(*length)) {
        return Probe::No;
    }
    let mut text = &body[..body.len().min(QUERY)];
    if kind == b'P' {
        // The name of the statement comes first.
        let Some(end) = memchr::memchr(0, text) else { return undecided(text) };
        text = &text[end + 1..];
    }
    let text = text.trim_ascii_start();
    let word = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let is_word = |known: &&str| known.as_bytes().eq_ignore_ascii_case(&text[..word]);
    match text.get(word) {
        Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | 0) if WORDS.iter().any(is_word) => {
            Probe::Yes
        }
        None => undecided(text),
        _ => Probe::No,
    }
}

fn undecided(text: &[u8]) -> Probe {
    let is_text = text.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    if is_text && text.len() < QUERY { Probe::NeedMore } else { Probe::No }
}

/// Are these bytes answers up to one that says that the server is ready, which no other protocol has?
fn answers(bytes: &[u8]) -> Probe {
    let mut rest = bytes;
    while let [kind, after @ ..] = rest {
        if !SERVER.known.contains(kind) {
            return Probe::No;
        }
        let Some((length, body)) = after.split_first_chunk::<4>() else {
            let is_small = after.first().is_none_or(|b| *b == 0);
            return if is_small { Probe::NeedMore } else { Probe::No };
        };
        let length = u32::from_be_bytes(*length);
        if !(4..=LONGEST).contains(&length) {
            return Probe::No;
        }
        match (kind, length, body) {
            (b'Z', 5, [b'I' | b'T' | b'E', ..]) => return Probe::Yes,
            (b'R', 8.., [0, 0, 0, 0..=12, ..]) if rest.len() == bytes.len() => return Probe::Yes,
            (b'Z', 5, []) => return Probe::NeedMore,
            (b'Z', ..) => return Probe::No,
            _ => {}
        }
        let Some(next) = body.get(length as usize - 4..) else { return Probe::NeedMore };
        rest = next;
    }
    Probe::NeedMore
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Side::{Client as C, Server as S};

    #[test]
    fn postgresql_is_known_by_its_bytes() {
        let yes: [(Side, &[u8]); 6] = [
            (C, b"\0\0\0\x08\x04\xd2\x16\x2f"),
            (C, b"\0\0\0\x20\0\x03\0\0user\0a\0\0"),
            (C, b"Q\0\0\0\x0eselect 1;\0"),
            (C, b"P\0\0\0\x20name\0INSERT INTO"),
            (S, b"Z\0\0\0\x05I"),
            (S, b"C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05T"),
        ];
        for (side, bytes) in yes {
            assert_eq!(probe(side, bytes), Probe::Yes, "{}", bytes.escape_ascii());
            for cut in 0..5 {
                assert_eq!(probe(side, &bytes[..cut]), Probe::NeedMore);
            }
        }
        let no: [(Side, &[u8]); 8] = [
            (C, b"GET / HTTP/1.1"),
            // Kafka's request for metadata.
            (C, b"\0\0\0\x12\0\x03\0\x01\0\0\0\x03\0\x04test"),
            (C, b"QUIT\r\n"),
            (C, b"POST / HTTP"),
            (C, b"\0\x1d\0\0\0\0\0\0"),
            (C, b"Q\0\0\0\x0ehello 1;\0"),
            (S, b"HTTP/1.1 200 OK"),
            (S, b"\x16\x03\x01\x02"),
        ];
        for (side, bytes) in no {
            assert_eq!(probe(side, bytes), Probe::No, "{}", bytes.escape_ascii());
        }
    }
}
