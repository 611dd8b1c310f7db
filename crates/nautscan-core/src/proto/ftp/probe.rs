//! Is it FTP?
//!
//! A server greets with `220 `, as SMTP's do: a word of the greeting that has `FTP` in it tells, other than
//! a host's name, and else the reply that follows it. A client says `USER`, which POP3 has too, or
//! commands that only FTP has.

use crate::limits::FTP_PROBE;
use crate::proto::{Probe, Side};

/// Replies to `USER` and `AUTH` that no other protocol has.
const TELLING: &[&[u8]] = &[b"331", b"234"];
/// Commands that only FTP has, whole.
const COMMANDS: &[&[u8]] = &[
    b"AUTH TLS\r\n",
    b"AUTH SSL\r\n",
    b"AUTH TLS-C\r\n",
    b"FEAT\r\n",
    b"PASV\r\n",
    b"EPSV\r\n",
    b"SYST\r\n",
];

/// Bytes of the longest of them.
const LONGEST: usize = 12;

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    match side {
        Side::Client => asks(bytes),
        Side::Server => greets(bytes),
    }
}

/// Is this a command of FTP, or `USER`, which waits for the answer to it?
fn asks(bytes: &[u8]) -> Probe {
    let mut first = [0; LONGEST];
    let length = bytes.len().min(LONGEST);
    first[..length].copy_from_slice(&bytes[..length]);
    first.make_ascii_uppercase();
    let first = &first[..length];
    if COMMANDS.iter().any(|command| first.starts_with(command)) {
        return Probe::Yes;
    }
    let is_begun = COMMANDS.iter().any(|command| command.starts_with(first));
    let is_user = b"USER ".starts_with(&first[..length.min(5)]);
    // Whose answer has come by then, and was not FTP's.
    let has_more = || memchr::memchr(b'\n', bytes).is_some_and(|at| at + 1 < bytes.len());
    if is_begun || is_user && bytes.len() < FTP_PROBE && !has_more() {
        Probe::NeedMore
    } else {
        Probe::No
    }
}

/// Does a server greet, or answer to what only FTP asks?
fn greets(bytes: &[u8]) -> Probe {
    // Within the first reply, of several lines: others need not begin with a code.
    let mut is_within = false;
    for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let is_ended = line.ends_with(b"\n");
        let line = line.trim_ascii_end();
        let code = line.get(..3).unwrap_or(line);
        let is_greeting = code == b"220" && matches!(line.get(3), Some(b' ' | b'-'));
        if is_greeting {
            is_within = line[3] == b'-';
        } else if !is_within {
            let is_telling = TELLING.contains(&code) && matches!(line.get(3), Some(b' ' | b'-'));
            let is_telling = is_telling && is_ended;
            let may_be =
                [b"220 ", b"220-", b"331 ", b"234 "].iter().any(|begin| begin.starts_with(line));
            let is_unread = !is_ended && (may_be || TELLING.contains(&code));
            match (is_telling, is_unread || at > 0 && is_ended && line.is_empty()) {
                (true, _) => return Probe::Yes,
                (_, false) => return Probe::No,
                _ => {}
            }
        }
        if is_ended && is_greeting && names_smtp(line) {
            return Probe::No;
        }
        if is_ended && (is_greeting || is_within) && names_itself(line) {
            return Probe::Yes;
        }
    }
    if bytes.len() < FTP_PROBE { Probe::NeedMore } else { Probe::No }
}

/// Whether a line of a greeting is FTP's.
pub(in crate::proto) fn is_greeting(line: &[u8]) -> bool {
    names_itself(line) && !names_smtp(line)
}

/// Whether a line has the protocol's name in a word that is no host's name.
fn names_itself(line: &[u8]) -> bool {
    words(line).any(|word| {
        let is_host = word.trim_ascii_end().contains(&b'.');
        !is_host && word.windows(3).any(|part| part.eq_ignore_ascii_case(b"FTP"))
    })
}

fn names_smtp(line: &[u8]) -> bool {
    words(line)
        .any(|word| word.eq_ignore_ascii_case(b"SMTP") || word.eq_ignore_ascii_case(b"ESMTP"))
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.get(4..).unwrap_or_default().split(|byte| *byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use Side::{Client as C, Server as S};

    #[test]
    fn greetings_tell() {
        let whole = [
            "220 (vsFTPd 3.0.3)\r\n",
            "220 pyftpdlib 2.0.1 ready.\r\n",
            "220---------- Welcome to Pure-FTPd ----------\r\n220 go\r\n",
            "220 host.example FTP server ready\r\n",
            "220 host.example\r\n331 Password please\r\n",
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
        for open in
            ["220 ftp.example\r\n", "220 host\r\n3", "220-Hello\r\nand welcome\r\n", "331 who"]
        {
            assert_eq!(probe(S, open.as_bytes()), Probe::NeedMore, "{open}");
        }
        let others = [
            "220 ftp.example ESMTP\r\n",
            "220 mail.example\r\n250-mail.example\r\n",
            "230 in\r\n",
            "+OK\r\n",
            "331\r\n",
            "SSH-2.0-x\r\n",
        ];
        for other in others {
            assert_eq!(probe(S, other.as_bytes()), Probe::No, "{other}");
        }
    }

    #[test]
    fn commands_that_only_ftp_has_tell() {
        for yes in ["AUTH TLS\r\n", "feat\r\nsyst\r\n", "PASV\r\n"] {
            assert_eq!(probe(C, yes.as_bytes()), Probe::Yes, "{yes}");
        }
        for open in ["USER me\r\n", "US", "AUTH T", "FEAT"] {
            assert_eq!(probe(C, open.as_bytes()), Probe::NeedMore, "{open}");
        }
        for other in
            ["USER me\r\nPASS secret\r\n", "AUTH PLAIN\r\n", "USERS\r\n", "GET / HTTP/1.1\r\n"]
        {
            assert_eq!(probe(C, other.as_bytes()), Probe::No, "{other}");
        }
    }

    /// Reaches `FTP_PROBE`.
    #[test]
    fn others_are_not_kept_waiting() {
        for (side, begin) in [(S, b"220 "), (C, b"USER")] {
            let line = |length| [&begin[..], b" ", &vec![b'a'; length]].concat();
            assert_eq!(probe(side, &line(FTP_PROBE - 6)), Probe::NeedMore);
            assert_eq!(probe(side, &line(FTP_PROBE - 5)), Probe::No);
        }
    }
}
