//! NATS, as clients speak it, observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `operation` | a line, and a payload behind some |
//! | `probe` | is it NATS? |
//! | `json` | the objects of INFO and CONNECT |
//! | `tell` | operations as exchanges |
//! | `session` | what answers what |
//! | `oddity` | what is noted on rows |
//!
//! Payloads state their length. So a loss within one costs that message; behind any other loss a
//! segment that begins with a message's line is where following goes on.

mod json;
mod oddity;
mod operation;
mod probe;
mod session;
mod tell;
#[cfg(test)]
mod tests;

pub use oddity::ODDITIES;

use super::frames::{Framed, Frames, Half};
use super::{About, Close, Context, Early, Parser, Protocol, Settings, Side, UNANSWERED, Verdict};
use crate::limits::NATS_KEPT;
use session::{Next, Session};

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "nats", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "NATS (clients)",
    extracts: "Operation, the grouping form of the subject, headers and their status (`No Responders`), errors, time from a request to the first message to its reply subject, payload sizes; a message that a server delivers is a row without a request. The subject itself and payloads only where nothing is redacted; passwords, tokens and signatures never.",
    limits: &[
        "Connections between servers (routes, gateways, leaf nodes) are not read; nor is NATS over WebSocket.",
        "Of a request with several replies the first is its answer; the others are rows of their own.",
        "A line has up to 8 KiB; 1,024 requests, and 1 MiB of them, wait for replies on one connection, for a minute.",
        "What JetStream says in payloads (acknowledgements, errors) is not read.",
        "What JetStream delivers to who pulls (`$JS.API.CONSUMER.MSG.NEXT`) comes under the message's own subject: it is a row of its own, and the pull has a reply only where there was nothing, or no more, to deliver; not even that is sure where several pulls name one inbox.",
    ],
    oddities: ODDITIES,
};

fn open(settings: &Settings) -> Box<dyn Parser> {
    Box::new(Nats::new(settings))
}

/// Follows one connection.
struct Nats {
    halves: [Half; 2],
    /// The client has said something.
    has_begun: bool,
    /// What it said first, if that is no NATS.
    early: Option<Early>,
    session: Session,
}

/// First byte of TLS: of a record with a handshake message (RFC 8446 section 5.1).
const TLS: u8 = 22;

impl Nats {
    fn new(settings: &Settings) -> Self {
        let keep = NATS_KEPT.saturating_add(settings.body_limit);
        let half = || Half::new(Frames::of_lines(operation::head, keep));
        Self {
            halves: [half(), half()],
            has_begun: false,
            early: None,
            session: Session::default(),
        }
    }

    /// Whether a client begins with TLS, though the server did not ask for it: one that offers it
    /// (`tls_available`) leaves that to the client.
    fn is_upgrade(&mut self, side: Side, bytes: &[u8]) -> bool {
        let is_first = side == Side::Client && !self.has_begun;
        self.has_begun |= side == Side::Client;
        is_first && bytes.first() == Some(&TLS)
    }

    fn dead(&mut self, why: &'static str, cx: &mut Context<'_>) -> Verdict {
        self.session.flush(None, false, cx);
        Verdict::Dead(why)
    }
}

/// Whether what stands behind a payload is its end, as far as it was seen.
fn is_ended(framed: &Framed<'_>) -> bool {
    framed.is_cut() || framed.bytes.ends_with(b"\r\n")
}

impl Parser for Nats {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let half = &mut self.halves[side.index()];
        if !half.finds(|| operation::begins(side, bytes) == Some(true)) {
            return Verdict::Continue;
        }
        if half.take_passed() {
            // It may have answered what was asked since the place was lost.
            self.session.lose(cx);
        }
        if self.is_upgrade(side, bytes) {
            let (time, place, bytes) = (cx.time, cx.place, bytes.to_vec());
            let consumed = bytes.len();
            self.early = Some(Early { side, time, place, bytes });
            self.session.flush(None, false, cx);
            return Verdict::Switched { consumed };
        }
        let mut at = 0;
        while at < bytes.len() {
            let Ok((used, framed)) = self.halves[side.index()].next(&bytes[at..], cx) else {
                return self.dead("not NATS", cx);
            };
            at += used;
            let Some(framed) = framed else { continue };
            if !is_ended(&framed) {
                return self.dead("a payload without its end", cx);
            }
            match self.session.operation(side, &framed, Some(cx.time), cx) {
                Next::Same => {}
                Next::Encrypted => return Verdict::Switched { consumed: at },
                Next::Misplaced => {
                    return self.dead("an operation that this side does not say", cx);
                }
            }
        }
        Verdict::Continue
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let (framed, is_lost) = self.halves[side.index()].lose(lost);
        if let Some(framed) = framed {
            self.session.operation(side, &framed, None, cx);
        }
        if is_lost {
            self.session.lose(cx);
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
                self.session.lose(cx);
            }
            // The end of a message that was begun never came.
            if let Some(framed) = self.halves[side.index()].part() {
                self.session.operation(side, &framed, None, cx);
            }
        }
        self.session.flush(error, false, cx);
    }

    fn early(&mut self) -> Option<Early> {
        self.early.take()
    }

    fn memory(&self) -> usize {
        let halves: usize = self.halves.iter().map(Half::memory).sum();
        size_of::<Self>() + halves + self.session.memory()
    }
}
