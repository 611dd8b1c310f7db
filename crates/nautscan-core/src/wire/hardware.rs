//! Hardware addresses: which two stations of a link a packet went between.

use core::fmt;

use super::encap::wlan;
use super::ethernet::Ethernet;
use super::linux_sll::{LinuxSll, LinuxSll2};
use super::{Decoded, Layer, decode_steps};
use crate::packet::{LinkType, Packet};

/// Length of a hardware address in bytes.
const LEN: usize = 6;
/// First byte: of a group of stations, or of all (IEEE 802 section 8.2.2).
const GROUP: u8 = 1;

/// A hardware address of IEEE 802 (EUI-48), or none: all zeros, as loopback has. Displays as
/// `02:42:ac:11:00:02`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mac([u8; LEN]);

impl Mac {
    /// The address of one station; none where it is a group's.
    #[inline]
    pub fn of(bytes: &[u8]) -> Self {
        match bytes.first_chunk::<LEN>().filter(|_| bytes.len() == LEN) {
            Some(octets) if octets[0] & GROUP == 0 => Self(*octets),
            _ => Self::default(),
        }
    }

    /// Its six bytes, if there is one.
    #[inline]
    pub fn octets(&self) -> Option<[u8; LEN]> {
        (self.0 != [0; LEN]).then_some(self.0)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// Who sent a frame to whom, as far as the link says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stations {
    /// The sender.
    pub source: Mac,
    /// The receiver, if it is one station.
    pub destination: Mac,
}

impl Stations {
    /// Those of the frame next around the innermost IP packet: in a tunnel that carries frames,
    /// of the inner one; where no frame stands between two IP headers, none.
    pub fn of(packet: &Packet<'_>, decoded: &Decoded<'_>) -> Self {
        if packet.link_type == LinkType::ETHERNET && decoded.tunnel.is_none() {
            return Self::in_ethernet(packet.data);
        }
        Self::in_any(packet)
    }

    #[cold]
    fn in_any(packet: &Packet<'_>) -> Self {
        let (_, steps) = decode_steps(packet);
        let is_ip = |layer| matches!(layer, Layer::Ipv4 | Layer::Ipv6);
        let inside = steps.iter().rposition(|step| is_ip(step.layer)).unwrap_or(steps.len());
        let around = steps[..inside].iter().rev().take_while(|step| !is_ip(step.layer));
        for step in around {
            let header = packet.data.get(step.offset..).unwrap_or_default();
            match step.layer {
                Layer::Ethernet => return Self::in_ethernet(header),
                Layer::LinuxSll => {
                    return Self::sender(LinuxSll::new_checked(header).map(|h| h.address()));
                }
                Layer::LinuxSll2 => {
                    return Self::sender(LinuxSll2::new_checked(header).map(|h| h.address()));
                }
                Layer::Wlan => return Self::in_wlan(header),
                _ => {}
            }
        }
        Self::default()
    }

    #[inline]
    fn in_ethernet(frame: &[u8]) -> Self {
        let Some(header) = Ethernet::new_checked(frame) else { return Self::default() };
        Self { source: Mac::of(header.source()), destination: Mac::of(header.destination()) }
    }

    /// Cooked captures keep the sender's address alone.
    fn sender(address: Option<&[u8]>) -> Self {
        Self { source: address.map(Mac::of).unwrap_or_default(), destination: Mac::default() }
    }

    fn in_wlan(frame: &[u8]) -> Self {
        let Some((source, destination)) = wlan::stations(frame) else { return Self::default() };
        Self { source: Mac::of(source), destination: Mac::of(destination) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::InterfaceId;
    use crate::testing::{framed, udp, vxlan};
    use crate::wire::{decode, ethernet};

    fn stations(link_type: LinkType, data: &[u8]) -> (Option<String>, Option<String>) {
        let wire_len = data.len() as u32;
        let packet = Packet { time: 0, interface: InterfaceId(0), link_type, wire_len, data };
        let Stations { source, destination } = Stations::of(&packet, &decode(&packet));
        let text = |mac: Mac| mac.octets().map(|_| mac.to_string());
        (text(source), text(destination))
    }

    fn frame(destination: [u8; 6], source: [u8; 6], ip: &[u8]) -> Vec<u8> {
        [&destination[..], &source, &[8, 0], ip].concat()
    }

    const A: [u8; 6] = [2, 0, 0, 0, 0, 0xa];
    const B: [u8; 6] = [2, 0, 0, 0, 0, 0xb];

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_frame_names_both_stations() {
        let data = frame(B, A, &udp((1, 1000), (2, 53), 1, b"x"));
        let both = (some("02:00:00:00:00:0a"), some("02:00:00:00:00:0b"));
        assert_eq!(stations(LinkType::ETHERNET, &data), both);
        for cut in 0..ethernet::LEN {
            assert_eq!(stations(LinkType::ETHERNET, &data[..cut]), (None, None));
        }
    }

    #[test]
    fn groups_and_loopback_are_no_stations() {
        let ip = udp((1, 1000), (2, 53), 1, b"x");
        let broadcast = frame([0xff; 6], A, &ip);
        assert_eq!(stations(LinkType::ETHERNET, &broadcast), (some("02:00:00:00:00:0a"), None));
        assert_eq!(stations(LinkType::ETHERNET, &frame([0; 6], [0; 6], &ip)), (None, None));
        assert_eq!(stations(LinkType::RAW, &ip), (None, None));
    }

    #[test]
    fn in_a_tunnel_the_inner_frame_counts() {
        let inner = frame(B, A, &udp((1, 1000), (2, 53), 1, b"x"));
        let carried = framed(&udp((8, 5000), (9, 4789), 1, &vxlan(&inner)));
        let both = (some("02:00:00:00:00:0a"), some("02:00:00:00:00:0b"));
        assert_eq!(stations(LinkType::ETHERNET, &carried), both);
        let ip_in_ip = crate::testing::ipv4(4, 8, 9, 1, &udp((1, 1000), (2, 53), 1, b"x"));
        assert_eq!(stations(LinkType::ETHERNET, &frame(B, A, &ip_in_ip)), (None, None));
    }

    #[test]
    fn a_cooked_capture_names_the_sender() {
        let ip = udp((1, 1000), (2, 53), 1, b"x");
        let header = [&[0, 0, 0, 1, 0, 6][..], &A, &[0, 0, 8, 0]].concat();
        let from_a = (some("02:00:00:00:00:0a"), None);
        assert_eq!(stations(LinkType::LINUX_SLL, &[&header[..], &ip].concat()), from_a);
        let header = [&[8, 0, 0, 0, 0, 0, 0, 7, 0, 1, 0, 6][..], &A, &[0, 0]].concat();
        assert_eq!(stations(LinkType::LINUX_SLL2, &[&header[..], &ip].concat()), from_a);
    }
}
