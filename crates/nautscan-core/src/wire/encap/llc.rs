//! 802.2 LLC and SNAP.

use super::{Fault, Inner, Shell, need};
use crate::wire::{be16, ethernet::ethertype};

/// Length without SNAP.
pub const MIN_LEN: usize = 3;
/// Length with SNAP.
pub const SNAP_LEN: usize = 8;
/// Unnumbered information: what carries network packets.
pub(super) const UNNUMBERED: u8 = 0x03;
const SNAP: u8 = 0xaa;
/// IP directly on LLC (RFC 948).
const IP: u8 = 0x06;
/// Encapsulated Ethernet: an EtherType follows (RFC 1042).
const ETHERNET: [u8; 3] = [0, 0, 0];
/// The same for bridges that must tell tunnelled frames apart (802.1H).
const BRIDGE_TUNNEL: [u8; 3] = [0, 0, 0xf8];

/// Reads LLC, and SNAP if it follows.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let &[destination, source, control] =
        bytes.first_chunk::<MIN_LEN>().ok_or(Fault::Short(MIN_LEN))?;
    match (destination, source, control) {
        (SNAP, SNAP, UNNUMBERED) => {
            let header = need(bytes, SNAP_LEN)?;
            let inner = match [header[3], header[4], header[5]] {
                ETHERNET | BRIDGE_TUNNEL => Inner::EtherType(be16(header, 6)),
                other => Inner::Other(u32::from_be_bytes([0, other[0], other[1], other[2]])),
            };
            Ok(Shell::new(SNAP_LEN, inner))
        }
        (IP, IP, UNNUMBERED) => Ok(Shell::new(MIN_LEN, Inner::EtherType(ethertype::IPV4))),
        _ => Ok(Shell::new(MIN_LEN, Inner::Other(u32::from(destination)))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn snap_and_plain() {
        let snap = [0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00];
        assert_eq!(read(&snap), Ok(Shell::new(8, Inner::EtherType(ethertype::IPV4))));
        check::cuts(read, &snap);
        assert_eq!(read(&[6, 6, 3]).unwrap().inner, Inner::EtherType(ethertype::IPV4));
        assert_eq!(read(&[0x42, 0x42, 3]).unwrap().inner, Inner::Other(0x42));
        let cisco = [0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0];
        assert_eq!(read(&cisco).unwrap().inner, Inner::Other(0x0c));
    }
}
