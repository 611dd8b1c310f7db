//! Names with their values, of which parameters and the values of a connection are made
//! (section 3.4 of the specification).

/// The pairs that are whole, in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = length(self.0)?;
        let (value, rest) = length(rest)?;
        let (name, rest) = rest.split_at_checked(name)?;
        let (value, rest) = rest.split_at_checked(value)?;
        self.0 = rest;
        Some((name, value))
    }
}

/// A length of one byte, or of four if its first bit is set.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return Some((usize::from(*first), rest));
    }
    let (four, rest) = bytes.split_first_chunk::<4>()?;
    Some(((u32::from_be_bytes(*four) & 0x7fff_ffff) as usize, rest))
}

/// The header field that a parameter repeats (RFC 3875 sections 4.1.2, 4.1.3 and 4.1.18). Other
/// parameters may be anything, passwords of databases too.
pub(super) fn field_name(parameter: &[u8]) -> Option<Vec<u8>> {
    let field = match parameter {
        b"CONTENT_TYPE" | b"CONTENT_LENGTH" => parameter,
        _ => parameter.strip_prefix(b"HTTP_").filter(|field| !field.is_empty())?,
    };
    let small = |byte: &u8| if *byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    Some(field.iter().map(small).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_one_byte_or_four() {
        let long = [&b"\x01\x80\x00\x00\x80a"[..], &[b'v'; 128], b"\x01\x00b\x01"].concat();
        let mut pairs = Pairs(&long);
        assert_eq!(pairs.next(), Some((&b"a"[..], &[b'v'; 128][..])));
        assert_eq!(pairs.next(), Some((&b"b"[..], &b""[..])));
        assert_eq!((pairs.next(), pairs.0), (None, &b"\x01"[..]), "what is cut stays");
        assert_eq!(Pairs(b"\xff\xff\xff\xff\x01a").next(), None);
    }

    #[test]
    fn parameters_repeat_header_fields() {
        let name = |parameter: &[u8]| field_name(parameter).map(String::from_utf8);
        assert_eq!(name(b"HTTP_X_API_KEY"), Some(Ok("x-api-key".to_owned())));
        assert_eq!(name(b"CONTENT_TYPE"), Some(Ok("content-type".to_owned())));
        for other in [&b"DB_PASSWORD"[..], b"HTTP_", b"HTTPS", b"REDIRECT_HTTP_AUTHORIZATION"] {
            assert_eq!(name(other), None);
        }
    }
}
