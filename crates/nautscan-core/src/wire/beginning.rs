//! What tells the first packet of a conversation from that of any other, also when a host on the
//! way gives it other addresses.
//!
//! Network address translation (RFC 3022, Linux netfilter) writes other addresses and ports, the
//! checksums, and as any router does a lower time to live; it may lower the maximum segment size.
//! All else stays: a connection's initial sequence number, drawn from 32 bits (RFC 9293 section
//! 3.4.1), its window, options and timestamps, the identification of an IPv4 packet, the payload.

use core::hash::BuildHasher;

use super::ipv4::Ipv4;
use super::ipv6::Ipv6;
use super::tcp::flag;
use super::{Decoded, Layer, Network, Transport, decode_steps};
use crate::packet::Packet;

/// TCP options: end of list, padding, maximum segment size, timestamps.
const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;
const TIMESTAMPS: u8 = 8;
/// Longest options of a TCP header.
const OPTIONS: usize = 40;
/// Payload bytes that are looked at.
const PAYLOAD: usize = 64;

/// The first packet of a conversation, without what translation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    /// Of all that stays.
    pub digest: u64,
    /// Whether it is beyond doubt another's if the digest is: TCP with timestamps, which hosts
    /// draw at random for each pair of addresses (RFC 7323 section 5.4).
    pub is_distinct: bool,
    /// Identification of the IPv4 packet; 0 in IPv6.
    pub identification: u16,
    /// The initial sequence number of TCP.
    pub sequence: Option<u32>,
}

impl Beginning {
    /// Whether a packet can begin a conversation of which the beginning can be known again: the
    /// SYN of a TCP client, or a UDP datagram that has a number of its own.
    #[inline]
    pub fn is_one(decoded: &Decoded<'_>, network: &Network) -> bool {
        match decoded.transport {
            Some(Transport::Tcp { flags, .. }) => flags & (flag::SYN | flag::ACK) == flag::SYN,
            Some(Transport::Udp { .. }) => {
                network.identification != 0 && !decoded.payload.is_empty()
            }
            _ => false,
        }
    }

    /// Looks at a packet; `None` if it is no such beginning.
    pub fn of(decoded: &Decoded<'_>, hasher: &impl BuildHasher) -> Option<Self> {
        let network = decoded.network.filter(|network| network.fragment.is_none())?;
        if !Self::is_one(decoded, &network) {
            return None;
        }
        let payload = &decoded.payload[..decoded.payload.len().min(PAYLOAD)];
        let common = (network.protocol, network.source.is_v6(), decoded.payload_len, payload);
        let (digest, is_distinct, sequence) = match decoded.transport? {
            Transport::Tcp { sequence, flags, window, options, .. } => {
                let (options, is_distinct) = lasting(options);
                let tcp = (sequence, flags, window, options);
                (hasher.hash_one((common, tcp)), is_distinct, Some(sequence))
            }
            _ => (hasher.hash_one((common, network.identification)), false, None),
        };
        let identification = network.identification;
        Some(Self { digest, is_distinct, identification, sequence })
    }
}

/// Time to live of the innermost IP packet, which every router that passes it on lowers; `None`
/// without such a packet. Read anew, because hardly any packet is asked for it.
pub fn hop_limit(packet: &Packet<'_>) -> Option<u8> {
    let (_, steps) = decode_steps(packet);
    let at = |offset: usize| packet.data.get(offset..).unwrap_or_default();
    steps.iter().rev().find_map(|step| match step.layer {
        Layer::Ipv4 => Ipv4::new_checked(at(step.offset)).ok().map(|view| view.ttl()),
        Layer::Ipv6 => Ipv6::new_checked(at(step.offset)).map(|view| view.hop_limit()),
        _ => None,
    })
}

/// The options of a SYN without its maximum segment size, and whether they have timestamps.
fn lasting(options: &[u8]) -> ([u8; OPTIONS], bool) {
    let mut kept = [0; OPTIONS];
    let len = options.len().min(OPTIONS);
    kept[..len].copy_from_slice(&options[..len]);
    let (mut at, mut has_timestamps) = (0, false);
    while let Some(&kind) = kept[..len].get(at) {
        match kind {
            END => break,
            NO_OPERATION => at += 1,
            _ => {
                let Some(&option_len) = kept[..len].get(at + 1).filter(|&&len| len >= 2) else {
                    break;
                };
                let end = (at + usize::from(option_len)).min(len);
                match kind {
                    MAXIMUM_SEGMENT_SIZE => kept[at + 2..end].fill(0),
                    TIMESTAMPS => has_timestamps = kept[at + 2..end].iter().any(|&byte| byte != 0),
                    _ => {}
                }
                at = end;
            }
        }
    }
    (kept, has_timestamps)
}

#[cfg(test)]
mod tests {
    use foldhash::fast::FixedState;

    use super::*;
    use crate::packet::InterfaceId;
    use crate::testing::{Tcp, raw, udp};
    use crate::wire::decode;

    /// As Linux opens a connection.
    const SYN_OPTIONS: [u8; 20] = [2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7];

    fn beginning(bytes: &[u8]) -> Option<Beginning> {
        Beginning::of(&decode(&raw(0, InterfaceId(0), bytes)), &FixedState::default())
    }

    fn tcp(from: u8, flags: u8, sequence: u32) -> Vec<u8> {
        let acknowledgement = 0;
        Tcp { from: (from, 1000), to: (2, 80), sequence, acknowledgement, flags, payload: b"" }
            .bytes(7)
    }

    #[test]
    fn addresses_do_not_count_and_all_else_does() {
        let one = beginning(&tcp(1, flag::SYN, 5)).unwrap();
        assert_eq!(beginning(&tcp(3, flag::SYN, 5)), Some(one));
        assert_ne!(beginning(&tcp(1, flag::SYN, 6)).unwrap().digest, one.digest);
        assert_eq!((one.identification, one.sequence), (7, Some(5)));
        assert_eq!(hop_limit(&raw(0, InterfaceId(0), &tcp(1, flag::SYN, 5))), Some(64));
        assert_eq!(hop_limit(&raw(0, InterfaceId(0), &[0x45; 19])), None);
        assert!(!one.is_distinct);
    }

    #[test]
    fn answers_and_what_goes_on_begin_nothing() {
        assert_eq!(beginning(&tcp(1, flag::SYN | flag::ACK, 5)), None);
        assert_eq!(beginning(&tcp(1, flag::ACK, 5)), None);
        assert_eq!(beginning(&udp((1, 1000), (2, 53), 0, b"x")), None, "it has no number");
        assert!(beginning(&udp((1, 1000), (2, 53), 9, b"x")).is_some());
    }

    #[test]
    fn a_lower_segment_size_is_the_same_beginning() {
        let (kept, has_timestamps) = lasting(&SYN_OPTIONS);
        let mut clamped = SYN_OPTIONS;
        clamped[2] = 4;
        assert_eq!(lasting(&clamped), (kept, true));
        assert!(has_timestamps);
        let mut later = SYN_OPTIONS;
        later[11] = 5;
        assert_ne!(lasting(&later).0, kept);
    }

    #[test]
    fn malformed_options_are_survived() {
        for cut in 0..SYN_OPTIONS.len() {
            for length in 0..=u8::MAX {
                let mut options = SYN_OPTIONS[..cut].to_vec();
                if let Some(byte) = options.get_mut(1) {
                    *byte = length;
                }
                lasting(&options);
            }
        }
    }
}
