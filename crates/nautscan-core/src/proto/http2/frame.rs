//! Frames (RFC 9113 section 4.1, section 6): their heads, and whether one is what it says.

/// Octets of a frame's head.
pub(super) const HEAD: usize = 9;

/// What a client sends first (section 3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Largest payload that every peer has to accept (section 4.2).
pub(super) const USUAL: u32 = 16_384;

/// Flags; what they mean depends on the type.
pub(super) mod flag {
    pub(in super::super) const ACK: u8 = 1;
    pub(in super::super) const END_STREAM: u8 = 1;
    pub(in super::super) const END_HEADERS: u8 = 4;
    pub(in super::super) const PADDED: u8 = 8;
    pub(in super::super) const PRIORITY: u8 = 0x20;
}

/// Frame types (section 11.2).
pub(super) mod kind {
    pub(in super::super) const DATA: u8 = 0;
    pub(in super::super) const HEADERS: u8 = 1;
    pub(in super::super) const PRIORITY: u8 = 2;
    pub(in super::super) const RST_STREAM: u8 = 3;
    pub(in super::super) const SETTINGS: u8 = 4;
    pub(in super::super) const PUSH_PROMISE: u8 = 5;
    pub(in super::super) const PING: u8 = 6;
    pub(in super::super) const GOAWAY: u8 = 7;
    pub(in super::super) const WINDOW_UPDATE: u8 = 8;
    pub(in super::super) const CONTINUATION: u8 = 9;
}

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Octets of the payload.
    pub(super) len: u32,
    pub(super) kind: u8,
    pub(super) flags: u8,
    /// The stream's identifier; 0: the connection as a whole.
    pub(super) stream: u32,
    /// The bit that has no meaning is set.
    reserved: bool,
}

impl Head {
    /// Reads a head from the start of `bytes`; `None`: it is not whole.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let &[a, b, c, kind, flags, w, x, y, z] = bytes.first_chunk::<HEAD>()?;
        let stream = u32::from_be_bytes([w, x, y, z]);
        Some(Self {
            len: u32::from_be_bytes([0, a, b, c]),
            kind,
            flags,
            stream: stream & 0x7fff_ffff,
            reserved: stream >> 31 != 0,
        })
    }

    pub(super) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether a connection cannot go on after such a frame (section 4.2, section 6): of a type that
    /// has one length or one kind of stream it has another.
    pub(super) fn is_broken(self) -> bool {
        match self.kind {
            kind::DATA | kind::HEADERS | kind::CONTINUATION | kind::PUSH_PROMISE => {
                self.stream == 0
            }
            kind::PRIORITY => self.stream == 0,
            kind::RST_STREAM => self.stream == 0 || self.len != 4,
            kind::SETTINGS => self.stream != 0 || !self.len.is_multiple_of(6),
            kind::PING => self.stream != 0 || self.len != 8,
            kind::GOAWAY => self.stream != 0 || self.len < 8,
            kind::WINDOW_UPDATE => self.len != 4,
            _ => false,
        }
    }

    /// Whether this is a head as peers write it: of a known type, without flags that mean nothing,
    /// and not larger than usual. For where it is not certain that it is one.
    pub(super) fn is_usual(self) -> bool {
        let flags = match self.kind {
            kind::DATA => flag::END_STREAM | flag::PADDED,
            kind::HEADERS => flag::END_STREAM | flag::END_HEADERS | flag::PADDED | flag::PRIORITY,
            kind::SETTINGS if self.len == 0 => flag::ACK,
            kind::PING => flag::ACK,
            kind::PUSH_PROMISE => flag::END_HEADERS | flag::PADDED,
            kind::CONTINUATION => flag::END_HEADERS,
            _ => 0,
        };
        let is_known = self.kind <= kind::CONTINUATION;
        let is_priority = self.kind != kind::PRIORITY || self.len == 5;
        let is_size = self.len <= USUAL && is_priority;
        is_known && is_size && !self.reserved && self.flags & !flags == 0 && !self.is_broken()
    }
}

/// The header block fragment of a HEADERS, PUSH_PROMISE or CONTINUATION frame, of which `payload` is
/// here, from its beginning on; and whether it is whole. What stands before it, `before` octets, is
/// left out as well as the padding (section 6.1). `None`: the padding is longer than the frame.
pub(super) fn fragment(head: Head, payload: &[u8], before: usize) -> Option<(&[u8], bool)> {
    let is_padded = head.kind != kind::CONTINUATION && head.has(flag::PADDED);
    let from = before + usize::from(is_padded);
    if payload.len() < from {
        // Lost before it begins.
        return Some((&[], head.len as usize <= payload.len()));
    }
    let pad = if is_padded { usize::from(payload[0]) } else { 0 };
    let to = (head.len as usize).checked_sub(pad).filter(|&to| to >= from)?;
    Some((&payload[from..to.min(payload.len()).max(from)], payload.len() >= to))
}

/// Whether settings permit to ask for other protocols on a stream (RFC 8441 section 3).
pub(super) fn enables_connect(settings: &[u8]) -> bool {
    const ENABLE_CONNECT_PROTOCOL: [u8; 2] = [0, 8];
    let is_enabling = |setting: &[u8]| {
        setting.starts_with(&ENABLE_CONNECT_PROTOCOL) && setting.ends_with(&[0, 0, 0, 1])
    };
    settings.chunks_exact(6).any(is_enabling)
}

/// Octets between the padding's length and the block of a HEADERS or PUSH_PROMISE frame.
pub(super) fn before_fragment(head: Head) -> usize {
    match head.kind {
        kind::HEADERS if head.has(flag::PRIORITY) => 5,
        kind::PUSH_PROMISE => 4,
        _ => 0,
    }
}

/// Name of an error code (section 7).
pub(super) fn error_name(code: u32) -> &'static str {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    NAMES.get(code as usize).copied().unwrap_or("unknown error code")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        let bytes = [0, 1, 2, 1, 0x25, 0x80, 0, 0, 3];
        let head = Head::read(&bytes).expect("whole");
        assert_eq!((head.len, head.kind, head.flags, head.stream), (258, 1, 0x25, 3));
        assert!(!head.is_broken() && !head.is_usual(), "the reserved bit");
        assert_eq!(Head::read(&bytes[..8]), None);
    }

    #[test]
    fn fragments_are_cut_out() {
        let of = |flags, len, payload: &'static [u8]| {
            let head = Head { len, kind: kind::HEADERS, flags, stream: 1, reserved: false };
            fragment(head, payload, before_fragment(head))
        };
        assert_eq!(of(0, 3, b"\x02ab"), Some((&b"\x02ab"[..], true)));
        assert_eq!(of(0, 4, b"\x02ab"), Some((&b"\x02ab"[..], false)));
        assert_eq!(of(8, 5, b"\x02ab00"), Some((&b"ab"[..], true)));
        assert_eq!(of(8, 5, b"\x02ab0"), Some((&b"ab"[..], true)), "padding was lost");
        assert_eq!(of(8, 5, b"\x02a"), Some((&b"a"[..], false)));
        assert_eq!(of(8, 3, b"\x02ab"), Some((&b""[..], true)));
        assert_eq!(of(8, 3, b"\x03ab"), None);
        assert_eq!(of(8, 0, b""), Some((&b""[..], true)));
        assert_eq!(of(0x28, 8, b"\x01pppppx0"), Some((&b"x"[..], true)));
        assert_eq!(of(0x20, 8, b"ppp"), Some((&b""[..], false)));
    }

    #[test]
    fn error_codes_have_the_names_of_the_rfc() {
        assert_eq!((error_name(7), error_name(13)), ("REFUSED_STREAM", "HTTP_1_1_REQUIRED"));
        assert_eq!(error_name(14), "unknown error code");
    }
}
