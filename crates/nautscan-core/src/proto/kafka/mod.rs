//! Apache Kafka's protocol, observed from the side. Redpanda and others speak it too.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it Kafka? |
//! | `half` | messages of one direction, as bytes come |
//! | `api` | what can be asked |
//! | `field`, `schema` | what messages are made of |
//! | `read` | reads a message along its table |
//! | `facts` | what is gathered of it, and how a row says it |
//! | `errors` | names of error codes |
//! | `pair` | which answer is to which request |
//! | `oddity` | what is noted on rows |
//!
//! A row is a request with its answer, which says the number of what it answers. Answers come in the
//! order of requests; so after a loss what was passed over is known too.

mod api;
mod errors;
mod facts;
mod field;
mod half;
mod oddity;
mod pair;
mod probe;
mod read;
mod schema;
#[cfg(test)]
mod tests;

pub use oddity::ODDITIES;

use super::{About, Close, Context, Parser, Probe, Protocol, Settings, Side, UNANSWERED, Verdict};
use facts::Ids;
use half::{Begun, Half};
use pair::Pairs;

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "kafka", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "Kafka (all versions up to 4.1 of the requests that clients make)",
    extracts: "Requests by name and version with topics, partitions, client and group, generation and member, records and batches counted with their bytes and compression, acknowledgements wanted, error codes by name for each topic and partition, throttling, latency, sizes. Ids of topics as names where an answer on the connection gave both. Records, tokens and passwords never.",
    limits: &[
        "What is encrypted is opaque.",
        "Read are Produce, Fetch, ListOffsets, Metadata, OffsetCommit, OffsetFetch, FindCoordinator, JoinGroup, Heartbeat, LeaveGroup, SyncGroup, SaslHandshake, SaslAuthenticate, ApiVersions, CreateTopics, DeleteTopics and InitProducerId; others are told by name, with sizes and latency, and without status.",
        "Records are counted and not unpacked: of those that are packed in the way of before Kafka 0.11 only batches are.",
        "An answer alone does not say what it is to: a connection is known by its first request, and where that was not captured an answer has neither method nor status.",
        "Topics by id are told as ids unless an answer to Metadata or CreateTopics on the same connection named them; 1,024 are remembered.",
        "Tokens sent after SaslHandshake of version 0, which are no messages of Kafka's, are passed over.",
        "1,024 requests, and 1 MiB of them, wait for answers on one connection.",
    ],
    oddities: ODDITIES,
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Kafka::default())
}

/// Follows one connection.
struct Kafka {
    client: Half,
    server: Half,
    pairs: Pairs,
    ids: Ids,
}

impl Default for Kafka {
    fn default() -> Self {
        let (client, server) = (Half::new(true), Half::new(false));
        Self { client, server, pairs: Pairs::default(), ids: Ids::default() }
    }
}

impl Kafka {
    /// Whether a side that had lost its place is where a message begins.
    fn finds(&mut self, side: Side, bytes: &[u8]) -> bool {
        let (half, begins) = match side {
            Side::Client => (&mut self.client, probe::probe(side, bytes) == Probe::Yes),
            Side::Server => (&mut self.server, self.pairs.answers(bytes) == Some(true)),
        };
        half.is_lost &= !begins;
        !half.is_lost
    }

    /// Bytes of `side` begin no message that can be.
    fn refuse(&mut self, side: Side, cx: &mut Context<'_>) -> Verdict {
        if side == Side::Server && !self.pairs.is_synced {
            // Following began within an answer, or before one to what was not seen.
            self.server.part();
            self.server.is_lost = true;
            self.pairs.lose_answers();
            return Verdict::Continue;
        }
        self.pairs.flush(None, cx);
        Verdict::Dead("no message of Kafka")
    }

    /// A message of `side` has ended, or its end was lost.
    fn message(
        &mut self,
        side: Side,
        begun: Option<Begun>,
        ended: Option<i64>,
        cx: &mut Context<'_>,
    ) {
        match (side, begun) {
            (_, None) => {}
            (Side::Client, Some(begun)) => self.pairs.asked(begun, ended, cx),
            (Side::Server, Some(begun)) => self.pairs.said(begun, ended, &mut self.ids, cx),
        }
    }
}

impl Parser for Kafka {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let is_lost = if side == Side::Client { self.client.is_lost } else { self.server.is_lost };
        if is_lost && !self.finds(side, bytes) {
            if side == Side::Server {
                self.pairs.lose_answers();
            }
            return Verdict::Continue;
        }
        let mut at = 0;
        while at < bytes.len() {
            let (pairs, time) = (&mut self.pairs, cx.time);
            let next = match side {
                Side::Client => {
                    let mut begin = |head: &[u8]| pairs.begin(head);
                    self.client.next(&bytes[at..], &self.ids, &mut begin, time)
                }
                Side::Server => {
                    let mut begin = |head: &[u8]| pairs.answer(head, cx);
                    self.server.next(&bytes[at..], &self.ids, &mut begin, time)
                }
            };
            let Ok((used, begun)) = next else { return self.refuse(side, cx) };
            at += used;
            self.message(side, begun, Some(cx.time), cx);
        }
        Verdict::Continue
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let half = if side == Side::Client { &mut self.client } else { &mut self.server };
        let begun = half.lose(lost);
        let is_lost = half.is_lost;
        self.message(side, begun, None, cx);
        if is_lost && side == Side::Server {
            self.pairs.lose_answers();
        }
        Verdict::Continue
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let is_on_its_way = self.server.is_lost || self.server.is_within();
        for side in [Side::Client, Side::Server] {
            let half = if side == Side::Client { &mut self.client } else { &mut self.server };
            let begun = half.part();
            self.message(side, begun, None, cx);
        }
        let error = close.failure(UNANSWERED).filter(|_| !is_on_its_way);
        self.pairs.flush(error, cx);
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
            + self.client.memory()
            + self.server.memory()
            + self.pairs.memory()
            + self.ids.memory()
    }
}
