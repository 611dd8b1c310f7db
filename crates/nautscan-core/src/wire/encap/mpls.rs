//! MPLS label stacks (RFC 3032), and what stands below them (RFC 4385, RFC 4448, RFC 4928).

use super::{Fault, Inner, Kind, Shell, need};
use crate::limits::MPLS_LABELS;
use crate::wire::{be16, be32, ethernet, ethernet::ethertype};

/// Length of one entry.
pub const LEN: usize = 4;
/// Length of a pseudowire's control word (RFC 4385).
pub const CONTROL_WORD: usize = 4;
const BOTTOM: u32 = 0x100;

/// One entry of a label stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Label, 20 bits.
    pub label: u32,
    /// Traffic class (RFC 5462), 3 bits.
    pub class: u8,
    /// Whether it is the last of the stack.
    pub bottom: bool,
    /// Time to live.
    pub ttl: u8,
}

/// The entries of the stack at the start of `bytes`, as far as they are there.
pub fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry> + '_ {
    let mut over = false;
    bytes.chunks_exact(LEN).map_while(move |chunk| {
        if over {
            return None;
        }
        let word = be32(chunk, 0);
        over = word & BOTTOM != 0;
        let class = (word >> 9 & 7) as u8;
        Some(Entry { label: word >> 12, class, bottom: over, ttl: word as u8 })
    })
}

/// Reads a whole label stack; its identifier is the innermost label.
pub fn read(bytes: &[u8]) -> Result<Shell, Fault> {
    let mut count = 0;
    for entry in entries(bytes) {
        count += 1;
        if count > MPLS_LABELS {
            return Err(Fault::TooDeep);
        }
        if entry.bottom {
            let shell = Shell::new(count * LEN, Inner::Labelled);
            return Ok(shell.tunnel(Kind::Mpls, Some(entry.label)));
        }
    }
    Err(Fault::Short((count + 1) * LEN))
}

/// What stands below a label stack, and the length of the control word before it. Nothing says
/// so on the wire: the first nibble is that of an IP version, or 0 for a control word, or
/// belongs to a MAC address; so a guess is only taken if the header fits the bytes.
/// `wire_len` is the length of `bytes` on the wire.
pub fn below(bytes: &[u8], wire_len: usize) -> Result<(usize, Inner), Fault> {
    let first = *need(bytes, 1)?.first().ok_or(Fault::Short(1))?;
    match first >> 4 {
        4 if is_ipv4(bytes, wire_len) => Ok((0, Inner::EtherType(ethertype::IPV4))),
        6 if is_ipv6(bytes, wire_len) => Ok((0, Inner::EtherType(ethertype::IPV6))),
        1 if !looks_like_ethernet(bytes) => {
            Err(Fault::Unreadable("associated channel of a pseudowire"))
        }
        0 if bytes.get(CONTROL_WORD..).is_some_and(looks_like_ethernet) => {
            Ok((CONTROL_WORD, Inner::Ethernet))
        }
        _ if looks_like_ethernet(bytes) => Ok((0, Inner::Ethernet)),
        // A wrong length, or too little captured to tell: the nibble decides.
        4 if bytes[0] & 0x0f >= 5 => Ok((0, Inner::EtherType(ethertype::IPV4))),
        6 => Ok((0, Inner::EtherType(ethertype::IPV6))),
        _ => Err(Fault::Unreadable("below the label stack there is neither IP nor Ethernet")),
    }
}

fn is_ipv4(bytes: &[u8], wire_len: usize) -> bool {
    bytes.len() >= 20 && bytes[0] & 0x0f >= 5 && usize::from(be16(bytes, 2)) <= wire_len
}

fn is_ipv6(bytes: &[u8], wire_len: usize) -> bool {
    bytes.len() >= 40 && usize::from(be16(bytes, 4)) + 40 <= wire_len
}

/// Whether an Ethernet header with a payload known here stands at the start of `bytes`.
pub(crate) fn looks_like_ethernet(bytes: &[u8]) -> bool {
    let Some(view) = ethernet::Ethernet::new_checked(bytes) else { return false };
    let next = bytes.get(ethernet::LEN).map(|byte| byte >> 4);
    match view.type_or_length() {
        ethertype::IPV4 => next.is_none_or(|nibble| nibble == 4),
        ethertype::IPV6 => next.is_none_or(|nibble| nibble == 6),
        ethertype::ARP | ethertype::MPLS | ethertype::PPPOE_SESSION => true,
        kind if ethernet::is_vlan(kind) => true,
        // A length, then LLC.
        length => {
            length <= ethernet::MAX_LENGTH
                && bytes.len() >= ethernet::LEN + 3
                && usize::from(length) + ethernet::LEN <= bytes.len()
                && bytes[ethernet::LEN + 2] == super::llc::UNNUMBERED
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    const STACK: [u8; 8] = [0x00, 0x01, 0x0e, 0xff, 0x00, 0x02, 0x01, 0x40];

    #[test]
    fn a_stack_ends_at_its_bottom() {
        let shell = read(&STACK).unwrap();
        assert_eq!((shell.len, shell.id), (8, Some(32)));
        let all: Vec<_> = entries(&STACK).collect();
        assert_eq!((all[0].label, all[0].class, all[0].bottom, all[0].ttl), (16, 7, false, 255));
        check::cuts(read, &STACK);
    }

    /// Reaches `MPLS_LABELS`: such a packet is counted as nested too deep.
    #[test]
    fn a_stack_without_a_bottom_is_given_up() {
        assert_eq!(read(&[0; 4 * (MPLS_LABELS + 1)]), Err(Fault::TooDeep));
    }

    #[test]
    fn a_nibble_alone_makes_no_ip_packet() {
        let mut frame = vec![0x45, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x08, 0x00];
        frame.extend([0x45; 20]);
        assert_eq!(below(&frame, frame.len()), Ok((0, Inner::Ethernet)));
        frame.splice(0..0, [0; 4]);
        assert_eq!(below(&frame, frame.len()), Ok((4, Inner::Ethernet)));
        let wrong_length = [&[0x45, 0, 0xff, 0xff][..], &[0; 16]].concat();
        assert_eq!(below(&wrong_length, 20), Ok((0, Inner::EtherType(ethertype::IPV4))));
        assert!(matches!(below(&[0x10, 0, 0, 7], 4), Err(Fault::Unreadable(_))));
        assert_eq!(below(&[], 0), Err(Fault::Short(1)));
    }
}
