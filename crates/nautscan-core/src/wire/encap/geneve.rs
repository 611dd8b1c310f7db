//! Geneve (RFC 8926).

use super::{Fault, Inner, Kind, Shell, need};
use crate::wire::{be16, be32};

/// Length without options.
pub const MIN_LEN: usize = 8;
/// Destination port (IANA).
pub const PORT: u16 = 6081;

/// Reads a header with its options.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, MIN_LEN)?;
    if header[0] >> 6 != 0 {
        return Err(Fault::Invalid("version is not 0"));
    }
    let len = MIN_LEN + usize::from(header[0] & 0x3f) * 4;
    need(bytes, len)?;
    let inner = Inner::EtherType(be16(header, 2));
    Ok(Shell::new(len, inner).tunnel(Kind::Geneve, Some(be32(header, 4) >> 8)))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn options_are_stepped_over() {
        let bytes = [2, 0, 0x65, 0x58, 0, 0, 10, 0, 1, 2, 3, 1, 0, 0, 0, 0];
        let shell = read(&bytes).unwrap();
        assert_eq!((shell.len, shell.id), (16, Some(10)));
        check::cuts(read, &bytes);
        assert!(matches!(read(&[0x40; 8]), Err(Fault::Invalid(_))));
    }
}
