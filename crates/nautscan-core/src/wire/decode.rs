//! Walks the layers of one packet, lax: keeps what parsed, and why it stopped.

use super::ethernet::{self, Ethernet, Vlan, ethertype};
use super::ipv4::{Ipv4, Ipv4Error};
use super::ipv6::{self, Ipv6};
use super::linux_sll::{self, LinuxSll, LinuxSll2};
use super::tcp::{self, Tcp, TcpError};
use super::udp::{self, Udp};
use super::{Address, Layer, Reason, Stop, icmp, null, protocol};
use crate::packet::{LinkType, Packet};

/// More IPv6 extension headers than this are not walked: RFC 8200 sets no limit, work must have
/// one.
const MAX_EXTENSIONS: usize = 256;
/// More VLAN tags than this make a frame invalid.
const MAX_VLANS: usize = 4;

/// A fragment of an IP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Identification, the same in all fragments of a packet.
    pub id: u32,
    /// Where this one's payload stands in the whole, in bytes.
    pub offset: usize,
    /// Whether others follow.
    pub more: bool,
}

/// The network layer.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// Sender.
    pub source: Address,
    /// Receiver.
    pub destination: Address,
    /// Protocol of the payload, extension headers stepped over.
    pub protocol: u8,
    /// IPv4 identification (0 for IPv6): tells a retransmission from a second sighting.
    pub identification: u16,
    /// Set if the packet is a fragment.
    pub fragment: Option<Fragment>,
}

/// The transport layer.
#[derive(Debug, Clone, Copy)]
pub enum Transport<'a> {
    /// TCP.
    Tcp {
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
        /// Sequence number.
        sequence: u32,
        /// Acknowledgement number.
        acknowledgement: u32,
        /// Control bits, see [`tcp::flag`].
        flags: u8,
        /// Window, not scaled.
        window: u16,
        /// Options, padding included.
        options: &'a [u8],
    },
    /// UDP.
    Udp {
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
    },
    /// SCTP; or TCP or UDP of which only the ports were captured or well-formed.
    Ports {
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
    },
    /// ICMP or ICMPv6.
    Icmp {
        /// Message type.
        kind: u8,
        /// Message code.
        code: u8,
    },
}

impl Transport<'_> {
    /// Source and destination port, for what has ports.
    #[inline]
    pub fn ports(&self) -> Option<(u16, u16)> {
        match *self {
            Self::Tcp { source_port, destination_port, .. }
            | Self::Udp { source_port, destination_port }
            | Self::Ports { source_port, destination_port } => {
                Some((source_port, destination_port))
            }
            Self::Icmp { .. } => None,
        }
    }
}

/// What a packet held.
#[derive(Debug, Clone, Copy)]
pub struct Decoded<'a> {
    /// Innermost VLAN identifier.
    pub vlan: Option<u16>,
    /// Which of the capturing host's own devices or directions, for cooked captures: the same
    /// packet is seen there once for each. 0 otherwise.
    pub point: u32,
    /// The network layer, if it parsed.
    pub network: Option<Network>,
    /// The transport layer, if it parsed.
    pub transport: Option<Transport<'a>>,
    /// Transport payload (or IP payload without a transport), as far as it was captured.
    pub payload: &'a [u8],
    /// Length of that payload on the wire.
    pub payload_len: usize,
    /// Why decoding ended before the transport payload.
    pub stop: Option<Stop>,
}

/// Decodes `packet` as far as it can be.
#[inline]
pub fn decode<'a>(packet: &Packet<'a>) -> Decoded<'a> {
    let mut walk = Walk {
        data: packet.data,
        wire_len: (packet.wire_len as usize).max(packet.data.len()),
        out: Decoded {
            vlan: None,
            point: 0,
            network: None,
            transport: None,
            payload: &[],
            payload_len: 0,
            stop: None,
        },
    };
    if let Err(stop) = walk.link(packet.link_type) {
        walk.out.stop = Some(stop);
    }
    walk.out
}

struct Walk<'a> {
    data: &'a [u8],
    wire_len: usize,
    out: Decoded<'a>,
}

impl<'a> Walk<'a> {
    /// Bytes ran out at `offset`: whether by the snap length or by the sender's fault.
    #[cold]
    fn short(&self, layer: Layer, offset: usize, needed: usize) -> Stop {
        let had = self.data.len().saturating_sub(offset);
        let reason = if self.data.len() < self.wire_len {
            Reason::Truncated { needed, had }
        } else {
            Reason::TooShort { needed, had }
        };
        Stop { layer, offset, reason }
    }

    #[inline]
    fn from(&self, offset: usize) -> &'a [u8] {
        self.data.get(offset..).unwrap_or_default()
    }

    #[inline]
    fn link(&mut self, link_type: LinkType) -> Result<(), Stop> {
        match link_type {
            LinkType::ETHERNET => {
                let view = Ethernet::new_checked(self.data)
                    .ok_or_else(|| self.short(Layer::Ethernet, 0, ethernet::LEN))?;
                let (kind, offset) = view.payload();
                self.ethertype(kind, offset)
            }
            LinkType::LINUX_SLL => {
                let view = LinuxSll::new_checked(self.data)
                    .ok_or_else(|| self.short(Layer::LinuxSll, 0, linux_sll::LEN))?;
                self.out.point = u32::from(view.packet_type()) + 1;
                self.ethertype(view.ethertype(), linux_sll::LEN)
            }
            LinkType::LINUX_SLL2 => {
                let view = LinuxSll2::new_checked(self.data)
                    .ok_or_else(|| self.short(Layer::LinuxSll2, 0, linux_sll::LEN_V2))?;
                let direction = u32::from(view.packet_type()) + 1;
                self.out.point = view.interface_index().wrapping_mul(8).wrapping_add(direction);
                self.ethertype(view.ethertype(), linux_sll::LEN_V2)
            }
            LinkType::NULL | LinkType::LOOP => {
                let header = self
                    .data
                    .first_chunk::<{ null::LEN }>()
                    .ok_or_else(|| self.short(Layer::Null, 0, null::LEN))?;
                let kind = null::ethertype_of(*header).map_err(|family| Stop {
                    layer: Layer::Null,
                    offset: null::LEN,
                    reason: Reason::NotDecoded { kind: family },
                })?;
                self.ethertype(kind, null::LEN)
            }
            LinkType::RAW | LinkType::RAW_DLT | LinkType::IPV4 | LinkType::IPV6 => self.raw_ip(),
            other => Err(Stop {
                layer: Layer::Link,
                offset: 0,
                reason: Reason::NotDecoded { kind: u32::from(other.0) },
            }),
        }
    }

    fn raw_ip(&mut self) -> Result<(), Stop> {
        match self.data.first().map(|byte| byte >> 4) {
            Some(4) => self.ipv4(0),
            Some(6) => self.ipv6(0),
            Some(_) => Err(Stop {
                layer: Layer::Link,
                offset: 0,
                reason: Reason::Invalid("first nibble is no IP version"),
            }),
            None => Err(self.short(Layer::Link, 0, 1)),
        }
    }

    #[inline]
    fn ethertype(&mut self, mut kind: u16, mut offset: usize) -> Result<(), Stop> {
        let mut tags = 0;
        while ethernet::is_vlan(kind) {
            tags += 1;
            if tags > MAX_VLANS {
                return Err(Stop {
                    layer: Layer::Vlan,
                    offset,
                    reason: Reason::Invalid("too many tags"),
                });
            }
            let tag = Vlan::new_checked(self.from(offset))
                .ok_or_else(|| self.short(Layer::Vlan, offset, ethernet::VLAN_LEN))?;
            self.out.vlan = Some(tag.id());
            kind = tag.ethertype();
            offset += ethernet::VLAN_LEN;
        }
        match kind {
            ethertype::IPV4 => self.ipv4(offset),
            ethertype::IPV6 => self.ipv6(offset),
            other => Err(Stop {
                layer: Layer::Ethernet,
                offset,
                reason: Reason::NotDecoded { kind: u32::from(other) },
            }),
        }
    }

    #[inline]
    fn ipv4(&mut self, offset: usize) -> Result<(), Stop> {
        let view = Ipv4::new_checked(self.from(offset)).map_err(|error| match error {
            Ipv4Error::Short { needed } => self.short(Layer::Ipv4, offset, needed),
            Ipv4Error::Invalid(what) => {
                Stop { layer: Layer::Ipv4, offset, reason: Reason::Invalid(what) }
            }
        })?;
        let (header_len, total_len) = (view.header_len(), view.total_len());
        if total_len != 0 && total_len < header_len {
            let reason = Reason::Invalid("total length below header length");
            return Err(Stop { layer: Layer::Ipv4, offset, reason });
        }
        let (fragment_offset, more) = (view.fragment_offset(), view.more_fragments());
        let fragment = (more || fragment_offset > 0).then(|| Fragment {
            id: u32::from(view.identification()),
            offset: fragment_offset,
            more,
        });
        self.out.network = Some(Network {
            source: view.source(),
            destination: view.destination(),
            protocol: view.protocol(),
            identification: view.identification(),
            fragment,
        });
        // A total length of zero: the sending host left segmentation to its network card.
        let end = if total_len == 0 { self.wire_len } else { offset + total_len };
        self.transport(view.protocol(), offset + header_len, end)
    }

    #[inline]
    fn ipv6(&mut self, offset: usize) -> Result<(), Stop> {
        let view = Ipv6::new_checked(self.from(offset))
            .ok_or_else(|| self.short(Layer::Ipv6, offset, ipv6::LEN))?;
        if view.version() != 6 {
            return Err(Stop {
                layer: Layer::Ipv6,
                offset,
                reason: Reason::Invalid("version is not 6"),
            });
        }
        let mut network = Network {
            source: view.source(),
            destination: view.destination(),
            protocol: view.next_header(),
            identification: 0,
            fragment: None,
        };
        self.out.network = Some(network);
        let stated = view.payload_len();
        let end = if stated == 0 { self.wire_len } else { offset + ipv6::LEN + stated };
        let mut at = offset + ipv6::LEN;
        let mut seen = 0;
        while ipv6::is_extension(network.protocol) {
            // What follows a later fragment's header is payload, whatever its type says.
            if network.fragment.is_some_and(|f| f.offset > 0) {
                break;
            }
            seen += 1;
            if seen > MAX_EXTENSIONS {
                let reason = Reason::Invalid("too many extension headers");
                return Err(Stop { layer: Layer::Ipv6, offset: at, reason });
            }
            let extension = ipv6::extension(network.protocol, self.from(at))
                .map_err(|needed| self.short(Layer::Ipv6, at, needed))?;
            if let Some((offset, more, id)) = extension.fragment {
                // RFC 6946: a lone "atomic" fragment is an ordinary packet.
                network.fragment = (more || offset > 0).then_some(Fragment { id, offset, more });
            }
            network.protocol = extension.next_header;
            at += extension.len;
            self.out.network = Some(network);
        }
        self.transport(network.protocol, at, end)
    }

    /// `end` is where the IP packet ends, counted from the first captured byte; link-layer
    /// padding stands behind it.
    #[inline]
    fn transport(&mut self, kind: u8, offset: usize, end: usize) -> Result<(), Stop> {
        // A length beyond the frame is not believed: bytes that were never on the wire are not
        // missing from the capture.
        let end = end.min(self.wire_len);
        let captured_end = end.min(self.data.len());
        let bytes = self.data.get(offset..captured_end).unwrap_or_default();
        self.out.payload = bytes;
        self.out.payload_len = end.saturating_sub(offset);
        if self.out.network.and_then(|n| n.fragment).is_some_and(|f| f.offset > 0) {
            return Ok(());
        }
        if let (protocol::TCP | protocol::UDP | protocol::SCTP, Some(&[a, b, c, d])) =
            (kind, bytes.first_chunk::<4>())
        {
            self.out.transport = Some(Transport::Ports {
                source_port: u16::from_be_bytes([a, b]),
                destination_port: u16::from_be_bytes([c, d]),
            });
        }
        match kind {
            protocol::TCP => self.tcp(bytes, offset, end),
            protocol::UDP => self.udp(bytes, offset, end),
            protocol::ICMP | protocol::ICMPV6 => {
                let layer = if kind == protocol::ICMP { Layer::Icmp } else { Layer::Icmpv6 };
                let &[kind, code] = bytes
                    .first_chunk::<{ icmp::TYPE_CODE_LEN }>()
                    .ok_or_else(|| self.short_in(layer, offset, end, icmp::LEN))?;
                self.out.transport = Some(Transport::Icmp { kind, code });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    #[inline]
    fn tcp(&mut self, bytes: &'a [u8], offset: usize, end: usize) -> Result<(), Stop> {
        let view = Tcp::new_checked(bytes).map_err(|error| match error {
            TcpError::Short { needed } => self.short_in(Layer::Tcp, offset, end, needed),
            TcpError::DataOffset => Stop {
                layer: Layer::Tcp,
                offset: offset + tcp::MIN_LEN,
                reason: Reason::Invalid("data offset below 20 bytes"),
            },
        })?;
        self.out.transport = Some(Transport::Tcp {
            source_port: view.source_port(),
            destination_port: view.destination_port(),
            sequence: view.sequence(),
            acknowledgement: view.acknowledgement(),
            flags: view.flags(),
            window: view.window(),
            options: view.options(),
        });
        let header_len = view.header_len();
        self.out.payload = &bytes[header_len..];
        self.out.payload_len = end.saturating_sub(offset + header_len);
        Ok(())
    }

    #[inline]
    fn udp(&mut self, bytes: &'a [u8], offset: usize, end: usize) -> Result<(), Stop> {
        let view = Udp::new_checked(bytes)
            .ok_or_else(|| self.short_in(Layer::Udp, offset, end, udp::LEN))?;
        let stated = view.length();
        let room = end.saturating_sub(offset);
        if stated != 0 && stated < udp::LEN {
            return Err(Stop {
                layer: Layer::Udp,
                offset,
                reason: Reason::Invalid("length below 8 bytes"),
            });
        }
        let len = if stated == 0 { room } else { stated.min(room) };
        self.out.transport = Some(Transport::Udp {
            source_port: view.source_port(),
            destination_port: view.destination_port(),
        });
        self.out.payload = &bytes[udp::LEN..len.min(bytes.len()).max(udp::LEN)];
        self.out.payload_len = len.saturating_sub(udp::LEN);
        Ok(())
    }

    /// As [`Self::short`], for a layer that its IP packet ends at `end`.
    #[cold]
    fn short_in(&self, layer: Layer, offset: usize, end: usize, needed: usize) -> Stop {
        if end <= self.data.len() {
            let had = end.saturating_sub(offset);
            return Stop { layer, offset, reason: Reason::TooShort { needed, had } };
        }
        self.short(layer, offset, needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::InterfaceId;

    fn packet(link_type: LinkType, data: &[u8]) -> Packet<'_> {
        Packet { time: 0, interface: InterfaceId(0), link_type, wire_len: data.len() as u32, data }
    }

    /// 10.0.0.1:1000 → 10.0.0.2:80, "hello", as raw IP.
    fn ip_tcp() -> Vec<u8> {
        let mut bytes = vec![0x45, 0, 0, 45, 0, 7, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        bytes.extend([3, 232, 0, 80, 0, 0, 0, 9, 0, 0, 0, 5, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
        bytes.extend(b"hello");
        bytes
    }

    fn ethernet(tags: &[[u8; 4]], padding: usize) -> Vec<u8> {
        let mut frame = vec![0u8; 12];
        for tag in tags {
            frame.extend(tag);
        }
        frame.extend([8, 0]);
        frame.extend(ip_tcp());
        frame.extend(vec![0xee; padding]);
        frame
    }

    #[test]
    fn padding_is_not_payload() {
        let frame = ethernet(&[], 6);
        let decoded = decode(&packet(LinkType::ETHERNET, &frame));
        assert_eq!((decoded.payload, decoded.payload_len), (&b"hello"[..], 5));
        assert!(decoded.stop.is_none());
        assert!(matches!(
            decoded.transport,
            Some(Transport::Tcp { source_port: 1000, destination_port: 80, sequence: 9, .. })
        ));
    }

    #[test]
    fn stacked_tags_give_the_inner_vlan() {
        let frame = ethernet(&[[0x88, 0xa8, 0, 5], [0x81, 0, 0, 7]], 0);
        let decoded = decode(&packet(LinkType::ETHERNET, &frame));
        assert_eq!((decoded.vlan, decoded.payload), (Some(7), &b"hello"[..]));
    }

    #[test]
    fn a_snapped_packet_keeps_its_wire_length() {
        let bytes = ip_tcp();
        let mut cut = packet(LinkType::RAW, &bytes[..42]);
        cut.wire_len = bytes.len() as u32;
        let decoded = decode(&cut);
        assert_eq!((decoded.payload, decoded.payload_len), (&b"he"[..], 5));
        cut.data = &bytes[..30];
        let stop = decode(&cut).stop.unwrap();
        assert!(matches!(stop.reason, Reason::Truncated { needed: 20, had: 10 }));
        assert!(!stop.is_malformed());
    }

    #[test]
    fn a_packet_that_ends_early_is_malformed() {
        let mut bytes = ip_tcp();
        bytes[3] = 30;
        let stop = decode(&packet(LinkType::RAW, &bytes)).stop.unwrap();
        assert_eq!(stop.layer, Layer::Tcp);
        assert!(stop.is_malformed());
    }

    #[test]
    fn every_cut_of_every_link_type_is_survived() {
        let frame = ethernet(&[[0x81, 0, 0, 7]], 0);
        for link in [0, 1, 12, 101, 108, 113, 228, 229, 276, 999] {
            for cut in 0..frame.len() {
                let mut p = packet(LinkType(link), &frame[..cut]);
                p.wire_len = frame.len() as u32;
                let decoded = decode(&p);
                assert!(decoded.payload.len() <= decoded.payload_len.max(cut));
            }
        }
    }

    /// A header that states 44 kB in a frame of 45 bytes: nothing is missing from the capture.
    #[test]
    fn a_stated_length_beyond_the_frame_is_not_believed() {
        let mut bytes = ip_tcp();
        bytes[2..4].copy_from_slice(&44_716u16.to_be_bytes());
        let decoded = decode(&packet(LinkType::RAW, &bytes));
        assert_eq!((decoded.payload, decoded.payload_len), (&b"hello"[..], 5));
    }

    #[test]
    fn later_fragments_have_no_ports() {
        let mut bytes = ip_tcp();
        bytes[7] = 2;
        let decoded = decode(&packet(LinkType::RAW, &bytes));
        assert!(decoded.transport.is_none() && decoded.stop.is_none());
        assert_eq!(decoded.network.unwrap().fragment.unwrap().offset, 16);
    }

    #[test]
    fn ipv6_extension_headers_are_stepped_over() {
        let mut bytes = vec![0x60, 0, 0, 0, 0, 16 + 8 + 3, 0, 64];
        bytes.extend([0; 32]);
        bytes.extend([60, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([17, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0, 53, 0, 54, 0, 11, 0, 0]);
        bytes.extend(b"abc");
        let decoded = decode(&packet(LinkType::IPV6, &bytes));
        assert_eq!(decoded.payload, b"abc");
        assert_eq!(decoded.network.unwrap().protocol, protocol::UDP);
    }
}
