//! AMQP 0-9-1, as RabbitMQ speaks it, observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `frame` | frames, and whether bytes are frames at all |
//! | `probe` | is it AMQP 0-9-1? |
//! | `method` | methods by number, codes by name |
//! | `fields` | what methods and headers are made of |
//! | `tell` | methods and contents as exchanges |
//! | `channel` | what answers what on a channel |
//! | `oddity` | what is noted on rows |
//!
//! Frames state their length. So a loss within one costs what it is of; behind any other loss a segment
//! that begins with a method is where following goes on.

mod channel;
mod fields;
mod frame;
mod method;
mod oddity;
mod probe;
mod tell;
#[cfg(test)]
mod tests;

pub use oddity::ODDITIES;

use std::collections::BTreeMap;

use super::frames::{Framed, Frames, Half};
use super::{About, Close, Context, Parser, Protocol, Settings, Side, UNANSWERED, Verdict};
use crate::limits::{AMQP_CHANNELS, AMQP_HELD, AMQP_KEPT};
use channel::{Channel, Sent};
use oddity::WAITING_OVERFLOW;

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "amqp", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "AMQP 0-9-1 (RabbitMQ)",
    extracts: "Method, the grouping form of exchange with routing key or of the queue, reply codes by number and name, time to the answer of a method, to the confirmation of a published message and to the acknowledgement of a delivered one, properties and headers, payload sizes; a message that a server delivers is a row without a request. Names and keys in full and payloads only where nothing is redacted; passwords never.",
    limits: &[
        "AMQP 1.0, 0-10 and 0-9 are not read; heartbeats are no rows.",
        "Which answer belongs to which request of a remote call (`reply_to`, `correlation_id`) is not followed.",
        "Lists and tables within headers are named, not shown.",
        "On one channel 1,024 methods and as many messages wait for answers, a delivery for a minute; 256 channels of a connection are followed, and 2 MiB of what waits.",
    ],
    oddities: ODDITIES,
};

fn open(settings: &Settings) -> Box<dyn Parser> {
    Box::new(Amqp::new(settings))
}

/// Follows one connection.
struct Amqp {
    halves: [Half; 2],
    channels: BTreeMap<u16, Channel>,
    held: usize,
}

/// A frame that this side never sends.
struct Misplaced;

impl Amqp {
    /// Bytes of `side` were lost, and what they were of is not known.
    fn lose(&mut self, side: Side, cx: &mut Context<'_>) {
        for channel in self.channels.values_mut() {
            channel.lose(side, cx);
        }
        self.held = 0;
    }

    fn new(settings: &Settings) -> Self {
        let keep = AMQP_KEPT.saturating_add(settings.body_limit);
        let half = || Half::new(Frames::new(frame::head, keep));
        Self { halves: [half(), half()], channels: BTreeMap::new(), held: 0 }
    }

    fn dead(&mut self, why: &'static str, cx: &mut Context<'_>) -> Verdict {
        self.flush(None, cx);
        Verdict::Dead(why)
    }

    fn flush(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        for channel in self.channels.values_mut() {
            channel.flush(error, None, cx);
        }
        self.held = 0;
    }
}

/// A frame that `side` sent. `ended`: when its last byte was captured, if it was.
fn take(
    (channels, held): (&mut BTreeMap<u16, Channel>, &mut usize),
    (side, framed, ended): (Side, &Framed<'_>, Option<i64>),
    cx: &mut Context<'_>,
) -> Result<(), Misplaced> {
    let Some((kind, number)) = frame::kind(framed) else { return Ok(()) };
    let sent = Sent { side, channel: number, framed, ended };
    let method = if kind == frame::METHOD {
        let method = frame::method(framed.body());
        match method {
            None if framed.is_cut() => {
                // What method that was is lost, and so is what answers what.
                if let Some(channel) = channels.get_mut(&number) {
                    *held = held.saturating_sub(channel.held);
                    channel.lose(side, cx);
                }
                return Ok(());
            }
            Some((_, method, _)) if frame::is_of(method, side) => {}
            _ => return Err(Misplaced),
        }
        method
    } else {
        None
    };
    let is_followed = channels.len() < AMQP_CHANNELS || channels.contains_key(&number);
    let mut passing = Channel::default();
    let channel = if is_followed { channels.entry(number).or_default() } else { &mut passing };
    let before = channel.held;
    match (kind, method) {
        (frame::METHOD, Some(method)) => channel.method(sent, method, cx),
        (frame::HEADER | frame::BODY, _) => channel.content(sent, kind, cx),
        _ => {}
    }
    *held = (*held + channel.held).saturating_sub(before);
    if *held > AMQP_HELD || !is_followed {
        *held = held.saturating_sub(channel.held);
        channel.flush(None, Some(WAITING_OVERFLOW), cx);
    }
    if let Some(((20, 41), ..)) = method {
        // What is left was not answered before the channel was closed.
        *held = held.saturating_sub(channel.held);
        channel.flush(Some("channel closed before response"), None, cx);
        channels.remove(&number);
    }
    Ok(())
}

impl Parser for Amqp {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let half = &mut self.halves[side.index()];
        if !half.finds(|| frame::begins(side, bytes) == Some(true)) {
            return Verdict::Continue;
        }
        if half.take_passed() {
            // It may have answered what was asked since the place was lost.
            self.lose(side, cx);
        }
        let mut at = 0;
        while at < bytes.len() {
            let Ok((used, framed)) = self.halves[side.index()].next(&bytes[at..], cx) else {
                return self.dead("not AMQP 0-9-1", cx);
            };
            at += used;
            let Some(framed) = framed else { continue };
            let state = (&mut self.channels, &mut self.held);
            if !frame::is_ended(&framed) || take(state, (side, &framed, Some(cx.time)), cx).is_err()
            {
                return self.dead("a frame that this side does not send", cx);
            }
        }
        Verdict::Continue
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let (framed, is_lost) = self.halves[side.index()].lose(lost);
        let state = (&mut self.channels, &mut self.held);
        if let Some(framed) = framed
            && take(state, (side, &framed, None), cx).is_err()
        {
            return self.dead("a frame that this side does not send", cx);
        }
        if is_lost {
            self.lose(side, cx);
        }
        Verdict::Continue
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let error = close.failure(UNANSWERED);
        for side in [Side::Client, Side::Server] {
            if self.halves[side.index()].take_passed() {
                // It may have answered what was asked since the place was lost.
                self.lose(side, cx);
            }
            // The end of a frame that was begun never came.
            if let Some(framed) = self.halves[side.index()].part() {
                let _ = take((&mut self.channels, &mut self.held), (side, &framed, None), cx);
            }
        }
        self.flush(error, cx);
    }

    fn memory(&self) -> usize {
        let halves: usize = self.halves.iter().map(Half::memory).sum();
        let channels: usize = self.channels.values().map(Channel::memory).sum();
        size_of::<Self>() + halves + channels
    }
}
