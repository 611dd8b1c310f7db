//! The pcapng format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>.
//!
//! `mod.rs` frames blocks and reads packets, `interface.rs` interfaces and times, `notes.rs`
//! everything else.

mod interface;
mod notes;

use nautscan_core::packet::LinkType;

use self::interface::SectionInterface;
use super::options::{Options, code, u16_at, u32_at};
use super::record::{Damage, Notes, Record, Step, max_packet};
use crate::{InterfaceStats, MAX_BLOCK_BYTES, MAX_CUSTOM_BYTES, SourceInterface};

/// Block types. The section header's reads the same in both byte orders.
mod kind {
    pub(super) const SECTION: u32 = 0x0a0d_0d0a;
    pub(super) const INTERFACE: u32 = 1;
    pub(super) const OBSOLETE_PACKET: u32 = 2;
    pub(super) const SIMPLE_PACKET: u32 = 3;
    pub(super) const NAME_RESOLUTION: u32 = 4;
    pub(super) const STATISTICS: u32 = 5;
    pub(super) const ENHANCED_PACKET: u32 = 6;
    pub(super) const SECRETS: u32 = 10;
    /// A custom block that may be copied into another file; its sibling 0x40000bad may not.
    pub(super) const CUSTOM: u32 = 0xbad;
}

const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Type and length before the body.
const BLOCK_HEADER: usize = 8;
/// Type, length, length again.
const BLOCK_OVERHEAD: usize = 12;
const SECTION_HEADER_MIN: usize = 28;
/// Drops of an obsolete packet block that were not counted.
const NOT_COUNTED: u16 = u16::MAX;
/// Interface, time (two words), captured length, length on the wire.
const PACKET_HEADER: usize = 20;

/// True if a file that starts like this is pcapng.
pub(super) fn is_magic(first: [u8; 4]) -> bool {
    u32::from_le_bytes(first) == kind::SECTION
}

/// State of a pcapng file: the byte order and interfaces of the section being read.
pub(super) struct PcapNg {
    origin: String,
    swapped: bool,
    interfaces: Vec<SectionInterface>,
    last_time: i64,
    packets: u64,
}

/// What block parsing adds to.
pub(super) struct Sink<'a> {
    pub(super) interfaces: &'a mut Vec<SourceInterface>,
    pub(super) stats: &'a mut Vec<InterfaceStats>,
    pub(super) notes: &'a mut Notes,
}

impl PcapNg {
    pub(super) fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            swapped: false,
            interfaces: Vec::new(),
            last_time: 0,
            packets: 0,
        }
    }

    /// Reads the block at the start of `data`.
    #[inline]
    pub(super) fn step(&mut self, data: &[u8], sink: &mut Sink<'_>) -> Result<Step, Damage> {
        if data.len() < BLOCK_OVERHEAD {
            return Ok(Step::Need(BLOCK_OVERHEAD));
        }
        let block = u32_at(data, 0, self.swapped);
        if block == kind::SECTION {
            return self.section(data, sink);
        }
        let total = self.length(data)?;
        if data.len() < total {
            return want(block, total);
        }
        self.check_trailer(data, total)?;
        let body = &data[BLOCK_HEADER..total - 4];
        match block {
            kind::ENHANCED_PACKET => return self.enhanced(body, total, sink),
            kind::SIMPLE_PACKET => return self.simple(body, total, sink),
            kind::OBSOLETE_PACKET => return self.obsolete(body, total, sink),
            kind::INTERFACE => self.interface(body, sink)?,
            kind::STATISTICS => self.statistics(body, sink),
            kind::NAME_RESOLUTION => notes::names(body, self.swapped, sink.notes),
            kind::SECRETS => notes::secrets(body, self.swapped, sink.notes),
            kind::CUSTOM => notes::custom(body, self.swapped, sink.notes),
            _ => sink.notes.skipped_blocks += 1,
        }
        Ok(Step::Other(total))
    }

    #[inline]
    fn length(&self, data: &[u8]) -> Result<usize, Damage> {
        let total = u32_at(data, 4, self.swapped);
        if (total as usize) < BLOCK_OVERHEAD || !total.is_multiple_of(4) {
            return padded_length(total);
        }
        Ok(total as usize)
    }

    #[inline]
    fn check_trailer(&self, data: &[u8], total: usize) -> Result<(), Damage> {
        let trailer = u32_at(data, total - 4, self.swapped);
        if trailer as usize == total || is_unpadded(trailer, total) {
            return Ok(());
        }
        Err(Damage::corrupt(format!(
            "a block of {total} bytes ends with another length, {trailer}"
        )))
    }

    /// A section header: sets the byte order and forgets the interfaces of the section before.
    fn section(&mut self, data: &[u8], sink: &mut Sink<'_>) -> Result<Step, Damage> {
        let swapped = match u32_at(data, BLOCK_HEADER, false) {
            BYTE_ORDER_MAGIC => false,
            magic if magic.swap_bytes() == BYTE_ORDER_MAGIC => true,
            magic => {
                return Err(Damage::corrupt(format!(
                    "a section header has no byte-order mark but {magic:#010x}"
                )));
            }
        };
        self.swapped = swapped;
        let total = self.length(data)?;
        if total < SECTION_HEADER_MIN || total > MAX_BLOCK_BYTES as usize {
            return Err(bad_length(total as u32));
        }
        if data.len() < total {
            return Ok(Step::Need(total));
        }
        self.check_trailer(data, total)?;
        let major = u16_at(data, 12, swapped);
        if major != 1 {
            return Err(Damage::corrupt(format!(
                "a section of pcapng version {major}; only version 1 is defined"
            )));
        }
        self.interfaces.clear();
        sink.notes.sections += 1;
        notes::comments(&data[24..total - 4], swapped, sink.notes);
        Ok(Step::Other(total))
    }

    #[inline]
    fn enhanced(&mut self, body: &[u8], total: usize, sink: &mut Sink<'_>) -> Result<Step, Damage> {
        if body.len() < PACKET_HEADER {
            return Err(bad_length(total as u32));
        }
        self.timed(body, u32_at(body, 0, self.swapped), total, sink)
    }

    /// The obsolete packet block differs in its first word: interface and drops, 16 bits each.
    fn obsolete(&mut self, body: &[u8], total: usize, sink: &mut Sink<'_>) -> Result<Step, Damage> {
        if body.len() < PACKET_HEADER {
            return Err(bad_length(total as u32));
        }
        let index = u16_at(body, 0, self.swapped);
        let step = self.timed(body, u32::from(index), total, sink)?;
        let drops = u16_at(body, 2, self.swapped);
        if let Step::Packet(record, _) = &step
            && !matches!(drops, 0 | NOT_COUNTED)
        {
            notes::drops(u64::from(drops), record.interface, sink.stats);
        }
        Ok(step)
    }

    #[inline]
    fn timed(
        &mut self,
        body: &[u8],
        interface_index: u32,
        total: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Step, Damage> {
        let swapped = self.swapped;
        let interface = self.interface_of(interface_index)?;
        let captured = u32_at(body, 12, swapped);
        let wire_len = u32_at(body, 16, swapped);
        check_captured(captured, body.len() - PACKET_HEADER, interface.link_type)?;
        let ticks = u64::from(u32_at(body, 4, swapped)) << 32 | u64::from(u32_at(body, 8, swapped));
        let time = interface.clock.nanoseconds(ticks).unwrap_or_else(|end| {
            sink.notes.times_out_of_range += 1;
            end
        });
        let record = Record {
            time,
            interface: interface.index,
            link_type: interface.link_type,
            wire_len,
            start: (BLOCK_HEADER + PACKET_HEADER) as u32,
            len: captured,
        };
        let options = PACKET_HEADER + (captured as usize).next_multiple_of(4);
        self.last_time = time;
        self.count(&record, sink);
        if body.len() > options + 4 {
            self.packet_options(&body[options..], record.interface, sink);
        }
        Ok(Step::Packet(record, total))
    }

    /// A simple packet: of the section's first interface, without a time of its own.
    fn simple(&mut self, body: &[u8], total: usize, sink: &mut Sink<'_>) -> Result<Step, Damage> {
        if body.len() < 4 {
            return Err(bad_length(total as u32));
        }
        let interface = self.interface_of(0)?;
        let wire_len = u32_at(body, 0, self.swapped);
        let snaplen = match interface.snaplen {
            0 => u32::MAX,
            limit => limit,
        };
        let captured = wire_len.min(snaplen);
        check_captured(captured, body.len() - 4, interface.link_type)?;
        let record = Record {
            time: self.last_time,
            interface: interface.index,
            link_type: interface.link_type,
            wire_len,
            start: (BLOCK_HEADER + 4) as u32,
            len: captured,
        };
        sink.notes.untimed += 1;
        self.count(&record, sink);
        Ok(Step::Packet(record, total))
    }

    #[inline]
    fn count(&mut self, record: &Record, sink: &mut Sink<'_>) {
        self.packets += 1;
        if record.len > record.wire_len {
            sink.notes.longer_than_wire += 1;
        }
    }

    #[inline]
    fn interface_of(&self, index: u32) -> Result<SectionInterface, Damage> {
        match self.interfaces.get(index as usize) {
            Some(interface) => Ok(*interface),
            None => Err(Damage::corrupt(format!(
                "a packet of interface {index}, but the section has described {}",
                self.interfaces.len()
            ))),
        }
    }

    #[cold]
    fn packet_options(&mut self, bytes: &[u8], interface: u16, sink: &mut Sink<'_>) {
        let mut options = Options::new(bytes, self.swapped);
        for (option, value) in options.by_ref() {
            match option {
                code::COMMENT => notes::packet_comment(self.packets, value, sink.notes),
                code::EPB_DROPCOUNT => {
                    notes::drop_count(value, self.swapped, interface, sink.stats)
                }
                _ => {}
            }
        }
        sink.notes.bad_options += u64::from(options.broken);
    }

    fn interface(&mut self, body: &[u8], sink: &mut Sink<'_>) -> Result<(), Damage> {
        let (section_interface, interface) =
            interface::read(body, self.swapped, &self.origin, sink.interfaces.len(), sink.notes)?;
        self.interfaces.push(section_interface);
        sink.interfaces.push(interface);
        Ok(())
    }

    fn statistics(&mut self, body: &[u8], sink: &mut Sink<'_>) {
        let index = body.first_chunk::<4>().map(|word| u32_at(word, 0, self.swapped));
        let known = index.and_then(|index| self.interfaces.get(index as usize));
        match (known, body.get(12..)) {
            (Some(interface), Some(options)) => {
                notes::statistics(options, self.swapped, interface.index, sink);
            }
            _ => sink.notes.bad_options += 1,
        }
    }
}

/// Length in the file of a block whose stated length is no multiple of four. Some writers state it
/// without the padding that they write. Wireshark reads such blocks, libpcap does not.
#[cold]
fn padded_length(stated: u32) -> Result<usize, Damage> {
    match stated.checked_next_multiple_of(4) {
        Some(total) if stated as usize >= BLOCK_OVERHEAD => Ok(total as usize),
        _ => Err(bad_length(stated)),
    }
}

/// Whether a block's second length is that of [`padded_length`] as stated.
#[cold]
fn is_unpadded(trailer: u32, total: usize) -> bool {
    !trailer.is_multiple_of(4)
        && trailer.checked_next_multiple_of(4).is_some_and(|padded| padded as usize == total)
}

/// What to do about a block that is not all at hand: hold it if its content matters.
fn want(block: u32, total: usize) -> Result<Step, Damage> {
    let needed = matches!(
        block,
        kind::INTERFACE
            | kind::OBSOLETE_PACKET
            | kind::SIMPLE_PACKET
            | kind::NAME_RESOLUTION
            | kind::STATISTICS
            | kind::ENHANCED_PACKET
            | kind::SECRETS
    ) || (block == kind::CUSTOM && total <= MAX_CUSTOM_BYTES);
    match (needed, total <= MAX_BLOCK_BYTES as usize) {
        (true, true) => Ok(Step::Need(total)),
        (true, false) => Err(bad_length(total as u32)),
        (false, _) => Ok(Step::Skip(total as u64)),
    }
}

#[inline]
fn check_captured(captured: u32, room: usize, link_type: LinkType) -> Result<(), Damage> {
    if captured as usize <= room && captured <= max_packet(link_type) {
        return Ok(());
    }
    Err(Damage::corrupt(format!(
        "a packet claims {captured} captured bytes; its block has room for {room}, and {} is the \
         most a packet can have",
        max_packet(link_type)
    )))
}

#[cold]
fn bad_length(length: u32) -> Damage {
    Damage::corrupt(format!("a block claims a length of {length} bytes"))
}
