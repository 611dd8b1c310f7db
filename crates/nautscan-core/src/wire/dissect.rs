//! A packet as people read it: layers with named fields and where each stands in the bytes.
//! Made on demand for one packet; the hot path uses [`super::decode`].

use super::ethernet::{self, Ethernet, Vlan, ethertype};
use super::{Layer, Stop, arp, decode, icmp, ipv4, ipv6, linux_sll, null, protocol, tcp, udp};
use crate::packet::{LinkType, Packet};

/// A named value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name in the words of the RFC.
    pub name: &'static str,
    /// Value for people.
    pub value: String,
    /// Offset from the first captured byte.
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
}

/// One layer of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DissectedLayer {
    /// Name of the protocol.
    pub name: &'static str,
    /// Offset of its header from the first captured byte.
    pub offset: usize,
    /// Length of its header (of the payload, for `Payload`).
    pub length: usize,
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// Why decoding stopped in this layer.
    pub error: Option<String>,
}

/// Dissects `packet` down to its transport payload.
pub fn dissect(packet: &Packet<'_>) -> Vec<DissectedLayer> {
    let mut out = Dissection { data: packet.data, layers: Vec::new() };
    let end = out.link(packet.link_type);
    match decode(packet).stop {
        Some(stop) => out.stopped(&stop),
        None => out.payload(end),
    }
    out.layers
}

struct Dissection<'a> {
    data: &'a [u8],
    layers: Vec<DissectedLayer>,
}

/// Where a layer's payload begins and what it is; `None`: nothing more to read.
type Next = Option<(usize, u16)>;

impl Dissection<'_> {
    fn layer(&mut self, layer: Layer, offset: usize, length: usize) -> &mut Vec<Field> {
        self.layers.push(DissectedLayer {
            name: layer.name(),
            offset,
            length,
            fields: Vec::new(),
            error: None,
        });
        let last = self.layers.len() - 1;
        &mut self.layers[last].fields
    }

    fn from(&self, offset: usize) -> &[u8] {
        self.data.get(offset..).unwrap_or_default()
    }

    fn stopped(&mut self, stop: &Stop) {
        let error = Some(stop.to_string());
        match self.layers.last_mut() {
            Some(last) if last.name == stop.layer.name() => last.error = error,
            _ => self.layers.push(DissectedLayer {
                name: stop.layer.name(),
                offset: stop.offset,
                length: self.data.len().saturating_sub(stop.offset),
                fields: Vec::new(),
                error,
            }),
        }
    }

    fn payload(&mut self, end: Option<usize>) {
        if let Some(offset) = end.filter(|&at| at < self.data.len()) {
            let length = self.data.len() - offset;
            let fields =
                vec![Field { name: "bytes", value: format!("{length} bytes"), offset, length }];
            self.layers.push(DissectedLayer {
                name: "Payload",
                offset,
                length,
                fields,
                error: None,
            });
        }
    }

    fn link(&mut self, link_type: LinkType) -> Option<usize> {
        let (offset, kind) = match link_type {
            LinkType::ETHERNET => self.ethernet()?,
            LinkType::LINUX_SLL => self.sll()?,
            LinkType::LINUX_SLL2 => self.sll2()?,
            LinkType::NULL | LinkType::LOOP => self.null()?,
            _ if self.data.first()? >> 4 == 6 => (0, ethertype::IPV6),
            _ => (0, ethertype::IPV4),
        };
        let (offset, kind) = self.vlans(offset, kind)?;
        match kind {
            ethertype::IPV4 => self.ipv4(offset),
            ethertype::IPV6 => self.ipv6(offset),
            ethertype::ARP => self.arp(offset),
            _ => None,
        }
    }

    fn ethernet(&mut self) -> Next {
        let view = Ethernet::new_checked(self.data)?;
        let (kind, length) = view.payload();
        let (destination, source) = (mac(view.destination()), mac(view.source()));
        *self.layer(Layer::Ethernet, 0, length) = vec![
            field("destination", destination, 0, 6),
            field("source", source, 6, 6),
            field("type", format!("{kind:#06x}{}", ethertype_name(kind)), length - 2, 2),
        ];
        Some((length, kind))
    }

    fn vlans(&mut self, mut offset: usize, mut kind: u16) -> Next {
        while ethernet::is_vlan(kind) && self.layers.len() < 8 {
            let tag = Vlan::new_checked(self.from(offset))?;
            let (id, priority, inner) = (tag.id(), tag.priority(), tag.ethertype());
            *self.layer(Layer::Vlan, offset, ethernet::VLAN_LEN) = vec![
                field("priority", priority.to_string(), offset, 1),
                field("vlan id", id.to_string(), offset, 2),
                field("type", format!("{inner:#06x}{}", ethertype_name(inner)), offset + 2, 2),
            ];
            kind = inner;
            offset += ethernet::VLAN_LEN;
        }
        Some((offset, kind))
    }

    fn sll(&mut self) -> Next {
        let view = linux_sll::LinuxSll::new_checked(self.data)?;
        let (direction, address, kind) =
            (view.packet_type(), mac(view.address()), view.ethertype());
        *self.layer(Layer::LinuxSll, 0, linux_sll::LEN) = vec![
            field("packet type", sll_direction(direction), 0, 2),
            field("address", address, 6, 8),
            field("protocol", format!("{kind:#06x}{}", ethertype_name(kind)), 14, 2),
        ];
        Some((linux_sll::LEN, kind))
    }

    fn sll2(&mut self) -> Next {
        let view = linux_sll::LinuxSll2::new_checked(self.data)?;
        let (kind, index) = (view.ethertype(), view.interface_index());
        let (direction, address) = (view.packet_type(), mac(view.address()));
        *self.layer(Layer::LinuxSll2, 0, linux_sll::LEN_V2) = vec![
            field("protocol", format!("{kind:#06x}{}", ethertype_name(kind)), 0, 2),
            field("interface index", index.to_string(), 4, 4),
            field("packet type", sll_direction(u16::from(direction)), 10, 1),
            field("address", address, 12, 8),
        ];
        Some((linux_sll::LEN_V2, kind))
    }

    fn null(&mut self) -> Next {
        let kind = null::ethertype_of(*self.data.first_chunk()?).ok()?;
        let name = ethertype_name(kind).trim_start().to_owned();
        *self.layer(Layer::Null, 0, null::LEN) = vec![field("family", name, 0, null::LEN)];
        Some((null::LEN, kind))
    }

    fn arp(&mut self, at: usize) -> Option<usize> {
        let view = arp::Arp::new_checked(self.from(at))?;
        let operation = match view.operation() {
            1 => "request".to_owned(),
            2 => "reply".to_owned(),
            other => other.to_string(),
        };
        let fields = vec![
            field("operation", operation, at + 6, 2),
            field("sender MAC", mac(view.sender_mac()), at + 8, 6),
            field("sender IP", dotted(view.sender_ip()), at + 14, 4),
            field("target IP", dotted(view.target_ip()), at + 24, 4),
        ];
        *self.layer(Layer::Arp, at, arp::LEN) = fields;
        None
    }

    fn ipv4(&mut self, at: usize) -> Option<usize> {
        let view = ipv4::Ipv4::new_checked(self.from(at)).ok()?;
        let length = view.header_len();
        let fields = vec![
            field("version", "4".to_owned(), at, 1),
            field("header length", format!("{length} bytes"), at, 1),
            field("traffic class", format!("{:#04x}", view.traffic_class()), at + 1, 1),
            field("total length", view.total_len().to_string(), at + 2, 2),
            field("identification", format!("{:#06x}", view.identification()), at + 4, 2),
            field("flags", ipv4_flags(view.flags()), at + 6, 1),
            field("fragment offset", view.fragment_offset().to_string(), at + 6, 2),
            field("time to live", view.ttl().to_string(), at + 8, 1),
            field("protocol", protocol_text(view.protocol()), at + 9, 1),
            field("header checksum", format!("{:#06x}", view.checksum()), at + 10, 2),
            field("source", view.source().to_string(), at + 12, 4),
            field("destination", view.destination().to_string(), at + 16, 4),
        ];
        let (kind, later) = (view.protocol(), view.fragment_offset() > 0);
        *self.layer(Layer::Ipv4, at, length) = fields;
        self.transport(kind, at + length, later)
    }

    fn ipv6(&mut self, at: usize) -> Option<usize> {
        let view = ipv6::Ipv6::new_checked(self.from(at))?;
        let fields = vec![
            field("version", view.version().to_string(), at, 1),
            field("flow label", format!("{:#07x}", view.flow_label()), at + 1, 3),
            field("payload length", view.payload_len().to_string(), at + 4, 2),
            field("next header", protocol_text(view.next_header()), at + 6, 1),
            field("hop limit", view.hop_limit().to_string(), at + 7, 1),
            field("source", view.source().to_string(), at + 8, 16),
            field("destination", view.destination().to_string(), at + 24, 16),
        ];
        let mut kind = view.next_header();
        *self.layer(Layer::Ipv6, at, ipv6::LEN) = fields;
        let (mut offset, mut later) = (at + ipv6::LEN, false);
        for _ in 0..256 {
            if !ipv6::is_extension(kind) || later {
                break;
            }
            let extension = ipv6::extension(kind, self.from(offset)).ok()?;
            later = extension.fragment.is_some_and(|(fragment_offset, ..)| fragment_offset > 0);
            let last = self.layers.last_mut()?;
            last.fields.push(field("extension header", protocol_text(kind), offset, extension.len));
            last.length += extension.len;
            offset += extension.len;
            kind = extension.next_header;
        }
        self.transport(kind, offset, later)
    }

    fn transport(&mut self, kind: u8, at: usize, later_fragment: bool) -> Option<usize> {
        if later_fragment {
            return Some(at);
        }
        match kind {
            protocol::TCP => self.tcp(at),
            protocol::UDP => self.udp(at),
            protocol::ICMP => self.icmp(Layer::Icmp, at),
            protocol::ICMPV6 => self.icmp(Layer::Icmpv6, at),
            _ => Some(at),
        }
    }

    fn tcp(&mut self, at: usize) -> Option<usize> {
        let view = tcp::Tcp::new_checked(self.from(at)).ok()?;
        let length = view.header_len();
        let mut fields = vec![
            field("source port", view.source_port().to_string(), at, 2),
            field("destination port", view.destination_port().to_string(), at + 2, 2),
            field("sequence number", view.sequence().to_string(), at + 4, 4),
            field("acknowledgement number", view.acknowledgement().to_string(), at + 8, 4),
            field("header length", format!("{length} bytes"), at + 12, 1),
            field("flags", tcp::flag_names(view.flags()), at + 13, 1),
            field("window", view.window().to_string(), at + 14, 2),
            field("checksum", format!("{:#06x}", view.checksum()), at + 16, 2),
        ];
        if length > tcp::MIN_LEN {
            let names = option_names(view.options()).join(", ");
            fields.push(field("options", names, at + tcp::MIN_LEN, length - tcp::MIN_LEN));
        }
        *self.layer(Layer::Tcp, at, length) = fields;
        Some(at + length)
    }

    fn udp(&mut self, at: usize) -> Option<usize> {
        let view = udp::Udp::new_checked(self.from(at))?;
        let fields = vec![
            field("source port", view.source_port().to_string(), at, 2),
            field("destination port", view.destination_port().to_string(), at + 2, 2),
            field("length", view.length().to_string(), at + 4, 2),
            field("checksum", format!("{:#06x}", view.checksum()), at + 6, 2),
        ];
        *self.layer(Layer::Udp, at, udp::LEN) = fields;
        Some(at + udp::LEN)
    }

    fn icmp(&mut self, layer: Layer, at: usize) -> Option<usize> {
        let header = self.from(at).get(..icmp::TYPE_CODE_LEN)?;
        let fields = vec![
            field("type", header[0].to_string(), at, 1),
            field("code", header[1].to_string(), at + 1, 1),
        ];
        let length = icmp::LEN.min(self.data.len() - at);
        *self.layer(layer, at, length) = fields;
        Some(at + length)
    }
}

fn field(name: &'static str, value: String, offset: usize, length: usize) -> Field {
    Field { name, value, offset, length }
}

fn mac(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn dotted(ip: [u8; 4]) -> String {
    std::net::Ipv4Addr::from(ip).to_string()
}

fn ethertype_name(kind: u16) -> &'static str {
    match kind {
        ethertype::IPV4 => " IPv4",
        ethertype::IPV6 => " IPv6",
        ethertype::ARP => " ARP",
        ethertype::VLAN => " 802.1Q",
        ethertype::QINQ => " 802.1ad",
        _ => "",
    }
}

fn sll_direction(kind: u16) -> String {
    match kind {
        0 => "0 to us".to_owned(),
        1 => "1 broadcast".to_owned(),
        2 => "2 multicast".to_owned(),
        3 => "3 to another host".to_owned(),
        4 => "4 sent by us".to_owned(),
        other => other.to_string(),
    }
}

fn ipv4_flags(flags: u8) -> String {
    let names = [(2, "don't fragment"), (1, "more fragments"), (4, "reserved")];
    let set: Vec<&str> =
        names.iter().filter(|(bit, _)| flags & bit != 0).map(|&(_, name)| name).collect();
    if set.is_empty() { "none".to_owned() } else { set.join(", ") }
}

/// Name of an IP protocol number for people, the number beside it.
pub fn protocol_text(kind: u8) -> String {
    let name = match kind {
        protocol::HOP_BY_HOP => "hop-by-hop options",
        protocol::ICMP => "ICMP",
        protocol::TCP => "TCP",
        protocol::UDP => "UDP",
        protocol::ROUTING => "routing",
        protocol::FRAGMENT => "fragment",
        protocol::AUTHENTICATION => "authentication",
        protocol::ICMPV6 => "ICMPv6",
        protocol::NO_NEXT => "none",
        protocol::DESTINATION => "destination options",
        protocol::MOBILITY => "mobility",
        protocol::SCTP => "SCTP",
        _ => return kind.to_string(),
    };
    format!("{kind} {name}")
}

/// Names of TCP options in order (IANA "TCP Option Kind Numbers"); stops where they are cut.
fn option_names(mut options: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((&kind, rest)) = options.split_first() {
        match kind {
            0 => break,
            1 => options = rest,
            _ => {
                let length = usize::from(rest.first().copied().unwrap_or(0));
                if length < 2 || length > options.len() {
                    names.push(format!("kind {kind} with a bad length"));
                    break;
                }
                names.push(option_text(kind, &options[2..length]));
                options = &options[length..];
            }
        }
    }
    names
}

fn option_text(kind: u8, value: &[u8]) -> String {
    match (kind, value) {
        (2, &[high, low]) => format!("maximum segment size {}", u16::from_be_bytes([high, low])),
        (3, &[shift]) => format!("window scale {shift}"),
        (4, _) => "SACK permitted".to_owned(),
        (5, blocks) => format!("SACK, {} blocks", blocks.len() / 8),
        (8, _) => "timestamps".to_owned(),
        (34, _) => "fast open cookie".to_owned(),
        _ => format!("kind {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::InterfaceId;

    fn dissect_bytes(link_type: LinkType, data: &[u8]) -> Vec<DissectedLayer> {
        dissect(&Packet {
            time: 0,
            interface: InterfaceId(0),
            link_type,
            wire_len: data.len() as u32,
            data,
        })
    }

    fn frame() -> Vec<u8> {
        let mut bytes = vec![2u8; 12];
        bytes.extend([0x81, 0, 0, 7, 8, 0]);
        bytes.extend([0x45, 0, 0, 43, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        bytes.extend([3, 232, 0, 80, 0, 0, 0, 9, 0, 0, 0, 5, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
        bytes.extend(b"hey");
        bytes
    }

    #[test]
    fn layers_and_fields_point_into_the_bytes() {
        let bytes = frame();
        let layers = dissect_bytes(LinkType::ETHERNET, &bytes);
        let names: Vec<_> = layers.iter().map(|l| l.name).collect();
        assert_eq!(names, ["Ethernet", "802.1Q", "IPv4", "TCP", "Payload"]);
        let flags = layers[3].fields.iter().find(|f| f.name == "flags").unwrap();
        assert_eq!((flags.value.as_str(), bytes[flags.offset]), ("PSH, ACK", 0x18));
        assert_eq!((layers[4].offset, layers[4].length), (58, 3));
    }

    #[test]
    fn every_cut_names_the_layer_it_cuts_and_stays_in_bounds() {
        let bytes = frame();
        for cut in 0..bytes.len() - 3 {
            let layers = dissect_bytes(LinkType::ETHERNET, &bytes[..cut]);
            assert!(layers.last().unwrap().error.is_some(), "cut at {cut}");
            for field in layers.iter().flat_map(|l| &l.fields) {
                assert!(field.offset + field.length <= cut, "{field:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn tcp_options_by_name() {
        let options = [2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 9, 0];
        assert_eq!(
            option_names(&options),
            [
                "maximum segment size 1460",
                "window scale 7",
                "SACK permitted",
                "kind 9 with a bad length"
            ]
        );
    }
}
