//! One direction of a connection: sequence numbers to stream order.

use super::Receiver;
use super::held::Held;
use crate::limits::MAX_WINDOW;
use crate::proto::{Place, Side};

/// How long a hole waits once the receiver has acknowledged it: packets of one capture may
/// stand in the file slightly out of order.
const ACKNOWLEDGED_GRACE: i64 = 10_000_000;
/// How long a hole waits where no acknowledgement is seen at all (one direction captured).
const UNSEEN_ACK_WAIT: i64 = 2_000_000_000;

/// What is known of a segment beside its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Came {
    /// When it was captured.
    pub(super) time: i64,
    /// Bytes of the other direction that its sender had received, as its acknowledgement says.
    pub(super) received: u64,
}

/// State of one direction.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// Sequence number of the next byte.
    next: u32,
    /// Stream offset of the next byte, counted from where following began.
    offset: u64,
    /// Highest offset that the receiver has acknowledged.
    acknowledged: u64,
    /// Offset at which FIN stands.
    fin: Option<u64>,
    started: bool,
    ack_seen: bool,
    ended: bool,
    held: Option<Box<Held>>,
}

impl Half {
    pub(super) fn is_started(&self) -> bool {
        self.started
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn has_fin(&self) -> bool {
        self.fin.is_some()
    }

    pub(super) fn memory(&self) -> usize {
        self.held.as_ref().map_or(0, |held| size_of::<Held>() + held.memory())
    }

    /// Following begins at sequence number `next`.
    pub(super) fn start(&mut self, next: u32) {
        self.next = next;
        self.started = true;
    }

    /// Sequence number of the first byte of the stream.
    pub(super) fn base(&self) -> u32 {
        self.next.wrapping_sub(self.offset as u32)
    }

    /// Whether the byte at `sequence` is the next one expected.
    pub(super) fn is_next(&self, sequence: u32) -> bool {
        self.started && !self.ended && self.next == sequence
    }

    /// Whether nothing has been sent yet, neither a byte nor an end.
    pub(super) fn is_unused(&self) -> bool {
        self.offset == 0 && self.held.is_none() && !self.ended
    }

    /// Whether `sequence` is at most `reach` away from the next one expected.
    pub(super) fn is_within(&self, sequence: u32, reach: u64) -> bool {
        self.distance(sequence).unsigned_abs() <= reach.min(MAX_WINDOW)
    }

    /// Whether `ack` acknowledges something that was sent, or the SYN alone.
    pub(super) fn may_be_acknowledged(&self, ack: u32) -> bool {
        let unsent = self.distance(ack);
        unsent <= 0 && unsent.unsigned_abs() <= self.offset
    }

    /// Signed distance of a sequence number from the next one expected (RFC 1982).
    #[inline]
    fn distance(&self, sequence: u32) -> i64 {
        i64::from(sequence.wrapping_sub(self.next) as i32)
    }

    /// The receiver acknowledges everything before `ack`. Answers that as an offset.
    #[inline]
    pub(super) fn acknowledge(&mut self, ack: u32) -> u64 {
        self.ack_seen = true;
        let distance = self.distance(ack);
        let offset = self.offset.saturating_add_signed(distance);
        if distance > 0 && distance.unsigned_abs() <= MAX_WINDOW {
            self.acknowledged = self.acknowledged.max(offset);
        }
        offset
    }

    /// Whether acknowledged data are missing here: loss, not delay.
    #[inline]
    pub(super) fn owes(&self) -> bool {
        // FIN takes a sequence number: one byte ahead may be a FIN that was not captured.
        self.acknowledged > self.offset + 1
            || (self.acknowledged > self.offset && self.held.is_some())
    }

    /// Takes `bytes` sent at `sequence`, with `cut` more that were not captured.
    #[inline]
    pub(super) fn segment<R: Receiver>(
        &mut self,
        side: Side,
        sequence: u32,
        bytes: &[u8],
        cut: u32,
        came: Came,
        out: &mut R,
    ) {
        if !self.started {
            self.start(sequence);
        }
        if sequence == self.next && self.held.is_none() && self.fin.is_none() {
            self.deliver(side, bytes, cut, came, out);
        } else {
            self.segment_slow(side, sequence, bytes, cut, came, out);
        }
    }

    fn segment_slow<R: Receiver>(
        &mut self,
        side: Side,
        sequence: u32,
        bytes: &[u8],
        cut: u32,
        came: Came,
        out: &mut R,
    ) {
        let distance = self.distance(sequence);
        let len = bytes.len() as u64 + u64::from(cut);
        let behind = (-distance).max(0).unsigned_abs();
        // Nothing stands behind a FIN; what claims to is not of this stream.
        if distance.unsigned_abs() > MAX_WINDOW || behind >= len || self.ended {
            return;
        }
        if distance <= 0 {
            let skip = behind.min(bytes.len() as u64) as usize;
            let cut = cut - (behind - skip as u64) as u32;
            let received = self.held.as_ref().and_then(|held| held.first_received());
            // What was sent first had received no more, though this copy may be of later.
            let came =
                Came { received: received.map_or(came.received, |r| r.min(came.received)), ..came };
            self.deliver_up_to_held(side, &bytes[skip..], cut, came, out);
            self.drain(side, came.time, out);
            return;
        }
        let start = self.offset + distance.unsigned_abs();
        if self.held.is_none() && self.acknowledged >= start {
            // The receiver had everything before this segment when it was sent.
            self.skip_to(side, start, out);
            self.deliver(side, bytes, cut, came, out);
            return;
        }
        let held = self.held.get_or_insert_with(|| Box::new(Held::since(came.time)));
        if !held.is_full() {
            held.insert(start, bytes, cut, came);
        }
    }

    /// FIN stands at `sequence`.
    pub(super) fn fin<R: Receiver>(&mut self, side: Side, sequence: u32, out: &mut R) {
        if !self.started {
            self.start(sequence);
        }
        let distance = self.distance(sequence);
        if self.fin.is_none() && distance >= 0 && distance.unsigned_abs() <= MAX_WINDOW {
            self.fin = Some(self.offset + distance.unsigned_abs());
        }
        self.end_if_done(side, out);
    }

    /// Declares lost what is known to be: all up to what the receiver has acknowledged.
    pub(super) fn concede<R: Receiver>(&mut self, side: Side, out: &mut R) {
        let mut target = self.acknowledged;
        if let Some(fin) = self.fin {
            target = target.min(fin);
        } else if self.held.is_none() && target > self.offset {
            // The last acknowledged number may be a FIN's.
            target -= 1;
        }
        while self.offset < target {
            let hole_end = self
                .held
                .as_ref()
                .and_then(|held| held.first())
                .map_or(target, |first| first.min(target));
            self.skip_to(side, hole_end, out);
            self.drain(side, i64::MIN, out);
        }
        self.end_if_done(side, out);
    }

    /// Gives up holes that will not be filled any more; called when a packet of the connection
    /// came, and by the sweep.
    #[inline]
    pub(super) fn settle<R: Receiver>(&mut self, side: Side, now: i64, out: &mut R) {
        if self.held.is_some() {
            self.settle_held(side, now, out);
        }
    }

    fn settle_held<R: Receiver>(&mut self, side: Side, now: i64, out: &mut R) {
        while let Some(held) = &mut self.held {
            let Some(first) = held.first() else {
                self.held = None;
                return;
            };
            // Where the clock was set back, the wait begins anew.
            held.since = held.since.min(now);
            let waited = now - held.since;
            let acknowledged = self.acknowledged >= first;
            let lost = (acknowledged && waited >= ACKNOWLEDGED_GRACE)
                || (!self.ack_seen && waited >= UNSEEN_ACK_WAIT)
                || held.is_full();
            if !lost {
                return;
            }
            held.since = now;
            self.skip_to(side, first, out);
            self.drain(side, i64::MIN, out);
        }
    }

    /// The connection is over: hands out what is held, holes named.
    pub(super) fn finish<R: Receiver>(&mut self, side: Side, out: &mut R) {
        while let Some(first) = self.held.as_ref().and_then(|held| held.first()) {
            self.skip_to(side, first, out);
            self.drain(side, i64::MIN, out);
        }
        self.concede(side, out);
    }

    fn deliver<R: Receiver>(
        &mut self,
        side: Side,
        bytes: &[u8],
        cut: u32,
        came: Came,
        out: &mut R,
    ) {
        if !bytes.is_empty() {
            let place = Place { offset: self.offset, received: came.received };
            self.advance(bytes.len() as u64);
            out.data(side, bytes, place, came.time);
        }
        if cut > 0 {
            self.skip_to(side, self.offset + u64::from(cut), out);
        }
    }

    /// Delivers up to where held bytes begin: those came first.
    fn deliver_up_to_held<R: Receiver>(
        &mut self,
        side: Side,
        bytes: &[u8],
        cut: u32,
        came: Came,
        out: &mut R,
    ) {
        let first = self.held.as_ref().and_then(|held| held.first());
        let len = bytes.len() as u64 + u64::from(cut);
        match first.map(|first| first.saturating_sub(self.offset)) {
            Some(room) if room < len => {
                let fits = room.min(bytes.len() as u64) as usize;
                let cut_fits = (room - fits as u64) as u32;
                if let Some(held) = &mut self.held {
                    held.insert(self.offset + room, &bytes[fits..], cut - cut_fits, came);
                }
                self.deliver(side, &bytes[..fits], cut_fits, came, out);
            }
            _ => self.deliver(side, bytes, cut, came, out),
        }
    }

    /// Hands out held runs that are due. `since`: when the hole before them was filled; a hole
    /// that was given up keeps nobody waiting, so then they have their packets' own times. In
    /// either case none can be read before those that stand before it.
    fn drain<R: Receiver>(&mut self, side: Side, mut since: i64, out: &mut R) {
        while let Some(due) = self.held.as_mut().and_then(|held| held.pop_due(self.offset)) {
            let behind = self.offset - due.start;
            let skip = behind.min(due.bytes.len() as u64) as usize;
            let cut = u64::from(due.cut).saturating_sub(behind - skip as u64) as u32;
            since = since.max(due.came.time);
            self.deliver(side, &due.bytes[skip..], cut, Came { time: since, ..due.came }, out);
        }
        if self.held.as_ref().is_some_and(|held| held.is_empty()) {
            self.held = None;
        }
        self.end_if_done(side, out);
    }

    fn skip_to<R: Receiver>(&mut self, side: Side, offset: u64, out: &mut R) {
        if offset > self.offset {
            let (from, lost) = (self.offset, offset - self.offset);
            self.advance(lost);
            out.gap(side, lost, from);
        }
    }

    fn end_if_done<R: Receiver>(&mut self, side: Side, out: &mut R) {
        if !self.ended && self.fin.is_some_and(|fin| self.offset >= fin) {
            self.ended = true;
            // Nothing stands behind a FIN; what claims to is not of this stream.
            if let Some(held) = &mut self.held {
                held.clear();
            }
            self.held = None;
            out.end(side);
        }
    }

    #[inline]
    fn advance(&mut self, len: u64) {
        self.offset += len;
        self.next = self.next.wrapping_add(len as u32);
    }
}
