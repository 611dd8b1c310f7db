//! Is this HTTP/1? Decided by bytes, on any port.
//!
//! A known method and a space is enough unless another protocol shares the method; any other
//! token needs the whole request line up to `HTTP/1.x`. A whole line that could be a malformed
//! request is held until the other side's answer tells. The same questions, asked more
//! strictly, find the next message after a loss.

use super::oddity::OddSet;
use super::start;
use crate::limits::HTTP_PROBE;
use crate::proto::{Probe, Side};

/// Longest method that is looked for: the longest registered one has 16 letters.
pub(super) const METHOD_MAX: usize = 24;
/// Empty lines skipped before the first start line.
const BLANK_MAX: usize = 8;

/// A method of the IANA registry or of wide use.
struct Method {
    name: &'static [u8],
    /// Other protocols have it too (RTSP, SIP, ICAP): the version must be seen.
    shared: bool,
    /// It is the tail of another method: without the byte before it, it may be a fragment.
    tail: bool,
}

const fn method(name: &'static [u8]) -> Method {
    Method { name, shared: false, tail: false }
}
const fn shared(name: &'static [u8]) -> Method {
    Method { name, shared: true, tail: false }
}
const fn tail(name: &'static [u8]) -> Method {
    Method { name, shared: false, tail: true }
}

static METHODS: &[Method] = &[
    method(b"GET"),
    method(b"POST"),
    method(b"HEAD"),
    method(b"PUT"),
    method(b"DELETE"),
    tail(b"PATCH"),
    shared(b"OPTIONS"),
    method(b"CONNECT"),
    method(b"TRACE"),
    method(b"PROPFIND"),
    method(b"PROPPATCH"),
    method(b"MKCOL"),
    method(b"COPY"),
    method(b"MOVE"),
    tail(b"LOCK"),
    method(b"UNLOCK"),
    method(b"REPORT"),
    method(b"ACL"),
    tail(b"SEARCH"),
    method(b"M-SEARCH"),
    shared(b"NOTIFY"),
    Method { name: b"SUBSCRIBE", shared: true, tail: true },
    method(b"UNSUBSCRIBE"),
    tail(b"BIND"),
    method(b"REBIND"),
    method(b"UNBIND"),
    tail(b"LINK"),
    method(b"UNLINK"),
    method(b"CHECKIN"),
    tail(b"CHECKOUT"),
    method(b"UNCHECKOUT"),
    method(b"UPDATE"),
    method(b"MERGE"),
    method(b"MKACTIVITY"),
    method(b"MKWORKSPACE"),
    method(b"MKCALENDAR"),
    method(b"LABEL"),
    method(b"ORDERPATCH"),
    method(b"PURGE"),
    method(b"QUERY"),
    method(b"BASELINE-CONTROL"),
    method(b"VERSION-CONTROL"),
];

/// Characters of a token (RFC 9110 section 5.6.2).
pub(super) static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            );
        i += 1;
    }
    table
};

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    if blank > BLANK_MAX {
        return Probe::No;
    }
    let bytes = &bytes[blank..];
    match side {
        Side::Client => request(bytes),
        Side::Server => response(bytes),
    }
}

/// Do these bytes begin a request? `NeedMore` for a whole line says: perhaps, if what the other
/// side answers is HTTP.
pub(super) fn request(bytes: &[u8]) -> Probe {
    let window = &bytes[..bytes.len().min(HTTP_PROBE)];
    let Some(name_len) = window.iter().position(|&b| !TOKEN[b as usize]) else {
        return if bytes.len() <= METHOD_MAX { Probe::NeedMore } else { Probe::No };
    };
    if !(1..=METHOD_MAX).contains(&name_len) {
        return Probe::No;
    }
    match memchr::memchr(b'\n', &window[name_len..]) {
        Some(lf) => whole_line(&window[..name_len + lf], name_len),
        None => part_of_line(window, name_len),
    }
}

fn whole_line(line: &[u8], name_len: usize) -> Probe {
    let is_parted = line.get(name_len) == Some(&b' ');
    let text = line.trim_ascii_end();
    if is_parted && text.len() > name_len && ends_in_version(&text[name_len + 1..]) {
        Probe::Yes
    } else if start::request_line(text, &mut OddSet::default()).is_some() {
        Probe::NeedMore
    } else {
        Probe::No
    }
}

fn part_of_line(text: &[u8], name_len: usize) -> Probe {
    let (name, rest) = text.split_at(name_len);
    if rest.iter().any(|&b| b < b' ' && !matches!(b, b'\t' | b'\r')) {
        return Probe::No;
    }
    let known = METHODS.iter().find(|m| m.name == name);
    match (rest[0], rest.get(1)) {
        (b' ', Some(&b)) if b > b' ' && known.is_some_and(|m| !m.shared) => Probe::Yes,
        (b' ' | b'\t' | b'\r' | b'/', _) if text.len() < HTTP_PROBE => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// Whether this is a method that is looked for by its name.
pub(super) fn is_known_method(name: &[u8]) -> bool {
    METHODS.iter().any(|m| m.name == name)
}

/// Whether a line ends in ` HTTP/1.x`.
fn ends_in_version(line: &[u8]) -> bool {
    line.len() > 9
        && line[line.len() - 9..].starts_with(b" HTTP/1.")
        && line[line.len() - 1].is_ascii_digit()
}

/// Do these bytes begin a response?
pub(super) fn response(bytes: &[u8]) -> Probe {
    const PATTERN: &[u8; 10] = b"HTTP/1.0 0";
    for (i, &want) in PATTERN.iter().enumerate() {
        let Some(&b) = bytes.get(i) else { return Probe::NeedMore };
        let fits = if want == b'0' { b.is_ascii_digit() } else { b == want };
        if !fits {
            return Probe::No;
        }
    }
    Probe::Yes
}

/// Does this line (without its end) begin a message, to be trusted in the middle of a stream?
/// `line_start`: the byte before it was seen to be a line end; otherwise a method that is the
/// tail of another is refused.
pub(super) fn restarts(side: Side, line: &[u8], line_start: bool) -> bool {
    let mut odd = OddSet::default();
    match side {
        Side::Server => start::status_line(line, &mut odd).is_some() && odd.is_empty(),
        Side::Client => start::request_line(line, &mut odd).is_some_and(|r| {
            odd.is_empty() && METHODS.iter().any(|m| m.name == r.method && (line_start || !m.tail))
        }),
    }
}

/// Can these bytes be the beginning of a start line, however oddly written?
pub(super) fn plausible(side: Side, bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"HTTP/1.";
    match side {
        Side::Server => bytes.iter().zip(NAME).all(|(a, b)| a == b),
        Side::Client => match bytes.iter().take(METHOD_MAX + 1).position(|&b| !TOKEN[b as usize]) {
            Some(end) => end > 0 && matches!(bytes[end], b' ' | b'\t' | b'/' | b'\r'),
            None => bytes.len() <= METHOD_MAX,
        },
    }
}

/// Could this beginning of a line become one that [`restarts`] accepts?
pub(super) fn may_restart(side: Side, line: &[u8]) -> bool {
    match side {
        Side::Server => response(line) != Probe::No,
        Side::Client => METHODS.iter().any(|m| {
            let shared = line.len().min(m.name.len());
            line[..shared] == m.name[..shared] && line.get(m.name.len()).is_none_or(|&b| b == b' ')
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(bytes: &[u8]) -> Probe {
        probe(Side::Client, bytes)
    }

    #[test]
    fn known_methods_are_taken_on_their_prefix() {
        for m in METHODS {
            let text = [m.name, b" /x"].concat();
            let want = if m.shared { Probe::NeedMore } else { Probe::Yes };
            assert_eq!(client(&text), want, "{}", String::from_utf8_lossy(&text));
            let whole = [m.name, b" /x HTTP/1.1\r\n"].concat();
            for cut in 0..m.name.len() + 1 {
                assert_eq!(client(&whole[..cut]), Probe::NeedMore);
            }
            assert_eq!(client(&whole), Probe::Yes);
        }
    }

    #[test]
    fn extension_methods_need_the_version() {
        assert_eq!(client(b"FROB /x"), Probe::NeedMore);
        assert_eq!(client(b"FROB /x HTTP/1.1\r\n"), Probe::Yes);
        assert_eq!(client(b"frob /x HTTP/1.0\n"), Probe::Yes);
        assert_eq!(client(b"FROB /x\r\n"), Probe::No);
        assert_eq!(client(b"FROB /x HTTP/1.\r\n"), Probe::NeedMore);
        let long = [b"FROB /".as_slice(), &[b'a'; HTTP_PROBE]].concat();
        assert_eq!(client(&long), Probe::No);
    }

    #[test]
    fn relatives_are_refused() {
        let others: [&[u8]; 13] = [
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"OPTIONS rtsp://a/b RTSP/1.0\r\n",
            b"DESCRIBE rtsp://a/b RTSP/1.0\r\n",
            b"OPTIONS sip:a@b SIP/2.0\r\n",
            b"NOTIFY sip:a@b SIP/2.0\r\n",
            b"get key\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"EHLO example.org\r\n",
            b"\x16\x03\x01\x02\x00",
            b"\x00\x00\x00\x10",
            b"*1\r\n$4\r\nPING\r\n",
            b"GET \x00\x01",
            b"AVERYLONGWORDTHATISNOTAMETHOD /",
        ];
        for bytes in others {
            assert_eq!(client(bytes), Probe::No, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn malformed_lines_wait_for_the_answer() {
        let lines =
            ["GET key", "GET /", "GET HTTP/1.1", "GET /HTTP/1.1", "OPTIONS", "GET/ HTTP/1.1"];
        for line in lines {
            for end in ["\n", "\r\n", "\r\nHost: a\r\n\r\n"] {
                let text = format!("{line}{end}");
                assert_eq!(client(text.as_bytes()), Probe::NeedMore, "{text:?}");
            }
        }
    }

    #[test]
    fn responses_are_taken_on_version_and_digit() {
        let server = |b: &[u8]| probe(Side::Server, b);
        assert_eq!(server(b"HTTP/1.1 200"), Probe::Yes);
        assert_eq!(server(b"\r\nHTTP/1.0 4"), Probe::Yes);
        for cut in 0..10 {
            assert_eq!(server(&b"HTTP/1.1 200"[..cut]), Probe::NeedMore);
        }
        for bytes in [
            b"HTTP/2.0 200".as_slice(),
            b"RTSP/1.0 200",
            b"SIP/2.0 200 OK",
            b"HTTP/1.1 x",
            b"220 smtp",
        ] {
            assert_eq!(server(bytes), Probe::No);
        }
    }

    #[test]
    fn after_a_loss_fragments_of_methods_are_refused() {
        assert!(restarts(Side::Client, b"PATCH / HTTP/1.1", true));
        assert!(!restarts(Side::Client, b"PATCH / HTTP/1.1", false), "may be PROPPATCH");
        assert!(!restarts(Side::Client, b"ET / HTTP/1.1", false));
        assert!(!restarts(Side::Client, b"GET / HTTP/1.", true));
        for a in METHODS {
            let is_tail =
                METHODS.iter().any(|b| b.name.len() > a.name.len() && b.name.ends_with(a.name));
            assert_eq!(a.tail, is_tail, "{}", String::from_utf8_lossy(a.name));
        }
        assert!(restarts(Side::Server, b"HTTP/1.1 200 OK", false));
        assert!(restarts(Side::Server, b"HTTP/1.1 200", false));
        assert!(!restarts(Side::Server, b"HTTP/1.1 20", false));
    }

    #[test]
    fn a_beginning_of_an_acceptable_line_is_kept() {
        let line = b"GET /x HTTP/1.1";
        assert!((0..=line.len()).all(|n| may_restart(Side::Client, &line[..n])));
        assert!(!may_restart(Side::Client, b"GETX"));
        assert!(!may_restart(Side::Server, b"HTTP/1.1 x"));
    }
}
