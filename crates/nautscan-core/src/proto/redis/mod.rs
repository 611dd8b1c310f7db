//! Redis (RESP2 and RESP3), observed from the side. Valkey, KeyDB and others speak it too.
//!
//! | file | idea |
//! |---|---|
//! | `resp` | one value after another, as bytes come |
//! | `probe` | is it Redis? |
//! | `command` | what a command is called, and what it is about |
//! | `tell` | commands and answers as exchanges |
//! | `pair` | which answer is to which command, also after a loss |
//! | `oddity` | what is noted on rows |
//!
//! Answers come in the order of the commands. Not so: messages of subscriptions, which nobody
//! asked for, and the answers to SUBSCRIBE, one for each channel.

mod command;
mod oddity;
mod pair;
mod probe;
mod resp;
mod tell;
#[cfg(test)]
mod tests;

pub use oddity::ODDITIES;

use super::{
    About, Close, Context, Parser, Place, Probe, Protocol, Settings, Side, UNANSWERED, Verdict,
};
use crate::limits::REDIS_PROBE;
use pair::Pairing;
use resp::{Kind, Reader, Value};

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "redis", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "Redis (RESP2, RESP3), Valkey and others that speak it",
    extracts: "Command, the grouping form of its first key or channel, kind of the answer, error code, latency, message sizes; pipelines, transactions, scripts, messages of subscriptions and invalidations as rows of their own. The command's text and the answer's values only where nothing is redacted; passwords never.",
    limits: &[
        "A connection is known by its first command in RESP, or by an answer with a length; a command typed as a line of words waits until an answer tells.",
        "A stream of replication is not read: its bytes are counted as not understood.",
        "Of a value the first 16 texts are kept, of each 1,024 bytes; a line has up to 64 KiB, and 32 levels of nesting.",
        "1,024 commands wait for their answers on one connection.",
    ],
    oddities: ODDITIES,
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Redis::default())
}

/// Where and when the value began that a side is sending.
#[derive(Debug, Clone, Copy, Default)]
struct Begin {
    time: i64,
    /// Offset of its first byte.
    offset: u64,
    /// Bytes of the other side that its sender had received.
    received: u64,
    /// It is the first since its sender had received more.
    turn: bool,
}

#[derive(Debug)]
struct Half {
    reader: Reader,
    begin: Begin,
    /// What the sender of the bytes before had received.
    received: u64,
    /// Where the next value begins is not known.
    is_lost: bool,
    /// What has come since, and may begin a command; where and when it began.
    held: Vec<u8>,
    held_at: (Place, i64),
}

impl Half {
    fn new(may_be_inline: bool) -> Self {
        let reader = Reader::new(may_be_inline);
        Self {
            reader,
            begin: Begin::default(),
            received: 0,
            is_lost: false,
            held: Vec::new(),
            held_at: (Place::default(), 0),
        }
    }
}

/// Follows one connection.
struct Redis {
    halves: [Half; 2],
    pairing: Pairing,
}

impl Default for Redis {
    fn default() -> Self {
        Self { halves: [Half::new(true), Half::new(false)], pairing: Pairing::default() }
    }
}

impl Redis {
    /// Looks for the beginning of a value after framing was lost, at the starts of segments.
    /// Answers what there was of it before `bytes`; `None`: it is not found yet.
    fn find(&mut self, side: Side, bytes: &[u8], cx: &Context<'_>) -> Option<Vec<u8>> {
        if side == Side::Server {
            return self.pairing.awaits_at(cx.place.offset).then(Vec::new);
        }
        let half = &mut self.halves[side.index()];
        if half.held.is_empty() {
            half.held_at = (cx.place, cx.time);
        }
        let before = half.held.len();
        half.held.extend_from_slice(&bytes[..bytes.len().min(REDIS_PROBE)]);
        match probe::begins_command(&half.held) {
            Probe::Yes => {
                half.held.truncate(before);
                Some(core::mem::take(&mut half.held))
            }
            Probe::NeedMore if half.held.len() < REDIS_PROBE => None,
            _ => {
                half.held.clear();
                // What was held may have been of something else.
                if before > 0 { self.find(side, bytes, cx) } else { None }
            }
        }
    }

    fn values(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let half = &mut self.halves[side.index()];
        let has_turn = cx.place.received > half.received || cx.place.offset == 0;
        half.received = cx.place.received;
        let mut at = 0;
        while at < bytes.len() {
            let half = &mut self.halves[side.index()];
            if !half.reader.is_within() {
                half.begin = Begin {
                    time: cx.time,
                    offset: cx.place.offset + at as u64,
                    received: cx.place.received,
                    turn: has_turn && at == 0,
                };
            }
            let Ok((used, value)) = half.reader.next(&bytes[at..]) else {
                self.pairing.close(None, cx);
                return Verdict::Dead("not RESP");
            };
            at += used;
            if let Some(value) = value {
                self.take(side, value, cx);
            }
            if self.pairing.is_over() {
                return Verdict::Over { consumed: at };
            }
        }
        Verdict::Continue
    }

    fn take(&mut self, side: Side, value: Value, cx: &mut Context<'_>) {
        let begin = self.halves[side.index()].begin;
        match side {
            // An empty line or array is no command, and is not answered.
            Side::Client if value.items.is_empty() => {}
            Side::Client => self.pairing.command(value, begin, cx.time, cx),
            Side::Server => self.pairing.answer(value, begin, cx.time, cx),
        }
    }
}

impl Parser for Redis {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        if self.halves[side.index()].is_lost {
            let Some(before) = self.find(side, bytes, cx) else { return Verdict::Continue };
            let half = &mut self.halves[side.index()];
            half.is_lost = false;
            if !before.is_empty() {
                let (place, time) = half.held_at;
                let (settings, sink) = (cx.settings, &mut *cx.sink);
                let mut cx = Context { time, place, settings, sink };
                // The beginning of a command, which ends nothing.
                self.values(side, &before, &mut cx);
            }
        }
        self.values(side, bytes, cx)
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let half = &mut self.halves[side.index()];
        half.held.clear();
        if half.is_lost || half.reader.lose(lost) {
            return Verdict::Continue;
        }
        half.is_lost = true;
        let begin = half.begin;
        let part = half.reader.is_within().then(|| half.reader.take());
        self.pairing.lose(side, lost, part.map(|value| (value, begin)), cx);
        Verdict::Continue
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let error = close.failure(UNANSWERED);
        for side in [Side::Client, Side::Server] {
            let half = &mut self.halves[side.index()];
            if half.reader.is_within() && !half.is_lost {
                let begin = half.begin;
                let part = half.reader.take();
                self.pairing.lose(side, 0, Some((part, begin)), cx);
            }
        }
        self.pairing.close(error, cx);
    }

    fn memory(&self) -> usize {
        let readers: usize =
            self.halves.iter().map(|half| half.reader.memory() + half.held.capacity()).sum();
        size_of::<Self>() + readers + self.pairing.memory()
    }
}

/// Whether an answer tells of an error.
fn is_error(value: &Value) -> bool {
    value.kind == Kind::Error
}
