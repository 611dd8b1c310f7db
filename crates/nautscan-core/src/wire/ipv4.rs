//! IPv4 (RFC 791).

use super::{Address, be16};

/// Header length without options.
pub const MIN_LEN: usize = 20;
const TOTAL_LENGTH: usize = 2;
const IDENTIFICATION: usize = 4;
const FLAGS_OFFSET: usize = 6;
const TTL: usize = 8;
const PROTOCOL: usize = 9;
const SOURCE: usize = 12;
const DESTINATION: usize = 16;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET_MASK: u16 = 0x1fff;

/// An IPv4 header with its options.
#[derive(Debug, Clone, Copy)]
pub struct Ipv4<'a>(&'a [u8]);

/// Why bytes are no IPv4 header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ipv4Error {
    /// Fewer bytes than the header has.
    Short {
        /// Bytes that the header needs.
        needed: usize,
    },
    /// Version or header length cannot be.
    Invalid(&'static str),
}

impl<'a> Ipv4<'a> {
    /// Proves that the whole header, options included, is there.
    #[inline]
    pub fn new_checked(bytes: &'a [u8]) -> Result<Self, Ipv4Error> {
        if bytes.len() < MIN_LEN {
            return Err(Ipv4Error::Short { needed: MIN_LEN });
        }
        if bytes[0] >> 4 != 4 {
            return Err(Ipv4Error::Invalid("version is not 4"));
        }
        let header_len = usize::from(bytes[0] & 0x0f) * 4;
        if header_len < MIN_LEN {
            return Err(Ipv4Error::Invalid("header length below 20 bytes"));
        }
        if bytes.len() < header_len {
            return Err(Ipv4Error::Short { needed: header_len });
        }
        Ok(Self(bytes))
    }
    /// Header length, options included.
    #[inline]
    pub fn header_len(&self) -> usize {
        usize::from(self.0[0] & 0x0f) * 4
    }
    /// Length of header and payload as stated; 0 where segmentation offload left it to the
    /// network card.
    #[inline]
    pub fn total_len(&self) -> usize {
        usize::from(be16(self.0, TOTAL_LENGTH))
    }
    /// Differentiated services and ECN byte.
    pub fn traffic_class(&self) -> u8 {
        self.0[1]
    }
    /// Identification.
    #[inline]
    pub fn identification(&self) -> u16 {
        be16(self.0, IDENTIFICATION)
    }
    /// Reserved bit, don't fragment, more fragments.
    pub fn flags(&self) -> u8 {
        self.0[FLAGS_OFFSET] >> 5
    }
    /// Offset of this fragment in bytes.
    #[inline]
    pub fn fragment_offset(&self) -> usize {
        usize::from(be16(self.0, FLAGS_OFFSET) & OFFSET_MASK) * 8
    }
    /// Whether more fragments follow.
    #[inline]
    pub fn more_fragments(&self) -> bool {
        be16(self.0, FLAGS_OFFSET) & MORE_FRAGMENTS != 0
    }
    /// Time to live.
    #[inline]
    pub fn ttl(&self) -> u8 {
        self.0[TTL]
    }
    /// Protocol of the payload.
    #[inline]
    pub fn protocol(&self) -> u8 {
        self.0[PROTOCOL]
    }
    /// Header checksum as sent.
    pub fn checksum(&self) -> u16 {
        be16(self.0, 10)
    }
    /// Source address.
    #[inline]
    pub fn source(&self) -> Address {
        Address::v4([self.0[SOURCE], self.0[SOURCE + 1], self.0[SOURCE + 2], self.0[SOURCE + 3]])
    }
    /// Destination address.
    #[inline]
    pub fn destination(&self) -> Address {
        let at = DESTINATION;
        Address::v4([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Vec<u8> {
        vec![
            0x46, 0, 0, 30, 0x12, 0x34, 0x20, 0x02, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 1, 1,
            0,
        ]
    }

    #[test]
    fn fields_with_options() {
        let bytes = header();
        let view = Ipv4::new_checked(&bytes).unwrap();
        assert_eq!((view.header_len(), view.total_len(), view.protocol()), (24, 30, 6));
        assert_eq!((view.fragment_offset(), view.more_fragments()), (16, true));
        assert_eq!(view.source().to_string(), "10.0.0.1");
        assert_eq!(view.destination().to_string(), "10.0.0.2");
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = header();
        for cut in 0..bytes.len() {
            assert!(Ipv4::new_checked(&bytes[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn impossible_headers() {
        assert_eq!(
            Ipv4::new_checked(&[0x44; 20]).unwrap_err(),
            Ipv4Error::Invalid("header length below 20 bytes")
        );
        assert_eq!(
            Ipv4::new_checked(&[0x65; 20]).unwrap_err(),
            Ipv4Error::Invalid("version is not 4")
        );
    }
}
