//! What the segments of a connection tell about its health: what was sent again, what was
//! overtaken, what was acknowledged twice, and how long an acknowledgement takes.
//!
//! Where Wireshark defines a figure (User's Guide, "TCP Analysis"), its definition is used, so
//! that figures can be compared: a segment behind the furthest byte that its sender has sent is
//! either out of order, if it comes soon enough, or sent again. This looks at sequence numbers
//! alone and keeps nothing of the bytes; [`super::half`] puts those in order.

use super::connection::{Counters, Segment};
use crate::limits::MAX_WINDOW;
use crate::proto::Side;
use crate::wire::tcp::flag;

/// A segment behind the furthest one, but not later than this, was overtaken. Used where no
/// handshake tells the round-trip time, which is used otherwise.
const REORDER_WINDOW: u64 = 3_000_000;
/// How soon behind a duplicate acknowledgement a fast retransmission follows.
const FAST_RETRANSMISSION: u64 = 20_000_000;
/// Duplicate acknowledgements that lead to a fast retransmission: one less than RFC 5681 section
/// 3.2 says, since one may have been missed.
const FEW_DUPLICATES: u8 = 2;
/// No round trip was measured.
const NONE: i64 = i64::MAX;

/// What is known of a sender; see [`Sender::bits`].
mod bit {
    /// `next` is known: something was sent.
    pub(super) const KNOWN: u8 = 1;
    /// `ack` is known: something was acknowledged.
    pub(super) const ACKED: u8 = 1 << 1;
    /// The segment that ends at `next` was sent once, and its acknowledgement is awaited.
    pub(super) const AWAITED: u8 = 1 << 2;
    /// So for the segment that ends at `timed_end`.
    pub(super) const TIMED: u8 = 1 << 3;
    /// The latest segment was a keep-alive.
    pub(super) const KEEP_ALIVE: u8 = 1 << 4;
    /// The latest segment probed a closed window.
    pub(super) const PROBE: u8 = 1 << 5;
    /// Nothing but a SYN was sent, which was not an answer to one.
    pub(super) const OPENING: u8 = 1 << 6;
    /// The latest window was closed.
    pub(super) const CLOSED: u8 = 1 << 7;
}

/// What one side was seen to send. One for each side of each connection: kept small.
#[derive(Debug, Clone, Copy)]
struct Sender {
    /// Sequence number behind the furthest byte, SYN or FIN sent.
    next: u32,
    /// Latest acknowledgement number.
    ack: u32,
    /// Sequence number behind the segment whose round trip is being timed (one at a time, beside
    /// that of the furthest).
    timed_end: u32,
    /// Latest window, not scaled.
    window: u16,
    /// Duplicate acknowledgements in a row.
    duplicates: u8,
    /// See [`bit`].
    bits: u8,
    /// When `next` was moved.
    next_time: i64,
    /// When the latest segment came.
    time: i64,
    /// When the timed segment came.
    timed_time: i64,
    /// Least round trip to the other side and back, ns.
    round_trip: i64,
}

impl Default for Sender {
    fn default() -> Self {
        Self {
            next: 0,
            ack: 0,
            timed_end: 0,
            window: 0,
            duplicates: 0,
            bits: 0,
            next_time: 0,
            time: 0,
            timed_time: 0,
            round_trip: NONE,
        }
    }
}

/// `a` comes before `b` (RFC 1982).
#[inline]
fn is_before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

/// Whether `time` is less than `limit` after `since`; no if the clock was set back.
#[inline]
fn is_within(time: i64, since: i64, limit: u64) -> bool {
    ((time - since) as u64) < limit
}

impl Sender {
    #[inline]
    fn has(&self, bits: u8) -> bool {
        self.bits & bits != 0
    }

    /// New bytes up to `end` were sent.
    #[inline]
    fn sent(&mut self, end: u32, time: i64) {
        self.next = end;
        self.next_time = time;
        self.bits |= bit::AWAITED;
        if !self.has(bit::TIMED) {
            self.bits |= bit::TIMED;
            (self.timed_end, self.timed_time) = (end, time);
        }
    }

    /// The other side has acknowledged everything before `ack`, for the first time.
    #[inline]
    fn acknowledged(&mut self, ack: u32, time: i64) {
        if self.has(bit::AWAITED) && !is_before(ack, self.next) {
            if ack == self.next {
                self.round_trip = shorter(self.round_trip, time - self.next_time);
            }
            self.bits &= !(bit::AWAITED | bit::TIMED);
        } else if self.has(bit::TIMED) && !is_before(ack, self.timed_end) {
            if ack == self.timed_end {
                self.round_trip = shorter(self.round_trip, time - self.timed_time);
            }
            self.bits &= !bit::TIMED;
        }
    }
}

/// The least; a time that runs backwards is none.
#[inline]
fn shorter(least: i64, sample: i64) -> i64 {
    if (0..least).contains(&sample) { sample } else { least }
}

/// Both sides of a connection.
#[derive(Debug)]
pub(super) struct Analysis {
    senders: [Sender; 2],
    /// From the latest SYN to the first acknowledgement by either side, ns, at most what fits;
    /// 0: not known. How long an overtaken segment may be late.
    initial_round_trip: u32,
    /// From the client's first SYN to its first acknowledgement, ns; [`NONE`]: not seen.
    handshake: i64,
}

impl Default for Analysis {
    fn default() -> Self {
        Self { senders: Default::default(), initial_round_trip: 0, handshake: NONE }
    }
}

impl Analysis {
    /// From the client's first SYN to its first acknowledgement, ns.
    pub(super) fn handshake(&self) -> Option<i64> {
        (self.handshake != NONE).then_some(self.handshake)
    }

    /// The least time from a segment towards `side` to its acknowledgement, ns.
    pub(super) fn round_trip(&self, side: Side) -> Option<i64> {
        let least = self.senders[side.peer().index()].round_trip;
        (least != NONE).then_some(least)
    }

    /// Latest window of `side`, not scaled, if it has sent anything.
    pub(super) fn window(&self, side: Side) -> Option<u16> {
        let sender = &self.senders[side.index()];
        sender.has(bit::KNOWN).then_some(sender.window)
    }

    /// Whether `sequence` is at most `reach` away from the furthest that `side` has sent.
    pub(super) fn is_within(&self, side: Side, sequence: u32, reach: u64) -> bool {
        let sender = &self.senders[side.index()];
        let distance = i64::from(sequence.wrapping_sub(sender.next) as i32);
        sender.has(bit::KNOWN) && distance.unsigned_abs() <= reach
    }

    /// `side` begins again with another initial sequence number.
    pub(super) fn restart(&mut self, side: Side) {
        let sender = &mut self.senders[side.index()];
        *sender = Sender { round_trip: sender.round_trip, ..Sender::default() };
    }

    pub(super) fn swap_roles(&mut self) {
        self.senders.swap(0, 1);
    }

    /// Takes note of a segment.
    #[inline(always)]
    pub(super) fn observe(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        length: u32,
        counters: &mut Counters,
    ) {
        /// What must be so of the sender, and what must not; likewise of the other side.
        const OWN: u8 = bit::KNOWN | bit::ACKED;
        const NOT_OWN: u8 = bit::OPENING | bit::KEEP_ALIVE | bit::PROBE;
        const NOT_PEER: u8 = NOT_OWN | bit::CLOSED;
        let [client, server] = &mut self.senders;
        let (own, peer) = match side {
            Side::Client => (client, server),
            Side::Server => (server, client),
        };
        let (time, ack) = (segment.time, segment.acknowledgement);
        let end = segment.sequence.wrapping_add(length);
        let is_plain = segment.flags & (flag::SYN | flag::FIN | flag::RST | flag::ACK) == flag::ACK
            && own.bits & (OWN | NOT_OWN) == OWN
            && peer.bits & (bit::ACKED | NOT_PEER) == bit::ACKED
            && segment.sequence == own.next
            && segment.window != 0;
        // A plain segment goes on where the one before it ended. It still matters if it says
        // nothing new, or if its bytes were acknowledged before they came.
        let says_new = match length {
            0 => ack != own.ack || segment.window != own.window,
            _ => is_before(peer.ack, end),
        };
        if !(is_plain && says_new) {
            return self.observe_closely(side, segment, length, counters);
        }
        if length > 0 {
            own.sent(end, time);
        }
        own.window = segment.window;
        own.time = time;
        if own.ack != ack {
            own.ack = ack;
            own.duplicates = 0;
            peer.acknowledged(ack, time);
        }
    }

    /// As [`Self::observe`], for a segment that is not plainly the next one.
    #[cold]
    #[inline(never)]
    fn observe_closely(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        length: u32,
        counters: &mut Counters,
    ) {
        if !self.examine(side, segment, length, counters) {
            return;
        }
        let own = &mut self.senders[side.index()];
        own.window = segment.window;
        own.time = segment.time;
        own.bits &= !bit::CLOSED;
        if segment.window == 0 {
            own.bits |= bit::CLOSED;
        }
        let acknowledges = segment.flags & flag::ACK != 0;
        if acknowledges && (own.ack != segment.acknowledgement || !own.has(bit::ACKED)) {
            own.ack = segment.acknowledgement;
            own.bits |= bit::ACKED;
            own.duplicates = 0;
            self.senders[side.peer().index()].acknowledged(segment.acknowledgement, segment.time);
        }
    }

    /// Looks at all that a segment may be; answers false if it cannot be of this connection.
    fn examine(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        length: u32,
        counters: &mut Counters,
    ) -> bool {
        let own = &self.senders[side.index()];
        let distance = i64::from(segment.sequence.wrapping_sub(own.next) as i32);
        if segment.flags & flag::RST != 0 {
            counters.resets += 1;
        }
        if own.has(bit::KNOWN) && distance.unsigned_abs() > MAX_WINDOW {
            return false;
        }
        let special = segment.flags & (flag::SYN | flag::FIN | flag::RST) != 0;
        let kind = self.kind(side, segment, length, special, counters);
        if (length > 0 || segment.flags & (flag::SYN | flag::FIN) != 0) && kind != bit::KEEP_ALIVE {
            self.examine_bytes(side, segment, length, counters);
        }
        self.measure_opening(side, segment);
        self.move_on(side, segment, length, kind == bit::PROBE);
        let own = &mut self.senders[side.index()];
        own.bits = (own.bits & !(bit::KEEP_ALIVE | bit::PROBE)) | kind | bit::KNOWN;
        true
    }

    /// Whether a segment asks or tells something without carrying new bytes; counts that.
    /// Answers [`bit::KEEP_ALIVE`], [`bit::PROBE`] or 0.
    fn kind(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        length: u32,
        special: bool,
        counters: &mut Counters,
    ) -> u8 {
        let peer = self.senders[side.peer().index()];
        let own = &mut self.senders[side.index()];
        let known = own.has(bit::KNOWN);
        let is_next = known && segment.sequence == own.next;
        if length == 1 && is_next && peer.has(bit::CLOSED) {
            return bit::PROBE;
        }
        if special {
            return 0;
        }
        if segment.window == 0 {
            counters.zero_windows += 1;
        }
        // RFC 9293 section 3.8.4: the last byte again, or none, from where it stood.
        if known && length <= 1 && segment.sequence == own.next.wrapping_sub(1) {
            counters.keep_alives += 1;
            return bit::KEEP_ALIVE;
        }
        let repeats = own.has(bit::ACKED)
            && segment.acknowledgement == own.ack
            && segment.window == own.window;
        let answers_keep_alive = peer.has(bit::KEEP_ALIVE);
        if length == 0 && is_next && repeats && segment.window != 0 && !answers_keep_alive {
            counters.duplicate_acks += 1;
            own.duplicates = own.duplicates.saturating_add(1);
        }
        0
    }

    /// Whether bytes, SYN or FIN were sent before.
    fn examine_bytes(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        length: u32,
        counters: &mut Counters,
    ) {
        let peer = &self.senders[side.peer().index()];
        let own = &self.senders[side.index()];
        let end = segment.sequence.wrapping_add(length);
        // One byte behind may have been a probe's, which does not move on.
        let after_probe = length > 1 && own.next.wrapping_sub(1) == segment.sequence;
        let is_behind =
            own.has(bit::KNOWN) && is_before(segment.sequence, own.next) && !after_probe;
        let was_received = length > 0 && peer.has(bit::ACKED) && !is_before(peer.ack, end);
        if !is_behind && !was_received {
            return;
        }
        let is_fast = peer.duplicates >= FEW_DUPLICATES
            && peer.ack == segment.sequence
            && is_within(segment.time, peer.time, FAST_RETRANSMISSION);
        let late = match self.initial_round_trip {
            0 => REORDER_WINDOW,
            known => u64::from(known),
        };
        let phantom = u32::from(segment.flags & (flag::SYN | flag::FIN) != 0);
        let is_overtaken = is_within(segment.time, own.next_time, late)
            // What ends where the furthest one ends repeats it.
            && own.next != end.wrapping_add(phantom);
        if !was_received && !is_fast && is_overtaken {
            counters.out_of_order += 1;
            return;
        }
        counters.retransmissions += 1;
        // Karn's algorithm: what acknowledges from here on may answer either sending.
        self.senders[side.index()].bits &= !(bit::AWAITED | bit::TIMED);
    }

    /// The times of the handshake, of a segment that is not yet noted.
    fn measure_opening(&mut self, side: Side, segment: &Segment<'_>) {
        if segment.flags & (flag::SYN | flag::ACK) != flag::ACK {
            return;
        }
        let opening = |sender: &&Sender| sender.has(bit::OPENING);
        if self.initial_round_trip == 0
            && let Some(latest) = self.senders.iter().filter(opening).map(|s| s.time).max()
        {
            let took = (segment.time - latest).max(0);
            self.initial_round_trip = u32::try_from(took).unwrap_or(u32::MAX);
        }
        let own = &mut self.senders[side.index()];
        if own.has(bit::OPENING) && segment.flags & flag::RST == 0 {
            own.bits &= !bit::OPENING;
            let took = segment.time - own.next_time;
            if side == Side::Client && segment.sequence == own.next && took >= 0 {
                self.handshake = took;
            }
        }
    }

    /// Moves the furthest point that `side` has sent.
    fn move_on(&mut self, side: Side, segment: &Segment<'_>, length: u32, is_probe: bool) {
        let own = &mut self.senders[side.index()];
        let opens = segment.flags & (flag::SYN | flag::ACK) == flag::SYN;
        let phantom = u32::from(segment.flags & (flag::SYN | flag::FIN) != 0);
        let end = segment.sequence.wrapping_add(length).wrapping_add(phantom);
        let first = !own.has(bit::KNOWN);
        // A reset may be forged: where it stands proves nothing.
        let counts = !is_probe && segment.flags & flag::RST == 0;
        if !counts || !(first || is_before(own.next, end)) {
            return;
        }
        own.bits &= !bit::OPENING;
        if length > 0 || phantom > 0 {
            own.sent(end, segment.time);
        } else {
            (own.next, own.next_time) = (end, segment.time);
            own.bits &= !bit::AWAITED;
        }
        if opens {
            own.bits |= bit::OPENING;
        }
    }
}

#[cfg(test)]
#[path = "analysis_tests.rs"]
mod tests;
