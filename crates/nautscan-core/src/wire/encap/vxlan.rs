//! VXLAN (RFC 7348), with group policy (draft-smith-vxlan-group-policy) and with a protocol field
//! (draft-ietf-nvo3-vxlan-gpe).

use super::mpls::looks_like_ethernet;
use super::{Fault, Inner, Kind, Shell, need};
use crate::wire::{be16, be32, ethernet, ethernet::ethertype};

/// Header length.
pub const LEN: usize = 8;
/// Destination port (IANA).
pub const PORT: u16 = 4789;
/// Destination port that Linux uses unless told otherwise.
pub const PORT_LINUX: u16 = 8472;
/// Destination port of the variant with a protocol field (IANA).
pub const PORT_GPE: u16 = 4790;
/// The identifier is valid.
const HAS_VNI: u8 = 0x08;
/// Generic protocol extension: the protocol field is valid.
const HAS_PROTOCOL: u8 = 0x04;
/// Bits of the first byte that no variant sets: version and what GPE calls B and O are left to it.
const UNUSED: u8 = 0x43;

/// Reads a header of any variant.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, LEN)?;
    let vni = Some(be32(header, 4) >> 8);
    if header[0] & HAS_VNI == 0 {
        return Err(Fault::Invalid("the flag of the network identifier is not set"));
    }
    if header[0] & HAS_PROTOCOL == 0 {
        if header[0] & UNUSED != 0 {
            return Err(Fault::Invalid("a reserved flag is set"));
        }
        return Ok(Shell::new(LEN, Inner::Ethernet).tunnel(Kind::Vxlan, vni));
    }
    let inner = match header[3] {
        1 => Inner::EtherType(ethertype::IPV4),
        2 => Inner::EtherType(ethertype::IPV6),
        3 => Inner::Ethernet,
        4 => Inner::Nsh,
        5 => Inner::Mpls,
        other => Inner::Other(u32::from(other)),
    };
    Ok(Shell::new(LEN, inner).tunnel(Kind::VxlanGpe, vni))
}

/// Whether a UDP payload of `stated` bytes on a port that says nothing is VXLAN beyond doubt:
/// every reserved bit is zero, and an IP packet in an Ethernet frame fills it to the byte.
pub fn is_beyond_doubt(bytes: &[u8], stated: usize) -> bool {
    let Some(header) = bytes.first_chunk::<LEN>() else { return false };
    let frame = &bytes[LEN..];
    header[..4] == [HAS_VNI, 0, 0, 0]
        && header[7] == 0
        && looks_like_ethernet(frame)
        && frame.len() >= ethernet::LEN + 6
        && stated == LEN + ethernet::LEN + ip_len(frame)
}

/// Length that the IP header in `frame` states; 0 if there is none.
fn ip_len(frame: &[u8]) -> usize {
    match be16(frame, 12) {
        ethertype::IPV4 => usize::from(be16(frame, ethernet::LEN + 2)),
        ethertype::IPV6 => usize::from(be16(frame, ethernet::LEN + 4)) + 40,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn variants_by_their_flags() {
        let plain = [8, 0, 0, 0, 0, 0x30, 0x39, 0];
        assert_eq!(read(&plain).unwrap().id, Some(12345));
        check::cuts(read, &plain);
        let policy = read(&[0x88, 0, 0, 9, 0, 0, 1, 0]).unwrap();
        assert_eq!((policy.kind, policy.id), (Some(Kind::Vxlan), Some(1)));
        assert_eq!(read(&[0x0c, 0, 0, 4, 0, 0, 1, 0]).unwrap().inner, Inner::Nsh);
        assert!(matches!(read(&[0; 8]), Err(Fault::Invalid(_))));
        assert!(matches!(read(&[0x4a; 8]), Err(Fault::Invalid(_))));
    }

    #[test]
    fn doubt_remains_unless_everything_fits() {
        let mut bytes = vec![8, 0, 0, 0, 0, 0, 1, 0];
        bytes.extend([2; 12]);
        bytes.extend([8, 0, 0x45, 0, 0, 20]);
        bytes.extend([0; 16]);
        assert!(is_beyond_doubt(&bytes, 42));
        assert!(!is_beyond_doubt(&bytes, 43));
        for cut in 0..28 {
            assert!(!is_beyond_doubt(&bytes[..cut], cut), "{cut}");
        }
        bytes[7] = 1;
        assert!(!is_beyond_doubt(&bytes, 42));
    }
}
