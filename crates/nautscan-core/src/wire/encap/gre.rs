//! GRE (RFC 2784, RFC 2890, version 1 of RFC 2637) and the mirrored frames of ERSPAN inside it
//! (draft-foschiano-erspan).

use super::{Fault, Inner, Kind, Shell, need, shim};
use crate::wire::{be16, be32, ethernet::ethertype};

/// Bits of the first two bytes.
pub mod flag {
    /// Checksum present.
    pub const CHECKSUM: u16 = 0x8000;
    /// Routing present (RFC 1701).
    pub const ROUTING: u16 = 0x4000;
    /// Key present.
    pub const KEY: u16 = 0x2000;
    /// Sequence number present.
    pub const SEQUENCE: u16 = 0x1000;
    /// Acknowledgement number present (version 1).
    pub const ACKNOWLEDGEMENT: u16 = 0x0080;
    /// Version number.
    pub const VERSION: u16 = 0x0007;
}

/// Length without optional fields.
pub const MIN_LEN: usize = 4;
const PPP: u16 = 0x880b;
const WCCP: u16 = 0x883e;
const ERSPAN: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;
const CISCO_META_LEN: usize = 8;
/// Length of a source route entry's header (RFC 1701).
const ROUTE_LEN: usize = 4;

/// Reads a GRE header with its optional fields.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let flags = be16(need(bytes, MIN_LEN)?, 0);
    match flags & flag::VERSION {
        0 => version_0(bytes, flags),
        1 => version_1(bytes, flags),
        _ => Err(Fault::Invalid("version is neither 0 nor 1")),
    }
}

fn version_0(bytes: &[u8], flags: u16) -> Result<Shell, Fault> {
    let mut len = MIN_LEN;
    if flags & (flag::CHECKSUM | flag::ROUTING) != 0 {
        len += 4;
    }
    let key_at = len;
    len += 4 * usize::from(flags & flag::KEY != 0) + 4 * usize::from(flags & flag::SEQUENCE != 0);
    need(bytes, len)?;
    let key = (flags & flag::KEY != 0).then(|| be32(bytes, key_at));
    if flags & flag::ROUTING != 0 {
        len += routes(bytes, len)?;
    }
    let kind = be16(bytes, 2);
    let inner = match kind {
        ERSPAN if flags & flag::SEQUENCE == 0 => Inner::Ethernet,
        ERSPAN => return Ok(Shell::new(len, Inner::Erspan2)),
        ERSPAN_III => return Ok(Shell::new(len, Inner::Erspan3)),
        PPP => Inner::Ppp,
        // The redirect header of WCCP 2 is there or not: without it an IPv4 header follows.
        WCCP => {
            len += if bytes.get(len).is_some_and(|byte| byte >> 4 == 4) { 0 } else { 4 };
            need(bytes, len)?;
            Inner::EtherType(ethertype::IPV4)
        }
        // In GRE the tag of TrustSec begins with the EtherType, not ends with it.
        shim::ethertype::CISCO_META => {
            len += CISCO_META_LEN;
            Inner::EtherType(be16(need(bytes, len)?, len - CISCO_META_LEN))
        }
        other => Inner::EtherType(other),
    };
    let carrier = if kind == ERSPAN { Kind::Erspan } else { Kind::Gre };
    Ok(Shell::new(len, inner).tunnel(carrier, key))
}

/// Length of the source routes that begin at `at`; one of length zero ends them.
fn routes(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let mut len = 0;
    loop {
        let entry = &need(bytes, at + len + ROUTE_LEN)?[at + len..];
        let route = usize::from(entry[3]);
        len += ROUTE_LEN + route;
        if route == 0 {
            return Ok(len);
        }
    }
}

/// RFC 2637 section 4.1: the key is a payload length and a call.
fn version_1(bytes: &[u8], flags: u16) -> Result<Shell, Fault> {
    if flags & flag::KEY == 0 || be16(bytes, 2) != PPP {
        return Err(Fault::Invalid("version 1 without a key or not of PPP"));
    }
    let len = 8
        + 4 * usize::from(flags & flag::SEQUENCE != 0)
        + 4 * usize::from(flags & flag::ACKNOWLEDGEMENT != 0);
    need(bytes, len)?;
    let (room, call) = (usize::from(be16(bytes, 4)), be16(bytes, 6));
    // Without a sequence number it is a bare acknowledgement.
    let inner = if flags & flag::SEQUENCE != 0 { Inner::Ppp } else { Inner::Other(0) };
    let mut shell = Shell::new(len, inner).tunnel(Kind::Pptp, Some(u32::from(call)));
    shell.room = Some(room);
    Ok(shell)
}

/// Length of an ERSPAN type II header.
pub const ERSPAN_2_LEN: usize = 8;
/// Length of an ERSPAN type III header without its platform-specific part.
pub const ERSPAN_3_LEN: usize = 12;
const PLATFORM_LEN: usize = 8;

/// Session of an ERSPAN header, 10 bits.
fn session(header: &[u8]) -> Option<u32> {
    Some(u32::from(be16(header, 2) & 0x03ff))
}

/// Reads an ERSPAN type II header.
pub fn read_erspan_2(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, ERSPAN_2_LEN)?;
    if header[0] >> 4 != 1 {
        return Err(Fault::Invalid("version of type II is not 1"));
    }
    Ok(Shell::new(ERSPAN_2_LEN, Inner::Ethernet).tunnel(Kind::Erspan, session(header)))
}

/// Reads an ERSPAN type III header.
pub fn read_erspan_3(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, ERSPAN_3_LEN)?;
    if header[0] >> 4 != 2 {
        return Err(Fault::Invalid("version of type III is not 2"));
    }
    let (frame_type, has_platform) = (header[10] >> 2 & 0x1f, header[11] & 1 != 0);
    let len = ERSPAN_3_LEN + if has_platform { PLATFORM_LEN } else { 0 };
    need(bytes, len)?;
    let inner = match frame_type {
        0 => Inner::Ethernet,
        2 => Inner::Ip,
        other => Inner::Other(u32::from(other)),
    };
    Ok(Shell::new(len, inner).tunnel(Kind::Erspan, session(header)))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn optional_fields_are_stepped_over() {
        let plain = [0, 0, 0x08, 0];
        assert_eq!(read(&plain).unwrap().len, 4);
        let all = [0xb0, 0, 0x08, 0, 1, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1];
        let shell = read(&all).unwrap();
        assert_eq!((shell.len, shell.id, shell.kind), (16, Some(9), Some(Kind::Gre)));
        check::cuts(read, &all);
    }

    #[test]
    fn source_routes_end_with_an_empty_one() {
        let mut bytes = vec![0x40, 0, 0x08, 0, 0, 0, 0, 0];
        bytes.extend([8, 0, 0, 4, 10, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(read(&bytes).unwrap().len, 20);
        check::cuts(read, &bytes);
    }

    #[test]
    fn pptp_states_call_and_length() {
        let bytes = [0x30, 0x81, 0x88, 0x0b, 0, 20, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2];
        let shell = read(&bytes).unwrap();
        assert_eq!((shell.id, shell.room, shell.inner), (Some(7), Some(20), Inner::Ppp));
        check::cuts(read, &bytes);
        let ack = [0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 7, 0, 0, 0, 2];
        assert_eq!(read(&ack).unwrap().inner, Inner::Other(0));
        assert!(matches!(read(&[0, 2, 0, 0]), Err(Fault::Invalid(_))));
        assert!(matches!(read(&[0, 1, 8, 0]), Err(Fault::Invalid(_))));
    }

    #[test]
    fn erspan_types_are_told_by_sequence_and_ethertype() {
        assert_eq!(read(&[0, 0, 0x88, 0xbe]).unwrap().kind, Some(Kind::Erspan));
        let two = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1];
        assert_eq!(read(&two).unwrap().inner, Inner::Erspan2);
        assert_eq!(read(&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1]).unwrap().inner, Inner::Erspan3);
        let header = [0x10, 0x01, 0x00, 0x64, 0, 0, 0, 0];
        assert_eq!(read_erspan_2(&header).unwrap().id, Some(100));
        check::cuts(read_erspan_2, &header);
        let mut three = [0; 20];
        (three[0], three[3], three[11]) = (0x20, 5, 1);
        assert_eq!(read_erspan_3(&three).unwrap().len, 20);
        check::cuts(read_erspan_3, &three);
        assert!(matches!(read_erspan_2(&three), Err(Fault::Invalid(_))));
        assert!(matches!(read_erspan_3(&[0x10; 12]), Err(Fault::Invalid(_))));
    }
}
