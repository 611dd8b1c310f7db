//! Is it SMTP?
//!
//! A server greets with `220 `, as FTP's do: a word `SMTP` or `ESMTP` behind the host's name tells
//! (RFC 5321 section 4.2 asks for none), and else what follows. A client begins with `EHLO` or `HELO`.

use crate::limits::SMTP_PROBE;
use crate::proto::ftp::probe::is_greeting as greets_for_ftp;
use crate::proto::{Probe, Side};

/// Bytes of `EHLO `.
const HELLO: usize = 5;

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    match side {
        Side::Client => asks(bytes),
        Side::Server => greets(bytes),
    }
}

/// Does a client introduce itself, with a name?
fn asks(bytes: &[u8]) -> Probe {
    let length = bytes.len().min(HELLO);
    let is_begun = |word: &&[u8; HELLO]| word[..length].eq_ignore_ascii_case(&bytes[..length]);
    if ![b"EHLO ", b"HELO "].iter().any(is_begun) {
        return Probe::No;
    }
    let Some(name) = bytes.get(HELLO..) else { return Probe::NeedMore };
    let end = name.iter().position(|byte| *byte == b'\n');
    let line = name[..end.unwrap_or(name.len())].trim_ascii();
    let is_name = line.iter().all(u8::is_ascii_graphic);
    match end {
        _ if !is_name || line.len() > SMTP_PROBE => Probe::No,
        Some(_) if line.is_empty() => Probe::No,
        Some(_) => Probe::Yes,
        None => Probe::NeedMore,
    }
}

/// Does a server greet?
fn greets(bytes: &[u8]) -> Probe {
    let mut first = None;
    for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let is_ended = line.ends_with(b"\n");
        let line = line.trim_ascii_end();
        let is_begun = match line {
            [a, b, c, d @ (b' ' | b'-'), ..] => {
                // The answer to a greeting of the client.
                let is_next = at > 0 && first == Some(b' ') && [*a, *b, *c] == *b"250";
                if is_next {
                    return Probe::Yes;
                }
                first = (*d == b' ').then_some(b' ');
                [*a, *b, *c] == *b"220"
            }
            short => !is_ended && b"220 ".starts_with(short),
        };
        if !is_begun {
            return Probe::No;
        }
        if is_ended && names_itself(line) {
            return Probe::Yes;
        }
        if is_ended && greets_for_ftp(line) {
            return Probe::No;
        }
    }
    if bytes.len() < SMTP_PROBE { Probe::NeedMore } else { Probe::No }
}

/// Whether a line of a greeting has the protocol's name behind the host's.
fn names_itself(line: &[u8]) -> bool {
    let words = line.split(|byte| *byte == b' ').skip(1);
    let mut words = words.map(|word| word.trim_ascii_end().to_ascii_uppercase());
    words.any(|word| matches!(&word[..], b"SMTP" | b"ESMTP"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Side::{Client as C, Server as S};

    #[test]
    fn greetings_tell() {
        let whole = [
            "220 mail.example ESMTP Postfix\r\n",
            "220 mail.example Python SMTP 1.4.4\r\n",
            "220-mail.example ESMTP\r\n220 go\r\n",
            "220 ftp.example ESMTP\r\n",
            "220 mail.example\r\n250-mail.example\r\n",
        ];
        for text in whole {
            assert_eq!(probe(S, text.as_bytes()), Probe::Yes, "{text}");
            for length in 0..text.find('\n').unwrap() {
                assert_eq!(
                    probe(S, &text.as_bytes()[..length]),
                    Probe::NeedMore,
                    "{text} {length}"
                );
            }
        }
        assert_eq!(probe(S, b"220 mail.example\r\n"), Probe::NeedMore);
        let others = [
            "220 (vsFTPd 3.0.3)\r\n",
            "220 mail.example\r\n331 who?\r\n",
            "221 bye\r\n",
            "+OK\r\n",
            "250 a\r\n",
            "\r\n",
        ];
        for other in others {
            assert_eq!(probe(S, other.as_bytes()), Probe::No, "{other}");
        }
    }

    #[test]
    fn clients_introduce_themselves() {
        assert_eq!(probe(C, b"EHLO me.example\r\n"), Probe::Yes);
        assert_eq!(probe(C, b"helo [10.0.0.1]\r\n"), Probe::Yes);
        assert_eq!(probe(C, b"EHLO me.exa"), Probe::NeedMore);
        assert_eq!(probe(C, b"EH"), Probe::NeedMore);
        for other in
            ["EHLO\r\n\r\n", "EHLO \r\n", "EHLO a b\r\n", "HELP \r\n", "GET / HTTP/1.1\r\n"]
        {
            assert_eq!(probe(C, other.as_bytes()), Probe::No, "{other}");
        }
    }

    /// Reaches `SMTP_PROBE`.
    #[test]
    fn others_are_not_kept_waiting() {
        let line = |length| [b"220 ".to_vec(), vec![b'a'; length]].concat();
        assert_eq!(probe(S, &line(SMTP_PROBE - 5)), Probe::NeedMore);
        assert_eq!(probe(S, &line(SMTP_PROBE - 4)), Probe::No);
        let name = |length| [b"EHLO ".to_vec(), vec![b'a'; length]].concat();
        assert_eq!(probe(C, &name(SMTP_PROBE)), Probe::NeedMore);
        assert_eq!(probe(C, &name(SMTP_PROBE + 1)), Probe::No);
    }
}
