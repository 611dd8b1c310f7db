//! Messages in the content of a request or response.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::limits::GRPC_WEB_TRAILERS;

/// Octets before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;
/// Bit of the first of them: of gRPC-Web, this is no message but trailers.
const TRAILERS: u8 = 0x80;

/// How messages stand in content, as its media type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::proto) enum Framing {
    /// gRPC's own.
    #[default]
    Plain,
    /// gRPC-Web: trailers stand behind the messages, in a frame of their own.
    Web,
    /// The same in Base64.
    WebText,
}

impl Framing {
    /// The framing of a media type; `None`: it is none of gRPC.
    pub(in crate::proto) fn of(content_type: Option<&[u8]>) -> Option<Self> {
        let rest = content_type?.strip_prefix(b"application/grpc")?;
        let (framing, rest) = match rest.strip_prefix(b"-web") {
            None => (Self::Plain, rest),
            Some(rest) => match rest.strip_prefix(b"-text") {
                Some(rest) => (Self::WebText, rest),
                None => (Self::Web, rest),
            },
        };
        matches!(rest.first(), None | Some(b'+' | b';' | b' ')).then_some(framing)
    }

    /// Content without what is around its frames.
    pub(super) fn plain(self, content: &[u8]) -> Cow<'_, [u8]> {
        if self != Self::WebText {
            return Cow::Borrowed(content);
        }
        let (mut text, mut out) = (Base64::default(), Vec::new());
        text.feed(content, |octets| out.extend_from_slice(octets));
        Cow::Owned(out)
    }
}

/// Whether the messages of a media type are of Protocol Buffers.
fn is_protobuf(content_type: &[u8]) -> bool {
    let format = content_type.iter().position(|byte| *byte == b'+');
    format.is_none_or(|at| content_type[at..].starts_with(b"+proto"))
}

/// Base64 in pieces, each of which may have been padded when it was sent.
#[derive(Debug, Default)]
struct Base64 {
    group: [u8; 4],
    have: usize,
    /// Something else came: what follows has no meaning.
    is_broken: bool,
}

impl Base64 {
    fn feed(&mut self, text: &[u8], mut take: impl FnMut(&[u8])) {
        for &byte in text {
            if self.is_broken {
                return;
            }
            if matches!(byte, b'\r' | b'\n') {
                continue;
            }
            self.group[self.have] = byte;
            self.have += 1;
            if self.have == self.group.len() {
                self.have = 0;
                let mut octets = [0; 3];
                match BASE64_STANDARD.decode_slice(self.group, &mut octets) {
                    Ok(len) => take(&octets[..len]),
                    Err(_) => self.is_broken = true,
                }
            }
        }
    }
}

/// Counts the messages that one side of a call sends.
#[derive(Debug, Default)]
pub(in crate::proto) struct Messages {
    /// Whole ones.
    pub(super) count: u64,
    /// Their octets, without what stands before each.
    pub(super) bytes: u64,
    /// Those that are compressed.
    pub(super) compressed: u64,
    /// Content was lost: how many there were is not known.
    pub(in crate::proto) is_lost: bool,
    framing: Framing,
    is_protobuf: bool,
    prefix: [u8; PREFIX],
    /// Octets of the prefix that are here.
    have: usize,
    /// Octets of the message that are to come.
    left: u32,
    text: Base64,
    /// Of gRPC-Web: the frame of trailers, as far as it is kept.
    trailers: Option<Vec<u8>>,
}

impl Messages {
    /// Those of content of a media type; `None`: it is none of gRPC.
    pub(in crate::proto) fn of(content_type: Option<&[u8]>) -> Option<Self> {
        let framing = Framing::of(content_type)?;
        let is_protobuf = content_type.is_some_and(is_protobuf);
        Some(Self { framing, is_protobuf, ..Self::default() })
    }

    /// How they stand in the content.
    pub(in crate::proto) fn framing(&self) -> Framing {
        self.framing
    }

    pub(super) fn is_protobuf(&self) -> bool {
        self.is_protobuf
    }

    /// The lines of trailers that stood in the content, if they are whole.
    pub(in crate::proto) fn trailers(&self) -> Option<&[u8]> {
        let is_kept = |kept: &&Vec<u8>| self.have == 0 && kept.len() < GRPC_WEB_TRAILERS;
        self.trailers.as_ref().filter(is_kept).map(Vec::as_slice)
    }

    /// Heap bytes held.
    pub(in crate::proto) fn memory(&self) -> usize {
        self.trailers.as_ref().map_or(0, Vec::capacity)
    }

    /// Takes in content.
    pub(in crate::proto) fn feed(&mut self, bytes: &[u8]) {
        if self.framing != Framing::WebText {
            return self.frames(bytes);
        }
        let mut text = core::mem::take(&mut self.text);
        text.feed(bytes, |octets| self.frames(octets));
        self.is_lost |= text.is_broken;
        self.text = text;
    }

    fn frames(&mut self, mut bytes: &[u8]) {
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
            if self.is_trailers() {
                let kept = self.trailers.get_or_insert_default();
                let room = GRPC_WEB_TRAILERS.saturating_sub(kept.len());
                kept.extend_from_slice(&bytes[..take.min(room)]);
            }
            bytes = &bytes[take..];
            if self.left == 0 {
                self.end_message();
            }
        }
    }

    fn is_trailers(&self) -> bool {
        self.framing != Framing::Plain && self.prefix[0] & TRAILERS != 0
    }

    fn stated(&self) -> u32 {
        let [_, a, b, c, d] = self.prefix;
        u32::from_be_bytes([a, b, c, d])
    }

    fn end_message(&mut self) {
        self.have = 0;
        if self.is_trailers() {
            self.trailers.get_or_insert_default();
            return;
        }
        self.count += 1;
        self.bytes += u64::from(self.stated());
        self.compressed += u64::from(self.prefix[0] & 1);
    }

    /// Whether a message has begun and not ended.
    pub(in crate::proto) fn is_within(&self) -> bool {
        self.have > 0 && !self.is_lost
    }
}

/// A message in its frame.
pub(super) struct FramedMessage<'a> {
    pub(super) is_compressed: bool,
    pub(super) bytes: &'a [u8],
}

/// The whole messages at the beginning of some content, up to the trailers of gRPC-Web.
pub(super) struct Framed<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Framed<'a> {
    type Item = FramedMessage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&[flags, a, b, c, d], rest) = self.0.split_first_chunk::<PREFIX>()?;
        if flags & TRAILERS != 0 {
            return None;
        }
        let (bytes, rest) = rest.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize)?;
        self.0 = rest;
        Some(FramedMessage { is_compressed: flags & 1 != 0, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        let of = |text: &str| Framing::of(Some(text.as_bytes()));
        for yes in ["application/grpc", "application/grpc+proto", "application/grpc;x=y"] {
            assert_eq!(of(yes), Some(Framing::Plain), "{yes}");
        }
        for (text, framing) in [
            ("application/grpc-web", Framing::Web),
            ("application/grpc-web+proto", Framing::Web),
            ("application/grpc-web-text", Framing::WebText),
            ("application/grpc-web-text+proto;x", Framing::WebText),
        ] {
            assert_eq!(of(text), Some(framing), "{text}");
        }
        for no in ["application/grpcx", "application/grpc-webx", "application/json", ""] {
            assert_eq!(of(no), None, "{no}");
        }
        let is = |text: &str| is_protobuf(text.as_bytes());
        assert!(is("application/grpc") && is("application/grpc-web-text+proto"));
        assert!(!is("application/grpc+json") && !is("application/grpc-web+thrift"));
    }

    /// Reaches `GRPC_WEB_TRAILERS`: trailers that are longer are not read.
    #[test]
    fn trailers_stand_behind_the_messages_of_the_web() {
        let frames = b"\0\0\0\0\x03abc\x80\0\0\0\x0fgrpc-status:0\r\n";
        let text = [BASE64_STANDARD.encode(&frames[..8]), BASE64_STANDARD.encode(&frames[8..])];
        let (binary, text) = (frames.to_vec(), text.concat().into_bytes());
        for (kind, content) in [("", &binary), ("-text", &text)] {
            let kind = format!("application/grpc-web{kind}");
            for piece in 1..=content.len() {
                let mut messages = Messages::of(Some(kind.as_bytes())).expect("of gRPC");
                content.chunks(piece).for_each(|bytes| messages.feed(bytes));
                assert_eq!((messages.count, messages.bytes), (1, 3), "{piece}");
                assert_eq!(messages.trailers(), Some(&b"grpc-status:0\r\n"[..]));
                assert!(!messages.is_within() && !messages.is_lost);
            }
            let framing = Framing::of(Some(kind.as_bytes())).expect("of gRPC");
            assert_eq!(framing.plain(content), &frames[..]);
        }
        let mut long = Messages::of(Some(b"application/grpc-web")).expect("of gRPC");
        long.feed(b"\x80\0\x01\0\0");
        long.feed(&vec![b'x'; 1 << 16]);
        assert_eq!((long.trailers(), long.is_within()), (None, false));
        assert!(long.memory() <= 2 * GRPC_WEB_TRAILERS);
        let mut broken = Messages::of(Some(b"application/grpc-web-text")).expect("of gRPC");
        broken.feed(b"AAAA!AAA");
        assert!(broken.is_lost);
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
}
