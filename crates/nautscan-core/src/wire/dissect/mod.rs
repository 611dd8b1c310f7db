//! A packet as people read it: layers with named fields and where each stands in the bytes.
//! Made on demand for one packet; the hot path uses [`super::decode`].

mod encapsulation;
mod link;
mod network;
mod transport;

use super::ethernet::ethertype;
use super::{Decoded, Layer, Reason, Step, Stop, arp, decode_steps};
use crate::packet::Packet;

pub use network::protocol_text;

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

/// Dissects `packet` down to its transport payload. What is found in a tunnel stands behind the
/// tunnel's layers.
pub fn dissect(packet: &Packet<'_>) -> Vec<DissectedLayer> {
    let (decoded, steps) = decode_steps(packet);
    let mut layers: Vec<DissectedLayer> = Vec::with_capacity(steps.len() + 1);
    for step in &steps {
        add(&mut layers, packet.data, step);
    }
    match &decoded.stop {
        Some(stop) => stopped(&mut layers, packet.data, stop),
        None => payload(&mut layers, packet.data, &decoded),
    }
    layers
}

fn add(layers: &mut Vec<DissectedLayer>, data: &[u8], step: &Step) {
    let bytes = data.get(step.offset..step.offset + step.len).unwrap_or_default();
    if step.layer == Layer::Ipv6Extension
        && let Some(before) = layers.last_mut()
    {
        let kind = network::extension_kind(data, before);
        before.fields.push(field("extension header", kind, step.offset, step.len));
        before.length += step.len;
        return;
    }
    layers.push(DissectedLayer {
        name: step.layer.name(),
        offset: step.offset,
        length: step.len,
        fields: fields(step.layer, bytes, step.offset).unwrap_or_default(),
        error: None,
    });
}

/// The fields of a header whose bytes are all there.
fn fields(layer: Layer, bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    match layer {
        Layer::Ethernet => link::ethernet(bytes, at),
        Layer::Vlan => link::vlan(bytes, at),
        Layer::LinuxSll => link::sll(bytes, at),
        Layer::LinuxSll2 => link::sll2(bytes, at),
        Layer::Null => link::null(bytes, at),
        Layer::Llc => link::llc(bytes, at),
        Layer::Ppp => link::ppp(bytes, at),
        Layer::Pppoe => link::pppoe(bytes, at),
        Layer::Radiotap => link::radiotap(bytes, at),
        Layer::Wlan => link::wlan(bytes, at),
        Layer::Nflog => link::nflog(bytes, at),
        Layer::Ipv4 => network::ipv4(bytes, at),
        Layer::Ipv6 => network::ipv6(bytes, at),
        Layer::Authentication => network::authentication(bytes, at),
        Layer::Tcp => transport::tcp(bytes, at),
        Layer::Udp => transport::udp(bytes, at),
        Layer::Icmp | Layer::Icmpv6 => transport::icmp(bytes, at),
        Layer::Mpls => Some(encapsulation::mpls(bytes, at)),
        Layer::Gre => encapsulation::gre(bytes, at),
        Layer::Erspan => encapsulation::erspan(bytes, at),
        Layer::Vxlan => encapsulation::vxlan(bytes, at),
        Layer::Geneve => encapsulation::geneve(bytes, at),
        Layer::Gtp => encapsulation::gtp(bytes, at),
        Layer::L2tp => encapsulation::l2tp(bytes, at),
        Layer::Nsh => encapsulation::nsh(bytes, at),
        _ => None,
    }
}

fn stopped(layers: &mut Vec<DissectedLayer>, data: &[u8], stop: &Stop) {
    let arp = Reason::NotDecoded { kind: u32::from(ethertype::ARP) };
    if stop.reason == arp
        && let Some(layer) = dissect_arp(data, stop.offset)
    {
        return layers.push(layer);
    }
    let error = Some(stop.to_string());
    match layers.last_mut() {
        Some(last)
            if last.name == stop.layer.name()
                || matches!(stop.reason, Reason::NotDecoded { .. }) =>
        {
            last.error = error;
        }
        _ => layers.push(DissectedLayer {
            name: stop.layer.name(),
            offset: stop.offset,
            length: data.len().saturating_sub(stop.offset),
            fields: Vec::new(),
            error,
        }),
    }
}

fn dissect_arp(data: &[u8], at: usize) -> Option<DissectedLayer> {
    let view = arp::Arp::new_checked(data.get(at..)?)?;
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
    let name = Layer::Arp.name();
    Some(DissectedLayer { name, offset: at, length: arp::LEN, fields, error: None })
}

/// What stands behind the last header, as far as the packet goes: padding is left out.
fn payload(layers: &mut Vec<DissectedLayer>, data: &[u8], decoded: &Decoded<'_>) {
    let headers_end = layers.last().map_or(0, |last| last.offset + last.length);
    let start = (decoded.payload.as_ptr() as usize).wrapping_sub(data.as_ptr() as usize);
    let end = start.saturating_add(decoded.payload.len()).min(data.len());
    if decoded.payload.is_empty() || end <= headers_end {
        return;
    }
    let (offset, length) = (headers_end, end - headers_end);
    let fields = vec![field("bytes", format!("{length} bytes"), offset, length)];
    layers.push(DissectedLayer { name: "Payload", offset, length, fields, error: None });
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
        ethertype::MPLS | ethertype::MPLS_UPSTREAM => " MPLS",
        ethertype::PPPOE_SESSION => " PPPoE",
        ethertype::BRIDGED => " Ethernet",
        ethertype::NSH => " NSH",
        _ => "",
    }
}

/// An EtherType for people.
fn ethertype_text(kind: u16) -> String {
    format!("{kind:#06x}{}", ethertype_name(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{InterfaceId, LinkType};

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
            transport::option_names(&options),
            [
                "maximum segment size 1460",
                "window scale 7",
                "SACK permitted",
                "kind 9 with a bad length"
            ]
        );
    }
}
