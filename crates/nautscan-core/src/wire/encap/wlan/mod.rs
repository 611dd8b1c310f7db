//! IEEE 802.11 data frames, and the headers that capturing drivers put before them.

pub mod monitor;

use super::{Fault, Inner, Shell, llc, need};
use crate::wire::be16;

/// Length of a data frame's header with three addresses.
pub const MIN_LEN: usize = 24;
const ADDRESS: usize = 6;
const QOS_CONTROL: usize = 2;
const HT_CONTROL: usize = 4;
const SEQUENCE_CONTROL: usize = 22;
/// Type in the frame control field: data.
const DATA: u8 = 2;
/// Subtype bits of data frames.
const NO_DATA: u8 = 0x4;
const QOS: u8 = 0x8;
/// Aggregated service data units, in the QoS control field.
const AGGREGATED: u8 = 0x80;
/// Destination, source and length of an aggregated unit.
const UNIT_HEADER: usize = 14;

/// Bits of the second frame control byte.
pub mod flag {
    /// To the distribution system.
    pub const TO_DS: u8 = 0x01;
    /// From the distribution system.
    pub const FROM_DS: u8 = 0x02;
    /// More fragments follow.
    pub const MORE_FRAGMENTS: u8 = 0x04;
    /// Sent again.
    pub const RETRY: u8 = 0x08;
    /// Encrypted.
    pub const PROTECTED: u8 = 0x40;
    /// In QoS data frames: HT control present.
    pub const ORDER: u8 = 0x80;
}

/// What a data frame's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Its length.
    pub len: usize,
    /// The second frame control byte, see [`flag`].
    pub flags: u8,
    /// Whether the body is a list of aggregated units (A-MSDU).
    pub is_aggregate: bool,
}

/// Reads the header of a data frame.
pub fn header(bytes: &[u8]) -> Result<Header, Fault> {
    let &[control, flags] = bytes.first_chunk::<2>().ok_or(Fault::Short(2))?;
    let (version, kind, subtype) = (control & 3, control >> 2 & 3, control >> 4);
    if version != 0 {
        return Err(Fault::Unreadable("802.11 protocol version is not 0"));
    }
    match kind {
        0 => return Err(Fault::Unreadable("802.11 management frame")),
        1 => return Err(Fault::Unreadable("802.11 control frame")),
        DATA => {}
        _ => return Err(Fault::Unreadable("802.11 extension frame")),
    }
    let four = flags & (flag::TO_DS | flag::FROM_DS) == flag::TO_DS | flag::FROM_DS;
    let qos_at = MIN_LEN + if four { ADDRESS } else { 0 };
    let mut len = qos_at;
    if subtype & QOS != 0 {
        len += QOS_CONTROL + if flags & flag::ORDER != 0 { HT_CONTROL } else { 0 };
    }
    need(bytes, len)?;
    if subtype & NO_DATA != 0 {
        return Err(Fault::Unreadable("802.11 frame without data"));
    }
    let is_aggregate = subtype & QOS != 0 && bytes[qos_at] & AGGREGATED != 0;
    Ok(Header { len, flags, is_aggregate })
}

/// Reads a data frame up to its LLC header. Of aggregated units the first is read.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    read_padded(bytes, false)
}

/// Sender and receiver of a data frame (IEEE 802.11 table 9-60). `None` where the frame is no such
/// frame, and of aggregated units, which name their own.
pub fn stations(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let Header { flags, is_aggregate: false, .. } = header(bytes).ok()? else { return None };
    let address = |at: usize| bytes.get(at..at + ADDRESS);
    let [first, second, third, fourth] = [4, 10, 16, MIN_LEN].map(address);
    let (to, from) = (flags & flag::TO_DS != 0, flags & flag::FROM_DS != 0);
    let source = match (to, from) {
        (_, false) => second,
        (false, true) => third,
        (true, true) => fourth,
    };
    Some((source?, if to { third? } else { first? }))
}

/// As [`read`], the body aligned to four bytes.
pub fn read_aligned(bytes: &[u8]) -> Result<Shell, Fault> {
    read_padded(bytes, true)
}

fn read_padded(bytes: &[u8], aligned: bool) -> Result<Shell, Fault> {
    let header = header(bytes)?;
    let mut len = if aligned { header.len.next_multiple_of(4) } else { header.len };
    let fragment = u16::from_le_bytes([bytes[SEQUENCE_CONTROL], bytes[SEQUENCE_CONTROL + 1]]) & 0xf;
    let body = bytes.get(len..).unwrap_or_default();
    // Drivers that decrypt may leave the flag set: then LLC stands where the vector would.
    if header.flags & flag::PROTECTED != 0 && !is_snap(body) && !is_snap_unit(body) {
        return Err(Fault::Unreadable("802.11 frame is encrypted"));
    }
    if fragment != 0 {
        return Err(Fault::Unreadable("later fragment of an 802.11 frame"));
    }
    let mut room = None;
    if header.is_aggregate {
        len += UNIT_HEADER;
        room = Some(usize::from(be16(need(bytes, len)?, len - 2)));
    }
    need(bytes, len)?;
    let mut shell = Shell::new(len, Inner::Llc);
    shell.room = room;
    Ok(shell)
}

fn is_snap(body: &[u8]) -> bool {
    body.starts_with(&[0xaa, 0xaa, 0x03])
}

fn is_snap_unit(body: &[u8]) -> bool {
    body.get(UNIT_HEADER..).is_some_and(is_snap)
}

/// Aggregated units of a frame beyond the first, which are not decoded.
pub fn further_units(body: &[u8]) -> u64 {
    let (mut at, mut units) = (0, 0_u64);
    while let Some(header) = body.get(at..at + UNIT_HEADER)
        && body.len() - at >= UNIT_HEADER + llc::MIN_LEN
    {
        units += 1;
        at += (UNIT_HEADER + usize::from(be16(header, UNIT_HEADER - 2))).next_multiple_of(4);
    }
    units.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    /// A data frame's header: subtype nibble, second control byte, QoS control.
    fn frame(subtype: u8, flags: u8, qos: u8) -> Vec<u8> {
        let mut bytes = vec![subtype << 4 | DATA << 2, flags];
        bytes.resize(MIN_LEN, 0);
        if flags & 3 == 3 {
            bytes.extend([0; ADDRESS]);
        }
        if subtype & QOS != 0 {
            bytes.extend([qos, 0]);
            bytes.extend(vec![0; if flags & flag::ORDER != 0 { HT_CONTROL } else { 0 }]);
        }
        bytes
    }

    #[test]
    fn header_lengths() {
        for (bytes, len) in [
            (frame(0, flag::TO_DS, 0), 24),
            (frame(0, 3, 0), 30),
            (frame(QOS, flag::FROM_DS, 0), 26),
            (frame(QOS, 3, 0), 32),
            (frame(QOS, flag::ORDER, 0), 30),
        ] {
            assert_eq!((bytes.len(), read(&bytes)), (len, Ok(Shell::new(len, Inner::Llc))));
            check::cuts(read, &bytes);
        }
        let mut padded = frame(QOS, 0, 0);
        padded.extend([0; 2]);
        assert_eq!(read_aligned(&padded).unwrap().len, 28);
        check::cuts(read_aligned, &padded);
    }

    #[test]
    fn what_holds_no_packet_says_so() {
        for bytes in [frame(NO_DATA, 0, 0), frame(0, flag::PROTECTED, 0)] {
            assert!(matches!(read(&bytes), Err(Fault::Unreadable(_))));
        }
        assert!(matches!(read(&[0x80, 0]), Err(Fault::Unreadable("802.11 management frame"))));
        assert!(matches!(read(&[0xd4, 0]), Err(Fault::Unreadable("802.11 control frame"))));
        let mut later = frame(0, 0, 0);
        later[SEQUENCE_CONTROL] = 1;
        assert!(matches!(read(&later), Err(Fault::Unreadable(_))));
    }

    #[test]
    fn a_frame_that_the_driver_decrypted_is_read() {
        let mut bytes = frame(0, flag::PROTECTED, 0);
        bytes.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
        assert_eq!(read(&bytes).unwrap().len, MIN_LEN);
    }

    #[test]
    fn the_first_aggregated_unit_is_read_and_the_others_counted() {
        let mut body = vec![0; 12];
        body.extend([0, 9]);
        body.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0, 0x45, 0]);
        body.extend([0; 12]);
        body.extend([0, 3, 0xaa, 0xaa, 3]);
        let mut bytes = frame(QOS, 0, AGGREGATED);
        bytes.extend(&body);
        let shell = read(&bytes).unwrap();
        assert_eq!((shell.len, shell.room), (26 + UNIT_HEADER, Some(9)));
        assert_eq!(further_units(&body), 1);
        assert_eq!(further_units(&body[..20]), 0);
        for cut in 0..body.len() {
            assert!(further_units(&body[..cut]) <= 1);
        }
    }
}
