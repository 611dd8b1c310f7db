//! Linux cooked capture v1 and v2
//! (<https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>, `…SLL2.html`).

use super::{be16, be32};

/// Header length of v1.
pub const LEN: usize = 16;
/// Header length of v2.
pub const LEN_V2: usize = 20;

/// A v1 header.
#[derive(Debug, Clone, Copy)]
pub struct LinuxSll<'a>(&'a [u8]);

impl<'a> LinuxSll<'a> {
    /// `None` if fewer than [`LEN`] bytes are there.
    #[inline]
    pub fn new_checked(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= LEN).then_some(Self(bytes))
    }
    /// 0 to us, 1 broadcast, 2 multicast, 3 to someone else, 4 sent by us.
    #[inline]
    pub fn packet_type(&self) -> u16 {
        be16(self.0, 0)
    }
    /// EtherType of the payload (for Ethernet-like devices).
    #[inline]
    pub fn ethertype(&self) -> u16 {
        be16(self.0, 14)
    }
    /// Link-layer address of the sender, as far as it is given.
    pub fn address(&self) -> &'a [u8] {
        &self.0[6..6 + usize::from(be16(self.0, 4)).min(8)]
    }
}

/// A v2 header.
#[derive(Debug, Clone, Copy)]
pub struct LinuxSll2<'a>(&'a [u8]);

impl<'a> LinuxSll2<'a> {
    /// `None` if fewer than [`LEN_V2`] bytes are there.
    #[inline]
    pub fn new_checked(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= LEN_V2).then_some(Self(bytes))
    }
    /// EtherType of the payload (for Ethernet-like devices).
    #[inline]
    pub fn ethertype(&self) -> u16 {
        be16(self.0, 0)
    }
    /// Index of the interface on the capturing host.
    #[inline]
    pub fn interface_index(&self) -> u32 {
        be32(self.0, 4)
    }
    /// As [`LinuxSll::packet_type`].
    #[inline]
    pub fn packet_type(&self) -> u8 {
        self.0[10]
    }
    /// Link-layer address of the sender, as far as it is given.
    pub fn address(&self) -> &'a [u8] {
        &self.0[12..12 + usize::from(self.0[11]).min(8)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_the_registry_says() {
        let v1 = [0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x08, 0x00];
        let view = LinuxSll::new_checked(&v1).unwrap();
        assert_eq!((view.packet_type(), view.ethertype()), (4, 0x0800));
        assert_eq!(view.address(), &[1, 2, 3, 4, 5, 6]);
        let v2 = [0x86, 0xdd, 0, 0, 0, 0, 0, 7, 0, 1, 3, 6, 1, 2, 3, 4, 5, 6, 0, 0];
        let view = LinuxSll2::new_checked(&v2).unwrap();
        assert_eq!((view.ethertype(), view.interface_index(), view.packet_type()), (0x86dd, 7, 3));
        assert!(LinuxSll2::new_checked(&v2[..19]).is_none());
    }

    #[test]
    fn an_absurd_address_length_stays_in_bounds() {
        let mut v1 = [0; LEN];
        v1[5] = 255;
        assert_eq!(LinuxSll::new_checked(&v1).unwrap().address().len(), 8);
    }
}
