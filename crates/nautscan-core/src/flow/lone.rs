//! A connection of which only the client's SYN was seen, in a tenth of the room of one that is
//! followed.

use crate::stream::Segment;
use crate::wire::tcp::flag;

/// A SYN that was noted and not followed yet.
#[derive(Debug, Clone)]
pub struct LoneSyn {
    time: i64,
    sequence: u32,
    acknowledgement: u32,
    window: u16,
    /// Hosts send 20 bytes of them, floods often none.
    options: Box<[u8]>,
}

impl LoneSyn {
    /// Takes note of a segment that is a SYN and nothing else.
    pub fn of(segment: &Segment<'_>) -> Option<Self> {
        let is_plain = segment.flags == flag::SYN && segment.payload.is_empty() && segment.cut == 0;
        is_plain.then_some(Self {
            time: segment.time,
            sequence: segment.sequence,
            acknowledgement: segment.acknowledgement,
            window: segment.window,
            options: segment.options.into(),
        })
    }

    /// Bytes that it holds, itself included.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.options.len()
    }

    /// The segment as it was.
    pub fn segment(&self) -> Segment<'_> {
        Segment {
            time: self.time,
            sequence: self.sequence,
            acknowledgement: self.acknowledgement,
            flags: flag::SYN,
            window: self.window,
            options: &self.options,
            payload: &[],
            cut: 0,
        }
    }
}
