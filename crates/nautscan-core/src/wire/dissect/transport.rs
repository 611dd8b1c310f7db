//! Transport headers.

use super::{Field, field};
use crate::wire::{icmp, tcp, udp};

pub(super) fn tcp(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let view = tcp::Tcp::new_checked(bytes).ok()?;
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
    Some(fields)
}

pub(super) fn udp(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let view = udp::Udp::new_checked(bytes)?;
    Some(vec![
        field("source port", view.source_port().to_string(), at, 2),
        field("destination port", view.destination_port().to_string(), at + 2, 2),
        field("length", view.length().to_string(), at + 4, 2),
        field("checksum", format!("{:#06x}", view.checksum()), at + 6, 2),
    ])
}

pub(super) fn icmp(bytes: &[u8], at: usize) -> Option<Vec<Field>> {
    let header = bytes.get(..icmp::TYPE_CODE_LEN)?;
    Some(vec![
        field("type", header[0].to_string(), at, 1),
        field("code", header[1].to_string(), at + 1, 1),
    ])
}

/// Names of TCP options in order (IANA "TCP Option Kind Numbers"); stops where they are cut.
pub(super) fn option_names(mut options: &[u8]) -> Vec<String> {
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
