//! Tags that stand between an EtherType and the next one.

use super::{Fault, Inner, Kind, Shell, need};
use crate::wire::{be16, be32};

/// EtherTypes of tags.
pub mod ethertype {
    /// VN-Tag of Cisco, later 802.1Qbh.
    pub const VN_TAG: u16 = 0x8926;
    /// 802.1BR E-Tag.
    pub const E_TAG: u16 = 0x893f;
    /// High-availability seamless redundancy (IEC 62439-3).
    pub const HSR: u16 = 0x892f;
    /// Metadata of Cisco TrustSec.
    pub const CISCO_META: u16 = 0x8909;
    /// 802.1ah service instance tag.
    pub const I_TAG: u16 = 0x88e7;
}

/// Reads the tag that `kind` announces; `None` if it announces none.
pub fn reader(kind: u16) -> Option<super::Read> {
    Some(match kind {
        ethertype::VN_TAG => |bytes| tag(bytes, 4),
        ethertype::E_TAG => |bytes| tag(bytes, 6),
        ethertype::HSR => |bytes| tag(bytes, 4),
        ethertype::CISCO_META => |bytes| tag(bytes, 6),
        ethertype::I_TAG => read_service_tag,
        _ => return None,
    })
}

/// A tag of `len` bytes, then an EtherType.
fn tag(bytes: &[u8], len: usize) -> Result<Shell, Fault> {
    Ok(Shell::new(len + 2, Inner::EtherType(be16(need(bytes, len + 2)?, len))))
}

/// 802.1ah: flags and a service of 24 bits, then the customer's frame.
fn read_service_tag(bytes: &[u8]) -> Result<Shell, Fault> {
    let service = be32(need(bytes, 4)?, 0) & 0x00ff_ffff;
    Ok(Shell::new(4, Inner::Ethernet).tunnel(Kind::Pbb, Some(service)))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn tags_end_with_the_next_ethertype() {
        let read = reader(ethertype::VN_TAG).unwrap();
        let shell = read(&[0x80, 0, 0, 1, 0x08, 0]).unwrap();
        assert_eq!((shell.len, shell.inner), (6, Inner::EtherType(0x0800)));
        check::cuts(read, &[0, 0, 0, 0, 0x08, 0]);
        check::cuts(reader(ethertype::E_TAG).unwrap(), &[0; 8]);
        let service = reader(ethertype::I_TAG).unwrap();
        assert_eq!(service(&[0x10, 0, 1, 0]).unwrap().id, Some(256));
        check::cuts(service, &[0; 4]);
        assert!(reader(0x0800).is_none());
    }
}
