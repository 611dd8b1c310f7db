//! Network service header (RFC 8300).

use super::{Fault, Inner, Kind, Shell, need};
use crate::wire::{be32, ethernet::ethertype};

/// Base and service path headers.
pub const MIN_LEN: usize = 8;

/// Reads a header with its context; its identifier is the service path.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, MIN_LEN)?;
    let len = usize::from(header[1] & 0x3f) * 4;
    if header[0] >> 6 != 0 || len < MIN_LEN {
        return Err(Fault::Invalid("version is not 0, or length below 8 bytes"));
    }
    need(bytes, len)?;
    let inner = match header[3] {
        1 => Inner::EtherType(ethertype::IPV4),
        2 => Inner::EtherType(ethertype::IPV6),
        3 => Inner::Ethernet,
        4 => Inner::Nsh,
        5 => Inner::Mpls,
        other => Inner::Other(u32::from(other)),
    };
    Ok(Shell::new(len, inner).tunnel(Kind::Nsh, Some(be32(header, 4) >> 8)))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn context_headers_are_stepped_over() {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&[0x0f, 0xc6, 1, 3, 0, 0, 0x2a, 0xff]);
        let shell = read(&bytes).unwrap();
        assert_eq!((shell.len, shell.id, shell.inner), (24, Some(42), Inner::Ethernet));
        check::cuts(read, &bytes);
        assert!(matches!(read(&[0, 1, 1, 1, 0, 0, 0, 0]), Err(Fault::Invalid(_))));
    }
}
