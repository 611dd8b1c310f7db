//! Teredo (RFC 4380): IPv6 in UDP, behind optional indications.

use super::{Fault, Inner, Kind, Shell, need};
use crate::wire::{be16, be32, ethernet::ethertype, ipv6};

/// Port of servers and relays (IANA).
pub const PORT: u16 = 3544;
const AUTHENTICATION: u16 = 0x0001;
const ORIGIN: u16 = 0x0000;
/// Indicator, lengths of identifier and value; nonce and confirmation follow these.
const AUTHENTICATION_LEN: usize = 4 + 8 + 1;
const ORIGIN_LEN: usize = 8;
/// 2001:0::/32.
const PREFIX: u32 = 0x2001_0000;
const SOURCE: usize = 8;
const DESTINATION: usize = 24;

/// Reads the indications in front of an IPv6 packet.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let mut len = 0;
    if be16(need(bytes, 2)?, 0) == AUTHENTICATION {
        let header = need(bytes, AUTHENTICATION_LEN)?;
        len = AUTHENTICATION_LEN + usize::from(header[2]) + usize::from(header[3]);
    }
    if be16(need(bytes, len + 2)?, len) == ORIGIN {
        len += ORIGIN_LEN;
    }
    let version = need(bytes, len + 1)?[len] >> 4;
    if version != 6 {
        return Err(Fault::Invalid("no IPv6 packet"));
    }
    Ok(Shell::new(len, Inner::EtherType(ethertype::IPV6)).tunnel(Kind::Teredo, None))
}

/// Whether a UDP payload of `stated` bytes on a port that says nothing is Teredo beyond doubt: a
/// bare IPv6 packet that fills it to the byte, of which an end has an address of Teredo.
#[inline]
pub fn is_beyond_doubt(bytes: &[u8], stated: usize) -> bool {
    bytes.len() >= ipv6::LEN
        && bytes[0] >> 4 == 6
        && usize::from(be16(bytes, 4)) + ipv6::LEN == stated
        && (be32(bytes, SOURCE) == PREFIX || be32(bytes, DESTINATION) == PREFIX)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn indications_are_stepped_over() {
        let mut bytes = vec![0, 1, 1, 2, 0xaa, 0xbb, 0xcc];
        bytes.extend([0; 9]);
        bytes.extend([0, 0, 0xf2, 0x27, 1, 2, 3, 4]);
        bytes.push(0x60);
        assert_eq!(read(&bytes).unwrap().len, 24);
        for cut in 0..bytes.len() {
            assert!(matches!(read(&bytes[..cut]), Err(Fault::Short(_))), "{cut}");
        }
        assert_eq!(read(&[0x60, 0]).unwrap().len, 0);
        check::cuts(read, &[0x60, 0]);
        assert!(matches!(read(&[0x45, 0]), Err(Fault::Invalid(_))));
    }

    #[test]
    fn elsewhere_an_address_of_teredo_is_asked_for() {
        let mut bytes = [0; 44];
        (bytes[0], bytes[5], bytes[24], bytes[25]) = (0x60, 4, 0x20, 0x01);
        assert!(is_beyond_doubt(&bytes, 44));
        assert!(!is_beyond_doubt(&bytes, 45));
        bytes[27] = 1;
        assert!(!is_beyond_doubt(&bytes, 44));
        assert!(!is_beyond_doubt(&bytes[..39], 39));
    }
}
