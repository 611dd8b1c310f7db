//! Cisco HDLC (LINKTYPE_C_HDLC), alone or mixed with PPP in HDLC-like framing.

use super::{Fault, Inner, Shell, need, ppp};
use crate::wire::be16;

/// Header length.
pub const LEN: usize = 4;
const UNICAST: u8 = 0x0f;
const MULTICAST: u8 = 0x8f;

/// Reads address, control and an EtherType; or PPP where its all-stations address stands
/// (RFC 1547 section 4.3.1).
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    match *need(bytes, 1)?.first().ok_or(Fault::Short(1))? {
        UNICAST | MULTICAST => Ok(Shell::new(LEN, Inner::EtherType(be16(need(bytes, LEN)?, 2)))),
        _ => ppp::read(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn both_framings() {
        let cisco = [0x0f, 0, 0x08, 0x00];
        assert_eq!(read(&cisco), Ok(Shell::new(4, Inner::EtherType(0x0800))));
        check::cuts(read, &cisco);
        assert_eq!(read(&[0xff, 3, 0, 0x21]), Ok(Shell::new(4, Inner::EtherType(0x0800))));
    }
}
