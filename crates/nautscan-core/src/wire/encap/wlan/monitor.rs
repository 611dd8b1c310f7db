//! Headers that drivers put before captured 802.11 frames: radiotap (<https://www.radiotap.org>),
//! Prism, AVS, and PPI (<https://www.tcpdump.org/linktypes/LINKTYPE_PPI.html>).

use super::super::{Fault, Inner, Shell, need};
use crate::packet::LinkType;
use crate::wire::be32;

const RADIOTAP_MIN_LEN: usize = 8;
const PRISM_LEN: usize = 144;
const AVS_MIN_LEN: usize = 8;
const PPI_LEN: usize = 8;
/// Present words of radiotap beyond the first.
const MORE_WORDS: u32 = 1 << 31;
const HAS_TSFT: u32 = 1 << 0;
const HAS_FLAGS: u32 = 1 << 1;
const TSFT_LEN: usize = 8;
/// Radiotap flags: the body is aligned to four bytes.
const PADDED: u8 = 0x20;
/// Radiotap flags: the frame failed its checksum.
const BAD_CHECKSUM: u8 = 0x40;
/// First word of an AVS header, its version in the last byte.
const AVS_COOKIE: u32 = 0x8021_1000;

/// Reads a radiotap header.
pub fn radiotap(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, RADIOTAP_MIN_LEN)?;
    let len = usize::from(u16::from_le_bytes([header[2], header[3]]));
    if header[0] != 0 || len < RADIOTAP_MIN_LEN {
        return Err(Fault::Invalid("version is not 0, or length below 8 bytes"));
    }
    let flags = radiotap_flags(need(bytes, len)?).unwrap_or(0);
    if flags & BAD_CHECKSUM != 0 {
        return Err(Fault::Unreadable("802.11 frame failed its checksum"));
    }
    Ok(Shell::new(len, Inner::Wlan { aligned: flags & PADDED != 0 }))
}

/// The flags field. It stands behind the present words and the timestamp, aligned as that is.
fn radiotap_flags(header: &[u8]) -> Option<u8> {
    let word = |at: usize| {
        header.get(at..at + 4)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
    };
    let present = word(4)?;
    let mut at = RADIOTAP_MIN_LEN;
    let mut last = present;
    while last & MORE_WORDS != 0 {
        last = word(at)?;
        at += 4;
    }
    if present & HAS_TSFT != 0 {
        at = at.next_multiple_of(TSFT_LEN) + TSFT_LEN;
    }
    (present & HAS_FLAGS != 0).then(|| header.get(at).copied())?
}

/// Reads a Prism header, or an AVS one: both are found under LINKTYPE_IEEE802_11_PRISM.
pub fn prism(bytes: &[u8]) -> Result<Shell, Fault> {
    if be32(need(bytes, 4)?, 0) & !0xff == AVS_COOKIE & !0xff {
        return avs(bytes);
    }
    need(bytes, PRISM_LEN)?;
    Ok(Shell::new(PRISM_LEN, Inner::Wlan { aligned: false }))
}

/// Reads an AVS header.
pub fn avs(bytes: &[u8]) -> Result<Shell, Fault> {
    let len = be32(need(bytes, AVS_MIN_LEN)?, 4) as usize;
    if len < AVS_MIN_LEN {
        return Err(Fault::Invalid("length below 8 bytes"));
    }
    need(bytes, len)?;
    Ok(Shell::new(len, Inner::Wlan { aligned: false }))
}

/// Reads a PPI header with its fields. What follows is named by a link type.
pub fn ppi(bytes: &[u8]) -> Result<Shell, Fault> {
    let header = need(bytes, PPI_LEN)?;
    let len = usize::from(u16::from_le_bytes([header[2], header[3]]));
    if header[0] != 0 || len < PPI_LEN {
        return Err(Fault::Invalid("version is not 0, or length below 8 bytes"));
    }
    let kind = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    need(bytes, len)?;
    let inner = match u16::try_from(kind) {
        Ok(kind) => Inner::Link(LinkType(kind)),
        Err(_) => Inner::Other(kind),
    };
    Ok(Shell::new(len, inner))
}

#[cfg(test)]
mod tests {
    use super::super::super::check;
    use super::*;

    #[test]
    fn radiotap_flags_stand_behind_words_and_timestamp() {
        let mut bytes = [0; 26];
        bytes[2] = 26;
        bytes[4..8].copy_from_slice(&(MORE_WORDS | HAS_TSFT | HAS_FLAGS).to_le_bytes());
        bytes[24] = PADDED;
        assert_eq!(radiotap(&bytes), Ok(Shell::new(26, Inner::Wlan { aligned: true })));
        check::cuts(radiotap, &bytes);
        bytes[24] = BAD_CHECKSUM;
        assert!(matches!(radiotap(&bytes), Err(Fault::Unreadable(_))));
        assert!(matches!(radiotap(&[1, 0, 8, 0, 0, 0, 0, 0]), Err(Fault::Invalid(_))));
        assert!(matches!(radiotap(&[0, 0, 7, 0, 0, 0, 0, 0]), Err(Fault::Invalid(_))));
    }

    #[test]
    fn present_words_without_end_stay_in_bounds() {
        let mut bytes = [0xff; 12];
        bytes[..4].copy_from_slice(&[0, 0, 12, 0]);
        assert_eq!(radiotap(&bytes).unwrap().len, 12);
    }

    #[test]
    fn prism_and_avs_share_a_link_type() {
        check::cuts(prism, &[0; PRISM_LEN]);
        let header = [0x80, 0x21, 0x10, 0x01, 0, 0, 0, 12, 1, 2, 3, 4];
        assert_eq!(prism(&header).unwrap().len, 12);
        check::cuts(avs, &header);
        assert!(matches!(avs(&[0; 8]), Err(Fault::Invalid(_))));
    }

    #[test]
    fn ppi_names_a_link_type() {
        let header = [0, 0, 12, 0, 105, 0, 0, 0, 2, 0, 0, 0];
        assert_eq!(ppi(&header).unwrap().inner, Inner::Link(LinkType::IEEE802_11));
        check::cuts(ppi, &header);
        assert!(matches!(ppi(&[0, 0, 7, 0, 0, 0, 0, 0]), Err(Fault::Invalid(_))));
    }
}
