//! Messages of a TCP connection, each behind its length (RFC 1035 section 4.2.2, RFC 7766).
//!
//! After a loss within one message the next is where the length said; after any other, messages
//! are looked for at the starts of segments, where servers begin them.

use super::message::{HEADER, Heard};
use super::pair::{Arrival, Pairing};
use super::probe;
use crate::limits::{DETECTION_BYTES, DNS_LOST};
use crate::proto::{Close, Context, Parser, Probe, Settings, Side, UNANSWERED, Verdict};

/// Bytes of a length.
const LENGTH: usize = 2;
/// Messages in a row without a header of DNS, after which the connection is something else.
const STRANGERS: u8 = 3;

/// What one side is sending.
#[derive(Default)]
struct Half {
    /// The length and what came of the message behind it, while it is not whole.
    buffer: Vec<u8>,
    /// When the first byte of it was captured.
    first: i64,
    /// Bytes of the message from the first that was lost on: none of them are kept.
    cut: usize,
    /// How many of those are still to come.
    rest: usize,
    /// How many of those were lost.
    lost: usize,
    /// Where a message begins is not known.
    is_lost: bool,
    /// Bytes given up since then.
    given_up: u64,
    /// Some of them came, so that messages may have been among them.
    has_passed: bool,
}

/// Follows one connection.
struct Stream {
    halves: [Half; 2],
    pairing: Pairing,
    strangers: u8,
}

pub(super) fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Stream {
        halves: Default::default(),
        pairing: Pairing::new("dns", true),
        strangers: 0,
    })
}

impl Stream {
    /// Takes all of `bytes`, unless the connection turns out to be something else.
    fn feed(&mut self, side: Side, mut bytes: &[u8], cx: &mut Context<'_>) {
        while !bytes.is_empty() && self.strangers < STRANGERS {
            let taken = self.take(side, bytes, cx);
            bytes = &bytes[taken..];
        }
    }

    /// Takes bytes of the message that `side` is sending; answers how many.
    fn take(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> usize {
        let half = &mut self.halves[side.index()];
        if half.rest > 0 {
            let taken = bytes.len().min(half.rest);
            half.rest -= taken;
            if half.rest == 0 {
                self.message(side, true, cx);
            }
            return taken;
        }
        if half.buffer.is_empty() {
            half.first = cx.time;
        }
        let taken = bytes.len().min(half.wants());
        half.buffer.extend_from_slice(&bytes[..taken]);
        if half.buffer.len() >= LENGTH && half.wants() == 0 {
            self.message(side, true, cx);
        }
        taken
    }

    /// The message in the buffer is at its end, or, unless that `is_sent`, will never come to it.
    fn message(&mut self, side: Side, is_sent: bool, cx: &mut Context<'_>) {
        let half = &mut self.halves[side.index()];
        let buffer = core::mem::take(&mut half.buffer);
        let arrival = Arrival { side, first: half.first, last: cx.time };
        self.read(&buffer[LENGTH.min(buffer.len())..], is_sent, arrival, cx);
        // Used again; a long one is freed.
        if buffer.capacity() <= HEADER * 64 {
            let half = &mut self.halves[side.index()];
            half.buffer = buffer;
            half.buffer.clear();
        }
    }

    fn read(&mut self, bytes: &[u8], is_sent: bool, arrival: Arrival, cx: &mut Context<'_>) {
        let half = &mut self.halves[arrival.side.index()];
        let (cut, lost) = (core::mem::take(&mut half.cut), core::mem::take(&mut half.lost));
        let heard = Heard::read(bytes, cut).filter(|heard| probe::has_header(heard.message));
        let Some(mut heard) = heard else {
            if cut == 0 {
                self.strangers += 1;
                cx.sink.parse_error();
            } else if lost > 0 {
                // Too little of a damaged message is no fault of the peer: it may have been any.
                self.pairing.lost(arrival.side, lost as u64);
            }
            return;
        };
        (heard.lost, heard.is_sent) = (lost, is_sent);
        self.strangers = 0;
        if heard.is_answer() {
            self.pairing.answer(heard, arrival, cx);
        } else {
            self.pairing.question(heard, arrival, false, cx);
        }
    }

    /// Gives up what `side` was sending, which ends with a loss or, if `is_over`, with all that it sends.
    /// Answers how many bytes were still to come of a message that was told.
    fn give_up(&mut self, side: Side, is_over: bool, cx: &mut Context<'_>) -> usize {
        let half = &mut self.halves[side.index()];
        let has_header = !half.is_lost && half.buffer.len() >= LENGTH + HEADER;
        let left = half.left();
        if half.rest == 0 {
            half.cut = left;
        }
        if !is_over {
            half.lost += left;
        }
        (half.rest, half.is_lost, half.has_passed) = (0, true, false);
        if has_header {
            self.message(side, !is_over, cx);
        }
        let half = &mut self.halves[side.index()];
        half.buffer.clear();
        (half.cut, half.lost) = (0, 0);
        if has_header { left } else { 0 }
    }

    /// What `side` was sending will never come to its end: nothing of that was lost.
    fn cut_short(&mut self, side: Side, cx: &mut Context<'_>) {
        let half = &self.halves[side.index()];
        if !half.is_lost && !half.buffer.is_empty() {
            self.give_up(side, true, cx);
        }
    }

    /// What was passed over until a message was found may have answered what was asked meanwhile.
    fn lose_passed(&mut self, side: Side) {
        if core::mem::take(&mut self.halves[side.index()].has_passed) {
            self.pairing.lost(side, 0);
        }
    }

    /// Nothing more is looked for.
    fn end_search(&mut self, side: Side) {
        let half = &mut self.halves[side.index()];
        if half.is_lost {
            half.has_passed |= !half.buffer.is_empty();
            half.buffer.clear();
        }
        self.lose_passed(side);
    }

    fn is_dead(&mut self, cx: &mut Context<'_>) -> Verdict {
        if self.strangers < STRANGERS && self.halves.iter().all(|half| half.given_up <= DNS_LOST) {
            return Verdict::Continue;
        }
        [Side::Client, Side::Server].into_iter().for_each(|side| self.end_search(side));
        self.pairing.flush(None, cx);
        Verdict::Dead("not DNS any more")
    }
}

impl Half {
    /// Looks for the beginning of a message after a loss. Answers what of it came before `bytes`,
    /// and when that began.
    fn resume(&mut self, side: Side, bytes: &[u8], now: i64) -> Option<(Vec<u8>, i64)> {
        let held = self.buffer.len();
        if held == 0 {
            self.first = now;
        }
        self.buffer.extend_from_slice(bytes);
        match probe::stream(side, &self.buffer) {
            Probe::Yes => {
                (self.is_lost, self.given_up) = (false, 0);
                let mut begun = core::mem::take(&mut self.buffer);
                begun.truncate(held);
                Some((begun, self.first))
            }
            Probe::NeedMore if self.buffer.len() < DETECTION_BYTES => None,
            _ => {
                self.buffer.clear();
                // What was held may have been of something else.
                let given_up = if held > 0 { held } else { bytes.len() };
                self.has_passed = true;
                self.given_up = self.given_up.saturating_add(given_up as u64);
                if held > 0 { self.resume(side, bytes, now) } else { None }
            }
        }
    }

    /// Bytes of the message that are still to come.
    fn left(&self) -> usize {
        if self.rest > 0 { self.rest } else { self.wants() }
    }

    /// Bytes that the length or the message behind it still wants.
    fn wants(&self) -> usize {
        match self.buffer.first_chunk::<LENGTH>() {
            None => LENGTH - self.buffer.len(),
            Some(len) => {
                let whole = LENGTH + usize::from(u16::from_be_bytes(*len));
                whole.saturating_sub(self.buffer.len())
            }
        }
    }
}

impl Parser for Stream {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        if self.halves[side.index()].is_lost {
            let Some((begun, time)) = self.halves[side.index()].resume(side, bytes, cx.time) else {
                return self.is_dead(cx);
            };
            self.lose_passed(side);
            let mut cx = Context { time, settings: cx.settings, sink: &mut *cx.sink, ..*cx };
            self.feed(side, &begun, &mut cx);
        }
        self.feed(side, bytes, cx);
        self.is_dead(cx)
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let half = &mut self.halves[side.index()];
        let left = half.left();
        let is_within = half.buffer.len() >= LENGTH && lost <= left as u64;
        if half.is_lost || !is_within {
            half.given_up = half.given_up.saturating_add(lost);
            let within = self.give_up(side, false, cx);
            self.pairing.lost(side, lost.saturating_sub(within as u64));
            return self.is_dead(cx);
        }
        // What comes behind the loss cannot be read, but it is known how much it is.
        if half.rest == 0 {
            half.cut = left;
        }
        half.lost += lost as usize;
        half.rest = left - lost as usize;
        if half.rest == 0 {
            self.message(side, true, cx);
        }
        Verdict::Continue
    }

    fn end(&mut self, side: Side, cx: &mut Context<'_>) -> Verdict {
        self.cut_short(side, cx);
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        for side in [Side::Client, Side::Server] {
            self.cut_short(side, cx);
            self.end_search(side);
        }
        let error = match close {
            Close::Timeout => Some("no answer"),
            _ => close.failure(UNANSWERED),
        };
        self.pairing.flush(error, cx);
    }

    fn memory(&self) -> usize {
        let buffers: usize = self.halves.iter().map(|half| half.buffer.capacity()).sum();
        size_of::<Self>() + buffers + self.pairing.memory()
    }
}
