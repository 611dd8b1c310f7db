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
    lost: usize,
    /// How many of those are still to come.
    rest: usize,
    /// Where a message begins is not known.
    is_lost: bool,
    /// Bytes given up since then.
    given_up: u64,
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
                self.message(side, cx);
            }
            return taken;
        }
        if half.buffer.is_empty() {
            half.first = cx.time;
        }
        let taken = bytes.len().min(half.wants());
        half.buffer.extend_from_slice(&bytes[..taken]);
        if half.buffer.len() >= LENGTH && half.wants() == 0 {
            self.message(side, cx);
        }
        taken
    }

    /// The message in the buffer is at its end.
    fn message(&mut self, side: Side, cx: &mut Context<'_>) {
        let half = &mut self.halves[side.index()];
        let buffer = core::mem::take(&mut half.buffer);
        let lost = core::mem::take(&mut half.lost);
        let arrival = Arrival { side, first: half.first, last: cx.time };
        self.read(&buffer[LENGTH.min(buffer.len())..], lost, arrival, cx);
        // Used again; a long one is freed.
        if buffer.capacity() <= HEADER * 64 {
            let half = &mut self.halves[side.index()];
            half.buffer = buffer;
            half.buffer.clear();
        }
    }

    fn read(&mut self, bytes: &[u8], lost: usize, arrival: Arrival, cx: &mut Context<'_>) {
        let heard = Heard::read(bytes, lost).filter(|heard| probe::has_header(heard.message));
        let Some(heard) = heard else {
            // Too little of a damaged message is no fault of the peer.
            if lost == 0 {
                self.strangers += 1;
                cx.sink.parse_error();
            }
            return;
        };
        self.strangers = 0;
        if heard.is_answer() {
            self.pairing.answer(heard, arrival, cx);
        } else {
            self.pairing.question(heard, arrival, false, cx);
        }
    }

    /// Gives up what `side` was sending: where it goes on is not known.
    fn lose(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) {
        let half = &mut self.halves[side.index()];
        let missing = if half.lost > 0 { half.lost } else { half.wants() };
        let has_header = !half.is_lost && half.buffer.len() >= LENGTH + HEADER;
        self.pairing.lost(side, lost);
        let half = &mut self.halves[side.index()];
        (half.rest, half.lost, half.is_lost) = (0, 0, true);
        half.given_up = half.given_up.saturating_add(lost);
        if has_header {
            half.lost = missing;
            self.message(side, cx);
        }
        self.halves[side.index()].buffer.clear();
    }

    fn is_dead(&mut self, cx: &mut Context<'_>) -> Verdict {
        if self.strangers < STRANGERS && self.halves.iter().all(|half| half.given_up <= DNS_LOST) {
            return Verdict::Continue;
        }
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
                self.given_up = self.given_up.saturating_add(given_up as u64);
                if held > 0 { self.resume(side, bytes, now) } else { None }
            }
        }
    }

    /// Bytes that the length or the message behind it still wants.
    fn wants(&self) -> usize {
        match self.buffer.first_chunk::<LENGTH>() {
            None => LENGTH - self.buffer.len(),
            Some(len) => LENGTH + usize::from(u16::from_be_bytes(*len)) - self.buffer.len(),
        }
    }
}

impl Parser for Stream {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        if self.halves[side.index()].is_lost {
            let Some((begun, time)) = self.halves[side.index()].resume(side, bytes, cx.time) else {
                return self.is_dead(cx);
            };
            let mut cx = Context { time, settings: cx.settings, sink: &mut *cx.sink, ..*cx };
            self.feed(side, &begun, &mut cx);
        }
        self.feed(side, bytes, cx);
        self.is_dead(cx)
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let half = &mut self.halves[side.index()];
        let left = if half.rest > 0 { half.rest } else { half.wants() };
        let is_within = half.buffer.len() >= LENGTH && lost <= left as u64;
        if half.is_lost || !is_within {
            self.lose(side, lost, cx);
            return self.is_dead(cx);
        }
        // What comes behind the loss cannot be read, but it is known how much it is.
        if half.rest == 0 {
            half.lost = left;
        }
        half.rest = left - lost as usize;
        if half.rest == 0 {
            self.message(side, cx);
        }
        Verdict::Continue
    }

    fn end(&mut self, side: Side, cx: &mut Context<'_>) -> Verdict {
        if !self.halves[side.index()].buffer.is_empty() {
            self.lose(side, 0, cx);
        }
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        for side in [Side::Client, Side::Server] {
            if !self.halves[side.index()].buffer.is_empty() {
                self.lose(side, 0, cx);
            }
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
