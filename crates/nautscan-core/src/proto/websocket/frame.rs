//! Heads of frames (RFC 6455 section 5.2).

/// The longest head: two bytes, a length of eight, a mask of four.
pub(super) const LONGEST: usize = 14;
/// Most payload of a control frame.
pub(super) const CONTROL_PAYLOAD: u64 = 125;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }

    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) is_final: bool,
    /// RSV1: the message is compressed, if that was agreed upon (RFC 7692 section 6).
    pub(super) rsv1: bool,
    /// RSV2 or RSV3.
    pub(super) rsv23: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: Option<[u8; 4]>,
    pub(super) payload: u64,
    /// The length is stated in more bytes than it needs.
    pub(super) is_wide: bool,
}

/// What the first bytes of a frame say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    More,
    /// They begin no frame: a reserved opcode, or a length beyond 2^63.
    Invalid,
    Whole(Head),
}

/// Reads a head; `bytes` may end within it.
pub(super) fn read(bytes: &[u8]) -> Read {
    let &[flags, length, ref rest @ ..] = bytes else {
        let is_known = bytes.first().is_none_or(|flags| Opcode::of(flags & 0x0f).is_some());
        return if is_known { Read::More } else { Read::Invalid };
    };
    let Some(opcode) = Opcode::of(flags & 0x0f) else { return Read::Invalid };
    let (payload, is_wide, rest) = match length & 0x7f {
        126 => match rest.split_first_chunk() {
            Some((bytes, rest)) => {
                let payload = u64::from(u16::from_be_bytes(*bytes));
                (payload, payload < 126, rest)
            }
            None => return Read::More,
        },
        127 => match rest.split_first_chunk() {
            Some((bytes, rest)) => {
                let payload = u64::from_be_bytes(*bytes);
                (payload, payload <= u64::from(u16::MAX), rest)
            }
            None => return Read::More,
        },
        short => (u64::from(short), false, rest),
    };
    if payload > i64::MAX as u64 {
        return Read::Invalid;
    }
    let mask = match (length & 0x80 != 0, rest.first_chunk()) {
        (false, _) => None,
        (true, Some(mask)) => Some(*mask),
        (true, None) => return Read::More,
    };
    Read::Whole(Head {
        is_final: flags & 0x80 != 0,
        rsv1: flags & 0x40 != 0,
        rsv23: flags & 0x30 != 0,
        opcode,
        mask,
        payload,
        is_wide,
    })
}

/// Undoes masking in place. `at`: offset of the first byte in the frame's payload.
pub(super) fn unmask(bytes: &mut [u8], mask: [u8; 4], at: u64) {
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte ^= mask[(at as usize).wrapping_add(n) & 3];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_all_forms() {
        let payload = |bytes: &[u8]| match read(bytes) {
            Read::Whole(head) => Some((head.payload, head.is_wide)),
            _ => None,
        };
        assert_eq!(payload(&[0x81, 5]), Some((5, false)));
        assert_eq!(payload(&[0x81, 126, 1, 0]), Some((256, false)));
        assert_eq!(payload(&[0x81, 126, 0, 125]), Some((125, true)));
        assert_eq!(payload(&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Some((65536, false)));
        assert_eq!(payload(&[0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255]), Some((65535, true)));
        assert_eq!(read(&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]), Read::Invalid);
        for short in [&[][..], &[0x81], &[0x81, 126, 1], &[0x81, 127, 0], &[0x81, 0x85, 1, 2, 3]] {
            assert_eq!(read(short), Read::More, "{short:?}");
        }
        for opcode in [3, 7, 0xb, 0xf] {
            assert_eq!(read(&[0x80 | opcode]), Read::Invalid);
        }
    }

    #[test]
    fn the_example_of_rfc_6455() {
        let Read::Whole(head) = read(&[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d]) else { panic!() };
        let mut payload = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let mask = head.mask.expect("one");
        let (first, rest) = payload.split_at_mut(2);
        unmask(first, mask, 0);
        unmask(rest, mask, 2);
        assert_eq!(&payload, b"Hello");
    }
}
