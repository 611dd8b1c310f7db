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
    /// MPLS label stack.
    pub const MPLS: u16 = 0x8847;
    /// MPLS with an upstream-assigned label, formerly for multicast (RFC 5332).
    pub const MPLS_UPSTREAM: u16 = 0x8848;
    /// PPP over Ethernet, data.
    pub const PPPOE_SESSION: u16 = 0x8864;
    /// Transparent Ethernet bridging: an Ethernet frame (RFC 1701).
    pub const BRIDGED: u16 = 0x6558;
    /// Network service header (RFC 8300).
    pub const NSH: u16 = 0x894f;
}

const SOURCE: usize = 6;
const TYPE: usize = 12;
/// Header length in bytes.
pub const LEN: usize = 14;
/// Length of one VLAN tag after the EtherType that announces it.
pub const VLAN_LEN: usize = 4;
/// Type field values up to this are 802.3 lengths.
pub const MAX_LENGTH: u16 = 1500;

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
    fn vlan_fields() {
        let tag = Vlan::new_checked(&[0xa0, 0x7b, 0x08, 0x00]).unwrap();
        assert_eq!((tag.id(), tag.priority(), tag.ethertype()), (123, 5, ethertype::IPV4));
    }
}
