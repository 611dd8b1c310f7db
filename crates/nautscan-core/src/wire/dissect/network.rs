//! IP headers.

use super::{DissectedLayer, Field, field};
use crate::wire::{be32, ipv4, ipv6, protocol};

pub(super) fn ipv4(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let view = ipv4::Ipv4::new_checked(bytes).ok()?;
    let length = view.header_len();
    Some(vec![
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
    ])
}

pub(super) fn ipv6(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let view = ipv6::Ipv6::new_checked(bytes)?;
    Some(vec![
        field("version", view.version().to_string(), at, 1),
        field("flow label", format!("{:#07x}", view.flow_label()), at + 1, 3),
        field("payload length", view.payload_len().to_string(), at + 4, 2),
        field("next header", protocol_text(view.next_header()), at + 6, 1),
        field("hop limit", view.hop_limit().to_string(), at + 7, 1),
        field("source", view.source().to_string(), at + 8, 16),
        field("destination", view.destination().to_string(), at + 24, 16),
    ])
}

/// What the extension header behind those of `before` is: the header before it says so.
pub(super) fn extension_kind(data: &[u8], before: &DissectedLayer) -> String {
    let named_at = match before.fields.last() {
        Some(last) if last.name == "extension header" => last.offset,
        _ => before.offset + ipv6::NEXT_HEADER,
    };
    data.get(named_at).map_or_else(String::new, |kind| protocol_text(*kind))
}

pub(super) fn authentication(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..12)?;
    Some(vec![
        field("next header", protocol_text(header[0]), at, 1),
        field("security parameters index", format!("{:#010x}", be32(header, 4)), at + 4, 4),
        field("sequence number", be32(header, 8).to_string(), at + 8, 4),
    ])
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
        protocol::IPV4 => "IPv4",
        protocol::IPV6 => "IPv6",
        protocol::GRE => "GRE",
        protocol::ESP => "ESP",
        protocol::ETHER_IP => "EtherIP",
        protocol::MPLS => "MPLS",
        protocol::ETHERNET => "Ethernet",
        _ => return kind.to_string(),
    };
    format!("{kind} {name}")
}
