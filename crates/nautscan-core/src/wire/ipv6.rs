//! IPv6 and its extension headers (RFC 8200).

use super::{Address, be16, be32, protocol};

/// Length of the fixed header.
pub const LEN: usize = 40;
const PAYLOAD_LENGTH: usize = 4;
const NEXT_HEADER: usize = 6;
const HOP_LIMIT: usize = 7;
const SOURCE: usize = 8;
const DESTINATION: usize = 24;
const FRAGMENT_LEN: usize = 8;

/// The fixed header.
#[derive(Debug, Clone, Copy)]
pub struct Ipv6<'a>(&'a [u8]);

impl<'a> Ipv6<'a> {
    /// `None` if fewer than [`LEN`] bytes are there. The version is checked by the caller,
    /// who chose IPv6 by EtherType or by the version nibble.
    #[inline]
    pub fn new_checked(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= LEN).then_some(Self(bytes))
    }
    /// Version nibble.
    #[inline]
    pub fn version(&self) -> u8 {
        self.0[0] >> 4
    }
    /// Flow label, 20 bits.
    pub fn flow_label(&self) -> u32 {
        be32(self.0, 0) & 0x000f_ffff
    }
    /// Length of all that follows the fixed header; 0 for jumbograms and where segmentation
    /// offload left it to the network card.
    #[inline]
    pub fn payload_len(&self) -> usize {
        usize::from(be16(self.0, PAYLOAD_LENGTH))
    }
    /// Type of what follows the fixed header.
    #[inline]
    pub fn next_header(&self) -> u8 {
        self.0[NEXT_HEADER]
    }
    /// Hop limit.
    #[inline]
    pub fn hop_limit(&self) -> u8 {
        self.0[HOP_LIMIT]
    }
    /// Source address.
    #[inline]
    pub fn source(&self) -> Address {
        self.address(SOURCE)
    }
    /// Destination address.
    #[inline]
    pub fn destination(&self) -> Address {
        self.address(DESTINATION)
    }
    #[inline]
    fn address(&self, at: usize) -> Address {
        let mut octets = [0; 16];
        octets.copy_from_slice(&self.0[at..at + 16]);
        Address::v6(octets)
    }
}

/// One extension header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension {
    /// Type of what follows it.
    pub next_header: u8,
    /// Its length in bytes.
    pub len: usize,
    /// Offset in bytes, more fragments, and identification, if it is a fragment header.
    pub fragment: Option<(usize, bool, u32)>,
}

/// Whether `next_header` names an extension header that can be stepped over.
#[inline]
pub fn is_extension(next_header: u8) -> bool {
    matches!(
        next_header,
        protocol::HOP_BY_HOP
            | protocol::ROUTING
            | protocol::FRAGMENT
            | protocol::AUTHENTICATION
            | protocol::DESTINATION
            | protocol::MOBILITY
    )
}

/// Reads the extension header of type `kind` at the start of `bytes`. `Err` holds the bytes
/// it needs.
pub fn extension(kind: u8, bytes: &[u8]) -> Result<Extension, usize> {
    let Some(&[next_header, length]) = bytes.get(..2).and_then(|b| b.first_chunk::<2>()) else {
        return Err(FRAGMENT_LEN);
    };
    let len = match kind {
        protocol::FRAGMENT => FRAGMENT_LEN,
        // RFC 4302: in 4-byte units, minus 2.
        protocol::AUTHENTICATION => (usize::from(length) + 2) * 4,
        _ => (usize::from(length) + 1) * 8,
    };
    if bytes.len() < len {
        return Err(len);
    }
    let fragment = (kind == protocol::FRAGMENT).then(|| {
        let field = be16(bytes, 2);
        (usize::from(field & 0xfff8), field & 1 != 0, be32(bytes, 4))
    });
    Ok(Extension { next_header, len, fragment })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_lengths() {
        let options = [6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(extension(protocol::HOP_BY_HOP, &options).unwrap().len, 16);
        assert_eq!(extension(protocol::HOP_BY_HOP, &options[..15]), Err(16));
        let fragment = [17, 0, 0x00, 0x11, 1, 2, 3, 4];
        assert_eq!(
            extension(protocol::FRAGMENT, &fragment).unwrap().fragment,
            Some((16, true, 0x0102_0304))
        );
        assert_eq!(extension(protocol::AUTHENTICATION, &[6, 4, 0, 0]), Err(24));
        assert_eq!(extension(protocol::ROUTING, &[6]), Err(8));
    }
}
