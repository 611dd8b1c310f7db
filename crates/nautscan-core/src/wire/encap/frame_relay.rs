//! Frame Relay: a Q.922 address, then multiprotocol encapsulation (RFC 2427) or Cisco's own.

use super::{Fault, Inner, Shell, need, ppp};
use crate::wire::{be16, ethernet::ethertype};

/// Last byte of an address of two to four.
const EXTENSION: u8 = 0x01;
const MAX_ADDRESS: usize = 4;
const UNNUMBERED: u8 = 0x03;
/// Network layer protocol identifiers (RFC 2427, ISO/IEC TR 9577).
mod nlpid {
    pub(super) const PAD: u8 = 0x00;
    pub(super) const SNAP: u8 = 0x80;
    pub(super) const IPV6: u8 = 0x8e;
    pub(super) const IPV4: u8 = 0xcc;
    pub(super) const PPP: u8 = 0xcf;
}
/// 802.1 bridged frames (RFC 2427 section 4.2).
const BRIDGED: [u8; 3] = [0x00, 0x80, 0xc2];

/// Reads the address and what names the payload.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let mut len = address(bytes)?;
    if need(bytes, len + 1)?[len] != UNNUMBERED {
        return Ok(Shell::new(len + 2, Inner::EtherType(be16(need(bytes, len + 2)?, len))));
    }
    len += 1;
    if need(bytes, len + 1)?[len] == nlpid::PAD {
        len += 1;
    }
    let kind = need(bytes, len + 1)?[len];
    len += 1;
    Ok(match kind {
        nlpid::IPV4 => Shell::new(len, Inner::EtherType(ethertype::IPV4)),
        nlpid::IPV6 => Shell::new(len, Inner::EtherType(ethertype::IPV6)),
        nlpid::PPP => {
            let inner = ppp::read(&bytes[len..]).map_err(|fault| match fault {
                Fault::Short(needed) => Fault::Short(needed + len),
                other => other,
            })?;
            Shell::new(len + inner.len, inner.inner)
        }
        nlpid::SNAP => {
            let header = &need(bytes, len + 5)?[len..];
            let kind = be16(header, 3);
            let inner = match (&header[..3], kind) {
                ([0, 0, 0], kind) => Inner::EtherType(kind),
                // 802.3 with and without its checksum.
                (organisation, 1 | 7) if organisation == BRIDGED => Inner::Ethernet,
                _ => Inner::Other(u32::from(kind)),
            };
            Shell::new(len + 5, inner)
        }
        other => Shell::new(len, Inner::Other(u32::from(other))),
    })
}

/// Length of the Q.922 address.
fn address(bytes: &[u8]) -> Result<usize, Fault> {
    for len in 2..=MAX_ADDRESS {
        if need(bytes, len)?[len - 1] & EXTENSION != 0 {
            return Ok(len);
        }
    }
    Err(Fault::Invalid("address longer than 4 bytes"))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn payloads_by_either_encapsulation() {
        let v4 = Inner::EtherType(ethertype::IPV4);
        let cisco = [0x18, 0x61, 0x08, 0x00];
        let ietf = [0x18, 0x61, 0x03, 0xcc];
        let snap = [0x18, 0x61, 0x03, 0, 0x80, 0, 0, 0, 0x08, 0x00];
        let bridged = [0x18, 0x60, 0x01, 0x03, 0, 0x80, 0, 0x80, 0xc2, 0, 7];
        for (bytes, inner) in
            [(&cisco[..], v4), (&ietf, v4), (&snap, v4), (&bridged, Inner::Ethernet)]
        {
            assert_eq!(read(bytes), Ok(Shell::new(bytes.len(), inner)));
            check::cuts(read, bytes);
        }
        let ppp = [0x18, 0x61, 0x03, 0xcf, 0x00, 0x57];
        assert_eq!(read(&ppp).unwrap().inner, Inner::EtherType(ethertype::IPV6));
        check::cuts(read, &ppp);
        assert!(matches!(read(&[0; 6]), Err(Fault::Invalid(_))));
    }
}
