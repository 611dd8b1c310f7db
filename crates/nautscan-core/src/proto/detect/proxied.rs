//! The header by which a proxy tells whom it speaks for, before anything else on a connection.
//!
//! Source: `doc/proxy-protocol.txt` of HAProxy, sections 2.1 (a line) and 2.2 (binary).

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::limits::DETECTION_BYTES;

/// What the first bytes of a connection say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// It has so many bytes.
    Whole(usize),
    /// It may be one.
    More,
    No,
}

/// What every line begins with.
const LINE: &[u8] = b"PROXY ";
/// Bytes of the longest line, its end included.
const LONGEST_LINE: usize = 107;
/// What every binary header begins with.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Bytes of a binary header before what it says of addresses.
const FIXED: usize = 16;

/// Whether a header can begin with this byte.
pub(super) fn begins(byte: &u8) -> bool {
    matches!(byte, b'P' | b'\r')
}

/// Reads the first bytes of a connection.
pub(super) fn read(bytes: &[u8]) -> Header {
    match bytes.first() {
        Some(b'P') => line(bytes),
        Some(b'\r') => binary(bytes),
        _ => Header::No,
    }
}

fn line(bytes: &[u8]) -> Header {
    let shared = bytes.len().min(LINE.len());
    if bytes[..shared] != LINE[..shared] {
        return Header::No;
    }
    let begin = &bytes[..bytes.len().min(LONGEST_LINE)];
    match memchr::memchr(b'\n', begin) {
        Some(end) if is_line(&begin[shared..end]) => Header::Whole(end + 1),
        None if bytes.len() < LONGEST_LINE => Header::More,
        _ => Header::No,
    }
}

/// Whether what stands behind `PROXY ` is what has to.
fn is_line(rest: &[u8]) -> bool {
    let Some(text) = rest.strip_suffix(b"\r").and_then(|text| core::str::from_utf8(text).ok())
    else {
        return false;
    };
    let words: Vec<&str> = text.split(' ').collect();
    let is_port = |word: &str| word.parse::<u16>().is_ok();
    match *words {
        ["UNKNOWN", ..] => true,
        ["TCP4", from, to, source, destination] => {
            [from, to].iter().all(|word| word.parse::<Ipv4Addr>().is_ok())
                && is_port(source)
                && is_port(destination)
        }
        ["TCP6", from, to, source, destination] => {
            [from, to].iter().all(|word| word.parse::<Ipv6Addr>().is_ok())
                && is_port(source)
                && is_port(destination)
        }
        _ => false,
    }
}

fn binary(bytes: &[u8]) -> Header {
    let shared = bytes.len().min(SIGNATURE.len());
    if bytes[..shared] != SIGNATURE[..shared] {
        return Header::No;
    }
    let Some([command, family, high, low]) = bytes.get(SIGNATURE.len()..FIXED) else {
        return Header::More;
    };
    // Version 2, local or for another; unspecified, or IPv4, IPv6, Unix with TCP, UDP.
    let is_known = matches!(command, 0x20 | 0x21)
        && matches!(family, 0 | 0x11 | 0x12 | 0x21 | 0x22 | 0x31 | 0x32);
    let length = FIXED + usize::from(u16::from_be_bytes([*high, *low]));
    match bytes.len() {
        _ if !is_known || length >= DETECTION_BYTES => Header::No,
        len if len < length => Header::More,
        _ => Header::Whole(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_where_they_say() {
        let lines = [
            "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n",
            "PROXY TCP6 2001:db8::1 ::1 1 2\r\n",
            "PROXY UNKNOWN\r\n",
        ];
        let binary = [SIGNATURE, b"\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\x80\0\x01\xbb"].concat();
        for header in lines.map(str::as_bytes).into_iter().chain([&binary[..]]) {
            for cut in 1..header.len() {
                assert_eq!(read(&header[..cut]), Header::More);
            }
            let more = [header, b"GET /"].concat();
            assert_eq!(read(&more), Header::Whole(header.len()));
        }
    }

    /// Reaches `DETECTION_BYTES` with what a header says of its length.
    #[test]
    fn others_are_none() {
        let endless = [b"PROXY ", &[b'a'; LONGEST_LINE][..]].concat();
        let long = [SIGNATURE, b"\x21\x11\x10\0"].concat();
        let others: [&[u8]; 8] = [
            b"POST / HTTP/1.1\r\n",
            b"PROXY TCP4 a b 1 2\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 1 65536\r\n",
            b"PROXY / HTTP/1.1\r\n",
            b"\r\nGET",
            b"\r\n\r\n\0\r\nQUIT\n\x11\x11\0\x0c",
            &endless,
            &long,
        ];
        for other in others {
            assert_eq!(read(other), Header::No, "{}", other.escape_ascii());
        }
    }
}
