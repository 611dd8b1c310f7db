//! What a message says (RFC 5905 section 7.3), and whether it is one.

use super::side_of;
use crate::proto::datagram::{Datagram, Recognised};

const PORT: u16 = 123;
/// Bytes of a message without extensions and digest.
const LEN: usize = 48;
/// Where fields stand.
mod at {
    pub(super) const STRATUM: usize = 1;
    pub(super) const PRECISION: usize = 3;
    pub(super) const REFERENCE: usize = 12;
    pub(super) const REFERENCE_TIME: usize = 16;
    pub(super) const ORIGIN: usize = 24;
    pub(super) const RECEIVED: usize = 32;
    pub(super) const TRANSMITTED: usize = 40;
    /// From the delay to the root on, to the time of receipt.
    pub(super) const CLOCK: core::ops::Range<usize> = 4..40;
}
/// A clock that is not synchronised (RFC 5905 figure 11).
const UNSYNCHRONISED: u8 = 16;

pub(super) mod mode {
    pub(in super::super) const SYMMETRIC_ACTIVE: u8 = 1;
    pub(in super::super) const SYMMETRIC_PASSIVE: u8 = 2;
    pub(in super::super) const CLIENT: u8 = 3;
    pub(in super::super) const SERVER: u8 = 4;
    pub(in super::super) const BROADCAST: u8 = 5;
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    first: u8,
    pub(super) version: u8,
    pub(super) stratum: u8,
    reference: [u8; 4],
    /// When the request was sent that this answers, as the request says.
    pub(super) origin: [u8; 8],
    pub(super) transmitted: [u8; 8],
}

impl Header {
    /// Reads a message; `None`: it is none of the time.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LEN] = bytes.first_chunk()?;
        let header = Self {
            first: bytes[0],
            version: bytes[0] >> 3 & 7,
            stratum: bytes[at::STRATUM],
            reference: eight(bytes, at::REFERENCE).first_chunk().copied()?,
            origin: eight(bytes, at::ORIGIN),
            transmitted: eight(bytes, at::TRANSMITTED),
        };
        let is_known = (1..=4).contains(&header.version)
            && (mode::SYMMETRIC_ACTIVE..=mode::BROADCAST).contains(&header.number());
        is_known.then_some(header)
    }

    fn number(&self) -> u8 {
        self.first & 7
    }

    /// Whether an answer is awaited.
    pub(super) fn asks(&self) -> bool {
        matches!(self.number(), mode::CLIENT | mode::SYMMETRIC_ACTIVE)
    }

    /// Whether it says nothing of a clock.
    pub(super) fn is_plain(&self) -> bool {
        self.stratum == 0 && self.reference == [0; 4]
    }

    /// Its mode, by name.
    pub(super) fn mode(&self) -> String {
        match self.number() {
            mode::SYMMETRIC_ACTIVE => "symmetric active",
            mode::SYMMETRIC_PASSIVE => "symmetric passive",
            mode::CLIENT => "client",
            mode::SERVER => "server",
            _ => "broadcast",
        }
        .to_owned()
    }

    /// The leap indicator (RFC 5905 figure 9).
    pub(super) fn leap(&self) -> &'static str {
        match self.first >> 6 {
            0 => "none",
            1 => "last minute of the day has 61 seconds",
            2 => "last minute of the day has 59 seconds",
            _ => "not synchronised",
        }
    }

    /// The reference identifier (RFC 5905 figure 12): the name of a clock at stratum 1, an address
    /// beyond that, or what looks like one.
    pub(super) fn reference(&self) -> Option<String> {
        match self.stratum {
            0 => None,
            1 => name(self.reference),
            _ => Some(core::net::Ipv4Addr::from(self.reference).to_string()),
        }
    }

    /// The code by which a server turns a client away.
    pub(super) fn kiss(&self) -> Option<String> {
        let is_servers = matches!(self.number(), mode::SERVER | mode::SYMMETRIC_PASSIVE);
        (self.stratum == 0 && is_servers).then(|| name(self.reference)).flatten()
    }
}

/// Up to four letters, padded by zeros.
fn name(bytes: [u8; 4]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = &bytes[..end];
    let is_name = end > 0 && text.iter().all(|byte| (b' '..=b'~').contains(byte));
    is_name.then(|| text.iter().map(|byte| char::from(*byte)).collect())
}

/// Is it NTP? On its port a known mode and version tell; on others only what is hard to mistake: a
/// request that has nothing but its time, or an answer whose times fit each other.
pub(super) fn probe(datagram: &Datagram<'_>) -> Recognised {
    let bytes = datagram.bytes;
    let Some(header) = Header::read(bytes) else { return Recognised::No };
    let is_likely = match header.number() {
        _ if datagram.ports.has(PORT) => header.stratum <= UNSYNCHRONISED,
        mode::CLIENT => bytes.len() == LEN && is_request(bytes),
        mode::SERVER => (1..UNSYNCHRONISED).contains(&header.stratum) && is_answer(bytes),
        _ => false,
    };
    if is_likely { Recognised::Yes(side_of(header.number())) } else { Recognised::No }
}

fn is_request(bytes: &[u8]) -> bool {
    let is_empty = bytes[at::STRATUM] == 0 && bytes[at::CLOCK].iter().all(|byte| *byte == 0);
    is_empty && bytes[at::TRANSMITTED..LEN].iter().any(|byte| *byte != 0)
}

fn is_answer(bytes: &[u8]) -> bool {
    /// Seconds that answering takes at most, and a clock may go without its source: a week.
    const TAKES: u32 = 10;
    const WITHOUT: u32 = 7 * 24 * 3600;
    /// From a millisecond to a picosecond, as powers of two.
    const PRECISIONS: core::ops::RangeInclusive<i8> = -40..=-5;
    let seconds = |at| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let sent = seconds(at::TRANSMITTED);
    seconds(at::RECEIVED) != 0
        && sent.wrapping_sub(seconds(at::RECEIVED)) <= TAKES
        && sent.wrapping_sub(seconds(at::REFERENCE_TIME)) <= WITHOUT
        && PRECISIONS.contains(&(bytes[at::PRECISION] as i8))
}

fn eight(bytes: &[u8; LEN], at: usize) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    eight
}
