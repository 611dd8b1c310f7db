//! Packets of one direction, as bytes come: a length of three bytes, a number, and a body of which
//! the beginning is kept. A body of the largest length goes on in the next packet.
//!
//! Source: MySQL's internals, "MySQL Packets"; MariaDB's knowledge base, "0 - Packet".

use crate::limits::MYSQL_KEPT;
use crate::proto::{Context, Place};

/// Bytes of a length and a number.
pub(super) const HEADER: usize = 4;
/// The length of a packet that goes on in the next.
const LARGEST: u64 = 0xff_ffff;
/// First byte from which on a packet of a result is no row and no column.
const FIRST_MARK: u8 = 0xfe;

/// A packet that is whole, with those that it goes on in.
#[derive(Debug)]
pub(super) struct Packet {
    /// Number of the first, and of the last.
    pub(super) number: u8,
    pub(super) last: u8,
    /// The beginning of the body. Of a row or a column, nothing.
    pub(super) body: Vec<u8>,
    /// Bytes of the body.
    pub(super) length: u64,
    /// Bytes with the headers.
    pub(super) bytes: u64,
    /// Bytes of them that were lost.
    pub(super) lost: u64,
    /// The last byte is among those.
    pub(super) is_end_lost: bool,
    /// When its first byte was captured, and where it stands.
    pub(super) time: i64,
    pub(super) place: Place,
}

impl Packet {
    /// First byte of the body, where it was kept.
    pub(super) fn mark(&self) -> Option<u8> {
        self.body.first().copied()
    }
}

/// A packet that is on its way.
#[derive(Debug)]
struct Partial {
    packet: Packet,
    /// Bytes of the body that are still to come before the next header.
    left: u64,
    /// Another header follows.
    goes_on: bool,
    keeps: bool,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Frames {
    header: [u8; HEADER],
    /// Bytes of the header that are there.
    has: usize,
    current: Option<Partial>,
    begun: (i64, Place),
    /// Rows and columns come: of a body that begins like one nothing is kept.
    pub(super) has_rows: bool,
}

impl Frames {
    /// Whether a packet has begun.
    pub(super) fn is_within(&self) -> bool {
        self.current.is_some() || self.has > 0
    }

    /// Takes what there is of the next packet; answers how many bytes that were, and the packet if it
    /// is whole.
    pub(super) fn next(
        &mut self,
        bytes: &[u8],
        place: Place,
        cx: &Context<'_>,
    ) -> (usize, Option<Packet>) {
        match self.current.take() {
            Some(partial) if partial.left > 0 => self.body(partial, bytes),
            current => self.head(current, bytes, place, cx),
        }
    }

    fn head(
        &mut self,
        current: Option<Partial>,
        bytes: &[u8],
        place: Place,
        cx: &Context<'_>,
    ) -> (usize, Option<Packet>) {
        if !self.is_within() && current.is_none() {
            self.begun = (cx.time, place);
        }
        let used = bytes.len().min(HEADER - self.has);
        self.header[self.has..self.has + used].copy_from_slice(&bytes[..used]);
        self.has += used;
        if self.has < HEADER {
            self.current = current;
            return (used, None);
        }
        self.has = 0;
        let [a, b, c, number] = self.header;
        let left = u64::from(u32::from_le_bytes([a, b, c, 0]));
        let (time, place) = self.begun;
        let mut partial = current.unwrap_or(Partial {
            packet: Packet {
                number,
                last: number,
                body: Vec::new(),
                length: 0,
                bytes: 0,
                lost: 0,
                is_end_lost: false,
                time,
                place,
            },
            left: 0,
            goes_on: false,
            keeps: true,
        });
        partial.packet.bytes += HEADER as u64;
        partial.packet.last = number;
        partial.packet.length += left;
        (partial.left, partial.goes_on) = (left, left == LARGEST);
        (used, self.settled(partial))
    }

    fn body(&mut self, mut partial: Partial, bytes: &[u8]) -> (usize, Option<Packet>) {
        let used = usize::try_from(partial.left).unwrap_or(usize::MAX).min(bytes.len());
        let packet = &mut partial.packet;
        let is_first = packet.bytes == HEADER as u64;
        if is_first && self.has_rows && bytes[0] < FIRST_MARK {
            partial.keeps = false;
        }
        if partial.keeps && packet.lost == 0 {
            let fits = used.min(MYSQL_KEPT.saturating_sub(packet.body.len()));
            packet.body.extend_from_slice(&bytes[..fits]);
        }
        packet.bytes += used as u64;
        partial.left -= used as u64;
        (used, self.settled(partial))
    }

    /// The packet, if nothing of it is still to come.
    fn settled(&mut self, partial: Partial) -> Option<Packet> {
        if partial.left == 0 && !partial.goes_on {
            return Some(partial.packet);
        }
        self.current = Some(partial);
        None
    }

    /// `lost` bytes are missing. Answers whether it is known where the next packet begins, and the
    /// packet that ends with them.
    pub(super) fn lose(&mut self, lost: u64) -> Option<Option<Packet>> {
        let is_within =
            |partial: &Partial| lost <= partial.left && partial.packet.bytes > HEADER as u64;
        let mut partial = self.current.take().filter(is_within)?;
        partial.packet.bytes += lost;
        partial.packet.lost += lost;
        partial.left -= lost;
        partial.packet.is_end_lost = partial.left == 0;
        Some(self.settled(partial))
    }

    /// What comes begins a packet.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.current.as_ref().map_or(0, |partial| partial.packet.body.capacity())
    }
}
