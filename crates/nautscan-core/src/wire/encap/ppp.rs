//! PPP (RFC 1661), its HDLC-like framing (RFC 1662), and PPP over Ethernet (RFC 2516).

use super::{Fault, Inner, Kind, Shell, need};
use crate::wire::{be16, ethernet::ethertype};

/// Length of a PPPoE header.
pub const PPPOE_LEN: usize = 6;
const VERSION_TYPE: u8 = 0x11;
const SESSION_DATA: u8 = 0;
/// All stations, unnumbered information: what precedes the protocol field if framing was not
/// negotiated away.
const FRAMING: [u8; 2] = [0xff, 0x03];

mod protocol {
    pub(super) const IPV4: u16 = 0x0021;
    pub(super) const IPV6: u16 = 0x0057;
    pub(super) const MPLS: u16 = 0x0281;
    pub(super) const MPLS_MULTICAST: u16 = 0x0283;
}

/// Length of the address and control bytes at the start of `bytes`, if they are there.
fn framing(bytes: &[u8]) -> usize {
    if bytes.starts_with(&FRAMING) { FRAMING.len() } else { 0 }
}

/// Reads the protocol field, compressed or not, and the framing before it.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let at = framing(bytes);
    let first = need(bytes, at + 1)?[at];
    // RFC 1661 section 2: the last byte is odd, all others even.
    let (kind, len) = if first & 1 == 1 {
        (u16::from(first), at + 1)
    } else {
        (be16(need(bytes, at + 2)?, at), at + 2)
    };
    Ok(Shell::new(len, inner(kind)))
}

fn inner(kind: u16) -> Inner {
    match kind {
        protocol::IPV4 => Inner::EtherType(ethertype::IPV4),
        protocol::IPV6 => Inner::EtherType(ethertype::IPV6),
        protocol::MPLS | protocol::MPLS_MULTICAST => Inner::Mpls,
        other => Inner::Other(u32::from(other)),
    }
}

/// Reads PPP behind a byte that says which way it went: LINKTYPE_PPP_WITH_DIR, and
/// LINKTYPE_PPP_PPPD, where it stands for the address byte.
pub fn read_directed(bytes: &[u8]) -> Result<Shell, Fault> {
    let rest = bytes.get(1..).ok_or(Fault::Short(1))?;
    let control = usize::from(rest.first() == Some(&FRAMING[1]) && rest.len() > 1);
    let shell = read(&rest[control..]).map_err(|fault| match fault {
        Fault::Short(needed) => Fault::Short(needed + 1 + control),
        other => other,
    })?;
    Ok(Shell { len: shell.len + 1 + control, ..shell })
}

/// Reads a PPPoE session header.
pub fn read_pppoe(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, PPPOE_LEN)?;
    if header[0] != VERSION_TYPE {
        return Err(Fault::Invalid("version and type are not 1"));
    }
    if header[1] != SESSION_DATA {
        return Err(Fault::Invalid("code of a session is not 0"));
    }
    let mut shell = Shell::new(PPPOE_LEN, Inner::Ppp);
    shell.room = Some(usize::from(be16(header, 4)));
    Ok(shell.tunnel(Kind::Pppoe, Some(u32::from(be16(header, 2)))))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn protocol_fields_of_one_and_two_bytes_with_and_without_framing() {
        let v4 = Inner::EtherType(ethertype::IPV4);
        assert_eq!(read(&[0x00, 0x21]), Ok(Shell::new(2, v4)));
        assert_eq!(read(&[0x21]), Ok(Shell::new(1, v4)));
        assert_eq!(read(&[0xff, 0x03, 0x00, 0x21]), Ok(Shell::new(4, v4)));
        assert_eq!(read(&[0xff, 0x03, 0x57]).unwrap().inner, Inner::EtherType(ethertype::IPV6));
        assert_eq!(read(&[0xc0, 0x21]), Ok(Shell::new(2, Inner::Other(0xc021))));
        check::cuts(read, &[0x00, 0x57]);
    }

    #[test]
    fn a_direction_byte_comes_first() {
        let v4 = Inner::EtherType(ethertype::IPV4);
        assert_eq!(read_directed(&[1, 0xff, 0x03, 0x00, 0x21]), Ok(Shell::new(5, v4)));
        assert_eq!(read_directed(&[0, 0x03, 0x00, 0x21]), Ok(Shell::new(4, v4)));
        check::cuts(read_directed, &[0, 0x00, 0x21]);
    }

    #[test]
    fn a_session_states_its_length() {
        let shell = read_pppoe(&[0x11, 0, 0x12, 0x34, 0, 9]).unwrap();
        assert_eq!((shell.id, shell.room), (Some(0x1234), Some(9)));
        assert!(matches!(read_pppoe(&[0x12, 0, 0, 0, 0, 0]), Err(Fault::Invalid(_))));
        assert!(matches!(read_pppoe(&[0x11, 9, 0, 0, 0, 0]), Err(Fault::Invalid(_))));
        check::cuts(read_pppoe, &[0x11, 0, 0, 1, 0, 0]);
    }
}
