//! Hellos of client and server (RFC 8446 section 4.1, RFC 5246 section 7.4.1).

use tls_parser::{parse_tls_handshake_client_hello, parse_tls_handshake_server_hello};

use super::fingerprint::{Carrier, Offer, ja3, ja4};
use crate::event::Handshake;
use crate::limits::TLS_TEXT;

const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const PRE_SHARED_KEY: u16 = 41;
const SUPPORTED_VERSIONS: u16 = 43;

/// From this version on, the server's certificate and what it chooses of ALPN are encrypted.
const TLS13: u16 = 0x0304;
/// Drafts of 1.3.
const TLS13_DRAFTS: core::ops::RangeInclusive<u16> = 0x7f00..=0x7fff;

/// The random of a hello that is a request to try again (RFC 8446 section 4.1.3): SHA-256 of
/// `HelloRetryRequest`.
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// This is not what its type says.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::proto) struct Malformed;

/// What kind of hello a server sent.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::proto) enum Answer {
    /// Version and cipher suite are agreed.
    Hello,
    /// The client is asked for another hello.
    Retry,
}

/// Whether a version encrypts all that comes after the server's hello.
pub(super) fn is_13(version: u16) -> bool {
    version == TLS13 || TLS13_DRAFTS.contains(&version)
}

/// Notes what a client's hello says.
pub(in crate::proto) fn read_client(
    body: &[u8],
    carrier: Carrier,
    handshake: &mut Handshake,
) -> Result<(), Malformed> {
    let (_, hello) = parse_tls_handshake_client_hello(body).map_err(|_| Malformed)?;
    let extensions = extensions(hello.ext.unwrap_or_default())?;
    let find = |kind| find(&extensions, kind);
    let ciphers: Vec<u16> = hello.ciphers.iter().map(|cipher| cipher.0).collect();
    let kinds: Vec<u16> = extensions.iter().map(|&(kind, _)| kind).collect();
    let groups = find(SUPPORTED_GROUPS).map(wide_list).unwrap_or_default();
    let formats = find(POINT_FORMATS).and_then(|data| short(data)).unwrap_or_default();
    let signatures = find(SIGNATURE_ALGORITHMS).map(wide_list).unwrap_or_default();
    let versions = find(SUPPORTED_VERSIONS).and_then(short).map(numbers).unwrap_or_default();
    let alpn = find(ALPN).map(protocols).unwrap_or_default();
    let offer = Offer {
        carrier,
        version: hello.version.0,
        ciphers: &ciphers,
        extensions: &kinds,
        groups: &groups,
        formats,
        signatures: &signatures,
        versions: &versions,
        first_protocol: alpn.first().copied().unwrap_or_default(),
    };
    handshake.ja3 = Some(ja3(&offer));
    handshake.ja4 = Some(ja4(&offer));
    handshake.server_name = find(SERVER_NAME).and_then(host_name).map(text);
    handshake.alpn_offered =
        (!alpn.is_empty()).then(|| text(&alpn.join(&b','))).filter(|all| !all.is_empty());
    Ok(())
}

/// Notes what a server's hello says.
pub(in crate::proto) fn read_server(
    body: &[u8],
    handshake: &mut Handshake,
) -> Result<Answer, Malformed> {
    let (_, hello) = parse_tls_handshake_server_hello(body).map_err(|_| Malformed)?;
    let extensions = extensions(hello.ext.unwrap_or_default())?;
    let find = |kind| find(&extensions, kind);
    let chosen = find(SUPPORTED_VERSIONS).and_then(|data| data.first_chunk::<2>());
    let version = chosen.map_or(hello.version.0, |&chosen| u16::from_be_bytes(chosen));
    handshake.version = Some(version);
    handshake.cipher = Some(hello.cipher.0);
    if hello.random == RETRY {
        return Ok(Answer::Retry);
    }
    if is_13(version) {
        handshake.resumed = Some(find(PRE_SHARED_KEY).is_some());
    } else {
        handshake.alpn = find(ALPN).map(protocols).and_then(|all| all.first().copied().map(text));
    }
    Ok(Answer::Hello)
}

/// Type and data of each extension.
fn extensions(mut bytes: &[u8]) -> Result<Vec<(u16, &[u8])>, Malformed> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (&kind, rest) = bytes.split_first_chunk::<2>().ok_or(Malformed)?;
        let (data, rest) = wide(rest).ok_or(Malformed)?;
        all.push((u16::from_be_bytes(kind), data));
        bytes = rest;
    }
    Ok(all)
}

fn find<'a>(extensions: &[(u16, &'a [u8])], kind: u16) -> Option<&'a [u8]> {
    extensions.iter().find(|&&(known, _)| known == kind).map(|&(_, data)| data)
}

/// What is behind two bytes of length, and the rest.
fn wide(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(length)))
}

/// What is behind one byte of length.
fn short(bytes: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = bytes.split_first()?;
    rest.get(..usize::from(length))
}

fn numbers(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_be_bytes(pair)).collect()
}

/// Numbers behind two bytes of length.
fn wide_list(bytes: &[u8]) -> Vec<u16> {
    wide(bytes).map(|(list, _)| numbers(list)).unwrap_or_default()
}

/// Names of an ALPN extension (RFC 7301 section 3.1).
fn protocols(data: &[u8]) -> Vec<&[u8]> {
    let mut list = wide(data).map_or(data, |(list, _)| list);
    let mut all = Vec::new();
    while let Some(name) = short(list) {
        all.push(name);
        list = &list[1 + name.len()..];
    }
    all
}

/// The host name of a server name extension (RFC 6066 section 3).
fn host_name(data: &[u8]) -> Option<&[u8]> {
    let (mut list, _) = wide(data)?;
    while let Some((&kind, rest)) = list.split_first() {
        let (name, rest) = wide(rest)?;
        if kind == 0 {
            return (!name.is_empty()).then_some(name);
        }
        list = rest;
    }
    None
}

/// As UTF-8, at most [`TLS_TEXT`] bytes of it; what is longer ends in `…`.
pub(in crate::proto) fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(TLS_TEXT)]).into_owned();
    if bytes.len() > TLS_TEXT { text + "…" } else { text }
}
