//! Is it Memcached?

use super::{answer, binary, command};
use crate::limits::MEMCACHED_PROBE;
use crate::proto::{Probe, Side};

/// The registry's probe: a line that no other protocol has, and before it lines that others may
/// have as well.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    if bytes.first().is_some_and(|byte| binary::begins(*byte)) {
        return binary::probe(side, bytes);
    }
    let mut rest = bytes;
    loop {
        let Some(end) = memchr::memchr(b'\n', rest) else { return of_part(side, rest) };
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        let is_surely = match side {
            Side::Client => command::is_surely(line),
            Side::Server => Some(answer::is_surely(line)),
        };
        match is_surely {
            Some(true) => return Probe::Yes,
            Some(false) => return Probe::No,
            None => rest = &rest[end + 1..],
        }
        if rest.is_empty() {
            return Probe::NeedMore;
        }
    }
}

/// What the beginning of a line says.
fn of_part(side: Side, part: &[u8]) -> Probe {
    const COMMANDS: &[&str] = &[
        "get ",
        "gets ",
        "gat ",
        "gats ",
        "set ",
        "add ",
        "replace ",
        "append ",
        "prepend ",
        "cas ",
        "incr ",
        "decr ",
        "mg ",
        "ms ",
        "md ",
        "ma ",
        "mn\r",
        "version\r",
        "stats",
        "flush_all",
        "verbosity ",
        "delete ",
        "touch ",
    ];
    const ANSWERS: &[&str] = &[
        "VALUE ",
        "STAT ",
        "VERSION ",
        "STORED\r",
        "NOT_STORED\r",
        "CLIENT_ERROR ",
        "SERVER_ERROR ",
    ];
    let known = if side == Side::Client { COMMANDS } else { ANSWERS };
    let fits = |known: &&str| {
        let len = known.len().min(part.len());
        known.as_bytes()[..len] == part[..len]
    };
    let is_text = part.iter().all(|b| *b >= b' ' || *b == b'\r');
    if is_text && part.len() <= MEMCACHED_PROBE && known.iter().any(fits) {
        Probe::NeedMore
    } else {
        Probe::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Side::{Client as C, Server as S};

    #[test]
    fn memcached_is_known_by_its_lines() {
        for (side, line) in [(C, "get a\r\n"), (C, "set a 0 0 1\r\n"), (S, "VALUE a 0 1\r\n")] {
            assert_eq!(probe(side, line.as_bytes()), Probe::Yes);
            for cut in 0..line.len() {
                assert_eq!(probe(side, &line.as_bytes()[..cut]), Probe::NeedMore, "{line} {cut}");
            }
        }
        assert_eq!(probe(C, b"version\r\n"), Probe::NeedMore);
        assert_eq!(probe(C, b"version\r\nget a\r\n"), Probe::Yes);
        for other in [
            "GET / HTTP/1.1\r\n",
            "HELO a\r\n",
            "get\0",
            "quit\r\n",
            "\x16\x03\x01",
            "get / HTTP/1.1 ",
        ] {
            let may_be = probe(C, other.as_bytes());
            assert!(may_be != Probe::Yes, "{other}");
        }
        assert_eq!(probe(S, b"220 mail\r\n"), Probe::No);
    }

    /// Reaches `MEMCACHED_PROBE`: a line without an end is looked at for so long.
    #[test]
    fn a_line_is_looked_at_within_the_cap() {
        let line = [b"get ".as_slice(), &[b'a'; MEMCACHED_PROBE]].concat();
        assert_eq!(probe(C, &line[..MEMCACHED_PROBE]), Probe::NeedMore);
        assert_eq!(probe(C, &line), Probe::No);
    }
}
