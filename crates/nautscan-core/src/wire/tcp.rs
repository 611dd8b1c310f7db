//! TCP (RFC 9293).

use super::{be16, be32};

/// Header length without options.
pub const MIN_LEN: usize = 20;
const SEQUENCE: usize = 4;
const ACKNOWLEDGEMENT: usize = 8;
const DATA_OFFSET: usize = 12;
const FLAGS: usize = 13;
const WINDOW: usize = 14;

/// Control bits.
pub mod flag {
    /// No more data from the sender.
    pub const FIN: u8 = 0x01;
    /// Synchronise sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// Push.
    pub const PSH: u8 = 0x08;
    /// The acknowledgement number counts.
    pub const ACK: u8 = 0x10;
    /// Urgent.
    pub const URG: u8 = 0x20;
}

/// A TCP header with its options.
#[derive(Debug, Clone, Copy)]
pub struct Tcp<'a>(&'a [u8]);

/// Why bytes are no TCP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TcpError {
    /// Fewer bytes than the header has.
    Short {
        /// Bytes that the header needs.
        needed: usize,
    },
    /// The data offset points into the fixed header.
    DataOffset,
}

impl<'a> Tcp<'a> {
    /// Proves that the whole header, options included, is there.
    #[inline]
    pub fn new_checked(bytes: &'a [u8]) -> Result<Self, TcpError> {
        if bytes.len() < MIN_LEN {
            return Err(TcpError::Short { needed: MIN_LEN });
        }
        let header_len = usize::from(bytes[DATA_OFFSET] >> 4) * 4;
        if header_len < MIN_LEN {
            return Err(TcpError::DataOffset);
        }
        if bytes.len() < header_len {
            return Err(TcpError::Short { needed: header_len });
        }
        Ok(Self(bytes))
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
    /// Sequence number.
    #[inline]
    pub fn sequence(&self) -> u32 {
        be32(self.0, SEQUENCE)
    }
    /// Acknowledgement number; means nothing without [`flag::ACK`].
    #[inline]
    pub fn acknowledgement(&self) -> u32 {
        be32(self.0, ACKNOWLEDGEMENT)
    }
    /// Header length, options included.
    #[inline]
    pub fn header_len(&self) -> usize {
        usize::from(self.0[DATA_OFFSET] >> 4) * 4
    }
    /// Control bits.
    #[inline]
    pub fn flags(&self) -> u8 {
        self.0[FLAGS]
    }
    /// Window as sent, not scaled.
    #[inline]
    pub fn window(&self) -> u16 {
        be16(self.0, WINDOW)
    }
    /// Checksum as sent.
    pub fn checksum(&self) -> u16 {
        be16(self.0, 16)
    }
    /// The options, padding included.
    pub fn options(&self) -> &'a [u8] {
        &self.0[MIN_LEN..self.header_len()]
    }
}

/// Names of the flags that are set, in the order in which they are usually written.
pub fn flag_names(flags: u8) -> String {
    let all = [
        (flag::SYN, "SYN"),
        (flag::FIN, "FIN"),
        (flag::RST, "RST"),
        (flag::PSH, "PSH"),
        (flag::ACK, "ACK"),
        (flag::URG, "URG"),
        (0x40, "ECE"),
        (0x80, "CWR"),
    ];
    let set: Vec<&str> =
        all.iter().filter(|(bit, _)| flags & bit != 0).map(|&(_, name)| name).collect();
    set.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_is_refused() {
        let mut bytes = [0u8; 24];
        bytes[DATA_OFFSET] = 6 << 4;
        assert_eq!(Tcp::new_checked(&bytes).unwrap().header_len(), 24);
        for cut in 0..24 {
            assert!(matches!(Tcp::new_checked(&bytes[..cut]), Err(TcpError::Short { .. })));
        }
        bytes[DATA_OFFSET] = 4 << 4;
        assert_eq!(Tcp::new_checked(&bytes).unwrap_err(), TcpError::DataOffset);
    }

    #[test]
    fn flags_read_as_people_write_them() {
        assert_eq!(flag_names(flag::SYN | flag::ACK), "SYN, ACK");
    }
}
