//! What the fields of a head say about the message: how long its body is (RFC 9112 section 6)
//! and how its content is coded.

use super::chunked::Chunked;
use super::oddity::{OddSet, Oddity};
use super::start::Version;
use crate::limits::HTTP_CODINGS;

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    /// The chunked transfer coding.
    Chunked(Chunked),
    /// Up to the end of the connection.
    UntilClose,
    /// The fields contradict each other and no rule says who is right.
    Unknown,
}

/// A content coding (RFC 9110 section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
    /// Any other.
    Unknown,
}

/// How content is coded that is read while it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proto) enum Streamed {
    Plain,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
    /// In a way that is undone only once all of it has come, or not at all.
    Unknown,
}

/// The content codings of a message in the order in which they were applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proto) struct Codings {
    list: [Coding; HTTP_CODINGS],
    len: u8,
}

impl Default for Codings {
    fn default() -> Self {
        Self { list: [Coding::Unknown; HTTP_CODINGS], len: 0 }
    }
}

impl Codings {
    /// Whether there is none.
    pub(in crate::proto) fn is_empty(&self) -> bool {
        self.applied().is_empty()
    }

    fn push(&mut self, coding: Coding) {
        match self.list.get_mut(usize::from(self.len)) {
            Some(slot) => {
                *slot = coding;
                self.len += 1;
            }
            // One too many: none can be undone, as the last applied is not known.
            None => self.list[HTTP_CODINGS - 1] = Coding::Unknown,
        }
    }
    /// Reads a Content-Encoding field.
    pub(in crate::proto) fn content_encoding(&mut self, value: &[u8]) {
        value
            .split(|&b| b == b',')
            .filter_map(|item| coding(item.trim_ascii()))
            .for_each(|c| self.push(c));
    }

    /// The one coding, if it can be undone while its content comes.
    pub(in crate::proto) fn streamed(&self) -> Streamed {
        match self.applied() {
            [] => Streamed::Plain,
            [Coding::Gzip] => Streamed::Gzip,
            [Coding::Deflate] => Streamed::Deflate,
            [Coding::Brotli] => Streamed::Brotli,
            [Coding::Zstd] => Streamed::Zstd,
            _ => Streamed::Unknown,
        }
    }

    /// The codings applied, first to last.
    pub(super) fn applied(&self) -> &[Coding] {
        &self.list[..usize::from(self.len)]
    }
}

/// What Content-Length says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Length {
    #[default]
    Absent,
    Stated(u64),
    Invalid,
    Conflicting,
}

/// What Transfer-Encoding says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Transfer {
    #[default]
    Absent,
    /// `identity` alone, as RFC 2616 had it: no coding, the length is found as without.
    Identity,
    /// Its last coding is chunked.
    Chunked,
    Other,
}

/// What fields of a head say of a call of gRPC-Web.
#[derive(Debug, Default)]
pub(super) struct GrpcFields {
    pub(super) status: Option<Vec<u8>>,
    pub(super) message: Option<Vec<u8>>,
    pub(super) encoding: Option<Vec<u8>>,
}

/// Everything about a message that its fields decide.
#[derive(Debug, Default)]
pub(super) struct Facts {
    length: Length,
    transfer: Transfer,
    /// Content codings.
    pub(super) codings: Codings,
    /// Value of Upgrade.
    pub(super) upgrade: Option<Vec<u8>>,
    /// What fields say of a call of gRPC-Web.
    pub(super) grpc: Option<Box<GrpcFields>>,
    /// Oddities met in the head.
    pub(super) odd: OddSet,
}

impl Facts {
    /// Keeps a field of a call.
    #[cold]
    pub(super) fn grpc(&mut self, name: &[u8], value: &[u8]) {
        let fields = self.grpc.get_or_insert_default();
        match name.len() {
            11 => fields.status = Some(value.to_vec()),
            12 => fields.message = Some(value.to_vec()),
            _ => fields.encoding = Some(value.to_vec()),
        }
    }

    /// Reads a Content-Length field (RFC 9112 section 6.3, rules 4 and 5).
    pub(super) fn content_length(&mut self, value: &[u8]) {
        if let (Length::Absent, Some(n)) = (self.length, decimal(value)) {
            self.length = Length::Stated(n);
            return;
        }
        for item in value.split(|&b| b == b',') {
            let stated = decimal(item.trim_ascii());
            self.length = match (self.length, stated) {
                (Length::Absent, Some(n)) => Length::Stated(n),
                (Length::Stated(m), Some(n)) if m == n => {
                    self.odd.insert(Oddity::DuplicateLength);
                    Length::Stated(m)
                }
                (Length::Stated(_) | Length::Conflicting, Some(_)) => {
                    self.odd.insert(Oddity::ConflictingLength);
                    Length::Conflicting
                }
                (Length::Conflicting, None) => Length::Conflicting,
                _ => {
                    self.odd.insert(Oddity::InvalidLength);
                    Length::Invalid
                }
            };
        }
    }

    /// Reads a Transfer-Encoding field. gzip and deflate below chunked are undone like content
    /// codings: what they wrap is the same content.
    pub(super) fn transfer_encoding(&mut self, value: &[u8]) {
        for item in value.split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|i| !i.is_empty()) {
            if self.transfer == Transfer::Chunked {
                self.odd.insert(Oddity::DuplicateChunked);
            }
            let is_first = matches!(self.transfer, Transfer::Absent | Transfer::Identity);
            if item.eq_ignore_ascii_case(b"chunked") {
                self.transfer = Transfer::Chunked;
            } else if is_first && item.eq_ignore_ascii_case(b"identity") {
                self.transfer = Transfer::Identity;
            } else {
                self.transfer = Transfer::Other;
                if let Some(coding) = coding(item) {
                    self.codings.push(coding);
                }
            }
        }
        if self.transfer == Transfer::Absent {
            self.transfer = Transfer::Other;
        }
    }

    /// Reads a Content-Encoding field.
    pub(super) fn content_encoding(&mut self, value: &[u8]) {
        self.codings.content_encoding(value);
    }

    /// The framing of a request body (RFC 9112 section 6.3, rules 3 to 7).
    pub(super) fn request_framing(&mut self, version: Version) -> Framing {
        self.note_conflicts(version);
        match (self.transfer, self.length) {
            (Transfer::Chunked, _) => Framing::Chunked(Chunked::new()),
            (Transfer::Other, _) => Framing::Unknown,
            (_, Length::Absent) => Framing::Length(0),
            (_, Length::Stated(n)) => Framing::Length(n),
            (_, Length::Invalid | Length::Conflicting) => Framing::Unknown,
        }
    }

    /// The framing of a response body (RFC 9112 section 6.3), HEAD and CONNECT apart.
    pub(super) fn response_framing(&mut self, version: Version, status: i32) -> Framing {
        if matches!(status, 100..=199 | 204 | 304) {
            if self.transfer != Transfer::Absent && status != 304 {
                self.odd.insert(Oddity::EncodingForbidden);
            }
            return Framing::Length(0);
        }
        self.note_conflicts(version);
        match (self.transfer, self.length) {
            (Transfer::Chunked, _) => Framing::Chunked(Chunked::new()),
            (Transfer::Other, _) => Framing::UntilClose,
            (_, Length::Stated(n)) => Framing::Length(n),
            (_, _) => Framing::UntilClose,
        }
    }

    fn note_conflicts(&mut self, version: Version) {
        if self.transfer == Transfer::Absent {
            return;
        }
        if self.transfer != Transfer::Chunked {
            self.odd.insert(Oddity::EncodingNotChunked);
        }
        if self.length != Length::Absent && self.transfer != Transfer::Identity {
            self.odd.insert(Oddity::LengthAndEncoding);
        }
        if version == Version::V10 {
            self.odd.insert(Oddity::EncodingInOldVersion);
        }
    }
}

/// Digits only, and no more than fit.
fn decimal(text: &[u8]) -> Option<u64> {
    // Nineteen digits always fit.
    if (1..20).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        return Some(text.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0')));
    }
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |n, &b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    })
}

/// The coding of that name; `None` for identity.
fn coding(name: &[u8]) -> Option<Coding> {
    let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
    Some(match name {
        [] => return None,
        _ if is(b"identity") => return None,
        _ if is(b"gzip") || is(b"x-gzip") => Coding::Gzip,
        _ if is(b"deflate") => Coding::Deflate,
        _ if is(b"br") => Coding::Brotli,
        _ if is(b"zstd") => Coding::Zstd,
        _ => Coding::Unknown,
    })
}

/// The trace-id of a `traceparent` value, validated as W3C Trace Context section 3.2 says.
pub(in crate::proto) fn trace_id(value: &[u8]) -> Option<[u8; 32]> {
    let hex = |range: std::ops::Range<usize>| {
        let part = value.get(range)?;
        part.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).then_some(part)
    };
    let dash = |at: usize| value.get(at) == Some(&b'-');
    let (version, trace, parent, _flags) = (hex(0..2)?, hex(3..35)?, hex(36..52)?, hex(53..55)?);
    let zero = |part: &[u8]| part.iter().all(|&b| b == b'0');
    let tail_ok = value.len() == 55 || (version != b"00" && dash(55));
    let valid = dash(2)
        && dash(35)
        && dash(52)
        && version != b"ff"
        && tail_ok
        && !zero(trace)
        && !zero(parent);
    valid.then(|| trace.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(fields: &[(&str, &str)]) -> Facts {
        let mut facts = Facts::default();
        for (name, value) in fields {
            match *name {
                "cl" => facts.content_length(value.as_bytes()),
                "te" => facts.transfer_encoding(value.as_bytes()),
                _ => facts.content_encoding(value.as_bytes()),
            }
        }
        facts
    }

    fn names(odd: OddSet) -> Vec<&'static str> {
        let (mut seen, mut names) = (OddSet::default(), Vec::new());
        odd.move_into(&mut seen, &mut names);
        names
    }

    #[test]
    fn body_length_follows_rfc_9112_section_6_3() {
        const CHUNKED: Framing = Framing::Chunked(Chunked::new());
        use Framing::{Length, Unknown, UntilClose};
        type Case<'a> = (&'a [(&'a str, &'a str)], Framing, Framing, &'a [&'a str]);
        let cases: [Case<'_>; 14] = [
            (&[], Length(0), UntilClose, &[]),
            (&[("cl", "5")], Length(5), Length(5), &[]),
            (&[("cl", "5"), ("cl", "5")], Length(5), Length(5), &["duplicate_content_length"]),
            (&[("cl", "5, 5")], Length(5), Length(5), &["duplicate_content_length"]),
            (&[("cl", "5, 6")], Unknown, UntilClose, &["conflicting_content_length"]),
            (&[("cl", "+5")], Unknown, UntilClose, &["invalid_content_length"]),
            (&[("cl", "")], Unknown, UntilClose, &["invalid_content_length"]),
            (&[("cl", "99999999999999999999")], Unknown, UntilClose, &["invalid_content_length"]),
            (&[("te", "chunked")], CHUNKED, CHUNKED, &[]),
            (&[("te", "gzip, Chunked")], CHUNKED, CHUNKED, &[]),
            (
                &[("te", "chunked"), ("cl", "5")],
                CHUNKED,
                CHUNKED,
                &["content_length_and_transfer_encoding"],
            ),
            (&[("te", "chunked"), ("te", "chunked")], CHUNKED, CHUNKED, &["duplicate_chunked"]),
            (
                &[("te", "chunked, x")],
                Unknown,
                UntilClose,
                &["transfer_encoding_not_chunked", "duplicate_chunked"],
            ),
            (&[("te", "xchunked")], Unknown, UntilClose, &["transfer_encoding_not_chunked"]),
        ];
        for (fields, request, response, oddities) in cases {
            let mut facts = facts(fields);
            assert_eq!(facts.request_framing(Version::V11), request, "{fields:?}");
            assert_eq!(names(facts.odd), oddities, "{fields:?}");
            assert_eq!(facts.response_framing(Version::V11, 200), response, "{fields:?}");
        }
    }

    #[test]
    fn some_responses_never_have_content() {
        for status in [100, 103, 204, 304] {
            assert_eq!(
                facts(&[("cl", "5")]).response_framing(Version::V11, status),
                Framing::Length(0)
            );
        }
        let mut odd = facts(&[("te", "chunked")]);
        assert_eq!(odd.response_framing(Version::V11, 204), Framing::Length(0));
        assert_eq!(names(odd.odd), ["transfer_encoding_without_content"]);
        let mut old = facts(&[("te", "chunked")]);
        old.response_framing(Version::V10, 200);
        assert_eq!(names(old.odd), ["transfer_encoding_in_http_1_0"]);
    }

    #[test]
    fn codings_keep_their_order_and_their_cap() {
        let f = facts(&[("ce", "identity, X-GZIP"), ("ce", "br,,zstd"), ("ce", "deflate")]);
        assert_eq!(
            f.codings.applied(),
            [Coding::Gzip, Coding::Brotli, Coding::Zstd, Coding::Deflate]
        );
        let f = facts(&[("ce", "gzip,gzip,gzip,gzip,gzip")]);
        assert_eq!(f.codings.applied().last(), Some(&Coding::Unknown));
    }

    #[test]
    fn trace_ids() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        let cases = [
            (format!("00-{id}-b7ad6b7169203331-01"), true),
            (format!("cc-{id}-b7ad6b7169203331-01-what"), true),
            (format!("00-{id}-b7ad6b7169203331-01-what"), false),
            (format!("cc-{id}-b7ad6b7169203331-01what"), false),
            (format!("ff-{id}-b7ad6b7169203331-01"), false),
            (format!("00-{}-b7ad6b7169203331-01", id.to_uppercase()), false),
            (format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)), false),
            (format!("00-{id}-{}-01", "0".repeat(16)), false),
            (format!("00-{id}-b7ad6b7169203331"), false),
            (String::new(), false),
        ];
        for (value, valid) in cases {
            let want = valid.then(|| <[u8; 32]>::try_from(id.as_bytes()).unwrap());
            assert_eq!(trace_id(value.as_bytes()), want, "{value}");
        }
    }
}
