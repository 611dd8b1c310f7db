//! GTP-U version 1 (3GPP TS 29.281).

use super::{Fault, Inner, Kind, Shell, need};
use crate::wire::{be16, be32};

/// Length without optional fields.
pub const MIN_LEN: usize = 8;
/// Port (IANA).
pub const PORT: u16 = 2152;
/// Version 1, protocol type GTP.
const VERSION_TYPE: u8 = 0x30;
const VERSION_TYPE_MASK: u8 = 0xf0;
/// Extension header, sequence number or N-PDU number present: all three fields are there.
const OPTIONAL: u8 = 0x07;
const HAS_EXTENSION: u8 = 0x04;
/// A message that carries a user's packet.
const G_PDU: u8 = 255;

/// Reads the header of a message that carries a packet.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, MIN_LEN)?;
    if header[0] & VERSION_TYPE_MASK != VERSION_TYPE {
        return Err(Fault::Invalid("not version 1 of GTP"));
    }
    let (flags, stated) = (header[0], usize::from(be16(header, 2)));
    let mut len = MIN_LEN;
    if flags & OPTIONAL != 0 {
        len += 4;
        let mut next = need(bytes, len)?[len - 1];
        while flags & HAS_EXTENSION != 0 && next != 0 {
            let units = usize::from(need(bytes, len + 1)?[len]);
            if units == 0 {
                return Err(Fault::Invalid("length of an extension header is 0"));
            }
            len += units * 4;
            next = need(bytes, len)?[len - 1];
        }
    }
    let room = (stated + MIN_LEN).checked_sub(len);
    let room = room.ok_or(Fault::Invalid("length below that of the header"))?;
    let inner = if header[1] == G_PDU { Inner::Ip } else { Inner::Other(u32::from(header[1])) };
    let mut shell = Shell::new(len, inner).tunnel(Kind::Gtp, Some(be32(header, 4)));
    shell.room = Some(room);
    Ok(shell)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn extension_headers_are_stepped_over() {
        let plain = [0x30, 255, 0, 20, 0, 0, 0, 7];
        let shell = read(&plain).unwrap();
        assert_eq!((shell.len, shell.id, shell.room), (8, Some(7), Some(20)));
        let bytes = [0x34, 255, 0, 28, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0, 9, 0];
        let shell = read(&bytes).unwrap();
        assert_eq!((shell.len, shell.room, shell.inner), (16, Some(20), Inner::Ip));
        check::cuts(read, &bytes);
    }

    #[test]
    fn what_is_no_user_packet() {
        assert_eq!(read(&[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap().inner, Inner::Other(1));
        assert!(matches!(read(&[0x20; 8]), Err(Fault::Invalid(_))));
        let endless = [0x34, 255, 0, 9, 0, 0, 0, 7, 0, 0, 0, 0x85, 0];
        assert!(matches!(read(&endless), Err(Fault::Invalid(_))));
    }
}
