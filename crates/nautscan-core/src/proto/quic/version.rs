//! Versions of QUIC that are read, and what differs between them: RFC 9000 and 9001 (version 1),
//! RFC 9369 (version 2), and the drafts of version 1 from 23 on.

use core::fmt;

/// A version that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version(u32);

/// What a packet with a long header is for (RFC 9000 section 17.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
}

/// Number in place of a version in a packet that negotiates it (RFC 9000 section 17.2.1).
pub(super) const NEGOTIATION: u32 = 0;

const ONE: u32 = 0x0000_0001;
const TWO: u32 = 0x6b33_43cf;
/// The first draft of which salt, labels and headers are those of the ones after it.
const FIRST_DRAFT: u32 = 0xff00_0017;
const DRAFT_25: u32 = 0xff00_0019;
const DRAFT_29: u32 = 0xff00_001d;
const DRAFT_33: u32 = 0xff00_0021;
const LAST_DRAFT: u32 = 0xff00_0022;

/// draft-ietf-quic-tls-23 section 5.2.
const SALT_23: [u8; 20] = [
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65,
    0xbe, 0xf9, 0xf5, 0x02,
];
/// draft-ietf-quic-tls-29 section 5.2.
const SALT_29: [u8; 20] = [
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0,
    0x43, 0x90, 0xa8, 0x99,
];
/// RFC 9001 section 5.2; the drafts from 33 on have it too.
const SALT_ONE: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad,
    0xcc, 0xbb, 0x7f, 0x0a,
];
/// RFC 9369 section 3.3.1.
const SALT_TWO: [u8; 20] = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb,
    0xf9, 0xbd, 0x2e, 0xd9,
];

/// Labels from which keys are derived.
pub(super) struct Labels {
    pub(super) key: &'static [u8],
    pub(super) iv: &'static [u8],
    pub(super) mask: &'static [u8],
}

/// Key and nonce of the tag that ends a Retry packet (RFC 9001 section 5.8).
pub(super) struct RetryKey {
    pub(super) key: [u8; 16],
    pub(super) nonce: [u8; 12],
}

/// draft-ietf-quic-tls-25 section 5.8.
const RETRY_25: RetryKey = RetryKey {
    key: [
        0x4d, 0x32, 0xec, 0xdb, 0x2a, 0x21, 0x33, 0xc8, 0x41, 0xe4, 0x04, 0x3d, 0xf2, 0x7d, 0x44,
        0x30,
    ],
    nonce: [0x4d, 0x16, 0x11, 0xd0, 0x55, 0x13, 0xa5, 0x52, 0xc5, 0x87, 0xd5, 0x75],
};
/// draft-ietf-quic-tls-29 section 5.8.
const RETRY_29: RetryKey = RetryKey {
    key: [
        0xcc, 0xce, 0x18, 0x7e, 0xd0, 0x9a, 0x09, 0xd0, 0x57, 0x28, 0x15, 0x5a, 0x6c, 0xb9, 0x6b,
        0xe1,
    ],
    nonce: [0xe5, 0x49, 0x30, 0xf9, 0x7f, 0x21, 0x36, 0xf0, 0x53, 0x0a, 0x8c, 0x1c],
};
/// RFC 9001 section 5.8.
const RETRY_ONE: RetryKey = RetryKey {
    key: [
        0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3, 0x68, 0xc8,
        0x4e,
    ],
    nonce: [0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb],
};
/// RFC 9369 section 3.3.3.
const RETRY_TWO: RetryKey = RetryKey {
    key: [
        0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2, 0x60, 0xfb, 0xcb, 0xce, 0xad, 0x7c, 0xcc,
        0x92,
    ],
    nonce: [0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a],
};

impl Version {
    /// The version with this number, if it is read.
    pub(super) fn of(number: u32) -> Option<Self> {
        let is_known = matches!(number, ONE | TWO | FIRST_DRAFT..=LAST_DRAFT);
        is_known.then_some(Self(number))
    }

    /// Its number.
    pub(super) fn number(self) -> u32 {
        self.0
    }

    /// Salt of the secrets of Initial packets.
    pub(super) fn salt(self) -> &'static [u8; 20] {
        match self.0 {
            TWO => &SALT_TWO,
            FIRST_DRAFT..DRAFT_29 => &SALT_23,
            DRAFT_29..DRAFT_33 => &SALT_29,
            _ => &SALT_ONE,
        }
    }

    /// Labels of keys (RFC 9001 section 5.1, RFC 9369 section 3.3.2).
    pub(super) fn labels(self) -> Labels {
        match self.0 {
            TWO => Labels { key: b"quicv2 key", iv: b"quicv2 iv", mask: b"quicv2 hp" },
            _ => Labels { key: b"quic key", iv: b"quic iv", mask: b"quic hp" },
        }
    }

    /// What guards a Retry packet; `None`: nothing does.
    pub(super) fn retry_key(self) -> Option<&'static RetryKey> {
        match self.0 {
            TWO => Some(&RETRY_TWO),
            FIRST_DRAFT..DRAFT_25 => None,
            DRAFT_25..DRAFT_29 => Some(&RETRY_25),
            DRAFT_29..DRAFT_33 => Some(&RETRY_29),
            _ => Some(&RETRY_ONE),
        }
    }

    /// What the first byte of a long header says that the packet is for.
    pub(super) fn kind(self, first: u8) -> Kind {
        let bits = (first >> 4) & 3;
        // RFC 9369 section 3.2.
        let bits = if self.0 == TWO { bits.wrapping_sub(1) & 3 } else { bits };
        match bits {
            0 => Kind::Initial,
            1 => Kind::ZeroRtt,
            2 => Kind::Handshake,
            _ => Kind::Retry,
        }
    }
}

/// A version as people write it: `1`, `draft-29`, `Q046`; else its number.
pub(super) struct Name(pub(super) u32);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0;
        match (number, number.to_be_bytes()) {
            (ONE, _) => f.write_str("1"),
            (TWO, _) => f.write_str("2"),
            (_, [0xff, 0, 0, draft @ 1..=99]) => write!(f, "draft-{draft:02}"),
            (_, [family @ (b'Q' | b'T'), a, b, c]) if [a, b, c].iter().all(u8::is_ascii_digit) => {
                write!(f, "{}{}{}{}", family as char, a as char, b as char, c as char)
            }
            _ => write!(f, "0x{number:08x}"),
        }
    }
}

/// Whether somebody may offer this version: one with a name, an experiment of Meta's, or one that
/// only keeps others tolerant (RFC 9000 section 15).
pub(super) fn is_plausible(number: u32) -> bool {
    let bytes = number.to_be_bytes();
    is_named(number)
        || number & 0x0f0f_0f0f == 0x0a0a_0a0a
        || bytes.starts_with(&[0xfa, 0xce, 0xb0])
}

/// Whether a version has a name.
pub(super) fn is_named(number: u32) -> bool {
    let bytes = number.to_be_bytes();
    let is_google = matches!(bytes[0], b'Q' | b'T') && bytes[1..].iter().all(u8::is_ascii_digit);
    matches!(number, ONE | TWO) || matches!(bytes, [0xff, 0, 0, 1..=99]) || is_google
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_as_people_do() {
        let cases = [
            (1, "1"),
            (0x6b33_43cf, "2"),
            (0xff00_001d, "draft-29"),
            (0x5130_3436, "Q046"),
            (0x5430_3531, "T051"),
            (0x1a2a_3a4a, "0x1a2a3a4a"),
        ];
        for (number, name) in cases {
            assert_eq!(Name(number).to_string(), name);
            assert!(is_plausible(number), "{name}");
        }
        assert!(!is_plausible(2) && !is_plausible(NEGOTIATION));
    }

    #[test]
    fn kinds_of_version_two_are_turned() {
        let kinds = |number| {
            let version = Version::of(number).unwrap();
            [0xc0, 0xd0, 0xe0, 0xf0].map(|first| version.kind(first))
        };
        use Kind::{Handshake, Initial, Retry, ZeroRtt};
        assert_eq!(kinds(1), [Initial, ZeroRtt, Handshake, Retry]);
        assert_eq!(kinds(0x6b33_43cf), [Retry, Initial, ZeroRtt, Handshake]);
    }
}
