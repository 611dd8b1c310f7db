//! The pcap format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html>, and the
//! older variants that libpcap still reads.

use nautscan_core::packet::LinkType;

use super::record::{Damage, Notes, Record, Step, max_packet};
use crate::SourceInterface;

pub(super) const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
/// Alexey Kuznetzov's variant adds interface index, protocol and packet type.
const KUZNETZOV_RECORD_HEADER: usize = 24;

/// Bytes of a record header at which its fields lie.
mod at {
    pub(super) const SECONDS: usize = 0;
    pub(super) const FRACTION: usize = 4;
    pub(super) const CAPTURED: usize = 8;
    pub(super) const ON_WIRE: usize = 12;
}

/// How the two lengths of a record are ordered. Before version 2.3 the length on the wire came
/// first; writers of 2.3 did either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LengthOrder {
    CapturedFirst,
    WireFirst,
    SmallerIsCaptured,
}

/// State of a pcap file: fixed once its header is read.
pub(super) struct Pcap {
    swapped: bool,
    nanos_per_fraction: u32,
    header: usize,
    lengths: LengthOrder,
    link_type: LinkType,
    max_packet: u32,
}

/// Ixia's `.cap` files hold the length of all records together before the first.
const IXIA_FILE_HEADER: usize = 28;

/// Bytes before the first record of a file that starts like this.
pub(super) fn header_length(first: [u8; 4]) -> usize {
    match u32::from_be_bytes(first) {
        0x1c00_01ac | 0xac01_001c | 0x1c00_01ab | 0xab01_001c => IXIA_FILE_HEADER,
        _ => FILE_HEADER,
    }
}

/// True if a file that starts like this is pcap.
pub(super) fn is_magic(first: [u8; 4]) -> bool {
    variant(first).is_some()
}

/// (byte order differs from this machine's reading as little-endian, nanoseconds, header length)
fn variant(first: [u8; 4]) -> Option<(bool, u32, usize)> {
    Some(match u32::from_le_bytes(first) {
        0xa1b2_c3d4 => (false, 1000, RECORD_HEADER),
        0xd4c3_b2a1 => (true, 1000, RECORD_HEADER),
        0xa1b2_3c4d => (false, 1, RECORD_HEADER),
        0x4d3c_b2a1 => (true, 1, RECORD_HEADER),
        0xa1b2_cd34 => (false, 1000, KUZNETZOV_RECORD_HEADER),
        0x34cd_b2a1 => (true, 1000, KUZNETZOV_RECORD_HEADER),
        // Written by Ixia's hardware and software.
        0x1c00_01ac | 0x1c00_01ab => (false, 1000, RECORD_HEADER),
        0xac01_001c | 0xab01_001c => (true, 1000, RECORD_HEADER),
        _ => return None,
    })
}

impl Pcap {
    /// Reads the file header; the error says what it has that the format does not define.
    pub(super) fn open(
        bytes: &[u8; FILE_HEADER],
        origin: &str,
    ) -> Result<(Self, SourceInterface), String> {
        let (swapped, nanos_per_fraction, header) =
            variant([bytes[0], bytes[1], bytes[2], bytes[3]])
                .ok_or("its magic number is of no known variant of pcap")?;
        let word = |at| read_u32(bytes, at, swapped);
        // The version is two 16-bit fields; read as one word their order follows the byte order.
        let (major, minor) = (half(bytes, 4, swapped), half(bytes, 6, swapped));
        let network = word(20);
        let link_type = LinkType(network as u16);
        let pcap = Self {
            swapped,
            nanos_per_fraction,
            header,
            lengths: length_order(major, minor)?,
            link_type,
            max_packet: max_packet(link_type),
        };
        let interface = SourceInterface {
            origin: Some(origin.to_owned()),
            snaplen: word(16),
            fcs_bytes: fcs_bytes(network),
            ..SourceInterface::new(link_type)
        };
        Ok((pcap, interface))
    }

    /// Reads the record at the start of `data`.
    #[inline]
    pub(super) fn step(&self, data: &[u8], notes: &mut Notes) -> Result<Step, Damage> {
        if data.len() < self.header {
            return Ok(Step::Need(self.header));
        }
        let (captured, on_wire) = self.lengths_of(data);
        if captured > self.max_packet {
            return Err(Damage::corrupt(format!(
                "a record claims {captured} captured bytes, more than the {} a packet can have",
                self.max_packet
            )));
        }
        let total = self.header + captured as usize;
        if data.len() < total {
            return Ok(Step::Need(total));
        }
        if captured > on_wire {
            notes.longer_than_wire += 1;
        }
        let record = Record {
            time: self.time_of(data),
            interface: 0,
            link_type: self.link_type,
            wire_len: on_wire,
            start: self.header as u32,
            len: captured,
        };
        Ok(Step::Packet(record, total))
    }

    #[inline]
    fn lengths_of(&self, data: &[u8]) -> (u32, u32) {
        let first = read_u32(data, at::CAPTURED, self.swapped);
        let second = read_u32(data, at::ON_WIRE, self.swapped);
        match self.lengths {
            LengthOrder::CapturedFirst => (first, second),
            LengthOrder::WireFirst => (second, first),
            LengthOrder::SmallerIsCaptured => (first.min(second), first.max(second)),
        }
    }

    /// Seconds are unsigned, so that times after January 2038 read right.
    #[inline]
    fn time_of(&self, data: &[u8]) -> i64 {
        let seconds = read_u32(data, at::SECONDS, self.swapped);
        let fraction = read_u32(data, at::FRACTION, self.swapped);
        i64::from(seconds) * 1_000_000_000
            + i64::from(fraction) * i64::from(self.nanos_per_fraction)
    }
}

/// Versions that are defined are those that libpcap reads: 2.0 to 2.4, and the 543.0 of DG/UX.
/// The records of others may be laid out in any way.
fn length_order(major: u16, minor: u16) -> Result<LengthOrder, String> {
    match (major, minor) {
        (2, 0..=2) | (543, 0) => Ok(LengthOrder::WireFirst),
        (2, 3) => Ok(LengthOrder::SmallerIsCaptured),
        (2, 4) => Ok(LengthOrder::CapturedFirst),
        _ => Err(format!("its header says pcap version {major}.{minor}; defined are 2.0 to 2.4")),
    }
}

/// The upper bits of the link type field: bit 26 says that the top four bits hold the length
/// of the frame check sequence, in units of two bytes.
fn fcs_bytes(network: u32) -> Option<u8> {
    (network & 0x0400_0000 != 0).then_some(((network >> 28) * 2) as u8)
}

#[inline]
fn read_u32(data: &[u8], at: usize, swapped: bool) -> u32 {
    let word = u32::from_le_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]]);
    if swapped { word.swap_bytes() } else { word }
}

fn half(data: &[u8], at: usize, swapped: bool) -> u16 {
    let word = u16::from_le_bytes([data[at], data[at + 1]]);
    if swapped { word.swap_bytes() } else { word }
}
