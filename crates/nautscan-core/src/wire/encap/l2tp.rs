//! L2TP version 2 (RFC 2661).

use super::{Fault, Inner, Kind, Shell, need};
use crate::wire::be16;

/// Port (IANA).
pub const PORT: u16 = 1701;
const CONTROL: u16 = 0x8000;
const HAS_LENGTH: u16 = 0x4000;
const HAS_SEQUENCE: u16 = 0x0800;
const HAS_OFFSET: u16 = 0x0200;
/// Reserved bits and the version, which is 2.
const FIXED: u16 = 0x34ff;

/// Reads the header of a data message.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let flags = be16(need(bytes, 2)?, 0);
    if flags & FIXED != 2 {
        return Err(Fault::Invalid("not version 2 of L2TP"));
    }
    let session_at = if flags & HAS_LENGTH != 0 { 6 } else { 4 };
    let mut len = session_at + 2 + if flags & HAS_SEQUENCE != 0 { 4 } else { 0 };
    if flags & HAS_OFFSET != 0 {
        len += 2;
        len += usize::from(be16(need(bytes, len)?, len - 2));
    }
    need(bytes, len)?;
    let session = u32::from(be16(bytes, session_at));
    let inner = if flags & CONTROL != 0 { Inner::Other(0) } else { Inner::Ppp };
    let mut shell = Shell::new(len, inner).tunnel(Kind::L2tp, Some(session));
    if flags & HAS_LENGTH != 0 {
        let room = usize::from(be16(bytes, 2)).checked_sub(len);
        shell.room = Some(room.ok_or(Fault::Invalid("length below that of the header"))?);
    }
    Ok(shell)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn optional_fields_are_stepped_over() {
        let short = [0, 2, 0, 1, 0, 7];
        let shell = read(&short).unwrap();
        assert_eq!((shell.len, shell.id, shell.room), (6, Some(7), None));
        let all = [0x4a, 2, 0, 20, 0, 1, 0, 7, 0, 0, 0, 1, 0, 2, 0, 0];
        let shell = read(&all).unwrap();
        assert_eq!((shell.len, shell.room, shell.inner), (16, Some(4), Inner::Ppp));
        check::cuts(read, &short);
        check::cuts(read, &all);
    }

    #[test]
    fn what_carries_no_packet() {
        let control = [0xc8, 2, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0];
        assert_eq!(read(&control).unwrap().inner, Inner::Other(0));
        assert!(matches!(read(&[0, 3, 0, 0, 0, 0]), Err(Fault::Invalid(_))));
        assert!(matches!(read(&[0x40, 2, 0, 3, 0, 1, 0, 7]), Err(Fault::Invalid(_))));
    }
}
