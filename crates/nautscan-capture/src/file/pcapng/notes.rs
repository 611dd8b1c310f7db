//! Comments, names, secrets and statistics: kept up to caps, then counted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Sink;
use crate::file::options::{Options, code, text, u32_at, u64_value};
use crate::file::record::{CustomBlock, NameRecord, Notes, PacketComment, Secret};
use crate::{InterfaceStats, MAX_COMMENTS, MAX_CUSTOM_BYTES, MAX_NAME_RECORDS, MAX_SECRET_BYTES};

/// Record types of a name resolution block.
const NAME_IPV4: u16 = 1;
const NAME_IPV6: u16 = 2;

/// Keeps the comments among a section's options.
pub(super) fn comments(bytes: &[u8], swapped: bool, notes: &mut Notes) {
    let mut options = Options::new(bytes, swapped);
    for (option, value) in options.by_ref() {
        if option == code::COMMENT {
            comment(value, notes);
        }
    }
    notes.bad_options += u64::from(options.broken);
}

pub(super) fn comment(value: &[u8], notes: &mut Notes) {
    if has_room_for_comment(notes) {
        let text = text(value, &mut notes.texts_cut);
        notes.comments.push(text);
    }
}

pub(super) fn packet_comment(packet: u64, value: &[u8], notes: &mut Notes) {
    if has_room_for_comment(notes) {
        let text = text(value, &mut notes.texts_cut);
        notes.packet_comments.push(PacketComment { packet, text });
    }
}

fn has_room_for_comment(notes: &mut Notes) -> bool {
    let room = notes.comments.len() + notes.packet_comments.len() < MAX_COMMENTS;
    notes.comments_dropped += u64::from(!room);
    room
}

/// A name resolution block: records of type, length and value up to an end mark.
pub(super) fn names(body: &[u8], swapped: bool, notes: &mut Notes) {
    let mut records = Options::new(body, swapped);
    for (kind, value) in records.by_ref() {
        let (address, names): (IpAddr, &[u8]) = match kind {
            NAME_IPV4 => match value.split_first_chunk::<4>() {
                Some((address, names)) => (Ipv4Addr::from(*address).into(), names),
                None => continue,
            },
            NAME_IPV6 => match value.split_first_chunk::<16>() {
                Some((address, names)) => (Ipv6Addr::from(*address).into(), names),
                None => continue,
            },
            _ => continue,
        };
        for name in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
            name_record(address, name, notes);
        }
    }
    notes.bad_options += u64::from(records.broken);
}

fn name_record(address: IpAddr, name: &[u8], notes: &mut Notes) {
    if notes.names.len() >= MAX_NAME_RECORDS {
        notes.names_dropped += 1;
        return;
    }
    let name = text(name, &mut notes.texts_cut);
    notes.names.push(NameRecord { address, name });
}

/// A decryption secrets block: kind, length, data, options.
pub(super) fn secrets(body: &[u8], swapped: bool, notes: &mut Notes) {
    let Some((head, rest)) = body.split_first_chunk::<8>() else {
        notes.bad_options += 1;
        return;
    };
    let length = u32_at(head, 4, swapped) as usize;
    let Some(data) = rest.get(..length) else {
        notes.bad_options += 1;
        return;
    };
    let held: usize = notes.secrets.iter().map(|secret| secret.data.len()).sum();
    if held + length > MAX_SECRET_BYTES {
        notes.secrets_dropped += 1;
        return;
    }
    notes.secrets.push(Secret { kind: u32_at(head, 0, swapped), data: data.to_vec() });
}

/// A custom block that may be copied: the number of who defined it, and what only they can read. It
/// is kept where the section is little-endian, as the files written here are: what it holds may
/// be in the section's byte order.
pub(super) fn custom(body: &[u8], swapped: bool, notes: &mut Notes) {
    notes.skipped_blocks += 1;
    let held: usize = notes.custom.iter().map(|block| block.data.len()).sum();
    match body.split_first_chunk::<4>() {
        Some((number, data)) if !swapped && held + data.len() <= MAX_CUSTOM_BYTES => {
            let enterprise = u32::from_le_bytes(*number);
            notes.custom.push(CustomBlock { enterprise, data: data.to_vec() });
        }
        Some(_) => notes.custom_dropped += 1,
        None => notes.bad_options += 1,
    }
}

/// Options of an interface statistics block. Its counts are cumulative: the last one holds.
pub(super) fn statistics(options: &[u8], swapped: bool, interface: u16, sink: &mut Sink<'_>) {
    let stats = entry(sink.stats, interface);
    let mut options = Options::new(options, swapped);
    for (option, value) in options.by_ref() {
        let field = match option {
            code::ISB_IFRECV => &mut stats.received,
            code::ISB_IFDROP => &mut stats.interface_drops,
            code::ISB_OSDROP => &mut stats.kernel_drops,
            _ => continue,
        };
        *field = u64_value(value, swapped).or(*field);
    }
    sink.notes.bad_options += u64::from(options.broken);
}

/// A packet's drop count: packets lost since the packet before it.
pub(super) fn drop_count(
    value: &[u8],
    swapped: bool,
    interface: u16,
    stats: &mut Vec<InterfaceStats>,
) {
    if let Some(count) = u64_value(value, swapped) {
        drops(count, interface, stats);
    }
}

/// Adds to what an interface has lost.
pub(super) fn drops(count: u64, interface: u16, stats: &mut Vec<InterfaceStats>) {
    let drops = &mut entry(stats, interface).kernel_drops;
    *drops = Some(drops.unwrap_or(0).saturating_add(count));
}

fn entry(stats: &mut Vec<InterfaceStats>, interface: u16) -> &mut InterfaceStats {
    let interface = usize::from(interface);
    let position = stats.iter().position(|entry| entry.interface == interface);
    let position = position.unwrap_or_else(|| {
        stats.push(InterfaceStats { interface, ..InterfaceStats::default() });
        stats.len() - 1
    });
    &mut stats[position]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_address_become_one_record_each() {
        let body = [1, 0, 8, 0, 10, 0, 0, 1, b'a', 0, b'b', 0, 0, 0, 0, 0];
        let mut notes = Notes::default();
        names(&body, false, &mut notes);
        let found: Vec<_> = notes.names.iter().map(|r| (r.address.to_string(), &*r.name)).collect();
        assert_eq!(found, [("10.0.0.1".into(), "a"), ("10.0.0.1".into(), "b")]);
    }

    #[test]
    fn secrets_with_a_wrong_length_are_counted_not_read() {
        let mut notes = Notes::default();
        secrets(&[0, 0, 0, 0, 255, 0, 0, 0, 1], false, &mut notes);
        assert_eq!((notes.secrets.len(), notes.bad_options), (0, 1));
    }

    #[test]
    fn comments_beyond_the_cap_are_counted() {
        let mut notes = Notes::default();
        for _ in 0..MAX_COMMENTS + 3 {
            comment(b"x", &mut notes);
        }
        assert_eq!((notes.comments.len(), notes.comments_dropped), (MAX_COMMENTS, 3));
    }
}
