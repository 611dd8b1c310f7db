//! MongoDB's wire protocol, observed from the side. DocumentDB, FerretDB and others speak it too.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it MongoDB? |
//! | `frame` | messages of one direction, as bytes come |
//! | `unpack` | what a message packs |
//! | `bson` | documents, walked |
//! | `message` | what a message says |
//! | `errors` | names of error codes |
//! | `pair` | which answer is to which message |
//! | `oddity` | what is noted on rows |
//!
//! A row is a command with its answer, which says the number of what it answers; so a loss puts
//! nothing else in doubt.

mod bson;
mod errors;
mod frame;
mod message;
mod oddity;
mod pair;
mod probe;
#[cfg(test)]
mod tests;
mod unpack;

pub use oddity::ODDITIES;

use super::{About, Close, Context, Parser, Probe, Protocol, Settings, Side, UNANSWERED, Verdict};
use frame::{Framed, Frames};
use pair::Pairs;

/// Registry line.
pub const PROTOCOL: Protocol =
    Protocol { name: "mongodb", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "MongoDB (OP_MSG, OP_COMPRESSED, and the operations before them)",
    extracts: "Commands by name with database and collection, documents sent, returned, matched and modified, code and name of errors, writes that failed, latency, message sizes; the client's program of a greeting, compression. An error's message only where nothing is redacted; filters, documents and passwords never.",
    limits: &[
        "What is encrypted is opaque.",
        "Of a message 262,144 bytes are read, packed and unpacked: documents behind them are not counted.",
        "1,024 messages wait for their answers on one connection.",
        "Checksums of messages are not compared.",
        "Error codes that are not common have no name in `error`; their number and the name that the server gives are in the detail.",
        "Operations that went out of use before 2017 (OP_COMMAND) are not known: a connection with them is not followed.",
    ],
    oddities: ODDITIES,
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Mongodb::default())
}

/// Follows one connection.
#[derive(Default)]
struct Mongodb {
    client: Frames,
    server: Frames,
    pairs: Pairs,
}

impl Mongodb {
    fn half(&mut self, side: Side) -> &mut Frames {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn message(&mut self, side: Side, framed: &Framed, cx: &mut Context<'_>) -> Verdict {
        let is_followed = match side {
            Side::Client => self.pairs.asked(framed, cx),
            Side::Server => {
                self.pairs.said(framed, cx);
                true
            }
        };
        if is_followed { Verdict::Continue } else { Verdict::Dead("too much waits") }
    }
}

impl Parser for Mongodb {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let half = self.half(side);
        if half.is_lost {
            // A message begins with a segment, or is not found before the next one that does.
            if probe::probe(side, bytes) != Probe::Yes {
                if side == Side::Server {
                    self.pairs.lose_answers();
                }
                return Verdict::Continue;
            }
            half.is_lost = false;
        }
        let mut at = 0;
        while at < bytes.len() {
            let Ok((used, framed)) = self.half(side).next(&bytes[at..], cx) else {
                self.pairs.flush(None, cx);
                return Verdict::Dead("no message of MongoDB");
            };
            at += used;
            if let Some(framed) = framed {
                let verdict = self.message(side, &framed, cx);
                if verdict != Verdict::Continue {
                    return verdict;
                }
            }
        }
        Verdict::Continue
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        match self.half(side).lose(lost) {
            Some(Some(framed)) => self.message(side, &framed, cx),
            Some(None) => Verdict::Continue,
            None => {
                let cut = self.half(side).reset();
                let verdict = match cut {
                    Some(framed) => self.message(side, &framed, cx),
                    None => Verdict::Continue,
                };
                if side == Side::Server {
                    self.pairs.lose_answers();
                }
                verdict
            }
        }
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let is_on_its_way = self.server.is_lost || self.server.is_within();
        let error = close.failure(UNANSWERED).filter(|_| !is_on_its_way);
        self.pairs.flush(error, cx);
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.client.memory() + self.server.memory() + self.pairs.memory()
    }
}
