//! Headers of tunnels.

use super::{Field, ethertype_text, field};
use crate::wire::encap::{gre as gre_header, mpls as labels};
use crate::wire::{be16, be32};

pub(super) fn mpls(bytes: &[u8], at: usize) -> Vec<Field> {
    let text = |entry: labels::Entry| {
        format!("{} (traffic class {}, time to live {})", entry.label, entry.class, entry.ttl)
    };
    let entries = labels::entries(bytes).enumerate();
    entries
        .map(|(index, entry)| field("label", text(entry), at + index * labels::LEN, labels::LEN))
        .collect()
}

pub(super) fn gre(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..gre_header::MIN_LEN)?;
    let flags = be16(header, 0);
    let mut fields = vec![
        field("flags and version", format!("{flags:#06x}"), at, 2),
        field("protocol", ethertype_text(be16(header, 2)), at + 2, 2),
    ];
    let (mut offset, is_first) = (gre_header::MIN_LEN, flags & gre_header::flag::VERSION == 0);
    let mut word = |name, bit| {
        if flags & bit != 0
            && let Some(value) = bytes.get(offset..offset + 4)
        {
            fields.push(field(name, format!("{:#010x}", be32(value, 0)), at + offset, 4));
            offset += 4;
        }
    };
    if is_first {
        word("checksum and offset", gre_header::flag::CHECKSUM | gre_header::flag::ROUTING);
        word("key", gre_header::flag::KEY);
    } else {
        word("payload length and call", gre_header::flag::KEY);
    }
    word("sequence number", gre_header::flag::SEQUENCE);
    if !is_first {
        word("acknowledgement number", gre_header::flag::ACKNOWLEDGEMENT);
    }
    Some(fields)
}

pub(super) fn erspan(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..gre_header::ERSPAN_2_LEN)?;
    Some(vec![
        field("version", (header[0] >> 4).to_string(), at, 1),
        field("vlan", (be16(header, 0) & 0x0fff).to_string(), at, 2),
        field("session", (be16(header, 2) & 0x03ff).to_string(), at + 2, 2),
    ])
}

pub(super) fn vxlan(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..8)?;
    Some(vec![
        field("flags", format!("{:#04x}", header[0]), at, 1),
        field("network identifier", (be32(header, 4) >> 8).to_string(), at + 4, 3),
    ])
}

pub(super) fn geneve(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..8)?;
    let mut fields = vec![
        field("protocol", ethertype_text(be16(header, 2)), at + 2, 2),
        field("network identifier", (be32(header, 4) >> 8).to_string(), at + 4, 3),
    ];
    if bytes.len() > header.len() {
        let length = bytes.len() - header.len();
        fields.push(field("options", format!("{length} bytes"), at + header.len(), length));
    }
    Some(fields)
}

pub(super) fn gtp(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..8)?;
    Some(vec![
        field("message type", header[1].to_string(), at + 1, 1),
        field("length", be16(header, 2).to_string(), at + 2, 2),
        field("tunnel endpoint", format!("{:#010x}", be32(header, 4)), at + 4, 4),
    ])
}

pub(super) fn l2tp(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let flags = be16(bytes.get(..2)?, 0);
    let ids = if flags & 0x4000 != 0 { 4 } else { 2 };
    let words = bytes.get(ids..ids + 4)?;
    Some(vec![
        field("flags and version", format!("{flags:#06x}"), at, 2),
        field("tunnel", be16(words, 0).to_string(), at + ids, 2),
        field("session", be16(words, 2).to_string(), at + ids + 2, 2),
    ])
}

pub(super) fn nsh(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..8)?;
    Some(vec![
        field("next protocol", header[3].to_string(), at + 3, 1),
        field("service path", (be32(header, 4) >> 8).to_string(), at + 4, 3),
        field("service index", header[7].to_string(), at + 7, 1),
    ])
}
