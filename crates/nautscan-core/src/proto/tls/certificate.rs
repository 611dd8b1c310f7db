//! What the server's certificate states (RFC 5280), in words.

use core::fmt::Write as _;

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{ASN1Time, FromDer as _, X509Certificate, X509Name};
use x509_parser::x509::AttributeTypeAndValue;

use super::hello::{Malformed, text};
use crate::event::Certificate;

const SECOND: i64 = 1_000_000_000;

/// The first certificate of a message of TLS 1.2 or older (RFC 5246 section 7.4.2): the server's
/// own. `None`: it has none.
pub(super) fn read(body: &[u8]) -> Result<Option<Certificate>, Malformed> {
    let (list, _) = behind_length(body).ok_or(Malformed)?;
    if list.is_empty() {
        return Ok(None);
    }
    let (first, _) = behind_length(list).ok_or(Malformed)?;
    let (_, certificate) = X509Certificate::from_der(first).map_err(|_| Malformed)?;
    let validity = certificate.validity();
    Ok(Some(Certificate {
        subject: text(name(certificate.subject()).as_bytes()),
        issuer: text(name(certificate.issuer()).as_bytes()),
        not_before: nanoseconds(validity.not_before),
        not_after: nanoseconds(validity.not_after),
    }))
}

/// What is behind three bytes of length, and the rest.
fn behind_length(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[a, b, c], rest) = bytes.split_first_chunk::<3>()?;
    rest.split_at_checked(u32::from_be_bytes([0, a, b, c]) as usize)
}

fn nanoseconds(time: ASN1Time) -> Option<i64> {
    time.timestamp().checked_mul(SECOND)
}

/// A distinguished name as RFC 4514 writes it: the most specific part first.
fn name(name: &X509Name<'_>) -> String {
    let parts: Vec<_> = name.iter_rdn().collect();
    let parts = parts.iter().rev().map(|part| {
        let pairs: Vec<String> = part.iter().map(pair).collect();
        pairs.join("+")
    });
    parts.collect::<Vec<_>>().join(",")
}

fn pair(pair: &AttributeTypeAndValue<'_>) -> String {
    let kind = match oid2abbrev(pair.attr_type(), oid_registry()) {
        // As OpenSSL and Zeek write them.
        Ok("Email") => "emailAddress".to_owned(),
        Ok("streetAddress") => "street".to_owned(),
        Ok(known) => known.to_owned(),
        Err(_) => pair.attr_type().to_id_string(),
    };
    format!("{kind}={}", value(pair.attr_value()))
}

/// The value's text, with what would end it escaped; what is no text, in hexadecimal.
fn value(value: &Any<'_>) -> String {
    let bytes = value.data;
    let text = match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        // As the world uses it: Latin-1, whatever T.61 says.
        Tag::T61String => bytes.iter().copied().map(char::from).collect(),
        Tag::BmpString => {
            let pairs = bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_be_bytes(pair));
            char::decode_utf16(pairs)
                .map(|one| one.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        _ => return bytes.iter().fold("#".to_owned(), |out, byte| out + &format!("{byte:02x}")),
    };
    escape(&text)
}

/// RFC 4514 section 2.4.
fn escape(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut out = String::new();
    for (at, char) in text.chars().enumerate() {
        let is_special = matches!(char, '"' | '+' | ',' | ';' | '<' | '>' | '\\');
        let is_at_end = (char == ' ' && (at == 0 || at == last)) || (char == '#' && at == 0);
        if is_special || is_at_end {
            out.push('\\');
        }
        if char.is_control() {
            let mut buffer = [0; 4];
            for byte in char.encode_utf8(&mut buffer).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\{byte:02x}");
            }
        } else {
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_value_is_escaped() {
        assert_eq!(escape("Example, Inc. + \"Sons\""), "Example\\, Inc. \\+ \\\"Sons\\\"");
        assert_eq!(escape(" a#\0 "), "\\ a#\\00\\ ");
        assert_eq!(escape("#1"), "\\#1");
    }

    #[test]
    fn a_message_without_a_certificate_is_no_error() {
        assert_eq!(read(&[0, 0, 0]), Ok(None));
        assert_eq!(read(&[0, 0, 9, 1]), Err(Malformed));
        assert_eq!(read(&[0, 0, 4, 0, 0, 1, 0]), Err(Malformed));
    }
}
