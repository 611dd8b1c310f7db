//! Link-layer headers.

use super::{Field, ethertype_name, ethertype_text, field, mac};
use crate::wire::encap::{self, wlan};
use crate::wire::{be16, ethernet, linux_sll};

pub(super) fn ethernet(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let view = ethernet::Ethernet::new_checked(bytes)?;
    let kind = view.type_or_length();
    let last = if kind <= ethernet::MAX_LENGTH {
        field("length", kind.to_string(), at + 12, 2)
    } else {
        field("type", ethertype_text(kind), at + 12, 2)
    };
    Some(vec![
        field("destination", mac(view.destination()), at, 6),
        field("source", mac(view.source()), at + 6, 6),
        last,
    ])
}

pub(super) fn vlan(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let tag = ethernet::Vlan::new_checked(bytes)?;
    Some(vec![
        field("priority", tag.priority().to_string(), at, 1),
        field("vlan id", tag.id().to_string(), at, 2),
        field("type", ethertype_text(tag.ethertype()), at + 2, 2),
    ])
}

pub(super) fn sll(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let view = linux_sll::LinuxSll::new_checked(bytes)?;
    Some(vec![
        field("packet type", sll_direction(view.packet_type()), at, 2),
        field("address", mac(view.address()), at + 6, 8),
        field("protocol", ethertype_text(view.ethertype()), at + 14, 2),
    ])
}

pub(super) fn sll2(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let view = linux_sll::LinuxSll2::new_checked(bytes)?;
    Some(vec![
        field("protocol", ethertype_text(view.ethertype()), at, 2),
        field("interface index", view.interface_index().to_string(), at + 4, 4),
        field("packet type", sll_direction(u16::from(view.packet_type())), at + 10, 1),
        field("address", mac(view.address()), at + 12, 8),
    ])
}

pub(super) fn null(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let kind = crate::wire::null::ethertype_of(*bytes.first_chunk()?).ok()?;
    let name = ethertype_name(kind).trim_start().to_owned();
    Some(vec![field("family", name, at, crate::wire::null::LEN)])
}

pub(super) fn llc(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..encap::llc::MIN_LEN)?;
    let mut fields = vec![
        field("destination service", format!("{:#04x}", header[0]), at, 1),
        field("source service", format!("{:#04x}", header[1]), at + 1, 1),
        field("control", format!("{:#04x}", header[2]), at + 2, 1),
    ];
    if bytes.len() >= encap::llc::SNAP_LEN {
        fields.push(field("organisation", mac(&bytes[3..6]), at + 3, 3));
        fields.push(field("type", ethertype_text(be16(bytes, 6)), at + 6, 2));
    }
    Some(fields)
}

pub(super) fn ppp(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let (&last, before) = bytes.split_last()?;
    let (kind, len) = match before.last() {
        // The high byte is even; without one the field is compressed.
        Some(&high) if high & 1 == 0 => (u16::from_be_bytes([high, last]), 2),
        _ => (u16::from(last), 1),
    };
    Some(vec![field("protocol", format!("{kind:#06x}"), at + bytes.len() - len, len)])
}

pub(super) fn pppoe(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..encap::ppp::PPPOE_LEN)?;
    Some(vec![
        field("session", format!("{:#06x}", be16(header, 2)), at + 2, 2),
        field("length", be16(header, 4).to_string(), at + 4, 2),
    ])
}

pub(super) fn radiotap(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..8)?;
    let length = u16::from_le_bytes([header[2], header[3]]);
    let present = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    Some(vec![
        field("length", length.to_string(), at + 2, 2),
        field("present", format!("{present:#010x}"), at + 4, 4),
    ])
}

pub(super) fn wlan(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = wlan::header(bytes).ok()?;
    let mut fields = vec![
        field("frame control", format!("{:#06x}", be16(bytes, 0)), at, 2),
        field("flags", wlan_flags(header.flags), at + 1, 1),
    ];
    for (number, offset) in [("address 1", 4), ("address 2", 10), ("address 3", 16)] {
        fields.push(field(number, mac(&bytes[offset..offset + 6]), at + offset, 6));
    }
    if header.flags & (wlan::flag::TO_DS | wlan::flag::FROM_DS) == 3 {
        fields.push(field("address 4", mac(&bytes[24..30]), at + 24, 6));
    }
    Some(fields)
}

fn wlan_flags(flags: u8) -> String {
    let names = [
        (wlan::flag::TO_DS, "to DS"),
        (wlan::flag::FROM_DS, "from DS"),
        (wlan::flag::MORE_FRAGMENTS, "more fragments"),
        (wlan::flag::RETRY, "retry"),
        (wlan::flag::PROTECTED, "protected"),
        (wlan::flag::ORDER, "order"),
    ];
    let set: Vec<&str> =
        names.iter().filter(|(bit, _)| flags & bit != 0).map(|&(_, name)| name).collect();
    if set.is_empty() { "none".to_owned() } else { set.join(", ") }
}

pub(super) fn nflog(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..4)?;
    Some(vec![
        field("family", header[0].to_string(), at, 1),
        field("resource", be16(header, 2).to_string(), at + 2, 2),
    ])
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
