//! IPv6 and its extension headers (RFC 8200).

use super::{Address, be16, be32, protocol};

/// Length of the fixed header.
pub const LEN: usize = 40;
const PAYLOAD_LENGTH: usize = 4;
/// Offset of the type of what follows the fixed header.
pub(crate) const NEXT_HEADER: usize = 6;
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
    /// The packet's source in place of the fixed header's: a home address.
    pub source: Option<Address>,
    /// The packet's destination in place of the fixed header's: the last one of a route.
    pub destination: Option<Address>,
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
    let source = if kind == protocol::DESTINATION { home_address(&bytes[..len]) } else { None };
    let destination =
        if kind == protocol::ROUTING { final_destination(&bytes[..len]) } else { None };
    Ok(Extension { next_header, len, fragment, source, destination })
}

/// The home address option of mobile nodes (RFC 6275 section 6.3).
const HOME_ADDRESS: u8 = 201;
const PAD1: u8 = 0;

fn home_address(header: &[u8]) -> Option<Address> {
    let mut options = header.get(2..)?;
    while let &[kind, ref rest @ ..] = options {
        if kind == PAD1 {
            options = rest;
            continue;
        }
        let (&length, value) = rest.split_first()?;
        if kind == HOME_ADDRESS && length == 16 {
            return Some(Address::v6(*value.first_chunk()?));
        }
        options = value.get(usize::from(length)..)?;
    }
    None
}

/// Types of routing headers.
mod route {
    /// Source route (RFC 2460, deprecated by RFC 5095).
    pub(super) const SOURCE: u8 = 0;
    /// Home address (RFC 6275 section 6.4).
    pub(super) const HOME: u8 = 2;
    /// Segment routing (RFC 8754).
    pub(super) const SEGMENT: u8 = 4;
}

/// Where a packet with a routing header ends up, if it is still on its way: the destination
/// that its transport checksum is computed with (RFC 8200 section 8.1). Source routes have it
/// last, segment lists first.
fn final_destination(header: &[u8]) -> Option<Address> {
    let (kind, left) = (*header.get(2)?, *header.get(3)?);
    let addresses = header.get(8..)?;
    let chosen = match (kind, left) {
        (_, 0) => None,
        (route::SOURCE | route::HOME, _) => addresses.chunks_exact(16).next_back(),
        (route::SEGMENT, _) => addresses.chunks_exact(16).next(),
        _ => None,
    };
    Some(Address::v6(*chosen?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A routing header of `kind` with one segment left and two addresses.
    fn routing(kind: u8, left: u8) -> Vec<u8> {
        let mut bytes = vec![6, 4, kind, left, 1, 0, 0, 0];
        bytes.extend([1; 16]);
        bytes.extend([2; 16]);
        bytes
    }

    #[test]
    fn a_route_ends_at_its_last_address_a_segment_list_at_its_first() {
        let destination = |bytes: &[u8]| extension(protocol::ROUTING, bytes).unwrap().destination;
        assert_eq!(destination(&routing(route::SOURCE, 1)), Some(Address::v6([2; 16])));
        assert_eq!(destination(&routing(route::SEGMENT, 1)), Some(Address::v6([1; 16])));
        assert_eq!(destination(&routing(route::SEGMENT, 0)), None);
        assert_eq!(destination(&routing(9, 1)), None);
        assert_eq!(destination(&[6, 0, 0, 1, 0, 0, 0, 0]), None);
    }

    #[test]
    fn a_home_address_is_the_source() {
        let mut bytes = vec![6, 2, 0, 1, 0, 0, 201, 16];
        bytes.extend([7; 16]);
        let source = |bytes: &[u8]| extension(protocol::DESTINATION, bytes).unwrap().source;
        assert_eq!(source(&bytes), Some(Address::v6([7; 16])));
        bytes[7] = 200;
        assert_eq!(source(&bytes), None);
        bytes[3] = 255;
        assert_eq!(source(&bytes), None);
    }

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
