//! TCP segments, each placed relative to what its side has sent before.

use nautscan_core::proto::Side;
use nautscan_core::stream::Segment;

use crate::{Scribe, Script};

/// Longest payload of a segment.
const MAX_PAYLOAD: u16 = 2048;

/// The fields of one segment, as a script has them.
#[derive(Debug, Clone, Copy)]
pub struct SegmentFields {
    /// Who sends.
    pub side: Side,
    /// Whether distances count in units of 64 KiB.
    pub far: bool,
    /// Control bits.
    pub flags: u8,
    /// Where it stands, from the end of what its side sent furthest.
    pub distance: i16,
    /// What it acknowledges, from the end of what the other side sent furthest.
    pub acknowledged: i16,
    /// Captured payload bytes.
    pub length: u16,
    /// Payload bytes that were not captured.
    pub cut: u8,
    /// Milliseconds since the segment before; from 128 on in tenths of a second.
    pub delay: u8,
}

impl SegmentFields {
    /// Reads one segment's fields.
    pub fn read(script: &mut Script<'_>) -> Option<Self> {
        let kind = script.byte()?;
        Some(Self {
            side: if kind & 1 == 0 { Side::Client } else { Side::Server },
            far: kind & 0xe0 == 0xe0,
            flags: script.byte()?,
            distance: script.word()? as i16,
            acknowledged: script.word()? as i16,
            length: script.word()?.min(MAX_PAYLOAD),
            cut: script.byte()?,
            delay: script.byte()?,
        })
    }

    /// Writes them.
    pub fn write(&self, scribe: &mut Scribe) {
        let kind = self.side.index() as u8 | if self.far { 0xe0 } else { 0 };
        scribe.byte(kind).byte(self.flags).word(self.distance as u16);
        scribe.word(self.acknowledged as u16).word(self.length).byte(self.cut).byte(self.delay);
    }
}

/// Makes segments of fields, remembering how far each side has come.
///
/// Each payload byte is the low byte of its sequence number, so that what is reassembled tells
/// where it comes from.
#[derive(Debug)]
pub struct Segments {
    furthest: [u32; 2],
    time: i64,
    payload: Vec<u8>,
}

impl Default for Segments {
    fn default() -> Self {
        // Close to the end of the sequence space, so that it is crossed.
        Self { furthest: [u32::MAX - 5000, 1000], time: 0, payload: Vec::new() }
    }
}

impl Segments {
    /// The segment that `fields` describe.
    pub fn make(&mut self, fields: &SegmentFields) -> Segment<'_> {
        const MILLISECOND: i64 = 1_000_000;
        let (own, other) = (fields.side.index(), fields.side.peer().index());
        self.time += match fields.delay {
            short @ 0..=127 => i64::from(short) * MILLISECOND,
            long => i64::from(long - 127) * 100 * MILLISECOND,
        };
        let unit = if fields.far { 1 << 16 } else { 1 };
        let place = |from: u32, distance: i16| {
            from.wrapping_add_signed(i32::from(distance).wrapping_mul(unit))
        };
        let sequence = place(self.furthest[own], fields.distance);
        let acknowledgement = place(self.furthest[other], fields.acknowledged);
        let syn = u32::from(fields.flags >> 1 & 1);
        let first = sequence.wrapping_add(syn);
        self.payload.clear();
        self.payload.extend((0..u32::from(fields.length)).map(|at| first.wrapping_add(at) as u8));
        let length = u32::from(fields.length) + u32::from(fields.cut);
        let end = first.wrapping_add(length).wrapping_add(u32::from(fields.flags & 1));
        if (end.wrapping_sub(self.furthest[own]) as i32) > 0 {
            self.furthest[own] = end;
        }
        Segment {
            time: self.time,
            sequence,
            acknowledgement,
            flags: fields.flags,
            window: u16::from(fields.length > 0),
            options: &[],
            payload: &self.payload,
            cut: u32::from(fields.cut),
        }
    }
}
