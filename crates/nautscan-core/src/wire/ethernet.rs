//! Ethernet II, IEEE 802.3 length frames with LLC/SNAP, and 802.1Q/802.1ad tags.

use super::be16;

/// EtherTypes (IEEE registration authority).
pub mod ethertype {
    /// IPv4.
    pub const IPV4: u16 = 0x0800;
    /// ARP.
    pub const ARP: u16 = 0x0806;
    /// IPv6.
    pub const IPV6: u16 = 0x86dd;
    /// 802.1Q customer tag.
    pub const VLAN: u16 = 0x8100;
    /// 802.1ad service tag.
    pub const QINQ: u16 = 0x88a8;
    /// Pre-standard outer tag still seen on switches.
    pub const QINQ_OLD: u16 = 0x9100;
}

const SOURCE: usize = 6;
const TYPE: usize = 12;
/// Header length in bytes.
pub const LEN: usize = 14;
/// Length of one VLAN tag after the EtherType that announces it.
pub const VLAN_LEN: usize = 4;
/// Type field values up to this are 802.3 lengths.
const MAX_LENGTH: u16 = 1500;
/// LLC (AA AA 03) and SNAP with organisation code zero, then an EtherType.
const LLC_SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];

/// An Ethernet header.
#[derive(Debug, Clone, Copy)]
pub struct Ethernet<'a>(&'a [u8]);

impl<'a> Ethernet<'a> {
    /// `None` if fewer than [`LEN`] bytes are there.
    #[inline]
    pub fn new_checked(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= LEN).then_some(Self(bytes))
    }
    /// Destination MAC address.
    pub fn destination(&self) -> &'a [u8] {
        &self.0[..SOURCE]
    }
    /// Source MAC address.
    pub fn source(&self) -> &'a [u8] {
        &self.0[SOURCE..TYPE]
    }
    /// The type or length field as it stands.
    #[inline]
    pub fn type_or_length(&self) -> u16 {
        be16(self.0, TYPE)
    }
    /// EtherType of the payload and its offset: LLC/SNAP is looked through; other 802.3
    /// frames give their length field, which is no EtherType.
    #[inline]
    pub fn payload(&self) -> (u16, usize) {
        let kind = self.type_or_length();
        if kind <= MAX_LENGTH && self.0[LEN..].starts_with(&LLC_SNAP) && self.0.len() >= LEN + 8 {
            return (be16(self.0, LEN + 6), LEN + 8);
        }
        (kind, LEN)
    }
}

/// Whether `ethertype` announces a VLAN tag.
#[inline]
pub fn is_vlan(ethertype: u16) -> bool {
    matches!(ethertype, ethertype::VLAN | ethertype::QINQ | ethertype::QINQ_OLD)
}

/// A VLAN tag: what follows the EtherType that announces it.
#[derive(Debug, Clone, Copy)]
pub struct Vlan<'a>(&'a [u8]);

impl<'a> Vlan<'a> {
    /// `None` if fewer than [`VLAN_LEN`] bytes are there.
    #[inline]
    pub fn new_checked(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= VLAN_LEN).then_some(Self(bytes))
    }
    /// VLAN identifier, 12 bits.
    #[inline]
    pub fn id(&self) -> u16 {
        be16(self.0, 0) & 0x0fff
    }
    /// Priority code point, 3 bits.
    pub fn priority(&self) -> u8 {
        self.0[0] >> 5
    }
    /// EtherType of what follows.
    #[inline]
    pub fn ethertype(&self) -> u16 {
        be16(self.0, 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_header_is_refused() {
        assert!(Ethernet::new_checked(&[0; LEN - 1]).is_none());
        assert!(Vlan::new_checked(&[0; VLAN_LEN - 1]).is_none());
    }

    #[test]
    fn llc_snap_is_looked_through() {
        let mut frame = vec![0u8; 12];
        frame.extend([0, 40]);
        frame.extend(LLC_SNAP);
        frame.extend([0x08, 0x00, 0x45]);
        let view = Ethernet::new_checked(&frame).unwrap();
        assert_eq!(view.payload(), (ethertype::IPV4, 22));
    }

    #[test]
    fn vlan_fields() {
        let tag = Vlan::new_checked(&[0xa0, 0x7b, 0x08, 0x00]).unwrap();
        assert_eq!((tag.id(), tag.priority(), tag.ethertype()), (123, 5, ethertype::IPV4));
    }
}
