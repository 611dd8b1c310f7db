//! Packets logged by netfilter (LINKTYPE_NFLOG): attributes, one of which is the packet.

use super::{Fault, Inner, Shell, need};
use crate::wire::{be16, ethernet::ethertype};

/// Family, version, resource.
const HEADER: usize = 4;
const ATTRIBUTE: usize = 4;
const PACKET_HEADER: u16 = 1;
const PAYLOAD: u16 = 9;
const AF_INET: u8 = 2;
const AF_BRIDGE: u8 = 7;
const AF_INET6: u8 = 10;

/// Reads the attributes up to the one that holds the packet.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, HEADER)?;
    if header[1] != 0 {
        return Err(Fault::Invalid("version is not 0"));
    }
    let mut inner = match header[0] {
        AF_INET => Inner::EtherType(ethertype::IPV4),
        AF_INET6 => Inner::EtherType(ethertype::IPV6),
        other => Inner::Other(u32::from(other)),
    };
    let mut at = HEADER;
    loop {
        let (len, kind) = attribute(need(bytes, at + ATTRIBUTE)?, at)?;
        if kind == PAYLOAD {
            let mut shell = Shell::new(at + ATTRIBUTE, inner);
            shell.room = Some(len - ATTRIBUTE);
            return Ok(shell);
        }
        if kind == PACKET_HEADER && header[0] == AF_BRIDGE && len >= ATTRIBUTE + 2 {
            inner = Inner::EtherType(be16(need(bytes, at + ATTRIBUTE + 2)?, at + ATTRIBUTE));
        }
        at += len.next_multiple_of(ATTRIBUTE);
    }
}

/// Length with its header, and type. Both are in the byte order of the host that captured: types
/// are small, so the order that gives a small one is the host's.
fn attribute(bytes: &[u8], at: usize) -> Result<(usize, u16), Fault> {
    let little = |at| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let (mut len, mut kind) = (little(at), little(at + 2));
    if kind & 0x3fff > 0xff {
        (len, kind) = (be16(bytes, at), be16(bytes, at + 2));
    }
    let len = usize::from(len);
    if len < ATTRIBUTE {
        return Err(Fault::Invalid("length of an attribute below 4 bytes"));
    }
    Ok((len, kind & 0x3fff))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn the_payload_attribute_in_either_byte_order() {
        let little = [2, 0, 0, 42, 5, 0, 10, 0, 0, 0, 0, 0, 24, 0, 9, 0];
        let big = [2, 0, 0, 42, 0, 5, 0, 10, 0, 0, 0, 0, 0, 24, 0, 9];
        for bytes in [little, big] {
            let shell = read(&bytes).unwrap();
            assert_eq!((shell.len, shell.room), (16, Some(20)));
            assert_eq!(shell.inner, Inner::EtherType(ethertype::IPV4));
            check::cuts(read, &bytes);
        }
    }

    #[test]
    fn bridged_packets_name_their_ethertype() {
        let bytes = [7, 0, 0, 0, 8, 0, 1, 0, 0x86, 0xdd, 2, 0, 4, 0, 9, 0];
        assert_eq!(read(&bytes).unwrap().inner, Inner::EtherType(ethertype::IPV6));
        assert!(matches!(read(&[2, 0, 0, 0, 0, 0, 0, 0]), Err(Fault::Invalid(_))));
        assert!(matches!(read(&[2, 1, 0, 0]), Err(Fault::Invalid(_))));
    }
}
