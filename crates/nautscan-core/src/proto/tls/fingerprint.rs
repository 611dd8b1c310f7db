//! Fingerprints of a client's hello: JA3 (Salesforce, 2017) and JA4 (FoxIO, 2023), as published.

use core::fmt::Write as _;

use md5::{Digest, Md5};
use sha2::Sha256;

const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;

/// What a handshake goes over: JA4 says so by its first letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proto) enum Carrier {
    Tcp,
    Quic,
}

/// What a client offers, in the order in which it does.
pub(super) struct Offer<'a> {
    pub(super) carrier: Carrier,
    /// The hello's own version field.
    pub(super) version: u16,
    pub(super) ciphers: &'a [u16],
    /// Types of its extensions.
    pub(super) extensions: &'a [u16],
    pub(super) groups: &'a [u16],
    /// Elliptic curve point formats.
    pub(super) formats: &'a [u8],
    pub(super) signatures: &'a [u16],
    /// The extension `supported_versions`.
    pub(super) versions: &'a [u16],
    /// First name of ALPN; empty: none.
    pub(super) first_protocol: &'a [u8],
}

/// Whether a value only keeps servers tolerant (GREASE, RFC 8701).
fn is_grease(value: u16) -> bool {
    let [high, low] = value.to_be_bytes();
    high == low && high & 0xf == 0xa
}

fn without_grease(values: &[u16]) -> impl Iterator<Item = u16> {
    values.iter().copied().filter(|&value| !is_grease(value))
}

/// MD5 of version, ciphers, extensions, groups and point formats, in decimal.
pub(super) fn ja3(offer: &Offer<'_>) -> [u8; 16] {
    Md5::digest(ja3_text(offer)).into()
}

fn ja3_text(offer: &Offer<'_>) -> String {
    let mut text = offer.version.to_string();
    let formats: Vec<u16> = offer.formats.iter().copied().map(u16::from).collect();
    for values in [offer.ciphers, offer.extensions, offer.groups, &formats] {
        for (at, value) in without_grease(values).enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}{value}", if at == 0 { ',' } else { '-' });
        }
        if without_grease(values).next().is_none() {
            text.push(',');
        }
    }
    text
}

/// Three parts: what can be read, a digest of the ciphers, a digest of extensions and signatures.
pub(super) fn ja4(offer: &Offer<'_>) -> String {
    let mut ciphers: Vec<u16> = without_grease(offer.ciphers).collect();
    let mut extensions: Vec<u16> = without_grease(offer.extensions).collect();
    let signatures: Vec<u16> = without_grease(offer.signatures).collect();
    let name = if extensions.contains(&SERVER_NAME) { 'd' } else { 'i' };
    let [first, last] = ends(offer.first_protocol);
    let carrier = match offer.carrier {
        Carrier::Tcp => 't',
        Carrier::Quic => 'q',
    };
    let head = format!(
        "{carrier}{}{name}{:02}{:02}{first}{last}",
        version(offer),
        ciphers.len().min(99),
        extensions.len().min(99)
    );
    ciphers.sort_unstable();
    extensions.retain(|&kind| kind != SERVER_NAME && kind != ALPN);
    extensions.sort_unstable();
    let mut second = hexes(&extensions);
    if !extensions.is_empty() && !signatures.is_empty() {
        second = second + "_" + &hexes(&signatures);
    }
    format!("{head}_{}_{}", digest(&hexes(&ciphers)), digest(&second))
}

/// The highest version offered.
fn version(offer: &Offer<'_>) -> &'static str {
    match without_grease(offer.versions).max().unwrap_or(offer.version) {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        _ => "00",
    }
}

/// First and last character of the first protocol, or of its hexadecimal form.
fn ends(protocol: &[u8]) -> [char; 2] {
    let (Some(&first), Some(&last)) = (protocol.first(), protocol.last()) else {
        return ['0', '0'];
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(first), char::from(last)];
    }
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    [digit(first >> 4), digit(last & 0xf)]
}

fn hexes(values: &[u16]) -> String {
    let hexes: Vec<String> = values.iter().map(|value| format!("{value:04x}")).collect();
    hexes.join(",")
}

/// Six bytes of SHA-256; twelve zeros for nothing.
fn digest(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(12);
    }
    Sha256::digest(text).iter().take(6).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of JA4.
    const EXAMPLE: Offer<'static> = Offer {
        carrier: Carrier::Tcp,
        version: 0x0303,
        ciphers: &[
            0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
            0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
        ],
        extensions: &[
            0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
            0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
        ],
        groups: &[0xdada, 29],
        formats: &[0],
        signatures: &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
        versions: &[0x8a8a, 0x0304, 0x0303],
        first_protocol: b"h2",
    };

    #[test]
    fn ja4_is_that_of_the_specification() {
        assert_eq!(ja4(&EXAMPLE), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert!(ja4(&Offer { signatures: &[], ..EXAMPLE }).ends_with("_6d807ffa2a79"));
        let over_quic = ja4(&Offer { carrier: Carrier::Quic, ..EXAMPLE });
        assert_eq!(over_quic, "q13d1516h2_8daaf6152771_e5627efa2ab1");
        let bare = Offer { extensions: &[0, 16], ciphers: &[0x0a0a], versions: &[], ..EXAMPLE };
        assert_eq!(ja4(&bare), "t12d0002h2_000000000000_000000000000");
    }

    #[test]
    fn ja4_tells_protocols_by_their_ends() {
        let cases: [(&[u8], &str); 8] = [
            (b"", "00"),
            (b"a", "aa"),
            (b"http/1.1", "h1"),
            (b"\xab", "ab"),
            (b"\xab\xcd", "ad"),
            (b"\x30\xab", "3b"),
            (b"\x30\x31\xab\xcd", "3d"),
            (b"\x30\xab\xcd\x31", "01"),
        ];
        for (protocol, expected) in cases {
            assert_eq!(String::from_iter(ends(protocol)), expected, "{protocol:?}");
        }
    }

    #[test]
    fn ja3_leaves_grease_out_and_keeps_empty_fields() {
        let text = ja3_text(&EXAMPLE);
        assert!(text.starts_with("771,4865-4866-4867-49195-"), "{text}");
        assert!(text.ends_with("-11-10-21,29,0"), "{text}");
        let bare =
            Offer { ciphers: &[4, 5], extensions: &[], groups: &[], formats: &[], ..EXAMPLE };
        assert_eq!(ja3_text(&bare), "771,4-5,,,");
    }
}
