//! Packets with long headers, as they stand in a datagram (RFC 8999, RFC 9000 section 17.2).

use super::version::{Kind, NEGOTIATION, Version};

/// Bytes of a connection ID at most, in the versions that are read.
pub(super) const MAX_ID: usize = 20;
/// Bytes of the tag that ends a protected packet.
pub(super) const TAG: usize = 16;
/// From where the packet number begins, bytes to the end of what its mask is made of (RFC 9001
/// section 5.4.2): fewer are no packet.
pub(super) const MIN_PROTECTED: usize = 4 + 16;

/// Whether a datagram or packet that begins with this byte has a long header.
#[inline]
pub(super) fn is_long(first: u8) -> bool {
    first & 0x80 != 0
}

/// What stands at the front of a datagram, or behind another packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Packet<'a> {
    /// Of a version that is read.
    Long(Long<'a>),
    /// What versions a server speaks, four bytes each.
    Negotiation { source: &'a [u8], versions: &'a [u8] },
}

/// A packet with a long header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Long<'a> {
    pub(super) version: Version,
    pub(super) kind: Kind,
    /// Connection IDs.
    pub(super) destination: &'a [u8],
    pub(super) source: &'a [u8],
    /// The token of an Initial packet.
    pub(super) token: &'a [u8],
    /// The whole packet, as far as it was captured.
    pub(super) bytes: &'a [u8],
    /// Where its packet number begins; in a Retry packet, its token.
    pub(super) number_at: usize,
    /// It was captured whole.
    pub(super) is_whole: bool,
}

/// Takes the packet at the front of `bytes`, which had `cut` bytes more; `None`: there is none that
/// can be read. Whatever has no length of its own goes to the end.
pub(super) fn next<'a>(bytes: &mut &'a [u8], cut: usize) -> Option<Packet<'a>> {
    let all = *bytes;
    let (&[first, a, b, c, d], rest) = all.split_first_chunk::<5>()?;
    if !is_long(first) {
        return None;
    }
    let number = u32::from_be_bytes([a, b, c, d]);
    let version = Version::of(number);
    if version.is_none() && number != NEGOTIATION {
        return None;
    }
    let (destination, rest) = identifier(rest)?;
    let (source, rest) = identifier(rest)?;
    let Some(version) = version else {
        *bytes = &[];
        return Some(Packet::Negotiation { source, versions: rest });
    };
    let kind = version.kind(first);
    let mut long = Long {
        version,
        kind,
        destination,
        source,
        token: &[],
        bytes: all,
        number_at: all.len() - rest.len(),
        is_whole: cut == 0,
    };
    if kind == Kind::Retry {
        *bytes = &[];
        return (rest.len() >= TAG).then_some(Packet::Long(long));
    }
    let mut rest = rest;
    if kind == Kind::Initial {
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        (long.token, rest) = rest.split_at_checked(length)?;
    }
    let length = usize::try_from(varint(&mut rest)?).ok()?;
    if length < MIN_PROTECTED || length > rest.len() + cut {
        return None;
    }
    long.number_at = all.len() - rest.len();
    long.is_whole = length <= rest.len();
    let end = long.number_at + length.min(rest.len());
    (long.bytes, *bytes) = all.split_at_checked(end)?;
    Some(Packet::Long(long))
}

/// A connection ID behind its length.
fn identifier(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let length = usize::from(length);
    if length > MAX_ID { None } else { rest.split_at_checked(length) }
}

/// Takes a number of variable length (RFC 9000 section 16).
pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let length = 1usize << (bytes.first()? >> 6);
    let (number, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    let all = number.iter().fold(0u64, |value, &byte| (value << 8) | u64::from(byte));
    // Without the two bits that state the length.
    Some(all & (u64::MAX >> (66 - 8 * length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9000 appendix A.1.
    #[test]
    fn numbers_are_those_of_the_examples() {
        let cases: [(&[u8], u64); 5] = [
            (&[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c], 151_288_809_941_952_652),
            (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
            (&[0x7b, 0xbd], 15_293),
            (&[0x25], 37),
            (&[0x40, 0x25], 37),
        ];
        for (mut bytes, number) in cases {
            assert_eq!(varint(&mut bytes), Some(number));
            assert!(bytes.is_empty());
        }
        assert_eq!(varint(&mut &[0xc2, 0x19][..]), None);
        assert_eq!(varint(&mut &[][..]), None);
    }

    fn handshake(length: usize) -> Vec<u8> {
        let head = [0xe0, 0, 0, 0, 1, 2, 7, 7, 1, 9];
        let length_field = (0x4000 | length as u16).to_be_bytes();
        [&head[..], &length_field, &vec![0xaa; length]].concat()
    }

    #[test]
    fn packets_in_one_datagram_are_told_apart() {
        let both = [handshake(20), handshake(30)].concat();
        let mut rest = &both[..];
        for length in [20, 30] {
            let Some(Packet::Long(long)) = next(&mut rest, 0) else { panic!("a packet") };
            assert_eq!(
                (long.kind, long.destination, long.source),
                (Kind::Handshake, &[7, 7][..], &[9][..])
            );
            assert_eq!((long.bytes.len(), long.number_at, long.is_whole), (12 + length, 12, true));
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn lengths_are_coherent() {
        let whole = handshake(40);
        assert!(next(&mut &handshake(19)[..], 0).is_none(), "too short to be protected");
        for end in 0..whole.len() {
            let mut bytes = &whole[..end];
            assert!(next(&mut bytes, 0).is_none(), "cut at {end}");
            let mut bytes = &whole[..end];
            match next(&mut bytes, whole.len() - end) {
                Some(Packet::Long(long)) => assert!(!long.is_whole && end >= 12),
                Some(_) => panic!("no negotiation"),
                None => assert!(end < 12),
            }
        }
        // An identifier that is too long.
        let mut long = whole;
        long[5] = 21;
        assert!(next(&mut &long[..], 0).is_none());
    }
}
