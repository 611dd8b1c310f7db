//! A SYN in the middle of a connection.

use super::connection::Segment;
use crate::proto::Side;

/// Most bytes of options that a TCP header has (RFC 9293 section 3.1).
const MAX_OPTIONS: usize = 40;

/// A SYN that may open another connection on ports which one still holds, kept until it is
/// answered. One at most for each connection, and rare.
#[derive(Debug)]
pub struct Rival {
    /// Who sent it.
    pub(super) side: Side,
    /// When, ns.
    pub time: i64,
    /// Packets that it came in: more than one if it was fragmented.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    pub(super) sequence: u32,
    window: u16,
    flags: u8,
    options_len: u8,
    options: [u8; MAX_OPTIONS],
}

impl Rival {
    pub(super) fn new(side: Side, syn: &Segment<'_>, packets: u64, bytes: u64) -> Self {
        let mut options = [0; MAX_OPTIONS];
        let len = syn.options.len().min(MAX_OPTIONS);
        options[..len].copy_from_slice(&syn.options[..len]);
        Self {
            side,
            time: syn.time,
            packets,
            bytes,
            sequence: syn.sequence,
            window: syn.window,
            flags: syn.flags,
            options_len: len as u8,
            options,
        }
    }

    /// The segment again, for the connection that it opens.
    pub(super) fn segment(&self) -> Segment<'_> {
        Segment {
            time: self.time,
            sequence: self.sequence,
            acknowledgement: 0,
            flags: self.flags,
            window: self.window,
            options: &self.options[..usize::from(self.options_len)],
            payload: &[],
            cut: 0,
        }
    }
}
