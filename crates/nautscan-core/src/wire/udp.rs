//! UDP (RFC 768).

use super::be16;

/// Header length.
pub const LEN: usize = 8;

/// A UDP header.
#[derive(Debug, Clone, Copy)]
pub struct Udp<'a>(&'a [u8]);

impl<'a> Udp<'a> {
    /// `None` if fewer than [`LEN`] bytes are there.
    #[inline]
    pub fn new_checked(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= LEN).then_some(Self(bytes))
    }
    /// Source port.
    #[inline]
    pub fn source_port(&self) -> u16 {
        be16(self.0, 0)
    }
    /// Destination port.
    #[inline]
    pub fn destination_port(&self) -> u16 {
        be16(self.0, 2)
    }
    /// Length of header and payload; 0 only in IPv6 jumbograms (RFC 2675) and offloaded
    /// segments.
    #[inline]
    pub fn length(&self) -> usize {
        usize::from(be16(self.0, 4))
    }
    /// Checksum as sent.
    pub fn checksum(&self) -> u16 {
        be16(self.0, 6)
    }
}
