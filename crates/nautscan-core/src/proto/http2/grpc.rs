//! gRPC over HTTP/2: messages, and how a call ended (the protocol's description `PROTOCOL-HTTP2.md`).

/// Octets before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// Whether a media type is that of gRPC, and not that of gRPC-Web, which frames otherwise.
pub(super) fn is_grpc(content_type: Option<&[u8]>) -> bool {
    let rest = content_type.and_then(|text| text.strip_prefix(b"application/grpc"));
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';' | b' ')))
}

/// The service and the method that a path names: `/package.Service/Method`.
pub(super) fn called(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let path = path.strip_prefix(b"/")?;
    let at = memchr::memrchr(b'/', path)?;
    let (service, method) = (&path[..at], &path[at + 1..]);
    (!service.is_empty() && !method.is_empty()).then_some((service, method))
}

/// Counts the messages that one side of a call sends.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Whole ones.
    pub(super) count: u64,
    /// Their octets, without what stands before each.
    pub(super) bytes: u64,
    /// Those that are compressed.
    pub(super) compressed: u64,
    /// Content was lost: how many there were is not known.
    pub(super) is_lost: bool,
    prefix: [u8; PREFIX],
    /// Octets of the prefix that are here.
    have: usize,
    /// Octets of the message that are to come.
    left: u32,
}

impl Messages {
    /// Takes in content.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !self.is_lost && !bytes.is_empty() {
            if self.have < PREFIX {
                let take = bytes.len().min(PREFIX - self.have);
                self.prefix[self.have..self.have + take].copy_from_slice(&bytes[..take]);
                self.have += take;
                bytes = &bytes[take..];
                if self.have < PREFIX {
                    return;
                }
                self.left = self.stated();
            }
            let take = bytes.len().min(self.left as usize);
            self.left -= take as u32;
            bytes = &bytes[take..];
            if self.left == 0 {
                self.end_message();
            }
        }
    }

    fn stated(&self) -> u32 {
        let [_, a, b, c, d] = self.prefix;
        u32::from_be_bytes([a, b, c, d])
    }

    fn end_message(&mut self) {
        self.count += 1;
        self.bytes += u64::from(self.stated());
        self.compressed += u64::from(self.prefix[0] & 1);
        self.have = 0;
    }

    /// Whether a message has begun and not ended.
    pub(super) fn is_within(&self) -> bool {
        self.have > 0 && !self.is_lost
    }
}

/// A message in its frame.
pub(super) struct FramedMessage<'a> {
    pub(super) is_compressed: bool,
    pub(super) bytes: &'a [u8],
}

/// The whole messages at the beginning of some content.
pub(super) struct Framed<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Framed<'a> {
    type Item = FramedMessage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&[flags, a, b, c, d], rest) = self.0.split_first_chunk::<PREFIX>()?;
        let (bytes, rest) = rest.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize)?;
        self.0 = rest;
        Some(FramedMessage { is_compressed: flags & 1 != 0, bytes })
    }
}

/// Whether the messages of a media type are of Protocol Buffers.
pub(super) fn is_protobuf(content_type: Option<&[u8]>) -> bool {
    let rest = content_type.and_then(|text| text.strip_prefix(b"application/grpc"));
    rest.is_some_and(|rest| !rest.starts_with(b"+") || rest.starts_with(b"+proto"))
}

/// Name of a status.
pub(super) fn status_name(status: i32) -> &'static str {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    let name = usize::try_from(status).ok().and_then(|at| NAMES.get(at));
    name.copied().unwrap_or("unregistered grpc-status")
}

/// A status as its field states it.
pub(super) fn status(text: &[u8]) -> Option<i32> {
    core::str::from_utf8(text).ok()?.parse().ok().filter(|status| *status >= 0)
}

/// Undoes the percent-encoding of a status message; what is not encoded so stays.
pub(super) fn message(text: &[u8]) -> String {
    let hex = |at: usize| text.get(at).and_then(|&digit| char::from(digit).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for yes in ["application/grpc", "application/grpc+proto", "application/grpc;x=y"] {
            assert!(is_grpc(Some(yes.as_bytes())), "{yes}");
        }
        for no in ["application/grpc-web", "application/grpc-web-text", "application/json"] {
            assert!(!is_grpc(Some(no.as_bytes())), "{no}");
        }
    }

    #[test]
    fn paths() {
        assert_eq!(called(b"/a.B/C"), Some((&b"a.B"[..], &b"C"[..])));
        assert_eq!((called(b"/a"), called(b"/a/"), called(b"*")), (None, None, None));
    }

    #[test]
    fn messages_are_counted_however_they_are_cut() {
        let bytes = b"\0\0\0\0\x03abc\x01\0\0\0\x01z\0\0\0\0\0\0\0\0\0\x02x";
        for piece in 1..=bytes.len() {
            let mut messages = Messages::default();
            bytes.chunks(piece).for_each(|bytes| messages.feed(bytes));
            let counts = (messages.count, messages.bytes, messages.compressed);
            assert_eq!((counts, messages.is_within()), ((3, 4, 1), true), "{piece}");
            messages.feed(b"y");
            assert_eq!((messages.count, messages.is_within()), (4, false));
        }
    }

    #[test]
    fn statuses_and_their_messages() {
        assert_eq!((status_name(5), status_name(16)), ("NOT_FOUND", "UNAUTHENTICATED"));
        assert_eq!(status_name(17), "unregistered grpc-status");
        assert_eq!((status(b"5"), status(b"-1"), status(b"x")), (Some(5), None, None));
        assert_eq!(message("100%25 %C3%BC%".as_bytes()), "100% ü%");
    }
}
